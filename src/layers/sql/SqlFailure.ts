/** What SQLite's result codes mean for us: the one place that reads them. */
import { SqlError } from "@effect/sql/SqlError"
import { StoreError } from "../../services/StoreError.ts"

/** By primary result code; an extended one (`SQLITE_IOERR_FSYNC`) means the same to us as its primary. */
const reasons: { readonly [primary: string]: StoreError["reason"] } = {
  BUSY: "Busy",
  LOCKED: "Busy",
  /** Two connections raced for the locks of the write-ahead log. */
  PROTOCOL: "Busy",
  FULL: "Unavailable",
  IOERR: "Unavailable",
  NOMEM: "Unavailable",
  /** The file system went read-only, or the file was moved away under us. */
  READONLY: "Unavailable",
  INTERRUPT: "Unavailable",
  CANTOPEN: "CannotOpen",
  NOTADB: "CannotOpen",
  PERM: "CannotOpen",
  AUTH: "CannotOpen"
}

const codeOf = (cause: unknown): string | undefined =>
  typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string"
    ? cause.code
    : undefined

/** What SQLite itself said, out of the wrapping of the SQL client. */
const original = (error: unknown): unknown => error instanceof SqlError ? error.cause ?? error : error

const reasonOf = (code: string | undefined): StoreError["reason"] => {
  // Not from SQLite at all: the connection was closed, or its native module is missing.
  if (code === undefined) return "Unavailable"
  // A result that stands for none of the above says that the tables or rows are not as this release writes them.
  return reasons[code.split("_")[1] ?? ""] ?? "Corrupt"
}

/** `action` says what was being done. */
export const toStoreError = (action: string, error: unknown): StoreError => {
  const cause = original(error)
  const code = codeOf(cause)
  const text = cause instanceof Error ? cause.message : String(cause)
  return new StoreError({
    reason: reasonOf(code),
    action,
    detail: code === undefined ? text : `${text} (${code})`,
    cause
  })
}

/** A row with that key is there already. */
export const isUniqueViolation = (error: SqlError): boolean => {
  const code = codeOf(original(error))
  return code === "SQLITE_CONSTRAINT_UNIQUE" || code === "SQLITE_CONSTRAINT_PRIMARYKEY"
}
