import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Either, Exit, Fiber, Layer, type Scope } from "effect"
import { MintId } from "../../../src/domain/OperationId.ts"
import * as Mint from "../../../src/domain/TokenizedEquityMint.ts"
import * as SqlEventStore from "../../../src/layers/sql/SqlEventStore.ts"
import * as Views from "../../../src/layers/sql/Views.ts"
import * as Mints from "../../../src/layers/testing/contracts/EventStoreMints.ts"
import { LeasesControl } from "../../../src/layers/testing/LeasesControl.ts"
import { EventStore, type Guard } from "../../../src/services/EventStore.ts"
import { Leases } from "../../../src/services/Leases.ts"
import * as Counter from "./Counter.ts"
import * as Temporary from "./Temporary.ts"

const { a, b, type } = Mints

const withPorts = <A, E>(effect: Effect.Effect<A, E, Layer.Layer.Success<typeof Temporary.ports> | Scope.Scope>) =>
  Effect.provide(Effect.scoped(effect), Temporary.ports)

/** A store that knows the counter, beside its connection. */
const counters = SqlEventStore.layer({ softwareVersion: "test", aggregates: [Counter.aggregate] }).pipe(
  Layer.provideMerge(Temporary.database(":memory:"))
)

/** An event of the counter put there by other hands. */
const stored = (sequence: number, version: number, payload: unknown) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) =>
      sql`INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
      VALUES (${Counter.aggregate.type}, ${Counter.id}, ${sequence}, 'Counted', ${version}, ${JSON.stringify(payload)},
        '{"correlationId":"c","causation":"Count","recordedAt":"2026-01-05T14:00:00.000Z","softwareVersion":"0.0.1"}')`
  )

const store = Effect.map(EventStore, (store) => store)

describe("events of other releases", () => {
  it.effect("of an older one are lifted when they are read, and left in the log as they are", () =>
    Effect.gen(function*() {
      yield* Counter.createView
      yield* stored(1, 1, { label: "old" })
      yield* stored(2, 2, { label: "new", by: 5 })
      const { load, history, rebuildViews, operations } = yield* store
      const { state, version } = yield* load(Counter.aggregate, Counter.id)
      assert.deepStrictEqual([state.total, version], [6, 2])
      assert.deepStrictEqual((yield* history(Counter.id))[0]?.payload, { label: "old" })
      assert.strictEqual(yield* rebuildViews, 1)
      assert.deepStrictEqual((yield* operations())[0]?.data, { total: 6 })
    }).pipe(Effect.provide(counters)))

  it.effect("of a newer one stop the operation, and say that Ballast is to be upgraded", () =>
    Effect.gen(function*() {
      yield* stored(1, 2, { label: "new", by: 5 })
      yield* stored(2, 3, { label: "newer", by: { amount: 5 } })
      const error = yield* Effect.flip(Effect.flatMap(store, ({ load }) => load(Counter.aggregate, Counter.id)))
      if (error._tag !== "CorruptStream") return assert.fail(error._tag)
      assert.strictEqual(error.sequence, 2)
      assert.include(error.message, "upgrade Ballast")
      assert.include(error.message, Counter.id)
    }).pipe(Effect.provide(counters)))
})

