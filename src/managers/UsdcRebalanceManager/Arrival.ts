/** Withdrawing: wait until the chain shows what has come to our wallet. It alone counts, whatever Alpaca or the vault say. */
import { DateTime, Effect, Option } from "effect"
import type { Reason } from "../../domain/Failure.ts"
import type { RebalanceId } from "../../domain/OperationId.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import * as Usdc from "../../domain/Usdc.ts"
import * as Rebalance from "../../domain/UsdcRebalance.ts"
import type { WalletTransferId } from "../../domain/WalletTransfer.ts"
import { AlpacaWallet } from "../../services/AlpacaWallet.ts"
import { Erc20, Received } from "../../services/Erc20.ts"
import { Policies } from "../Policies.ts"
import * as Waiting from "../Waiting.ts"
import * as Route from "./Route.ts"

type Withdrawing = typeof Rebalance.State.Withdrawing.Type
type Seen = Waiting.Seen<Rebalance.Command>

export const awaitArrival = (id: RebalanceId, state: Withdrawing) =>
  Effect.gen(function*() {
    const { wallet } = yield* Policies
    const { withdrawal } = state
    return yield* Waiting.until({
      look: withdrawal._tag === "AlpacaTransfer"
        ? fromAlpaca(state, withdrawal.id)
        : fromVault(state, withdrawal.txHash),
      deadline: DateTime.addDuration(state.since, wallet.deadline),
      poll: wallet.poll,
      onWait: Route.waiting(id, state)
    })
  })

/** A transfer that has failed may have been sent all the same, as long as a transaction is named. */
const fromAlpaca = (state: Withdrawing, id: WalletTransferId) =>
  Effect.gen(function*() {
    const alpaca = yield* AlpacaWallet
    const transfer = `transfer ${id}`
    const shown = yield* alpaca.getTransfer(id)
    if (Option.isNone(shown)) {
      return yield* notYet(`Alpaca to show ${transfer}`, "TimedOut", `Alpaca does not show ${transfer}`)
    }
    const { status, txHash } = shown.value
    const said = `Alpaca says ${status} of ${transfer}`
    if (Option.isNone(txHash)) {
      return status === "Failed"
        ? yield* fail("Rejected", `${said} and names no transaction`, "Alpaca")
        : yield* notYet(`Alpaca to send ${transfer}`, "TimedOut", `${said} and names no transaction`)
    }
    const received = yield* receivedBy(state, txHash.value)
    return yield* Received.$match(received, {
      NotMined: () =>
        notYet(
          `transaction ${txHash.value} on Ethereum`,
          "TimedOut",
          `${said}, and Ethereum does not show its transaction ${txHash.value}`
        ),
      Unconfirmed,
      Reverted: () =>
        notYet(`Alpaca to send ${transfer} again`, "TimedOut", `${said}, and its transaction ${txHash.value} reverted`),
      Confirmed: ({ amount: { units } }) => {
        const amount = Usdc.fromUnits(units)
        if (amount === 0n) {
          return notYet(
            `the USDC of ${transfer}`,
            "Unverifiable",
            `${said}, but transaction ${txHash.value} brought none to ${state.wallet}`
          )
        }
        // The network's fee is taken from the amount. For more than was asked there is no good reason.
        return amount <= state.amount ? confirm(state, txHash.value, amount) : Effect.flatMap(
          withdrawnBy(state, txHash.value, amount),
          (withdrawn) =>
            fail(
              "Unverifiable",
              `transaction ${txHash.value} brought ${Usdc.print(amount)} USDC where ${
                Usdc.print(state.amount)
              } were asked for: somebody else's may be among them`,
              "EthereumWallet",
              withdrawn
            )
        )
      }
    })
  })

/** The orderbook pays what it has. */
const fromVault = (state: Withdrawing, txHash: TxHash) =>
  Effect.gen(function*() {
    const received = yield* receivedBy(state, txHash)
    return yield* Received.$match(received, {
      NotMined: () => Effect.succeed(still(`a node that shows transaction ${txHash}`)),
      Unconfirmed,
      Reverted: () => Effect.succeed(still(`a node that shows transaction ${txHash} as it was at depth`)),
      Confirmed: ({ amount: { units } }) => {
        const amount = Usdc.fromUnits(units)
        const short = `transaction ${txHash} brought ${Usdc.print(amount)} USDC of ${Usdc.print(state.amount)}`
        if (amount === 0n) return fail("Short", `${short}: the vault paid nothing`, "Vault")
        return amount === state.amount || state.shortWithdrawal === "continue"
          ? confirm(state, txHash, amount)
          : Effect.flatMap(
            withdrawnBy(state, txHash, amount),
            (withdrawn) => fail("Short", `${short}; BALLAST_VAULT_SHORT_WITHDRAWAL says fail`, "BaseWallet", withdrawn)
          )
      }
    })
  })

/** What the transaction has brought to our wallet. */
export const receivedBy = (state: Pick<Withdrawing, "direction" | "usdc" | "wallet">, txHash: TxHash) =>
  Effect.flatMap(
    Erc20,
    (erc20) =>
      erc20.received(Route.token(Route.legs[state.direction].source, state), { txHash, recipient: state.wallet })
  )

const Unconfirmed = (
  { confirmations, required }: Extract<Received, { readonly _tag: "Unconfirmed" }>
): Effect.Effect<Seen> => Effect.succeed(still(`confirmation ${required} of the withdrawal (now ${confirmations})`))

const withdrawnBy = (state: Withdrawing, txHash: TxHash, received: Usdc.Usdc) =>
  Effect.map(
    Route.block(Route.legs[state.direction].destination),
    (destinationBlock) => ({ txHash, received, destinationBlock })
  )

const confirm = (state: Withdrawing, txHash: TxHash, received: Usdc.Usdc) =>
  Effect.gen(function*() {
    const withdrawn = yield* withdrawnBy(state, txHash, received)
    return Waiting.Answer<Rebalance.Command>({
      answer: Rebalance.ConfirmWithdrawal.make({ ...withdrawn, at: yield* DateTime.now })
    })
  })

const fail = (
  reason: Reason,
  detail: string,
  place: Parameters<typeof Route.failWithdrawal>[0]["place"],
  withdrawn?: typeof Rebalance.State.Withdrawn.Type
): Effect.Effect<Seen> =>
  Effect.map(
    Route.failWithdrawal({ reason, detail, place, ...(withdrawn === undefined ? {} : { withdrawn }) }),
    (answer) => Waiting.Answer({ answer })
  )

const still = (waitingFor: string): Seen => Waiting.NotYet({ waitingFor, late: Option.none() })

const notYet = (waitingFor: string, reason: Reason, detail: string): Effect.Effect<Seen> =>
  Effect.map(
    Route.failWithdrawal({ reason, detail, place: "AlpacaInTransit" }),
    (command) => Waiting.NotYet({ waitingFor, late: Option.some(command) })
  )
