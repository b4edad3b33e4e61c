import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Migrations from "../../../src/layers/sql/Migrations.ts"
import { migration as initial } from "../../../src/layers/sql/migrations/0001Initial.ts"
import * as SqlFailure from "../../../src/layers/sql/SqlFailure.ts"
import * as Mints from "../../../src/layers/testing/contracts/EventStoreMints.ts"
import { EventStore } from "../../../src/services/EventStore.ts"
import { StoreError } from "../../../src/services/StoreError.ts"
import * as Temporary from "./Temporary.ts"

const { a, type } = Mints

const metadata =
  `{"correlationId":"${a}","causation":"RequestMint","recordedAt":"2026-01-05T14:00:00.000Z","softwareVersion":"0.1.0"}`

/** A mint that is under way, as the first release left it. */
const firstRelease = [
  "PRAGMA application_id = 1112298324",
  "PRAGMA journal_mode = WAL",
  "CREATE TABLE schema_migrations (id INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT",
  ...initial.statements,
  `INSERT INTO schema_migrations (id, name, applied_at) VALUES (1, 'Initial', '2026-01-05T13:00:00.000Z')`,
  `INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata) VALUES
    ('${type}', '${a}', 1, 'MintRequested', 1, '{"symbol":"AAPL","quantity":"10.500000001",
      "wallet":"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed","token":"0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
      "decimals":18,"issuer":"st0x","network":"base","at":"2026-01-05T14:00:00.000Z"}', '${metadata}'),
    ('${type}', '${a}', 2, 'MintAccepted', 1,
      '{"tokenizationRequestId":"12345-678-90AB","at":"2026-01-05T14:00:00.000Z"}', '${metadata}')`,
  `INSERT INTO tokenized_equity_mint_view
    (id, state, version, finished, settled, succeeded, failure, data, started_at, updated_at) VALUES
    ('${a}', 'MintAccepted', 2, 0, 0, 0, NULL, '{"symbol":"AAPL"}',
      '2026-01-05T14:00:00.000Z', '2026-01-05T14:00:01.000Z')`,
  `INSERT INTO leases (name, token) VALUES ('${type}/${a}', 7)`,
  `INSERT INTO alerts (condition, operation, message, raised_at) VALUES ('stuck', '${a}', 'see to it', '2026-01-05')`
]

/** Runs these before any of our layers has seen the file. */
const prepared = (...statements: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const file = yield* Temporary.file
    yield* Effect.flatMap(SqlClient.SqlClient, (sql) => Effect.forEach(statements, (text) => sql.unsafe(text))).pipe(
      Effect.provide(SqliteClient.layer({ filename: file, disableWAL: true }))
    )
    return file
  })

