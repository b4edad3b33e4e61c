import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import * as Aggregates from "../../../src/domain/Aggregates.ts"
import type * as Database from "../../../src/layers/sql/Database.ts"
import * as Migrations from "../../../src/layers/sql/Migrations.ts"
import * as Transaction from "../../../src/layers/sql/Transaction.ts"
import * as Views from "../../../src/layers/sql/Views.ts"
import { StoreError } from "../../../src/services/StoreError.ts"
import * as Temporary from "./Temporary.ts"

const mode = (file: string) => (fs.statSync(file).mode & 0o777).toString(8)

/** Opens the database, runs this, and closes it. */
const opened = <A, E>(
  file: string,
  effect: Effect.Effect<A, E, SqlClient.SqlClient>,
  options: Partial<Database.Options> = {}
) => Effect.provide(effect, Temporary.database(file, options))

const refused = (file: string, options: Partial<Database.Options> = {}) =>
  Effect.map(Effect.flip(opened(file, Effect.void, options)), (error) => {
    assert.instanceOf(error, StoreError)
    assert.include(error.message, file, "the error names the database")
    return error
  })

const pragma = (name: string) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => Effect.map(sql`PRAGMA ${sql.literal(name)}`, ([row]) => Object.values(row ?? {})[0])
  )

const execute = (...statements: ReadonlyArray<string>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => Effect.forEach(statements, (statement) => sql.unsafe(statement)))

describe("a database file", () => {
  it.scopedLive("can be read by its owner alone, and so can its log", () =>
    Effect.gen(function*() {
      const file = yield* Temporary.file
      const umask = process.umask(0)
      yield* opened(
        file,
        Effect.sync(() => {
          for (const part of ["", "-wal", "-shm"]) assert.strictEqual(mode(file + part), "600", part)
        })
      ).pipe(Effect.ensuring(Effect.sync(() => process.umask(umask))))
    }))

  it.scopedLive("that others could read is tightened, with the log that is there", () =>
    Effect.gen(function*() {
      const file = yield* Temporary.file
      yield* opened(
        file,
        Effect.gen(function*() {
          for (const part of ["", "-wal", "-shm"]) fs.chmodSync(file + part, 0o666)
          yield* opened(
            file,
            Effect.sync(() => {
              for (const part of ["", "-wal", "-shm"]) assert.strictEqual(mode(file + part), "600", part)
            })
          )
        })
      )
    }))

  it.scopedLive("is kept when it is opened again, and migrated once", () =>
    Effect.gen(function*() {
      const file = yield* Temporary.file
      const row = `INSERT INTO alerts (condition, operation, message, raised_at) VALUES ('a', 'b', 'c', 'd')`
      yield* opened(file, execute(row))
      yield* opened(
        file,
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          assert.lengthOf(yield* sql`SELECT * FROM alerts`, 1)
          assert.deepStrictEqual(
            yield* sql<{ id: number; name: string }>`SELECT id, name FROM schema_migrations`,
            Migrations.all.map(({ id, name }) => ({ id, name }))
          )
        }),
        { create: false }
      )
    }))

  it.scopedLive("can be created by several at once", () =>
    Effect.gen(function*() {
      const file = yield* Temporary.file
      const builds = Effect.replicate(Layer.build(Temporary.database(file)), 8)
      assert.lengthOf(yield* Effect.all(builds, { concurrency: "unbounded" }), 8)
      yield* opened(file, Effect.map(pragma("user_version"), (version) => assert.strictEqual(version, 0)))
    }))

  it.scopedLive("can be opened while another process writes", () =>
    Effect.gen(function*() {
      const file = yield* Temporary.file
      const other = yield* Temporary.client(file)
      const writing = Transaction.make(other).write(
        "write",
        Effect.zipRight(other`DELETE FROM alerts`, Effect.sleep("100 millis"))
      )
      yield* Effect.all([writing, Effect.zipRight(Effect.sleep("20 millis"), opened(file, Effect.void))], {
        concurrency: "unbounded"
      })
    }))
})

describe("durability", () => {
  for (const [durability, level] of [["full", 2], ["normal", 1]] as const) {
    it.scopedLive(`${durability} runs at synchronous ${level}, with a write-ahead log`, () =>
      Effect.gen(function*() {
        const file = yield* Temporary.file
        const check = Effect.gen(function*() {
          yield* execute("SELECT * FROM events", "DELETE FROM events")
          assert.strictEqual(yield* pragma("synchronous"), level)
          assert.strictEqual(yield* pragma("fullfsync"), durability === "full" ? 1 : 0)
          assert.strictEqual(yield* pragma("journal_mode"), "wal")
          // better-sqlite3 waits inside the event loop.
          assert.isAtMost(Number(yield* pragma("busy_timeout")), 20)
        })
        yield* opened(file, check, { durability })
        yield* opened(file, check, { durability })
      }))
  }

  it.scopedLive("of a database in memory is what was asked for too", () =>
    opened(":memory:", Effect.map(pragma("synchronous"), (level) => assert.strictEqual(level, 2))))
})

