/**
 * Whether a database is still the file that its path names. SQLite goes on writing into one that was moved, deleted or
 * replaced under it and says that all is well, while everybody else looks at another file, or at none.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { StoreError } from "../../services/StoreError.ts"

/** Which file of the machine it is; undefined where there is none. */
const identity = (file: string): string | undefined => {
  const found = fs.statSync(file, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? undefined : `${found.dev}/${found.ino}`
}

const fileOf = (sql: SqlClient.SqlClient): string | undefined => {
  const config: unknown = "config" in sql ? sql.config : undefined
  const name = typeof config === "object" && config !== null && "filename" in config ? config.filename : undefined
  return typeof name === "string" && name !== ":memory:" ? path.resolve(name) : undefined
}

/** Made as soon as the database is open; to be asked before each commit. `action` says what is being done. */
export const make = (sql: SqlClient.SqlClient): (action: string) => Effect.Effect<void, StoreError> => {
  const file = fileOf(sql)
  if (file === undefined) return () => Effect.void
  const opened = identity(file)
  return (action) =>
    Effect.suspend(() =>
      identity(file) === opened ? Effect.void : new StoreError({
        reason: "Unavailable",
        action,
        detail:
          `${file} was moved, deleted or replaced while it was in use, and what is written to it now would be lost: `
          + "nothing of this is recorded; put it back, or stop this process and look into it"
      })
    )
}
