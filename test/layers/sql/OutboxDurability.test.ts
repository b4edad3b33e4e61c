/** Whatever the database is opened with: what leaves the machine after a commit must not be forgotten with it. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as OutboxTable from "../../../src/layers/sql/OutboxTable.ts"
import { draft, signature } from "./Drafts.ts"
import * as Temporary from "./Temporary.ts"

/** How SQLite runs while each of these is written: the trigger asks in the middle of the transaction. */
const watched = (table: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql.unsafe(
      `CREATE TEMP TRIGGER watch_${table} AFTER INSERT ON ${table} BEGIN
        INSERT INTO seen SELECT '${table}', synchronous FROM pragma_synchronous;
      END`
    ))

describe("under durability", () => {
  for (const [durability, usual] of [["normal", 1], ["full", 2]] as const) {
    it.scoped(`${durability}, what the outbox stores is on the disk before it answers, and then it is as before`, () =>
      Effect.gen(function*() {
        const file = yield* Temporary.file
        yield* Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          const table = yield* OutboxTable.make
          yield* sql`CREATE TEMP TABLE seen (what TEXT, level INTEGER)`
          for (const one of ["outbox", "outbox_signatures", "alerts"]) yield* watched(one)
          const level = Effect.map(
            sql<{ synchronous: number }>`PRAGMA synchronous`.unprepared,
            ([row]) => row?.synchronous
          )
          for (const digit of ["a", "b"] as const) {
            const row = yield* table.reserve(draft({ key: { ...draft().key, step: digit } }), [], 4)
            assert.strictEqual(yield* level, usual)
            yield* table.sign(row, signature(digit))
            assert.strictEqual(yield* level, usual)
          }
          yield* sql`INSERT INTO alerts (condition, operation, message, raised_at) VALUES ('c', 'o', 'm', 'a')`
          assert.deepStrictEqual(yield* sql`SELECT * FROM seen`, [
            { what: "outbox", level: 2 },
            { what: "outbox_signatures", level: 2 },
            { what: "outbox", level: 2 },
            { what: "outbox_signatures", level: 2 },
            { what: "alerts", level: usual }
          ])
          // Also after a transaction that fails.
          yield* Effect.flip(table.reserve(draft({ key: { ...draft().key, attempt: 5 } }), [], 4))
          assert.strictEqual(yield* level, usual)
        }).pipe(Effect.provide(Temporary.portsOver(file, { durability })))
      }))
  }
})