describe("an append", () => {
  it.scoped("whose second event cannot be written leaves neither the first nor the view", () =>
    withPorts(Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* Mints.written(a, [Mints.requested])
      yield* sql`CREATE TRIGGER full BEFORE INSERT ON events WHEN NEW.event_type = 'TokensReceived'
        BEGIN SELECT RAISE(ABORT, 'told to'); END`
      const before = yield* Effect.flatMap(store, ({ operations }) => operations())
      const error = yield* Effect.flip(
        Effect.scoped(
          Effect.flatMap(
            Mints.hold(a),
            (lease) => Mints.append(lease, a, [Mints.requested], [Mints.accepted, Mints.received])
          )
        )
      )
      assert.strictEqual(error._tag, "StoreError")
      assert.include(error.message, `append to ${type}/${a}`)
      assert.strictEqual((yield* Mints.load(a)).version, 1)
      assert.deepStrictEqual(yield* Effect.flatMap(store, ({ operations }) => operations()), before)
    })))

  it.scoped("whose view cannot be written leaves no event", () =>
    withPorts(Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql`DROP TABLE ${sql(Views.tableOf(type))}`
      const lease = yield* Mints.hold(a)
      const error = yield* Effect.flip(Mints.append(lease, a, [], [Mints.requested]))
      assert.strictEqual(error._tag, "StoreError")
      assert.strictEqual((yield* Mints.load(a)).version, 0)
    })))

  it.scoped("that finds its sequence taken is a conflict: the unique index is the referee", () =>
    withPorts(Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      // As if another transaction had read the same version: the row is there when ours comes.
      yield* sql`CREATE TRIGGER overtake BEFORE INSERT ON events BEGIN
        INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
        VALUES (NEW.aggregate_type, NEW.aggregate_id, NEW.sequence, 'Other', 1, '{}', '{}'); END`
      const lease = yield* Mints.hold(a)
      const error = yield* Effect.flip(Mints.append(lease, a, [], [Mints.requested]))
      assert.strictEqual(error._tag, "VersionConflict")
    })))

  it.scoped("is there for a process that opens the database later", () =>
    Effect.gen(function*() {
      const file = yield* Temporary.file
      yield* Effect.provide(Mints.written(a, Mints.whole), Temporary.portsOver(file))
      yield* Effect.gen(function*() {
        assert.strictEqual((yield* Mints.load(a)).state._tag, "Completed")
        const [operation] = yield* Effect.flatMap(store, ({ operations }) => operations())
        assert.deepStrictEqual([operation?.id, operation?.outcome._tag], [a, "Succeeded"])
      }).pipe(Effect.provide(Temporary.portsOver(file, { create: false })))
    }))

  it.scoped("by one connection is checked against what another one committed, and against its leases", () =>
    Effect.gen(function*() {
      const file = yield* Temporary.file
      const ours = yield* Layer.build(Temporary.portsOver(file))
      const theirs = yield* Layer.build(Temporary.portsOver(file))
      const leases = Context.get(ours, Leases)
      const lease = yield* leases.hold(`${type}/${a}`)
      yield* Effect.provide(Mints.append(lease, a, [], [Mints.requested]), ours)
      const held = yield* Effect.flip(Effect.scoped(Effect.provide(Mints.hold(a), theirs)))
      assert.strictEqual(held._tag, "LeaseHeld")
      const conflict = yield* Effect.flip(Effect.provide(Mints.append(lease, a, [], [Mints.requested]), theirs))
      assert.strictEqual(conflict._tag, "VersionConflict")
    }))

  it.scopedLive("whose guard allows one operation at a time leaves no gap for another process to slip through", () =>
    Effect.gen(function*() {
      const file = yield* Temporary.file
      const alone: Guard<"taken"> = { admits: (live) => live.length === 0 ? Either.void : Either.left("taken") }
      const ours = yield* Layer.build(Temporary.portsOver(file))
      const theirs = yield* Layer.build(Temporary.portsOver(file))
      const ourLease = yield* Effect.provide(Mints.hold(a), ours)
      const theirLease = yield* Effect.provide(Mints.hold(b), theirs)
      const answers = yield* Effect.all([
        Effect.provide(Mints.append(ourLease, a, [], [Mints.requested], { guard: alone }), ours),
        Effect.provide(Mints.append(theirLease, b, [], [Mints.requested], { guard: alone }), theirs)
      ], { concurrency: "unbounded", mode: "either" }).pipe(Temporary.inSmallTurns)
      assert.sameDeepMembers(answers, [Either.right(1), Either.left("taken")])
    }))
})

const ids = Array.from(
  { length: 40 },
  (_, at) => MintId.make(`${String(at).padStart(8, "0")}-0000-4000-8000-000000000000`)
)

describe("appends at once", () => {
  it.scoped("succeed and fail each by itself: by a version, by a lease, by what another of them has just written", () =>
    withPorts(Effect.gen(function*() {
      const { seize } = yield* LeasesControl
      const held = yield* Effect.forEach(ids, (id) => Effect.map(Mints.hold(id), (lease) => ({ id, lease })))
      const first = ({ id, lease }: (typeof held)[number]) => Mints.append(lease, id, [], [Mints.requested])
      const [begun, taken, ...others] = held
      if (begun === undefined || taken === undefined) return assert.fail("nothing is held")
      yield* first(begun)
      yield* seize(taken.lease.name, "1 minute")
      const answers = yield* Effect.all([
        first(begun),
        first(taken),
        ...others.flatMap((one) => [
          first(one),
          // The same version once more, and the one that is then next.
          first(one),
          Mints.append(one.lease, one.id, [Mints.requested], [Mints.accepted, Mints.received])
        ])
      ], { concurrency: "unbounded", mode: "either" })
      const told = answers.map(Either.match({ onLeft: ({ _tag }) => _tag, onRight: (version) => version }))
      assert.deepStrictEqual(told.slice(0, 2), ["VersionConflict", "LeaseLost"])
      assert.deepStrictEqual(told.slice(2), others.flatMap(() => [1, "VersionConflict", 3]))
      const states = yield* Effect.forEach(ids, (id) => Effect.map(Mints.load(id), ({ state }) => state._tag))
      assert.deepStrictEqual(states, ["MintRequested", "NotStarted", ...others.map(() => "TokensReceived")])
      const shown = yield* Effect.flatMap(store, ({ operations }) => operations())
      assert.sameDeepMembers(
        shown.map(({ id, state, version }) => ({ id: String(id), state, version })),
        [
          { id: String(begun.id), state: "MintRequested", version: 1 },
          ...others.map(({ id }) => ({ id: String(id), state: "TokensReceived", version: 3 }))
        ]
      )
    })))

  it.scoped("are as many as are wanted: one who is interrupted is written whole or not at all", () =>
    withPorts(Effect.gen(function*() {
      const held = yield* Effect.forEach(ids, (id) => Effect.map(Mints.hold(id), (lease) => ({ id, lease })))
      const fibers = yield* Effect.forEach(
        held,
        ({ id, lease }) => Effect.fork(Mints.append(lease, id, [], [Mints.requested, Mints.accepted]))
      )
      yield* Effect.forEach(fibers, (fiber, at) => at % 3 === 0 ? Fiber.interruptFork(fiber) : Effect.yieldNow())
      const exits = yield* Effect.forEach(fibers, Fiber.await)
      const versions = yield* Effect.forEach(ids, (id) => Effect.map(Mints.load(id), ({ version }) => version))
      for (const [at, exit] of exits.entries()) {
        if (Exit.isSuccess(exit)) assert.strictEqual(versions[at], 2)
        else assert.include([0, 2], versions[at])
        if (at % 3 !== 0) assert.isTrue(Exit.isSuccess(exit), "nobody else is interrupted with him")
      }
      const shown = yield* Effect.flatMap(store, ({ operations }) => operations())
      assert.lengthOf(shown, versions.filter((version) => version === 2).length)
    })))
})

