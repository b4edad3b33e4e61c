/** How a lease is held while a scope is open, whatever it is kept in. */
import { Deferred, Duration, Effect, Either, type Scope } from "effect"
import type { Lease, LeaseHeld, LeaseLost } from "../../services/Leases.ts"
import type { StoreError } from "../../services/StoreError.ts"

/** Each is one step that nobody can see the middle of. */
export interface Keeping {
  /** Answers the fencing token. */
  readonly acquire: Effect.Effect<number, LeaseHeld | StoreError>
  /** Puts the expiry off, unless another holder has taken the lease. */
  readonly renew: (token: number) => Effect.Effect<void, LeaseLost | StoreError>
  /** Does nothing when another holder has taken it. */
  readonly release: (token: number) => Effect.Effect<void, StoreError>
}

export const hold = (
  name: string,
  duration: Duration.Duration,
  { acquire, release, renew }: Keeping
): Effect.Effect<Lease, LeaseHeld | StoreError, Scope.Scope> =>
  Effect.gen(function*() {
    const token = yield* Effect.acquireRelease(acquire, (token) =>
      release(token).pipe(
        Effect.catchAll((error) =>
          Effect.logWarning(`could not release the lease ${name}, it expires by itself: ${error.message}`)
        ),
        Effect.annotateLogs({ lease: name, token })
      ))
    const lost = yield* Deferred.make<never, LeaseLost>()
    const renewing = Effect.gen(function*() {
      let delay = Duration.toMillis(duration) / 3
      while (true) {
        yield* Effect.sleep(delay)
        const renewed = yield* Effect.either(renew(token))
        if (Either.isRight(renewed)) {
          delay = Duration.toMillis(duration) / 3
        } else if (renewed.left._tag === "LeaseLost") {
          yield* Deferred.fail(lost, renewed.left)
          return
        } else {
          // Also past the expiry: until somebody takes the lease it is ours, and once somebody has, appends are refused.
          yield* Effect.logWarning(`could not renew the lease ${name} yet: ${renewed.left.message}`)
          delay = Duration.toMillis(duration) / 15
        }
      }
    })
    // Interruptible also when the holder is not: the scope that closes interrupts it and waits.
    yield* Effect.forkScoped(Effect.interruptible(Effect.annotateLogs(renewing, { lease: name, token })))
    return { name, token, lost: Deferred.await(lost) }
  })