const newer = `INSERT INTO schema_migrations (id, name, applied_at) VALUES (${Migrations.latest + 1}, 'Newer', 'now')`

describe("what cannot be opened is refused, and left as it was", () => {
  it.scopedLive("a folder that is not there", () =>
    Effect.gen(function*() {
      const folder = yield* Temporary.folder
      const error = yield* refused(path.join(folder, "missing", "ballast.db"))
      assert.strictEqual(error.reason, "CannotOpen")
      assert.include(error.message, `the folder ${path.join(folder, "missing")} does not exist; create it`)
      assert.isEmpty(fs.readdirSync(folder))
    }))

  it.scopedLive("a database that is not there, by a command that only reads", () =>
    Effect.gen(function*() {
      const file = yield* Temporary.file
      const error = yield* refused(file, { create: false })
      assert.strictEqual(error.reason, "CannotOpen")
      assert.include(error.message, "there is no database")
      assert.isFalse(fs.existsSync(file))
    }))

  it.scopedLive("an empty file, by a command that only reads", () =>
    Effect.gen(function*() {
      const file = yield* Temporary.file
      fs.writeFileSync(file, "")
      assert.strictEqual((yield* refused(file, { create: false })).reason, "CannotOpen")
      assert.strictEqual(fs.readFileSync(file).length, 0)
    }))

  it.scopedLive("a folder", () =>
    Effect.gen(function*() {
      const folder = yield* Temporary.folder
      assert.strictEqual((yield* refused(folder)).reason, "CannotOpen")
    }))

  it.scopedLive("a file that is no database", () =>
    Effect.gen(function*() {
      const file = yield* Temporary.file
      const text = "BALLAST_DATABASE=ballast.db\n".repeat(1000)
      fs.writeFileSync(file, text)
      const error = yield* refused(file)
      assert.strictEqual(error.reason, "CannotOpen")
      assert.include(error.message, "not a database")
      assert.strictEqual(fs.readFileSync(file, "utf8"), text)
    }))

  it.scopedLive("a database of another program", () =>
    Effect.gen(function*() {
      const file = yield* Temporary.file
      yield* opened(file, execute("PRAGMA application_id = 7"))
      const before = fs.readFileSync(file)
      const error = yield* refused(file)
      assert.strictEqual(error.reason, "CannotOpen")
      assert.include(error.message, "another program")
      assert.isTrue(before.equals(fs.readFileSync(file)))
    }))

  it.scopedLive("a database of a newer release, which may keep it in another way", () =>
    Effect.gen(function*() {
      const file = yield* Temporary.file
      yield* opened(file, execute(newer, "PRAGMA journal_mode = DELETE"))
      const before = fs.readFileSync(file)
      const error = yield* refused(file)
      assert.strictEqual(error.reason, "NewerVersion")
      assert.include(error.message, `database version ${Migrations.latest + 1}`)
      assert.include(error.message, `up to ${Migrations.latest}`)
      assert.include(error.message, "upgrade Ballast")
      assert.isTrue(before.equals(fs.readFileSync(file)))
    }))

  it.scopedLive("a database that a newer release migrates while this one opens it", () =>
    opened(
      ":memory:",
      Effect.gen(function*() {
        yield* execute(newer)
        const sql = yield* SqlClient.SqlClient
        const error = yield* Effect.flip(Migrations.run(sql, "open"))
        assert.strictEqual(error.reason, "NewerVersion")
      })
    ))
})

describe("the schema", () => {
  it.scopedLive("finds live operations by an index that holds no others", () =>
    opened(
      ":memory:",
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        for (const { type } of Aggregates.all) {
          const view = Views.tableOf(type)
          const plan = yield* sql<{ detail: string }>`EXPLAIN QUERY PLAN
            SELECT * FROM ${sql(view)} WHERE settled = 0 ORDER BY started_at, id`
          assert.deepStrictEqual(plan.map(({ detail }) => detail), [`SCAN ${view} USING INDEX ${view}_live`])
        }
      })
    ))

  it.scopedLive("never uses a position twice", () =>
    opened(
      ":memory:",
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const insert = sql<{ position: number }>`
          INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
          VALUES ('a', 'b', 1, 'c', 1, '{}', '{}') RETURNING position`
        const [first] = yield* insert
        yield* sql`DELETE FROM events`
        const [second] = yield* insert
        assert.isAbove(second?.position ?? 0, first?.position ?? 0)
      })
    ))

  it("numbers its migrations from 1 without a gap", () => {
    assert.deepStrictEqual(Migrations.all.map(({ id }) => id), Migrations.all.map((_, index) => index + 1))
  })
})