describe("reading", () => {
  it.scoped("a damaged view names the row and what can be done", () =>
    withPorts(Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const table = Views.tableOf(type)
      for (const damage of [sql`settled = 1`, sql`failure = '{'`, sql`data = '[]'`, sql`started_at = 'yesterday'`]) {
        yield* sql`DELETE FROM ${sql(table)}`
        yield* Effect.flatMap(store, ({ rebuildViews }) => rebuildViews)
        if ((yield* Mints.load(b)).version === 0) yield* Mints.written(b, [Mints.requested, Mints.timedOut])
        yield* sql`UPDATE ${sql(table)} SET ${damage}`
        const error = yield* Effect.flip(Effect.flatMap(store, ({ operations }) => operations()))
        assert.strictEqual(error.reason, "Corrupt")
        assert.include(error.message, `row ${b} of ${table}`)
        assert.include(error.message, "rebuilt")
      }
    })))

  it.scoped("an event whose metadata is damaged names the event", () =>
    withPorts(Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* Mints.written(b, [Mints.requested, Mints.accepted])
      yield* sql`UPDATE events SET metadata = '{}' WHERE sequence = 2`
      const error = yield* Effect.flip(Effect.flatMap(store, ({ history }) => history(b)))
      assert.strictEqual(error.reason, "Corrupt")
      assert.include(error.message, `${type} ${b}, event 2`)
      const rebuilding = yield* Effect.flip(Effect.flatMap(store, ({ rebuildViews }) => rebuildViews))
      assert.strictEqual(rebuilding._tag, "CorruptStream")
    })))

  it("knows the view of an aggregate by its name in the log", () => {
    assert.strictEqual(Views.tableOf("TokenizedEquityMint"), "tokenized_equity_mint_view")
    assert.strictEqual(Views.tableOf("UsdcRebalance"), "usdc_rebalance_view")
    assert.strictEqual(Mint.aggregate.type, type)
  })
})

describe("a guard that is asked again", () => {
  it.scoped("is shown what has changed since, and nothing that was rolled back", () =>
    withPorts(Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* Mints.written(a, [Mints.requested])
      const lease = yield* Mints.hold(b)
      const shown = Effect.gen(function*() {
        const seen: Array<string> = []
        const admits: Guard<never>["admits"] = (operations) => {
          seen.push(...operations.map(({ id, state, version }) => `${id} ${state} ${version}`))
          return Either.void
        }
        yield* Mints.append(lease, b, [], [], { guard: { admits } })
        return seen
      })
      assert.deepStrictEqual(yield* shown, [`${a} MintRequested 1`])
      yield* Effect.scoped(
        Effect.flatMap(Mints.hold(a), (held) => Mints.append(held, a, [Mints.requested], [Mints.accepted]))
      )
      assert.deepStrictEqual(yield* shown, [`${a} MintAccepted 2`])
      // What the same version says is another thing after a transaction that did not last.
      yield* sql`UPDATE tokenized_equity_mint_view SET state = 'Elsewhere' WHERE id = ${a}`
      assert.deepStrictEqual(yield* shown, [`${a} Elsewhere 2`])
      yield* sql`UPDATE tokenized_equity_mint_view SET data = 'no JSON' WHERE id = ${a}`
      assert.strictEqual((yield* Effect.flip(shown))._tag, "StoreError")
    })))
})

it.effect("the type of an aggregate may be any text", () => {
  const odd = { ...Counter.aggregate, type: "an \"odd\" type; --" }
  return Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* Counter.createView
    yield* sql`ALTER TABLE test_counter_view RENAME TO ${sql(Views.tableOf(odd.type))}`
    yield* stored(1, 2, { label: "new", by: 5 })
    yield* sql`UPDATE events SET aggregate_type = ${odd.type}`
    const { operations, rebuildViews } = yield* store
    assert.strictEqual(yield* rebuildViews, 1)
    assert.deepStrictEqual((yield* operations())[0]?.data, { total: 5 })
  }).pipe(
    Effect.provide(
      SqlEventStore.layer({ softwareVersion: "test", aggregates: [odd] }).pipe(
        Layer.provideMerge(Temporary.database(":memory:"))
      )
    )
  )
})
