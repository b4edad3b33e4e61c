/** How leases are held while a scope is open, whatever they are kept in: all of a process are renewed together. */
import { Array as Arr, Deferred, Duration, Effect, Fiber, FiberRef, HashMap, Scope } from "effect"
import type { Lease, LeaseHeld, LeaseLost, Leases } from "../../services/Leases.ts"
import type { StoreError } from "../../services/StoreError.ts"

type Held = Pick<Lease, "name" | "token">

/** Each is one step that nobody can see the middle of. */
export interface Keeping {
  /** Answers the fencing token. */
  readonly acquire: (name: string) => Effect.Effect<number, LeaseHeld | StoreError>
  /** Puts the expiries off; answers those that another holder has taken. */
  readonly renew: (leases: ReadonlyArray<Held>) => Effect.Effect<ReadonlyArray<LeaseLost>, StoreError>
  /** Does nothing when another holder has taken it. */
  readonly release: (lease: Held) => Effect.Effect<void, StoreError>
}

/** So many are renewed by one transaction: others wait for its end. */
const atOnce = 500

export const make = (duration: Duration.Duration, { acquire, release, renew }: Keeping): Leases["Type"]["hold"] => {
  const lost = new Map<string, { readonly token: number; readonly tell: Deferred.Deferred<never, LeaseLost> }>()
  let renewing: Fiber.RuntimeFiber<void> | undefined

  const renewAll = Effect.gen(function*() {
    for (const leases of Arr.chunksOf(Array.from(lost, ([name, { token }]) => ({ name, token })), atOnce)) {
      for (const error of yield* renew(leases)) {
        const { name, token } = error
        yield* Effect.logDebug(error.message).pipe(Effect.annotateLogs({ lease: name, token }))
        const held = lost.get(name)
        if (held?.token !== token) continue
        lost.delete(name)
        yield* Deferred.fail(held.tell, error)
      }
    }
  })

  const renewals = Effect.gen(function*() {
    let delay = Duration.toMillis(duration) / 3
    while (true) {
      yield* Effect.sleep(delay)
      // Also past the expiry: until somebody takes a lease it is ours, and once somebody has, appends are refused.
      const isRenewed = yield* Effect.as(renewAll, true).pipe(
        Effect.catchAll(({ message }) =>
          Effect.as(Effect.logWarning(`could not renew ${named([...lost.keys()])} yet: ${message}`), false)
        ),
        // Whatever it was, all leases of the process depend on this fiber.
        Effect.catchAllDefect((defect) =>
          Effect.as(Effect.logError(`could not renew ${named([...lost.keys()])} yet`, defect), false)
        )
      )
      delay = Duration.toMillis(duration) / (isRenewed ? 3 : 15)
    }
  }).pipe(
    // It is none of the operation's that happened to be the first.
    Effect.locally(FiberRef.currentLogAnnotations, HashMap.empty()),
    Effect.interruptible
  )

  const keep = (name: string, token: number) =>
    Effect.gen(function*() {
      const tell = yield* Deferred.make<never, LeaseLost>()
      lost.set(name, { token, tell })
      if (renewing === undefined) renewing = yield* Effect.forkDaemon(renewals)
      return { name, token, lost: Deferred.await(tell) }
    })

  const leave = (lease: Held) =>
    Effect.suspend(() => {
      if (lost.get(lease.name)?.token === lease.token) lost.delete(lease.name)
      const last = lost.size === 0 ? renewing : undefined
      if (last !== undefined) renewing = undefined
      return last === undefined ? Effect.void : Fiber.interrupt(last)
    }).pipe(
      Effect.zipRight(release(lease)),
      Effect.catchAll((error) =>
        Effect.logWarning(`could not release the lease ${lease.name}, it expires by itself: ${error.message}`)
      ),
      Effect.annotateLogs({ lease: lease.name, token: lease.token })
    )

  return (name) =>
    Effect.uninterruptible(
      Effect.tap(
        Effect.flatMap(acquire(name), (token) => keep(name, token)),
        // Not with acquireRelease, which keeps all that its fiber knew then for as long as the lease is held.
        (lease) =>
          Effect.flatMap(Effect.scope, (scope) => Scope.addFinalizer(scope, Effect.suspend(() => leave(lease))))
      )
    )
}

const named = (names: ReadonlyArray<string>): string =>
  names.length === 1 ? `the lease ${names[0]}` : `${names.length} leases`
