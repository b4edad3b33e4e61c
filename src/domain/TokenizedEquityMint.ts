/**
 * Shares at the broker become tokens on Base.
 *
 *     NotStarted -> MintRequested -> MintAccepted -> TokensReceived -> Completed
 *                        |               |                |
 *                        +---------------+----------------+-> Failed -> Reconciled
 *                        ^               ^                      |
 *                        |               +-- recovered ---------+
 *                        +-- retried ---------------------------+
 */
import { Option } from "effect"
import * as Aggregate from "./Aggregate.ts"
import * as Encoder from "./Encoder.ts"
import * as Foreign from "./Foreign.ts"
import type { MintId } from "./OperationId.ts"
import * as Outcome from "./Outcome.ts"
import type { Command, TokensHaveCome } from "./TokenizedEquityMint/Command.ts"
import { decider } from "./TokenizedEquityMint/Decider.ts"
import { codec, type Event } from "./TokenizedEquityMint/Event.ts"
import { State } from "./TokenizedEquityMint/State.ts"

export * from "./TokenizedEquityMint/Command.ts"
export { decider, type Transitions } from "./TokenizedEquityMint/Decider.ts"
export * as Event from "./TokenizedEquityMint/Event.ts"
export * as State from "./TokenizedEquityMint/State.ts"

const encodeState = Encoder.make(State)

/** What the event store and the driver need to know of it. */
export const aggregate = Aggregate.make<MintId, Command, State, Event, TokensHaveCome>({
  type: "TokenizedEquityMint",
  decider,
  codec,
  outcome: (state) => {
    switch (state._tag) {
      case "NotStarted":
      case "MintRequested":
      case "MintAccepted":
      case "TokensReceived":
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
      case "MintRequested":
        return Option.some(state.retried?.at ?? state.requestedAt)
      case "MintAccepted":
        return Option.some(state.acceptedAt)
      case "TokensReceived":
        return Option.some(state.receivedAt)
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
  restore: Foreign.decoder(State)
})
