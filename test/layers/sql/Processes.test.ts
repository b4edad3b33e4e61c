import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as path from "node:path"
import * as Migrations from "../../../src/layers/sql/Migrations.ts"
import * as SqlEventStore from "../../../src/layers/sql/SqlEventStore.ts"
import * as SqlLeases from "../../../src/layers/sql/SqlLeases.ts"
import { EventStore } from "../../../src/services/EventStore.ts"
import { Leases } from "../../../src/services/Leases.ts"
import * as Counter from "./Counter.ts"
import * as Processes from "./Processes.ts"
import * as Temporary from "./Temporary.ts"

const portsOver = (file: string) =>
  Layer.mergeAll(
    SqlEventStore.layer({ softwareVersion: "test", aggregates: [Counter.aggregate] }),
    SqlLeases.layer({ duration: "1 hour" })
  ).pipe(Layer.provideMerge(Temporary.database(file)))

const counted = (total: number, lease: { readonly name: string; readonly token: number }) => ({
  expectedVersion: 0,
  events: [Counter.Counted.make({ by: total, label: "late" })],
  state: Counter.State.make({ total }),
  causation: "Count",
  lease: { ...lease, lost: Effect.never }
})

describe("several processes on one database", () => {
  it.scopedLive("append to one stream: every sequence once, nothing lost, no error but conflicts", () =>
    Effect.gen(function*() {
      const folder = yield* Temporary.folder
      const file = path.join(folder, "ballast.db")
      const times = 150
      yield* Effect.gen(function*() {
        yield* Counter.createView
        const { token } = yield* Effect.flatMap(Leases, (leases) => leases.hold("hammer"))
        const program = yield* Processes.bundle("Hammer", folder)
        const hammers = yield* Effect.forEach(
          ["a", "b"],
          (label) => Processes.start(program, file, String(token), label, String(times))
        )
        for (const hammer of hammers) assert.strictEqual(yield* hammer.line, "ready")
        for (const hammer of hammers) yield* hammer.tell("go\n")
        const conflicts = yield* Effect.forEach(hammers, (hammer) => Effect.map(hammer.line, Number))
        assert.isAbove(conflicts.reduce((sum, count) => sum + count, 0), 0, "they did get in each other's way")
        const store = yield* EventStore
        const events = yield* store.history(Counter.id)
        assert.deepStrictEqual(
          events.map(({ sequence }) => sequence),
          Array.from({ length: 2 * times }, (_, i) => i + 1)
        )
        const labels = events.map(({ payload }) => (payload as Counter.Counted).label)
        assert.deepStrictEqual(
          labels.toSorted(),
          ["a", "b"].flatMap((label) => Array.from({ length: times }, (_, i) => `${label}${i}`)).toSorted()
        )
        const { state } = yield* store.load(Counter.aggregate, Counter.id)
        assert.strictEqual(state.total, 2 * times)
        const [view] = yield* store.operations({ id: Counter.id })
        assert.deepStrictEqual([view?.version, view?.data], [2 * times, { total: 2 * times }])
      }).pipe(Effect.scoped, Effect.provide(portsOver(file)))
    }))

  it.scopedLive("create it at once, and the lease of one that is killed is free at once, its token worth nothing", () =>
    Effect.gen(function*() {
      const folder = yield* Temporary.folder
      const file = path.join(folder, "ballast.db")
      const program = yield* Processes.bundle("Holder", folder)
      const [holder] = yield* Effect.all([
        Processes.start(program, file, "shared"),
        Processes.start(program, file, "other"),
        Processes.start(program, file, "third")
      ]).pipe(
        Effect.tap(Effect.forEach((child) => Effect.map(child.line, (token) => assert.strictEqual(token, "1"))))
      )
      yield* Effect.gen(function*() {
        yield* Counter.createView
        const leases = yield* Leases
        const store = yield* EventStore
        const refused = yield* Effect.flip(leases.hold("shared"))
        assert.include(refused.message, `process ${holder.pid} on `)
        const stale = { name: "shared", token: 1 }

        yield* holder.kill
        assert.isUndefined(yield* leases.holder("shared"))
        const lease = yield* leases.hold("shared")
        assert.strictEqual(lease.token, 2)
        assert.strictEqual((yield* Effect.flip(leases.hold("other")))._tag, "LeaseHeld", "the living are left alone")

        const late = yield* Effect.flip(store.append(Counter.aggregate, Counter.id, counted(1, stale)))
        assert.strictEqual(late._tag, "LeaseLost")
        assert.strictEqual(yield* store.append(Counter.aggregate, Counter.id, counted(2, lease)), 1)
        const sql = yield* SqlClient.SqlClient
        const migrations = yield* sql<{ id: number }>`SELECT id FROM schema_migrations`
        assert.deepStrictEqual(migrations.map(({ id }) => id), Migrations.all.map(({ id }) => id))
      }).pipe(Effect.scoped, Effect.provide(portsOver(file)))
    }))
})