const tables = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql<{ name: string }>`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
    (rows) => rows.map(({ name }) => name).toSorted()
  )

const versions = (sql: SqlClient.SqlClient) =>
  sql<{ id: number; name: string }>`SELECT id, name FROM schema_migrations ORDER BY id`

/** The same client; another process sets the database up as soon as something has been read by it. */
const overtaken = (sql: SqlClient.SqlClient, file: string): SqlClient.SqlClient => {
  let isFirst = true
  const others = Effect.suspend(() => {
    if (!isFirst) return Effect.void
    isFirst = false
    return Effect.asVoid(Layer.build(Temporary.database(file)))
  })
  return new Proxy(sql, {
    apply: (target, self, args) => {
      const statement = Reflect.apply(target, self, args)
      return { unprepared: Effect.zipLeft(statement.unprepared, Effect.scoped(others)) }
    }
  })
}

describe("a database that another process sets up at this moment", () => {
  it.scopedLive("is never taken for one of another program", () =>
    Effect.gen(function*() {
      const file = yield* Temporary.file
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const found = yield* Migrations.version(overtaken(sql, file), "look")
        assert.include([0, Migrations.latest], found)
        assert.strictEqual(yield* Migrations.version(sql, "look"), Migrations.latest)
      }).pipe(Effect.provide(SqliteClient.layer({ filename: file, disableWAL: true })))
    }))
})

describe("a database of the first release", () => {
  it.scopedLive("is upgraded by whatever opens it, and its mints go on where they were", () =>
    Effect.gen(function*() {
      const file = yield* prepared(...firstRelease)
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        assert.deepStrictEqual(yield* versions(sql), [{ id: 1, name: "Initial" }, { id: 2, name: "Outbox" }, {
          id: 3,
          name: "UsdcRebalance"
        }])
        assert.includeMembers(yield* tables(sql), [
          "equity_redemption_view",
          "usdc_rebalance_view",
          "outbox",
          "outbox_signatures"
        ])
        const store = yield* EventStore
        const [operation, ...others] = yield* store.operations({ live: true })
        assert.deepStrictEqual([operation?.id, operation?.state, operation?.version], [a, "MintAccepted", 2])
        assert.isEmpty(others)
        const before = [Mints.requested, Mints.accepted]
        assert.deepStrictEqual(yield* Mints.load(a), { state: Mints.after(before), version: 2 })
        const lease = yield* Mints.hold(a)
        assert.strictEqual(lease.token, 8, "its tokens go on growing")
        assert.strictEqual(yield* Mints.append(lease, a, before, [Mints.received, Mints.completed]), 4)
        assert.lengthOf(yield* sql`SELECT * FROM alerts WHERE condition = 'stuck'`, 1)
      }).pipe(Effect.scoped, Effect.provide(Temporary.portsOver(file, { create: false })))
      yield* Effect.gen(function*() {
        assert.lengthOf(yield* versions(yield* SqlClient.SqlClient), 3, "once")
        assert.deepStrictEqual((yield* Mints.load(a)).state, Mints.after(Mints.whole))
      }).pipe(Effect.provide(Temporary.portsOver(file)))
    }))

  it.scopedLive("stays what it was when a part of the upgrade fails", () =>
    Effect.gen(function*() {
      const file = yield* prepared(...firstRelease, "CREATE TABLE outbox_signatures (hash TEXT) STRICT")
      const error = yield* Effect.flip(Effect.provide(Effect.void, Temporary.database(file)))
      assert.instanceOf(error, StoreError)
      assert.include(error.message, `open ${file}`)
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        assert.deepStrictEqual(yield* versions(sql), [{ id: 1, name: "Initial" }])
        const found = yield* tables(sql)
        assert.notInclude(found, "outbox")
        assert.notInclude(found, "equity_redemption_view")
        assert.lengthOf(yield* sql`SELECT * FROM events`, 2)
      }).pipe(Effect.provide(SqliteClient.layer({ filename: file, disableWAL: true })))
    }))
})

const transaction = {
  operation: a,
  step: "transfer",
  attempt: 1,
  chain: "base",
  chain_id: 8453,
  wallet: "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
  nonce: 4,
  recipient: "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
  data: "0x",
  gas: "21000",
  max_fee_per_gas: "1",
  max_priority_fee_per_gas: "1",
  status: "reserved",
  reserved_at: "2026-01-05T14:00:00.000Z"
}
const signature = {
  hash: `0x${"ab".repeat(32)}`,
  outbox: 1,
  kind: "call",
  max_fee_per_gas: "1",
  max_priority_fee_per_gas: "1",
  raw: "0x02",
  signed_at: "2026-01-05T14:00:00.000Z"
}

describe("SQLite itself", () => {
  const over = (body: (sql: SqlClient.SqlClient) => Effect.Effect<void, unknown>) =>
    Effect.flatMap(SqlClient.SqlClient, body).pipe(Effect.provide(Temporary.database(":memory:")))
  const insert = (sql: SqlClient.SqlClient, changes: Partial<typeof transaction> = {}) =>
    sql`INSERT INTO outbox ${sql.insert({ ...transaction, ...changes })}`
  const insertSignature = (sql: SqlClient.SqlClient, changes: Partial<typeof signature> = {}) =>
    sql`INSERT INTO outbox_signatures ${sql.insert({ ...signature, ...changes })}`

  it.effect("refuses a second nonce for one operation, step and attempt, also once the first is used up", () =>
    over((sql) =>
      Effect.gen(function*() {
        yield* insert(sql)
        assert.isTrue(SqlFailure.isUniqueViolation(yield* Effect.flip(insert(sql, { nonce: 5 }))))
        yield* sql`UPDATE outbox SET status = 'displaced', ended_at = '2026-01-05T14:00:00.000Z'`
        assert.isTrue(SqlFailure.isUniqueViolation(yield* Effect.flip(insert(sql, { nonce: 5 }))))
        yield* insert(sql, { nonce: 5, attempt: 2 })
        yield* insert(sql, { nonce: 6, step: "approval" })
        yield* insert(sql, { nonce: 7, operation: Mints.b })
      })
    ))

  it.effect("refuses a second transaction for one nonce of a wallet on a chain, also once the first has ended", () =>
    over((sql) =>
      Effect.gen(function*() {
        yield* insert(sql)
        assert.isTrue(SqlFailure.isUniqueViolation(yield* Effect.flip(insert(sql, { operation: Mints.b }))))
        yield* sql`UPDATE outbox SET status = 'confirmed', ended_at = '2026-01-05T14:00:00.000Z'`
        assert.isTrue(SqlFailure.isUniqueViolation(yield* Effect.flip(insert(sql, { operation: Mints.b }))))
        yield* insert(sql, { operation: Mints.b, chain_id: 1 })
        yield* insert(sql, { operation: Mints.c, wallet: transaction.recipient })
      })
    ))

  it.effect("refuses one signature for two transactions, and one for none", () =>
    over((sql) =>
      Effect.gen(function*() {
        yield* insert(sql)
        yield* insert(sql, { operation: Mints.b, nonce: 5 })
        yield* insertSignature(sql)
        assert.isTrue(SqlFailure.isUniqueViolation(yield* Effect.flip(insertSignature(sql, { outbox: 2 }))))
        const orphan = yield* Effect.flip(insertSignature(sql, { hash: `0x${"cd".repeat(32)}`, outbox: 3 }))
        assert.include(SqlFailure.toStoreError("insert", orphan).detail, "FOREIGN KEY")
      })
    ))
})
