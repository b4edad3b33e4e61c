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

/** What an operator is told to do, by what the code begins with. */
const advice = {
  SQLITE_BUSY: "another process writes to it or holds it",
  SQLITE_LOCKED: "another process writes to it or holds it",
  SQLITE_PROTOCOL: "another process writes to it or holds it",
  SQLITE_FULL: "make room on its disk",
  SQLITE_IOERR: "see whether it is full, limited, failing or gone",
  SQLITE_READONLY: "writable for this user",
  SQLITE_CANTOPEN: "make the file and its folder readable and writable",
  SQLITE_NOTADB: "restore it from a backup",
  SQLITE_CORRUPT: "restore it from a backup"
}

const transient: ReadonlySet<string> = new Set(["Busy", "Unavailable"])

describe("what SQLite says", () => {
  for (const [reason, codes] of Object.entries(table)) {
    for (const code of codes) {
      it(`${code} is ${reason}`, () => {
        const error = toStoreError("append to a/b", sqlite(code))
        assert.strictEqual(error.reason, reason)
        assert.strictEqual(error.kind, transient.has(reason) ? "transient" : "permanent")
        assert.include(error.message, `database (append to a/b): ${reason}: what SQLite says (${code})`)
        const [, told] = Object.entries(advice).find(([begin]) => code.startsWith(begin)) ?? []
        if (told !== undefined) assert.include(error.message, told)
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
