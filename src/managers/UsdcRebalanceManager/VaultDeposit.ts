/** Into the vault. Bridged: deposit what was minted. DepositInitiated: read what has moved. */
import { DateTime, Effect, Option } from "effect"
import type { RebalanceId } from "../../domain/OperationId.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import * as Usdc from "../../domain/Usdc.ts"
import * as Rebalance from "../../domain/UsdcRebalance.ts"
import { Received } from "../../services/Erc20.ts"
import type { Lease } from "../../services/Leases.ts"
import { Vault } from "../../services/Vault.ts"
import { Policies } from "../Policies.ts"
import * as Sending from "../Sending.ts"
import * as Waiting from "../Waiting.ts"
import * as Route from "./Route.ts"

type Seen = Waiting.Seen<Rebalance.Command>

export const send = (id: RebalanceId, state: typeof Rebalance.State.Bridged.Type, lease: Lease) =>
  Effect.gen(function*() {
    const vault = yield* Vault
    const amount = state.minted.received
    return yield* Sending.once({
      operation: id,
      wallet: state.wallet,
      step: Rebalance.steps.deposit,
      lease,
      since: state.since,
      approve: { token: Route.token("base", state), spender: state.vault.spender, amount: Route.tokens(amount) },
      send: (sending) => vault.deposit({ vault: state.vault, token: state.usdc.base, amount }, sending),
      done: ({ amount: moved, txHash }) => Route.deposited(state, "BaseWallet", txHash, moved),
      failed: (reason, detail) => Route.failDeposit({ reason, detail, place: "BaseWallet" }),
      onWait: Route.waiting(id, state)
    })
  })

/** What a transaction of ours has moved into whatever vault. */
export const moved = ({ usdc, wallet }: Rebalance.State.Order, txHash: TxHash) =>
  Effect.flatMap(Vault, (vault) => vault.deposited({ txHash, token: usdc.base, wallet }))

export const confirm = (id: RebalanceId, state: typeof Rebalance.State.DepositInitiated.Type) =>
  Effect.gen(function*() {
    const { transactions: { poll } } = yield* Policies
    const { txHash } = state.deposit
    const still = (waitingFor: string): Effect.Effect<Seen> =>
      Effect.succeed(Waiting.NotYet({ waitingFor, late: Option.none() }))
    return yield* Waiting.until({
      look: Effect.flatMap(
        moved(state, txHash),
        Received.$match({
          NotMined: () => still(`a node that shows transaction ${txHash}`),
          Reverted: () => still(`a node that shows transaction ${txHash} as it was at depth`),
          Unconfirmed: ({ confirmations, required }) =>
            still(`confirmation ${required} of the deposit (now ${confirmations})`),
          Confirmed: ({ amount }) =>
            Effect.gen(function*() {
              const credited = Usdc.fromUnits(amount.units)
              yield* Route.compare(id, state, credited, "is still in our Base wallet, or must be looked for")
              return Waiting.Answer<Rebalance.Command>({
                answer: Rebalance.ConfirmDeposit.make({ credited, at: yield* DateTime.now })
              })
            })
        })
      ),
      poll,
      onWait: Route.waiting(id, state)
    })
  })
