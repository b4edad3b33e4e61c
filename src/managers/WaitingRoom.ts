/** Where those wait whose next turn is not yet, in the order in which it comes: no fiber is held by any of them. */
import { Clock, Duration, Effect, Option, Order, type Scope, SortedMap } from "effect"
import type { Later } from "./Waiting.ts"

/** Whoever is in here is known by a key. */
export interface WaitingRoom<Key, A, E, R> {
  readonly has: (key: Key) => boolean
  /** Until its pause is over. */
  readonly enter: (key: Key, later: Later<A, E, R>) => Effect.Effect<void>
  /** Sees to all of them for ever; `call` is what is done with one whose pause is over, and must not take long. */
  readonly attend: <Q>(
    call: (key: Key, again: Later<A, E, R>["again"]) => Effect.Effect<void, never, Q>
  ) => Effect.Effect<
    never,
    never,
    Q
  >
}

/** So many leave at once: what they let go is written together, and all at once would take as much memory again. */
const leaving = 256

/** When the scope closes everybody leaves who is still in here. */
export const make = <Key, A, E, R>(): Effect.Effect<WaitingRoom<Key, A, E, R>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const inside = new Map<Key, Later<A, E, R>>()
    let due = SortedMap.empty<number, ReadonlyArray<Key>>(Order.number)
    const sooner = yield* Effect.makeLatch(false)
    yield* Effect.addFinalizer(() =>
      Effect.forEach([...inside.values()], ({ leave }) => leave, { discard: true, concurrency: leaving })
    )

    return {
      has: (key) => inside.has(key),
      enter: (key, later) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          const at = Math.ceil(now + Duration.toMillis(later.pause))
          inside.set(key, later)
          due = SortedMap.set(due, at, [...Option.getOrElse(SortedMap.get(due, at), () => []), key])
          if (Option.exists(SortedMap.headOption(due), ([first]) => first === at)) sooner.unsafeOpen()
        }),
      attend: (call) =>
        Effect.gen(function*() {
          yield* sooner.close
          const first = SortedMap.headOption(due)
          if (Option.isNone(first)) return yield* Effect.interruptible(sooner.await)
          const [at, keys] = first.value
          const wait = at - (yield* Clock.currentTimeMillis)
          if (wait > 0) return yield* Effect.interruptible(Effect.raceFirst(Effect.sleep(wait), sooner.await))
          due = SortedMap.remove(due, at)
          for (const key of keys) {
            const later = inside.get(key)
            if (later === undefined) continue
            yield* Effect.onInterrupt(call(key, later.again), () => later.leave)
            // Only now: until he has been called he is in here for whoever asks. He may have come again.
            if (inside.get(key) === later) inside.delete(key)
          }
        }).pipe(Effect.uninterruptible, Effect.forever)
    }
  })
