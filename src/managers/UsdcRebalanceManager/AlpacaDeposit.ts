/** To Alpaca. Bridged: send what was minted to its deposit address. DepositInitiated: wait until Alpaca has credited it. */
import { DateTime, Effect, Option } from "effect"
import type { RebalanceId } from "../../domain/OperationId.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import * as Rebalance from "../../domain/UsdcRebalance.ts"
import { AlpacaWallet } from "../../services/AlpacaWallet.ts"
import { Erc20 } from "../../services/Erc20.ts"
import type { Lease } from "../../services/Leases.ts"
import * as Doubt from "../Doubt.ts"
import { Policies } from "../Policies.ts"
import * as Sending from "../Sending.ts"
import * as Waiting from "../Waiting.ts"
import * as Route from "./Route.ts"

type Seen = Waiting.Seen<Rebalance.Command>

/** A transfer of its own: Alpaca does not credit what is minted to its address. */
export const send = (id: RebalanceId, state: typeof Rebalance.State.Bridged.Type, lease: Lease) =>
  Effect.gen(function*() {
    const erc20 = yield* Erc20
    const { depositAddress: recipient } = state
    if (recipient === undefined) {
      return yield* Route.failDeposit({
        reason: "InvalidRequest",
        detail: "the rebalance was recorded without Alpaca's deposit address: nothing was sent",
        place: "EthereumWallet"
      })
    }
    return yield* Sending.once({
      operation: id,
      wallet: state.wallet,
      step: Rebalance.steps.deposit,
      lease,
      since: state.since,
      send: (sending) =>
        erc20.transfer(
          Route.token("ethereum", state),
          { recipient, amount: Route.tokens(state.minted.received) },
          sending
        ),
      done: ({ amount, txHash }) => Route.deposited(state, "EthereumWallet", txHash, amount),
      failed: (reason, detail) => Route.failDeposit({ reason, detail, place: "EthereumWallet" }),
      onWait: Route.waiting(id, state)
    })
  })

/** Alpaca sees it by itself, after confirmations of its own. */
export const awaitCredit = (id: RebalanceId, state: typeof Rebalance.State.DepositInitiated.Type) =>
  Effect.gen(function*() {
    const { wallet } = yield* Policies
    const deadline = DateTime.addDuration(state.since, wallet.deadline)
    return yield* Waiting.until({
      look: Doubt.lasting(look(id, state), {
        id,
        deadline,
        failed: (detail) =>
          Effect.map(
            Route.failDeposit({ reason: "Unverifiable", detail, place: "AlpacaInTransit" }),
            (answer) => Waiting.Answer({ answer })
          )
      }),
      deadline,
      poll: wallet.poll,
      onWait: Route.waiting(id, state)
    })
  })

/** What a transaction of ours has brought to Alpaca's address. */
export const moved = (state: Rebalance.State.Order, txHash: TxHash) =>
  Effect.flatMap(
    Erc20,
    (erc20) =>
      erc20.received(Route.token("ethereum", state), { txHash, recipient: state.depositAddress ?? state.wallet })
  )

/** By the hash: the amount is compared, never searched for. */
export const found = (
  { depositAddress, wallet }: Rebalance.State.Order,
  { txHash }: Rebalance.State.OnchainTx
) => Effect.flatMap(AlpacaWallet, ({ findDeposit }) => findDeposit({ txHash, address: depositAddress ?? wallet }))

const look = (id: RebalanceId, state: typeof Rebalance.State.DepositInitiated.Type) =>
  Effect.gen(function*() {
    const shown = yield* found(state, state.deposit)
    const deposit = `the deposit of transaction ${state.deposit.txHash}`
    if (Option.isNone(shown)) return yield* notYet(`Alpaca to see ${deposit}`, `Alpaca does not show ${deposit}`)
    switch (shown.value.status) {
      case "Complete": {
        const { amount: credited } = shown.value
        yield* Route.compare(id, state, credited, "must be asked of Alpaca")
        return Waiting.Answer<Rebalance.Command>({
          answer: Rebalance.ConfirmDeposit.make({ credited, at: yield* DateTime.now })
        })
      }
      case "Failed":
        return Waiting.Answer({
          answer: yield* Route.failDeposit({
            reason: "Rejected",
            detail: `Alpaca has refused ${deposit} (its transfer ${shown.value.id}) and has the USDC`,
            place: "AlpacaInTransit"
          })
        })
      case "Processing":
      case "Other":
        return yield* notYet(`Alpaca to credit ${deposit}`, `Alpaca has not credited ${deposit}`)
    }
  })

const notYet = (waitingFor: string, detail: string): Effect.Effect<Seen> =>
  Effect.map(
    Route.failDeposit({ reason: "TimedOut", detail, place: "AlpacaInTransit" }),
    (command) => Waiting.NotYet({ waitingFor, late: Option.some(command) })
  )
