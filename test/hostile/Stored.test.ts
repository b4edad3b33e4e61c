/** Everything that reads what stands in the database: a file that others can write to as well. */
import * as SqlClient from "@effect/sql/SqlClient"
import { describe, it } from "@effect/vitest"
import { Effect, Either, FastCheck as fc, Layer, ManagedRuntime, Option, Schema } from "effect"
import { afterAll, beforeAll, expect } from "vitest"
import * as RebalanceMoney from "../../src/cli/RebalanceMoney.ts"
import type { Aggregate } from "../../src/domain/Aggregate.ts"
import * as Redemption from "../../src/domain/EquityRedemption.ts"
import { MintId, OperationId } from "../../src/domain/OperationId.ts"
import * as Mint from "../../src/domain/TokenizedEquityMint.ts"
import * as Rebalance from "../../src/domain/UsdcRebalance.ts"
import * as OutboxTable from "../../src/layers/sql/OutboxTable.ts"
import * as Alerts from "../../src/services/Alerts.ts"
import { EventStore, type Operation } from "../../src/services/EventStore.ts"
import { Leases } from "../../src/services/Leases.ts"
import { event as mint, state as mintState } from "../domain/MintExamples.ts"
import { event as redemption } from "../domain/RedemptionExamples.ts"
import { toAlpaca, toBase } from "../domain/UsdcRebalanceExamples.ts"
import * as Temporary from "../layers/sql/Temporary.ts"
import * as Hostile from "./Hostile.ts"
import { expectTold, judge } from "./Judgement.ts"

interface Tagged {
  readonly _tag: string
}

const parsed = (text: string): Option.Option<unknown> => Option.liftThrowable((): unknown => JSON.parse(text))()

const aWord = Hostile.word

/** Every event of an aggregate, its payload bent. */
const decodes = <Id extends OperationId, C extends Tagged, S extends Tagged, E extends Tagged, R>(
  { codec, type }: Pick<Aggregate<Id, C, S, E, R>, "codec" | "type">,
  events: Readonly<Record<string, E>>
) =>
  it(type, () => {
    const seen = new Set<string>()
    const judged = (encoded: Parameters<typeof codec.decode>[0]) =>
      Either.match(codec.decode(encoded), {
        onLeft: ({ message }) => {
          seen.add("failure")
          expectTold(message)
        },
        // What gets through is a whole event: it is written again, and that is read as the same.
        onRight: (event) => {
          seen.add("value")
          expect(codec.decode(JSON.parse(JSON.stringify(codec.encode(event))))).toEqual(Either.right(event))
        }
      })
    const all = Object.values(events).map((event) => codec.encode(event))
    const bent = (golden: (typeof all)[number], recipe: Hostile.Recipe) =>
      Option.map(parsed(Hostile.text(golden.payload, recipe)), (payload) => judged({ ...golden, payload }))
    for (const golden of all) for (const recipe of Hostile.everywhere(golden.payload)) bent(golden, recipe)
    fc.assert(
      fc.property(fc.constantFrom(...all), Hostile.recipe, (golden, recipe) => void bent(golden, recipe)),
      { numRuns: 40 }
    )
    fc.assert(fc.property(fc.constantFrom(...all), aWord, fc.double(), (golden, type, version) => {
      judged({ ...golden, type: Hostile.said(type) })
      judged({ ...golden, version })
      judged({ ...golden, type: "constructor", version: 2 })
    }))
    expect([...seen].toSorted()).toEqual(["failure", "value"])
  })

it("what is shown of a rebalance's money", () => {
  const state = Rebalance.aggregate.view(toBase.state.DepositConfirmed)
  const operation = { type: "UsdcRebalance", data: state.data } as Operation
  expect(Option.isSome(RebalanceMoney.line(operation))).toBe(true)
  fc.assert(
    fc.property(Hostile.recipe, (recipe) => {
      const data = Option.getOrElse(parsed(Hostile.text(state.data, recipe)), () => ({})) as Operation["data"]
      Option.map(RebalanceMoney.line({ ...operation, data }), (line) => expectTold(line))
    }),
    { numRuns: 50 }
  )
})

describe("payloads", () => {
  decodes(Mint.aggregate, mint)
  decodes(Redemption.aggregate, redemption)
  decodes(Rebalance.aggregate, toBase.event)
  decodes(Rebalance.aggregate, toAlpaca.event)
})

const damaged = MintId.make("6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e")
const sound = MintId.make("7a2c9f1f-7b2c-4054-8b60-1a6b4b2d3e4f")
const metadata = {
  correlationId: damaged,
  causation: "RequestMint",
  recordedAt: "2026-01-05T14:00:00.000Z",
  softwareVersion: "1.2.3"
}

/** As SQLite compares: a text that is not one is refused by its STRICT tables. */
type Value = number | Hostile.Piece | Hostile.Recipe

