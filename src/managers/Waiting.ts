/** Looking again and again until something has happened, or its deadline has passed. */
import { Data, DateTime, Effect, Option, Schedule } from "effect"
import type { Classified } from "../services/FailureKind.ts"
import { isTransient, Policies, retrying } from "./Policies.ts"

/** What one look shows. */
export type Seen<A> = Data.TaggedEnum<{
  Answer: { readonly answer: A }
  /** Not yet. `late` is the answer once the deadline has passed; without it, or without a deadline, the wait has no end. */
  NotYet: { readonly waitingFor: string; readonly late: Option.Option<A> }
}>

interface SeenDefinition extends Data.TaggedEnum.WithGenerics<1> {
  readonly taggedEnum: Seen<this["A"]>
}
export const { Answer, NotYet } = Data.taggedEnum<SeenDefinition>()

/**
 * Looks until there is an answer. The deadline alone ends nothing: only a look that succeeded, and was begun after it had
 * passed, does. While nobody answers, or the machine is off, nothing is concluded. Always interruptible.
 */
export const until = <A, E extends Classified, R, RW>(options: {
  readonly look: Effect.Effect<Seen<A>, E, R>
  readonly deadline?: DateTime.Utc
  readonly poll: Schedule.Schedule<unknown>
  readonly onWait: (waitingFor: string, deadline: Option.Option<DateTime.Utc>) => Effect.Effect<void, never, RW>
}): Effect.Effect<A, E, R | RW | Policies> =>
  Effect.gen(function*() {
    const policies = yield* Policies
    const deadline = Option.fromNullable(options.deadline)
    const pauses = yield* Schedule.driver(options.poll)
    while (true) {
      const begun = yield* DateTime.now
      const seen = yield* retrying(options.look, { schedule: policies.retry, while: isTransient })
      if (seen._tag === "Answer") return seen.answer
      const isLate = Option.exists(deadline, (deadline) => DateTime.greaterThanOrEqualTo(begun, deadline))
      if (isLate && Option.isSome(seen.late)) return seen.late.value
      yield* options.onWait(seen.waitingFor, Option.zipRight(seen.late, deadline))
      yield* Effect.ignore(pauses.next(undefined))
    }
  }).pipe(Effect.interruptible)
