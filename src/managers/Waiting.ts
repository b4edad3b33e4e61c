/** Looking again and again until something has happened, or its deadline has passed. */
import {
  Clock,
  Data,
  DateTime,
  Duration,
  Effect,
  Option,
  type Schedule,
  ScheduleDecision,
  ScheduleIntervals
} from "effect"
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
 * There is nothing to do for so long; then `again`. All there is of a wait: no fiber is held by it, so that ten thousand of
 * them cost little.
 */
export class Later<A, E, R> {
  readonly pause: Duration.Duration
  readonly again: Effect.Effect<A | Later<A, E, R>, E, R>
  /** Instead of `again`, by whoever does not want to go on. */
  readonly leave: Effect.Effect<void>
  constructor(fields: Omit<Later<A, E, R>, "leave"> & { readonly leave?: Effect.Effect<void> }) {
    this.pause = fields.pause
    this.again = fields.again
    this.leave = fields.leave ?? Effect.void
  }
}

/** Work up to an answer, or up to where there is nothing to do but wait. */
export type Turn<A, E, R> = Effect.Effect<A | Later<A, E, R>, E, R>

/** The same, where each of its turns is done so. */
export const each = <A, E, R, B, F, Q>(
  turn: Turn<A, E, R>,
  by: (one: Turn<A, E, R>) => Effect.Effect<B | Later<A, E, R>, F, Q>
): Turn<B, F, Q> =>
  Effect.map(by(turn), (answer) =>
    answer instanceof Later
      // What is to be done is put together when it is done: until then it takes no room.
      ? new Later({ ...answer, again: Effect.suspend(() => each(answer.again, by)) })
      : answer)

/**
 * For a caller who has nothing else to do meanwhile. The pauses can always be interrupted; of a turn what it says itself,
 * since a turn that ends in a pause may hold something over it.
 */
export const patiently = <A, E, R>(turn: Turn<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.uninterruptible(Effect.flatMap(turn, (answer) =>
    answer instanceof Later
      ? Effect.flatMap(
        Effect.onInterrupt(Effect.interruptible(Effect.sleep(answer.pause)), () => answer.leave),
        () => patiently(answer.again)
      )
      : Effect.succeed(answer)))

/**
 * Looks until there is an answer, once in a turn. The deadline alone ends nothing: only a look that succeeded, and was begun
 * after it had passed, does. While nobody answers, or the machine is off, nothing is concluded. Always interruptible.
 */
export const until = <A, E extends Classified, R, RW>(options: {
  readonly look: Effect.Effect<Seen<A>, E, R>
  readonly deadline?: DateTime.Utc
  readonly poll: Schedule.Schedule<unknown>
  readonly onWait: (waitingFor: string, deadline: Option.Option<DateTime.Utc>) => Effect.Effect<void, never, RW>
}): Turn<A, E, R | RW | Policies> => {
  const { look, onWait, poll } = options
  const deadline = Option.fromNullable(options.deadline)
  const turn = (looks: unknown): Turn<A, E, R | RW | Policies> =>
    Effect.gen(function*() {
      const policies = yield* Policies
      const begun = yield* DateTime.now
      const seen = yield* retrying(look, { schedule: policies.retry, while: isTransient })
      if (seen._tag === "Answer") return seen.answer
      const isLate = Option.exists(deadline, (deadline) => DateTime.greaterThanOrEqualTo(begun, deadline))
      if (isLate && Option.isSome(seen.late)) return seen.late.value
      yield* onWait(seen.waitingFor, Option.zipRight(seen.late, deadline))
      const now = yield* Clock.currentTimeMillis
      const [next, , decision] = yield* poll.step(now, undefined, looks)
      const pause = ScheduleDecision.isContinue(decision) ? ScheduleIntervals.start(decision.intervals) - now : 0
      return new Later({ pause: Duration.millis(pause), again: turn(next) })
    }).pipe(Effect.interruptible)
  return turn(poll.initial)
}
