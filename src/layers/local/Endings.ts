/** Lets each thing end once: the first to end it decides how, whoever comes later waits for the same end. */
import { Deferred, Effect, Ref, type Scope } from "effect"
import type { LocalWorldError } from "./LocalWorldError.ts"

export interface Endings {
  /** In the world's scope: the end comes also when whoever asked for it has gone. */
  readonly once: (
    id: string,
    work: Effect.Effect<unknown, LocalWorldError>
  ) => Effect.Effect<void, LocalWorldError>
}

export const make: Effect.Effect<Endings, never, Scope.Scope> = Effect.gen(function*() {
  const scope = yield* Effect.scope
  const ends = yield* Ref.make<ReadonlyMap<string, Deferred.Deferred<void, LocalWorldError>>>(new Map())
  return {
    once: (id, work) =>
      Effect.gen(function*() {
        const own = yield* Deferred.make<void, LocalWorldError>()
        const end = yield* Ref.modify(ends, (all) => {
          const known = all.get(id)
          return known === undefined ? [own, new Map(all).set(id, own)] : [known, all]
        })
        if (end === own) {
          yield* Effect.forkIn(Effect.interruptible(Effect.intoDeferred(Effect.asVoid(work), own)), scope)
        }
        yield* Deferred.await(end)
      })
  }
})
