/** What an operator may order, and what he is told where he may not. */
import { DateTime, Effect, Option } from "effect"
import type { Aggregate } from "../domain/Aggregate.ts"
import type { OperationId } from "../domain/OperationId.ts"
import type * as Outcome from "../domain/Outcome.ts"
import { Refused, unknown } from "./Refused.ts"
import * as Standing from "./Standing.ts"

/** What somebody says who has settled the money by hand. */
export interface Reconciliation {
  readonly reason: string
  readonly note: string
}

interface Subject {
  /** Its kind, for people. */
  readonly what: string
  readonly id: OperationId
  readonly state: string
  readonly outcome: Outcome.Outcome
  /** In its first state: nothing irreversible has happened. */
  readonly isFirst: boolean
}

export const subjectOf = <
  Id extends OperationId,
  C extends { readonly _tag: string },
  S extends { readonly _tag: string },
  E extends {
    readonly _tag: string
  },
  R
>(
  what: string,
  { decider, outcome }: Aggregate<Id, C, S, E, R>,
  id: Id,
  state: S
): Subject => ({
  what,
  id,
  state: state._tag,
  outcome: outcome(state),
  isFirst: decider.accepted(state).some((command) => command === "Cancel")
})

/** What leads on instead. */
const instead = ({ id, isFirst, outcome, state, what }: Subject): string => {
  switch (outcome._tag) {
    case "InProgress":
      return `${what} ${id} is ${state} and goes on: ballast resume ${id}${
        isFirst ? `, or ballast cancel ${id}` : "; if it fails, that tells what leads on"
      }`
    case "Failed":
      return `${what} ${id} has failed already (${state}, ${outcome.failure.reason}): ballast retry ${id} tries again, ballast recheck ${id} asks what became of it, and ballast reconcile ${id} records that you have settled it by hand`
    case "Succeeded":
      return `${what} ${id} is ${state}: it has ended well, and nothing is left to do`
    case "Reconciled":
      return `${what} ${id} was settled by hand: start a new operation`
  }
}

/** Only a failure is tried again, or settled by hand. */
export const unlessFailed = (
  subject: Subject,
  reason: "NotRetryable" | "NotReconcilable"
): Effect.Effect<void, Refused> =>
  subject.state === "NotStarted"
    ? Effect.fail(unknown(subject.what, subject.id))
    : subject.outcome._tag === "Failed"
    ? Effect.void
    : Effect.fail(new Refused({ reason, detail: instead(subject) }))

/** Once something irreversible has happened nothing is cancelled. */
export const unlessCancellable = (subject: Subject): Effect.Effect<void, Refused> =>
  subject.state === "NotStarted"
    ? Effect.fail(unknown(subject.what, subject.id))
    : subject.isFirst
    ? Effect.void
    : Effect.fail(
      new Refused({
        reason: "NotCancellable",
        detail: subject.outcome._tag === "InProgress"
          ? `it is too late to cancel: ${instead(subject)}`
          : instead(subject)
      })
    )

/** Of any failure, once nothing of the operation can happen any more by itself on a chain. */
export const reconciled = <C>(
  subject: Subject,
  reconciliation: Reconciliation,
  command: (fields: Reconciliation & { readonly at: DateTime.Utc }) => C
) =>
  Effect.gen(function*() {
    yield* unlessFailed(subject, "NotReconcilable")
    yield* Standing.unlessOpen(subject.id)
    return Option.some(command({ ...reconciliation, at: yield* DateTime.now }))
  })

/** It is not as the operator thought: it goes on, and he is told. */
export const goesOn = (subject: Subject, why: string): Effect.Effect<void> =>
  Effect.logWarning(`${subject.what} ${subject.id} is not cancelled, ${why}: it goes on`)
