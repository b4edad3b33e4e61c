/** Numbered, never edited after release. All that are missing are applied in one transaction, or none. */
import type * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import type { Statement } from "@effect/sql/Statement"
import { Clock, DateTime, Effect } from "effect"
import { StoreError } from "../../services/StoreError.ts"
import { migration as initial } from "./migrations/0001Initial.ts"
import { migration as outbox } from "./migrations/0002Outbox.ts"
import { migration as usdcRebalance } from "./migrations/0003UsdcRebalance.ts"
import type { Migration } from "./migrations/Migration.ts"
import * as Transaction from "./Transaction.ts"

export const all: ReadonlyArray<Migration> = [initial, outbox, usdcRebalance]

/** The version of the database that this release writes. */
export const latest = all.reduce((highest, { id }) => Math.max(highest, id), 0)

/** SQLite keeps this number in the file's header: by it we know a database of ours. It spells "BLST". */
const applicationId = 0x424c5354

/**
 * Runs a statement without the client's cache of prepared statements. That cache keeps failures too, for minutes: a
 * statement that could not be prepared because another process held the database would go on failing.
 */
export const fresh = <A>(statement: Statement<A>): Effect.Effect<ReadonlyArray<A>, SqlError> =>
  statement.unprepared.pipe(
    // The client prepares it outside of its own error handling.
    Effect.catchAllDefect((cause) => Effect.fail(new SqlError({ cause, message: "Failed to prepare statement" })))
  )

/**
 * The version of the database, 0 when it has no content at all. A file that is no database, or one of another program, is
 * refused; nothing is written.
 */
export const version = (sql: SqlClient.SqlClient, action: string): Effect.Effect<number, StoreError | SqlError> =>
  Effect.gen(function*() {
    const [content] = yield* fresh(sql<{ tables: number }>`SELECT COUNT(*) AS tables FROM sqlite_master`)
    if (content?.tables === 0) return 0
    // After the content, with which it was written: another process may be setting the database up at this moment.
    const [header] = yield* fresh(sql<{ application_id: number }>`PRAGMA application_id`)
    if (header?.application_id !== applicationId) {
      return yield* new StoreError({
        reason: "CannotOpen",
        action,
        detail: "this is a database of another program; choose another path"
      })
    }
    const [newest] = yield* fresh(sql<{ id: number | null }>`SELECT MAX(id) AS id FROM schema_migrations`)
    return newest?.id ?? 0
  })

/** Refuses what a newer release wrote. */
export const notNewer = (found: number, action: string): Effect.Effect<void, StoreError> =>
  found <= latest ? Effect.void : Effect.fail(
    new StoreError({
      reason: "NewerVersion",
      action,
      detail:
        `it was written by a newer release of Ballast (database version ${found}, this release knows versions up to ${latest}); `
        + `upgrade Ballast, or choose another database. Nothing was changed`
    })
  )

/** Brings the database to the latest version; safe when several processes do it at once. */
export const run = (sql: SqlClient.SqlClient, action: string): Effect.Effect<void, StoreError> =>
  Transaction.make(sql).write(
    action,
    Effect.gen(function*() {
      // Another process may have been faster, so the version is read again under the write lock.
      const found = yield* version(sql, action)
      yield* notNewer(found, action)
      if (found === latest) return
      if (found === 0) {
        yield* fresh(sql`PRAGMA application_id = ${sql.literal(String(applicationId))}`)
        yield* fresh(
          sql`CREATE TABLE schema_migrations (id INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT`
        )
      }
      const at = DateTime.formatIso(DateTime.unsafeMake(yield* Clock.currentTimeMillis))
      for (const { id, name, statements } of all) {
        if (id <= found) continue
        for (const statement of statements) yield* fresh(sql`${sql.literal(statement)}`)
        yield* fresh(sql`INSERT INTO schema_migrations (id, name, applied_at) VALUES (${id}, ${name}, ${at})`)
      }
    })
  )
