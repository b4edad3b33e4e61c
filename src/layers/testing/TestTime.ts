/** Letting time pass under a TestClock. */
import { Duration, Effect, Fiber, Option, TestClock } from "effect"

/** Everything that does not wait for the clock has happened. */
export const settled: Effect.Effect<void> = Effect.asVoid(Effect.repeatN(Effect.yieldNow(), 50))

/**
 * Lets the TestClock's time pass until the effect has ended: in steps of a second, and after a minute of ten. Dies if it has
 * not ended after `limit`, which is two hours unless said otherwise.
 */
export const passing = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  limit: Duration.DurationInput = "2 hours"
): Effect.Effect<A, E, R> =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    const seconds = Duration.toSeconds(limit)
    for (let second = 0; second < seconds; second += second < 60 ? 1 : 10) {
      yield* settled
      const exit = yield* fiber.poll
      if (Option.isSome(exit)) break
      yield* TestClock.adjust(second < 60 ? "1 second" : "10 seconds")
    }
    const exit = yield* fiber.poll
    return Option.isSome(exit)
      ? yield* Fiber.join(fiber)
      : yield* Effect.zipRight(
        Fiber.interrupt(fiber),
        Effect.dieMessage(`still running after ${Duration.format(limit)}`)
      )
  })
