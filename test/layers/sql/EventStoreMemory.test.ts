import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Mints from "../../../src/layers/testing/contracts/EventStoreMints.ts"
import * as EventStoreMemory from "../../../src/layers/testing/EventStoreMemory.ts"
import * as LeasesMemory from "../../../src/layers/testing/LeasesMemory.ts"
import * as MemoryDatabase from "../../../src/layers/testing/MemoryDatabase.ts"

const { a } = Mints

const over = (database: MemoryDatabase.MemoryDatabase["Type"]) =>
  Layer.mergeAll(
    EventStoreMemory.layerMemory({ softwareVersion: "test" }),
    LeasesMemory.layerMemory({ duration: "15 seconds" })
  ).pipe(Layer.provideMerge(Layer.succeed(MemoryDatabase.MemoryDatabase, database)))

describe("the event store in memory", () => {
  it.scoped("fails the appends it is told to, before or after the effect, each once", () =>
    Effect.gen(function*() {
      yield* MemoryDatabase.failNextAppend({ reason: "Busy", moment: "before" })
      yield* MemoryDatabase.failNextAppend({ reason: "Unavailable", moment: "after" })
      const lease = yield* Mints.hold(a)
      const before = yield* Effect.flip(Mints.append(lease, a, [], [Mints.requested]))
      assert.deepStrictEqual([before._tag === "StoreError" && before.reason, (yield* Mints.load(a)).version], [
        "Busy",
        0
      ])
      const after = yield* Effect.flip(Mints.append(lease, a, [], [Mints.requested]))
      assert.deepStrictEqual([after._tag === "StoreError" && after.reason, (yield* Mints.load(a)).version], [
        "Unavailable",
        1
      ])
      assert.strictEqual(yield* Mints.append(lease, a, [Mints.requested], [Mints.accepted]), 2)
    }).pipe(Effect.scoped, Effect.provide(Layer.unwrapEffect(Effect.map(MemoryDatabase.make, over)))))

  it.scoped("keeps what was committed for the next program, leases of the abandoned one included", () =>
    Effect.gen(function*() {
      const database = yield* MemoryDatabase.make
      const abandoned = yield* Layer.build(over(database))
      const lease = yield* Effect.provide(Mints.hold(a), abandoned)
      yield* Effect.provide(Mints.append(lease, a, [], [Mints.requested]), abandoned)
      yield* Effect.gen(function*() {
        assert.strictEqual((yield* Mints.load(a)).version, 1)
        assert.strictEqual((yield* Effect.flip(Effect.scoped(Mints.hold(a))))._tag, "LeaseHeld")
      }).pipe(Effect.provide(over(database)))
    }))
})
