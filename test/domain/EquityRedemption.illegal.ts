/** Must not compile: each line is a table that contradicts the state diagram, and tsc has to say so. */
import { Either } from "effect"
import type * as Decider from "../../src/domain/Decider.ts"
import * as Redemption from "../../src/domain/EquityRedemption.ts"
import { TokenizationRequestId } from "../../src/domain/TokenizationRequest.ts"
import { at } from "./Examples.ts"
import { event, state } from "./RedemptionExamples.ts"

type Evolve = Decider.EvolveTable<Redemption.State.State, Redemption.Event.Event, Redemption.Transitions>
type Decide = Decider.DecideTable<
  Redemption.Command,
  Redemption.State.State,
  Redemption.Event.Event,
  Redemption.Transitions,
  Redemption.TokensNotSent | Redemption.TokensAreSent
>

const tokenizationRequestId = TokenizationRequestId.make("late")

/** The positive case: without it, a table type that refuses everything would pass all of the below. */
export const legal: Pick<Evolve, "NotStarted" | "Completed"> & Pick<Decide, "Complete" | "RecoverRedemption"> = {
  NotStarted: { RedemptionRequested: () => state.Requested },
  Completed: {},
  Complete: { Pending: () => Either.right([event.RedemptionCompleted]) },
  RecoverRedemption: { Failed: () => Either.left(new Redemption.TokensNotSent({ tokenizationRequestId })) }
}

export const detectedBeforeSent: Pick<Evolve, "Requested"> = {
  Requested: {
    TokensSent: () => state.TokensSent,
    RedemptionFailed: () => state.FailedUnsent,
    RedemptionCancelled: () => state.Cancelled,
    // @ts-expect-error nothing is detected before it is sent
    Detected: () => state.Pending
  }
}

export const cancelledOnceSent: Pick<Evolve, "TokensSent"> = {
  TokensSent: {
    Detected: () => state.Pending,
    RedemptionFailed: () => state.FailedSent,
    // @ts-expect-error what has left our wallet cannot be cancelled
    RedemptionCancelled: () => state.Cancelled
  }
}

export const recoveredToTheWrongState: Pick<Evolve, "Failed"> = {
  Failed: {
    // @ts-expect-error a recovery leads to Pending, not back to TokensSent
    RedemptionRecovered: () => state.TokensSent,
    RedemptionRetried: () => state.Retried,
    RedemptionReconciled: () => state.Reconciled
  }
}

export const retriedPastTheTransfer: Pick<Evolve, "Failed"> = {
  Failed: {
    RedemptionRecovered: () => state.Recovered,
    RedemptionReconciled: () => state.Reconciled,
    // @ts-expect-error a new try begins with the transfer
    RedemptionRetried: () => state.TokensSent
  }
}

export const missingCell: Pick<Evolve, "Pending"> = {
  // @ts-expect-error RedemptionFailed may follow Pending and has no cell
  Pending: { RedemptionCompleted: () => state.Completed }
}

export const cancelOnceSent: Pick<Decide, "Cancel"> = {
  // @ts-expect-error RedemptionCancelled cannot follow TokensSent
  Cancel: { TokensSent: () => Either.right([event.RedemptionCancelled]) }
}

export const completeUndetected: Pick<Decide, "Complete"> = {
  // @ts-expect-error RedemptionCompleted cannot follow TokensSent
  Complete: { TokensSent: () => Either.right([event.RedemptionCompleted]) }
}

export const commandInClosedState: Pick<Decide, "Reconcile"> = {
  // @ts-expect-error Completed has no events at all
  Reconcile: { Completed: () => Either.right([event.RedemptionReconciled]) }
}

export const recoveryOfNothing = Redemption.Event.RedemptionRecovered.make(
  // @ts-expect-error a recovery says what was sent
  { tokenizationRequestId, at: at(6) }
)

// @ts-expect-error a redemption's state is not made without its order
export const incomplete = Redemption.State.Requested.make({})
