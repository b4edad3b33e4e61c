/** Must not compile: each line is a table that contradicts the state diagram, and tsc has to say so. */
import { Either } from "effect"
import type * as Decider from "../../src/domain/Decider.ts"
import * as Mint from "../../src/domain/TokenizedEquityMint.ts"
import { event, state } from "./MintExamples.ts"

type Evolve = Decider.EvolveTable<Mint.State.State, Mint.Event.Event, Mint.Transitions>
type Decide = Decider.DecideTable<
  Mint.Command,
  Mint.State.State,
  Mint.Event.Event,
  Mint.Transitions,
  Mint.TokensHaveCome
>

/** The positive case: without it, a table type that refuses everything would pass all of the below. */
export const legal: Pick<Evolve, "NotStarted" | "Completed"> & Pick<Decide, "Finalize"> = {
  NotStarted: { MintRequested: () => state.MintRequested },
  Completed: {},
  Finalize: { TokensReceived: () => Either.right([event.MintCompleted]) }
}

export const wrongTarget: Pick<Evolve, "NotStarted"> = {
  // @ts-expect-error MintRequested leads to MintRequested, not to MintAccepted
  NotStarted: { MintRequested: () => state.MintAccepted }
}

export const eventFromClosedState: Pick<Evolve, "Completed"> = {
  // @ts-expect-error nothing follows Completed
  Completed: { MintFailed: () => state.FailedReceived }
}

export const unknownArrow: Pick<Evolve, "MintRequested"> = {
  MintRequested: {
    MintAccepted: () => state.MintAccepted,
    MintFailed: () => state.FailedRequested,
    MintCancelled: () => state.Cancelled,
    // @ts-expect-error tokens cannot come before the acceptance
    TokensReceived: () => state.TokensReceived
  }
}

export const missingCell: Pick<Evolve, "MintAccepted"> = {
  // @ts-expect-error MintFailed may follow MintAccepted and has no cell
  MintAccepted: { TokensReceived: () => state.TokensReceived }
}

// @ts-expect-error every state has a row
export const missingState: Evolve = { NotStarted: { MintRequested: () => state.MintRequested } }

// @ts-expect-error every command has a row
export const missingCommand: Decide = { Finalize: {} }

export const eventNotLegalFromState: Pick<Decide, "Finalize"> = {
  // @ts-expect-error MintCompleted cannot follow MintAccepted
  Finalize: { MintAccepted: () => Either.right([event.MintCompleted]) }
}

export const commandInClosedState: Pick<Decide, "Fail"> = {
  // @ts-expect-error Completed has no events at all
  Fail: { Completed: () => Either.right([event.MintFailed]) }
}

export const retriedPastItsOrder: Pick<Evolve, "Failed"> = {
  Failed: {
    MintRecovered: () => state.Recovered,
    MintReconciled: () => state.Reconciled,
    // @ts-expect-error a new try begins with its order
    MintRetried: () => state.Recovered
  }
}

export const retriedWhileItGoesOn: Pick<Decide, "RetryMint"> = {
  // @ts-expect-error MintRetried cannot follow MintAccepted
  RetryMint: { MintAccepted: () => Either.right([event.MintRetried]) }
}

// @ts-expect-error a mint's state is not made without its order
export const incomplete = Mint.State.MintRequested.make({})
