/** A time limit for one exchange with the outside world. */
import { type Duration, Effect, Fiber } from "effect"

/**
 * Holds also where the caller must not be interrupted. It ends an exchange by interrupting it, so that has to stay
 * possible; but a child would then be interrupted together with its parent, whatever that one is about.
 */
export const within =
  <E>(duration: Duration.DurationInput, onTimeout: () => E) =>
  <A, E1>(self: Effect.Effect<A, E1>): Effect.Effect<
    A,
    E | E1
  > => {
    const limited = Effect.timeoutFail(self, { duration, onTimeout })
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(
        // A fiber that fails writes its error to the log, before anybody could take a secret out of it.
        Effect.forkDaemon(Effect.exit(Effect.interruptible(limited))),
        (fiber) => Effect.onInterrupt(restore(Effect.flatten(Fiber.join(fiber))), () => Fiber.interrupt(fiber))
      )
    )
  }
