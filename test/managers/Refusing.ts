/** A verb that is refused: with a reason, and words that say why; nothing is recorded. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { OperationId } from "../../src/domain/OperationId.ts"
import { EventStore } from "../../src/services/EventStore.ts"
import { passing } from "./Harness.ts"

export const refusalsOf = (id: OperationId) => {
  const recorded = Effect.flatMap(
    EventStore,
    (store) => Effect.map(store.history(id), (history) => history.map(({ type }) => type))
  )
  return <A, E, R>(reason: string, verb: Effect.Effect<A, E, R>, ...says: ReadonlyArray<string>) =>
    Effect.gen(function*() {
      const before = yield* recorded
      const refused = yield* Effect.flip(passing(verb))
      assert.deepInclude<unknown>(refused, { _tag: "Refused", reason })
      for (const words of says) assert.include(String(refused), words)
      assert.deepStrictEqual(yield* recorded, before, "nothing is recorded")
    })
}
