import { SqlError } from "@effect/sql/SqlError"
import { assert, describe, it } from "@effect/vitest"
import { toStoreError } from "../../../src/layers/sql/SqlFailure.ts"
import type { StoreError } from "../../../src/services/StoreError.ts"

const sqlite = (code: string) =>
  new SqlError({ cause: Object.assign(new Error("what SQLite says"), { code }), message: "Failed" })

/** better-sqlite3's codes, extended ones included. */
const table: { readonly [Reason in StoreError["reason"]]?: ReadonlyArray<string> } = {
  Busy: [
    "SQLITE_BUSY",
    "SQLITE_BUSY_SNAPSHOT",
    "SQLITE_BUSY_RECOVERY",
    "SQLITE_BUSY_TIMEOUT",
    "SQLITE_LOCKED",
    "SQLITE_LOCKED_SHAREDCACHE",
    "SQLITE_PROTOCOL"
  ],
  Unavailable: [
    "SQLITE_FULL",
    "SQLITE_IOERR",
    "SQLITE_IOERR_FSYNC",
    "SQLITE_IOERR_WRITE",
    "SQLITE_IOERR_SHORT_READ",
    "SQLITE_NOMEM",
    "SQLITE_READONLY",
    "SQLITE_READONLY_DBMOVED",
    "SQLITE_INTERRUPT"
  ],
  CannotOpen: ["SQLITE_CANTOPEN", "SQLITE_CANTOPEN_ISDIR", "SQLITE_NOTADB", "SQLITE_PERM", "SQLITE_AUTH"],
  Corrupt: [
    "SQLITE_CORRUPT",
    "SQLITE_CORRUPT_INDEX",
    "SQLITE_ERROR",
    "SQLITE_SCHEMA",
    "SQLITE_MISMATCH",
    "SQLITE_CONSTRAINT_UNIQUE",
    "SQLITE_CONSTRAINT_DATATYPE",
    "SQLITE_CONSTRAINT_TRIGGER",
    "UNKNOWN_SQLITE_ERROR_9999"
  ]
}

const transient: ReadonlySet<string> = new Set(["Busy", "Unavailable"])

describe("what SQLite says", () => {
  for (const [reason, codes] of Object.entries(table)) {
    for (const code of codes) {
      it(`${code} is ${reason}`, () => {
        const error = toStoreError("append to a/b", sqlite(code))
        assert.strictEqual(error.reason, reason)
        assert.strictEqual(error.kind, transient.has(reason) ? "transient" : "permanent")
        assert.strictEqual(error.message, `database (append to a/b): ${reason}: what SQLite says (${code})`)
      })
    }
  }

  it("a connection that was closed is Unavailable", () => {
    const error = toStoreError(
      "load a/b",
      new SqlError({ cause: new TypeError("The database connection is not open") })
    )
    assert.strictEqual(error.reason, "Unavailable")
    assert.include(error.message, "The database connection is not open")
  })
})
