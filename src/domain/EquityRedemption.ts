/**
 * Tokens on Base become shares at the broker.
 *
 *     NotStarted -> Requested -> TokensSent -> Pending -> Completed
 *                       |  ^         |          |  ^
 *                       |  +---------|----------|--|-- retried ----+
 *                       +------------+----------+  +-- recovered --+
 *                                    |                             |
 *                                    +--------> Failed ------------+-> Reconciled
 */
import { Option } from "effect"
import * as Aggregate from "./Aggregate.ts"
import * as Encoder from "./Encoder.ts"
import type { Command, TokensAreSent, TokensNotSent } from "./EquityRedemption/Command.ts"
import { decider } from "./EquityRedemption/Decider.ts"
import { codec, type Event } from "./EquityRedemption/Event.ts"
import { State } from "./EquityRedemption/State.ts"
import * as Foreign from "./Foreign.ts"
import type { RedemptionId } from "./OperationId.ts"
import * as Outcome from "./Outcome.ts"

export * from "./EquityRedemption/Command.ts"
export { decider, type Transitions } from "./EquityRedemption/Decider.ts"
export * as Event from "./EquityRedemption/Event.ts"
export * as State from "./EquityRedemption/State.ts"

/** The step of the outbox in which the tokens leave. */
export const transferStep = "transfer"

const encodeState = Encoder.make(State)

/** What the event store and the driver need to know of it. */
export const aggregate = Aggregate.make<RedemptionId, Command, State, Event, TokensNotSent | TokensAreSent>({
  type: "EquityRedemption",
  decider,
  codec,
  outcome: (state) => {
    switch (state._tag) {
      case "NotStarted":
      case "Requested":
      case "TokensSent":
      case "Pending":
        return Outcome.InProgress()
      case "Completed":
        return Outcome.Succeeded()
      case "Failed":
        return Outcome.Failed({ failure: state.failure })
      case "Reconciled":
        return Outcome.Reconciled()
    }
  },
  since: (state) => {
    switch (state._tag) {
      case "NotStarted":
        return Option.none()
      case "Requested":
        return Option.some(state.retriedAt ?? state.requestedAt)
      case "TokensSent":
        return Option.some(state.sentAt)
      case "Pending":
        return Option.some(state.detectedAt)
      case "Completed":
        return Option.some(state.completedAt)
      case "Failed":
        return Option.some(state.failedAt)
      case "Reconciled":
        return Option.some(state.reconciledAt)
    }
  },
  data: (state) => {
    const { _tag, ...data } = encodeState(state)
    return data
  },
  restore: Foreign.decoder(State),
  sends: {
    [transferStep]: (state) => {
      switch (state._tag) {
        case "NotStarted":
        case "Requested":
          return Option.none()
        case "TokensSent":
        case "Pending":
        case "Completed":
          return Option.some(state.txHash)
        case "Failed":
        case "Reconciled":
          return Option.map(Option.fromNullable(state.sent), ({ txHash }) => txHash)
      }
    }
  }
})
