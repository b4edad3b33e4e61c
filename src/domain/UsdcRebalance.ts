/**
 * Dollars between Alpaca and a vault on Base, in either direction.
 *
 *     NotStarted -> Requested -> Withdrawing -> WithdrawalComplete -> Bridging -> Attested -> Bridged -> DepositInitiated -> DepositConfirmed
 *                       |             |                 |                |           |           |              |
 *                       +------+------+                 +-------+--------+-----------+           +-------+------+
 *                              |                                |                                        |
 *                       WithdrawalFailed                 BridgingFailed                           DepositFailed
 *                              |                                |                                        |
 *                              +--- recovered to any state of its column, or past it, or -> Reconciled --+
 */
import { Option } from "effect"
import * as Aggregate from "./Aggregate.ts"
import * as Encoder from "./Encoder.ts"
import * as Foreign from "./Foreign.ts"
import type { RebalanceId } from "./OperationId.ts"
import * as Outcome from "./Outcome.ts"
import type { Command, Contradiction } from "./UsdcRebalance/Command.ts"
import { decider } from "./UsdcRebalance/Decider.ts"
import { codec, type Event } from "./UsdcRebalance/Event.ts"
import { State } from "./UsdcRebalance/State.ts"

export * from "./UsdcRebalance/Command.ts"
export { decider, type Transitions } from "./UsdcRebalance/Decider.ts"
export * as Event from "./UsdcRebalance/Event.ts"
export * as Recovery from "./UsdcRebalance/Recovery.ts"
export * as State from "./UsdcRebalance/State.ts"

/** The steps of the outbox, by what each does for the operation. */
export const steps = { withdraw: "withdraw", burn: "burn", mint: "mint", deposit: "deposit" } as const

const encodeState = Encoder.make(State)

/** What the event store and the driver need to know of it. */
export const aggregate = Aggregate.make<RebalanceId, Command, State, Event, Contradiction>({
  type: "UsdcRebalance",
  decider,
  codec,
  outcome: (state) => {
    switch (state._tag) {
      case "NotStarted":
      case "Requested":
      case "Withdrawing":
      case "WithdrawalComplete":
      case "Bridging":
      case "Attested":
      case "Bridged":
      case "DepositInitiated":
        return Outcome.InProgress()
      case "DepositConfirmed":
        return Outcome.Succeeded()
      case "WithdrawalFailed":
      case "BridgingFailed":
      case "DepositFailed":
        return Outcome.Failed({ failure: state.failure })
      case "Reconciled":
        return Outcome.Reconciled()
    }
  },
  since: (state) => state._tag === "NotStarted" ? Option.none() : Option.some(state.since),
  data: (state) => {
    const { _tag, ...data } = encodeState(state)
    return data
  },
  restore: Foreign.decoder(State),
  sends: {
    [steps.withdraw]: (state) =>
      "withdrawal" in state && state.withdrawal?._tag === "OnchainTx"
        ? Option.some(state.withdrawal.txHash)
        : Option.none(),
    [steps.burn]: (state) =>
      "burn" in state && state.burn !== undefined ? Option.some(state.burn.burnTx) : Option.none(),
    [steps.deposit]: (state) =>
      "deposit" in state && state.deposit !== undefined ? Option.some(state.deposit.txHash) : Option.none()
  }
})