const hostileText: fc.Arbitrary<Value> = fc.oneof(Hostile.recipe, aWord)

const valueOf = (golden: unknown, value: Value): string | number =>
  typeof value === "number" ? value : typeof value === "string" ? Hostile.said(value) : Hostile.text(golden, value)

describe("rows of a database", () => {
  const runtime = ManagedRuntime.make(Layer.fresh(Temporary.ports))
  type Ports = Layer.Layer.Success<typeof Temporary.ports>
  const run = <A, E>(effect: Effect.Effect<A, E, Ports>) => runtime.runPromise(effect)
  const judged = <A, E extends { readonly message: string }>(effect: Effect.Effect<A, E, Ports>) =>
    Effect.flatMap(
      Effect.context<Ports>(),
      (context) => Effect.promise(() => judge(Effect.provide(effect, context), () => true))
    )

  const payload = JSON.stringify(Mint.aggregate.codec.encode(mint.MintRequested).payload)
  const restored = Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* sql`DELETE FROM events`
    for (const id of [damaged, sound]) {
      yield* sql`
        INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
        VALUES (${Mint.aggregate.type}, ${id}, 1, 'MintRequested', 1, ${payload}, ${JSON.stringify(metadata)})`
    }
    yield* (yield* EventStore).rebuildViews
  })

  beforeAll(() => run(restored))
  afterAll(() => runtime.dispose())

  /** The other operation is none the worse for it. */
  const soundStill = Effect.gen(function*() {
    const store = yield* EventStore
    expect((yield* store.load(Mint.aggregate, sound)).version).toBe(1)
    expect(yield* store.operations({ id: sound })).toHaveLength(1)
    expect(yield* store.history(sound)).toHaveLength(1)
  })

  const columns: Readonly<Record<string, readonly [values: fc.Arbitrary<Value>, golden?: unknown]>> = {
    payload: [hostileText, JSON.parse(payload)],
    metadata: [hostileText, metadata],
    event_type: [aWord],
    event_version: [fc.constantFrom(-1, 0, 2, 2 ** 53, -(2 ** 62))]
  }
  for (const [column, [values, golden]] of Object.entries(columns)) {
    it(`events.${column}`, () =>
      fc.assert(
        fc.asyncProperty(values, (value) =>
          run(
            Effect.gen(function*() {
              const sql = yield* SqlClient.SqlClient
              const store = yield* EventStore
              yield* sql`UPDATE events SET ${sql(column)} = ${valueOf(golden, value)} WHERE aggregate_id = ${damaged}`
              yield* judged(store.load(Mint.aggregate, damaged))
              yield* judged(Effect.map(store.history(damaged), (events) => JSON.stringify(events)))
              yield* judged(store.events({ position: 0, limit: 10 }))
              yield* judged(store.rebuildViews)
              yield* soundStill
            }).pipe(Effect.ensuring(Effect.orDie(restored)))
          )),
        { numRuns: 8 }
      ))
  }

  const { data, state } = Mint.aggregate.view(mintState.MintRequested)
  const snapshot = { release: metadata.softwareVersion, state, data: JSON.stringify(data) }
  const ofSnapshot: typeof columns = {
    payload: [hostileText, snapshot],
    last_sequence: [fc.constantFrom(-1, 0, 2, 2 ** 53)]
  }
  for (const [column, [values, golden]] of Object.entries(ofSnapshot)) {
    it(`snapshots.${column}`, () =>
      fc.assert(
        fc.asyncProperty(values, (value) =>
          run(
            Effect.gen(function*() {
              const sql = yield* SqlClient.SqlClient
              const store = yield* EventStore
              yield* sql`INSERT OR REPLACE INTO snapshots (aggregate_type, aggregate_id, last_sequence, payload, timestamp)
              VALUES (${Mint.aggregate.type}, ${damaged}, 1, ${JSON.stringify(snapshot)}, '2026-01-05T14:00:00.000Z')`
              yield* sql`UPDATE snapshots SET ${sql(column)} = ${valueOf(golden, value)}`
              // Not worse than none: there is the log.
              expect((yield* store.load(Mint.aggregate, damaged)).version).toBe(1)
              yield* soundStill
            }).pipe(Effect.ensuring(Effect.orDie(restored)))
          )),
        { numRuns: 20 }
      ))
  }

  const failure = { reason: "Rejected", detail: "no", place: "Alpaca", amount: "1" }
  const ofView: typeof columns = {
    data: [hostileText, { symbol: "AAPL", quantity: "1" }],
    failure: [hostileText, failure],
    state: [aWord],
    started_at: [aWord],
    version: [fc.constantFrom(-1, 0, 2 ** 53)],
    succeeded: [fc.constantFrom(-1, 2)]
  }
  for (const [column, [values, golden]] of Object.entries(ofView)) {
    it(`tokenized_equity_mint_view.${column}`, () =>
      fc.assert(
        fc.asyncProperty(values, (value) =>
          run(Effect.gen(function*() {
            const sql = yield* SqlClient.SqlClient
            const store = yield* EventStore
            yield* sql`UPDATE tokenized_equity_mint_view SET ${sql(column)} = ${
              valueOf(golden, value)
            } WHERE id = ${damaged}`
            yield* judged(Effect.map(store.operations(), (found) => JSON.stringify(found)))
            yield* soundStill
            yield* store.rebuildViews
          }))),
        { numRuns: 8 }
      ))
  }

  it("outbox and outbox_signatures", () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          "operation",
          "step",
          "chain",
          "wallet",
          "recipient",
          "data",
          "gas",
          "max_fee_per_gas",
          "status",
          "cancelling",
          "mined_hash",
          "mined_block",
          "detail",
          "reserved_at",
          "ended_at"
        ),
        fc.constantFrom("hash", "kind", "max_fee_per_gas", "raw", "signed_at"),
        aWord,
        aWord,
        (column, ofSignature, word, other) =>
          run(
            Effect.gen(function*() {
              const sql = yield* SqlClient.SqlClient
              const table = yield* OutboxTable.make
              yield* sql`
              INSERT INTO outbox (position, operation, step, attempt, chain, chain_id, wallet, nonce, recipient, data, gas,
                max_fee_per_gas, max_priority_fee_per_gas, status, reserved_at)
              VALUES (1, ${damaged}, 'burn', 1, 'base', 8453, ${mint.MintRequested.wallet}, 0, ${mint.MintRequested.token},
                '0x', '21000', '2', '1', 'reserved', ${metadata.recordedAt})`
              yield* sql`
              INSERT INTO outbox_signatures (hash, outbox, kind, max_fee_per_gas, max_priority_fee_per_gas, raw, signed_at)
              VALUES (${mint.TokensReceived.txHash}, 1, 'call', '2', '1', '0x02', ${metadata.recordedAt})`
              expect(yield* table.list(Option.none())).toHaveLength(1)
              yield* sql`UPDATE outbox SET ${sql(column)} = ${Hostile.said(word)}`
              yield* judged(table.list(Option.none()))
              yield* judged(table.unended(mint.MintRequested.wallet))
              yield* sql`UPDATE outbox_signatures SET ${sql(ofSignature)} = ${Hostile.said(other)}`
              yield* judged(table.list(Option.none()))
              yield* soundStill
            }).pipe(Effect.ensuring(
              Effect.gen(function*() {
                const sql = yield* SqlClient.SqlClient
                yield* sql`DELETE FROM outbox_signatures`
                yield* sql`DELETE FROM outbox`
              }).pipe(Effect.orDie)
            ))
          )
      ),
      { numRuns: 15 }
    ))

  it("alerts", () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom("condition", "operation", "message", "raised_at"), aWord, (column, word) =>
        run(Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          const alerts = yield* Alerts.Alerts
          yield* sql`DELETE FROM alerts`
          yield* sql`
            INSERT INTO alerts (condition, operation, message, raised_at)
            VALUES ('c', ${damaged}, 'a message', ${metadata.recordedAt})`
          yield* sql`UPDATE alerts SET ${sql(column)} = ${Hostile.said(word)}`
          yield* judged(alerts.raised)
        }))),
      { numRuns: 20 }
    ))

  it("leases", () =>
    run(Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const leases = yield* Leases
      for (const expiry of [8.64e15 + 1, 2 ** 53, 2 ** 62, -(2 ** 62)]) {
        for (const pid of [-1, 0, 2 ** 31, 2 ** 53]) {
          yield* sql`DELETE FROM leases`
          yield* sql`
            INSERT INTO leases (name, token, owner, machine, pid, process_start, expires_at)
            VALUES ('x', 1, 'somebody', 'elsewhere', ${pid}, 'x', ${expiry})`
          yield* judged(leases.holder("x"))
          yield* judged(Effect.scoped(leases.hold("x")))
        }
      }
      yield* sql`DELETE FROM leases`
    })))
})

it("a stream that cannot be read is told as one, with its place", async () => {
  const told = await Effect.runPromise(
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql`
        INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
        VALUES (${Mint.aggregate.type}, ${damaged}, 1, 'MintRequested', 1, ${`{"symbol":${"[".repeat(1e5)}${
        "]".repeat(1e5)
      }}`}, ${JSON.stringify(metadata)})`
      return yield* Effect.flip(Effect.flatMap(EventStore, (store) => store.load(Mint.aggregate, damaged)))
    }).pipe(Effect.provide(Temporary.ports))
  )
  expect(told).toMatchObject({ _tag: "CorruptStream", sequence: 1 })
  expect(told.message).toContain("nested more than 64 deep")
  expect(Schema.is(OperationId)(damaged)).toBe(true)
})
