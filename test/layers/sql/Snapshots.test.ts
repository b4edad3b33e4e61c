import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, type Scope } from "effect"
import * as SqlEventStore from "../../../src/layers/sql/SqlEventStore.ts"
import * as SqlLeases from "../../../src/layers/sql/SqlLeases.ts"
import { EventStore } from "../../../src/services/EventStore.ts"
import { Leases } from "../../../src/services/Leases.ts"
import * as Counter from "./Counter.ts"
import * as Temporary from "./Temporary.ts"

const { aggregate, id } = Counter
const store = (softwareVersion: string) => SqlEventStore.layer({ softwareVersion, aggregates: [aggregate] })

const given = <A, E>(effect: Effect.Effect<A, E, EventStore | Leases | SqlClient.SqlClient | Scope.Scope>) =>
  Effect.zipRight(Counter.createView, effect).pipe(
    Effect.scoped,
    Effect.provide(
      Layer.merge(store("1"), SqlLeases.layer({ duration: "1 hour" })).pipe(
        Layer.provideMerge(Temporary.database(":memory:"))
      )
    )
  )

/** Counts so far, so many events at a time. */
const counted = (events: number, atOnce = 1) =>
  Effect.gen(function*() {
    const { append, load } = yield* EventStore
    const lease = yield* Effect.flatMap(Leases, (leases) => leases.hold("counter"))
    let { state: { total }, version } = yield* load(aggregate, id)
    while (version < events) {
      total += atOnce
      version = yield* append(aggregate, id, {
        expectedVersion: version,
        events: Array.from({ length: atOnce }, () => Counter.Counted.make({ by: 1, label: "x" })),
        state: Counter.State.make({ total }),
        causation: "Count",
        lease
      })
    }
  }).pipe(Effect.scoped)

const loaded = Effect.flatMap(EventStore, ({ load }) => load(aggregate, id))

const rows = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql<{ last_sequence: number; payload: string }>`SELECT last_sequence, payload FROM snapshots`
)

/** Who reads them finds out. */
const damaged = (upTo: number) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql`UPDATE events SET payload = 'no JSON' WHERE sequence <= ${upTo}`)

describe("a long stream", () => {
  it.effect("is taken up at its snapshot, and only what follows is read", () =>
    given(Effect.gen(function*() {
      yield* counted(63)
      assert.lengthOf(yield* rows, 0)
      yield* counted(150)
      assert.deepStrictEqual((yield* rows).map(({ last_sequence }) => last_sequence), [128])
      assert.deepStrictEqual(yield* loaded, { state: Counter.State.make({ total: 150 }), version: 150 })
      yield* damaged(128)
      assert.deepStrictEqual(yield* loaded, { state: Counter.State.make({ total: 150 }), version: 150 })
      yield* damaged(129)
      const error = yield* Effect.flip(loaded)
      assert.deepInclude({ ...error }, { _tag: "CorruptStream", sequence: 129 })
    })))

  it.effect("has its snapshot after the whole of the append that completes it", () =>
    given(Effect.gen(function*() {
      yield* counted(70, 10)
      assert.deepStrictEqual((yield* rows).map(({ last_sequence }) => last_sequence), [70])
      yield* damaged(70)
      assert.deepStrictEqual(yield* loaded, { state: Counter.State.make({ total: 70 }), version: 70 })
    })))

  const folded = { state: Counter.State.make({ total: 100 }), version: 100 }
  const useless: ReadonlyArray<readonly [what: string, payload: string]> = [
    ["of another release", JSON.stringify({ release: "2", state: "Counting", data: "{\"total\":7}" })],
    ["that is no JSON", "{"],
    ["of a state that there is not any more", JSON.stringify({ release: "1", state: "Gone", data: "{}" })],
    ["whose data are something else", JSON.stringify({ release: "1", state: "Counting", data: "{\"total\":\"7\"}" })]
  ]
  for (const [what, payload] of useless) {
    it.effect(`is read from its beginning if its snapshot is one ${what}, and gets a new one`, () =>
      given(Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* counted(100)
        yield* sql`UPDATE snapshots SET payload = ${payload}`
        assert.deepStrictEqual(yield* loaded, folded)
        yield* counted(128)
        yield* damaged(128)
        assert.strictEqual((yield* loaded).version, 128)
      })))
  }

  it.effect("that ends before its snapshot, whatever became of it, is read from its beginning", () =>
    given(Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* counted(70)
      yield* sql`DELETE FROM events WHERE sequence > 60`
      assert.deepStrictEqual(yield* loaded, { state: Counter.State.make({ total: 60 }), version: 60 })
    })))

  it.effect("loses its snapshot when all that is derived is made anew", () =>
    given(Effect.gen(function*() {
      yield* counted(100)
      yield* Effect.flatMap(EventStore, ({ rebuildViews }) => rebuildViews)
      assert.lengthOf(yield* rows, 0)
      assert.deepStrictEqual(yield* loaded, folded)
    })))
})
