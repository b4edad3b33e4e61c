/** What SQLite itself finds wrong with a database, and what its counters know of a log that has lost its end. */
import type * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import type { StoreError } from "../../services/StoreError.ts"
import * as Migrations from "./Migrations.ts"
import { toStoreError } from "./SqlFailure.ts"
import * as Transaction from "./Transaction.ts"

const action = "check the integrity of the database"

/** Tables that only ever grow, and what one of their rows is called. */
const growing = { events: "event", outbox: "transaction", alerts: "alert" } as const

/** The counter grows with its table, in the same transaction; nothing is ever deleted. */
const lost = (sql: SqlClient.SqlClient, table: keyof typeof growing) =>
  Effect.map(
    sql<{ given: number; last: number }>`
      SELECT (SELECT COALESCE(MAX(position), 0) FROM ${sql(table)}) AS last,
        COALESCE((SELECT seq FROM sqlite_sequence WHERE name = ${table}), 0) AS given`,
    ([row]) =>
      row === undefined || row.last === row.given
        ? []
        : [
          `the last ${growing[table]} has position ${row.last}, but the last position given was ${row.given}: ${
            row.last < row.given ? "its end is lost" : "a part of the database is older than another"
          }`
        ]
  )

export const make = (sql: SqlClient.SqlClient): Effect.Effect<ReadonlyArray<string>, StoreError> =>
  Transaction.make(sql).read(
    action,
    Effect.gen(function*() {
      // More than a few say nothing new, and each may be found many times.
      const found = yield* Migrations.fresh(sql<{ integrity_check: string }>`PRAGMA integrity_check(20)`)
      const pages = found.map(({ integrity_check }) => integrity_check).filter((text) => text !== "ok")
      const ends = yield* Effect.forEach(["events", "outbox", "alerts"] as const, (table) => lost(sql, table))
      return [...pages, ...ends.flat()]
    }).pipe(
      Effect.catchTag("SqlError", (error) => {
        const known = toStoreError(action, error)
        return known.reason === "Corrupt" ? Effect.succeed([known.detail]) : Effect.fail(known)
      })
    )
  )
