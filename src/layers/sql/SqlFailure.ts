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

/** What an operator can do about it, by primary result code. */
const advice: { readonly [primary: string]: string } = {
  BUSY:
    "another process writes to it or holds it (a backup, an open shell of sqlite3); wait for that process, or end it",
  LOCKED: "another process writes to it or holds it; wait for that process, or end it",
  PROTOCOL: "another process writes to it or holds it; wait for that process, or end it",
  FULL: "nothing of this is recorded; make room on its disk or in its quota",
  IOERR:
    "nothing of this is recorded; its disk or file system refused: see whether it is full, limited, failing or gone",
  READONLY: "nothing of this is recorded; make the file, its folder and its file system writable for this user",
  CANTOPEN: "make the file and its folder readable and writable for this user",
  NOTADB:
    "choose another path; if it has been a database of Ballast, its beginning is damaged: restore it from a backup",
  CORRUPT: "it is damaged: stop all that use it, keep a copy of all its files, then restore it from a backup"
}

const primaryOf = (code: string): string => code.split("_")[1] ?? ""

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
  return reasons[primaryOf(code)] ?? "Corrupt"
}

/** `action` says what was being done. */
export const toStoreError = (action: string, error: unknown): StoreError => {
  const cause = original(error)
  const code = codeOf(cause)
  const text = cause instanceof Error ? cause.message : String(cause)
  const help = code === undefined ? undefined : advice[primaryOf(code)]
  return new StoreError({
    reason: reasonOf(code),
    action,
    detail: `${text}${code === undefined ? "" : ` (${code})`}${help === undefined ? "" : `: ${help}`}`,
    cause
  })
}

/** A row with that key was there already. */
export const isUniqueViolation = ({ cause }: { readonly cause?: unknown }): boolean => {
  const code = codeOf(cause)
  return code === "SQLITE_CONSTRAINT_UNIQUE" || code === "SQLITE_CONSTRAINT_PRIMARYKEY"
}

/** What somebody answers on purpose, as against what SQLite says. */
export const isOurs = <E>(error: E): error is Exclude<E, SqlError> => !(error instanceof SqlError)
