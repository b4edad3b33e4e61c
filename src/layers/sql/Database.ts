/** Opens the SQLite database: private, durable as asked, and of a version that this release understands. */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { Context, Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { StoreError } from "../../services/StoreError.ts"
import * as Migrations from "./Migrations.ts"
import { toStoreError } from "./SqlFailure.ts"
import * as Transaction from "./Transaction.ts"

/**
 * `full`: a commit is on the disk before it answers. `normal`: the last commits may be lost when the power fails, but for
 * those of the outbox, which are always on the disk before a transaction leaves.
 */
export type Durability = "full" | "normal"

export interface Options {
  /** A file, or `:memory:` for a database that lives as long as the layer. */
  readonly path: string
  readonly durability: Durability
  /** Whether a database that is not there may be created. Commands that only read do not. */
  readonly create: boolean
}

const inMemory = ":memory:"
const privateMode = 0o600

/** How PRAGMA synchronous is written, and how it reads back. */
const synchronous = {
  full: { name: "FULL", level: 2 },
  normal: { name: "NORMAL", level: 1 }
} as const satisfies Record<Durability, unknown>

const cannotOpen = (action: string, detail: string, cause?: unknown) =>
  new StoreError({ reason: "CannotOpen", action, detail, ...(cause === undefined ? {} : { cause }) })

const tighten = (file: string) => {
  const { mode } = fs.statSync(file)
  if ((mode & 0o777 & ~privateMode) !== 0) fs.chmodSync(file, privateMode)
}

/**
 * Leaves a file that only its owner can read. An existing database is never opened and closed here: closing any
 * descriptor of a file drops the locks that SQLite holds on it elsewhere in this process.
 */
const prepareFile = (action: string, options: Options): Effect.Effect<void, StoreError> =>
  Effect.gen(function*() {
    const file = path.resolve(options.path)
    const folder = path.dirname(file)
    if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
      return yield* cannotOpen(action, `the folder ${folder} does not exist; create it, or choose another path`)
    }
    const found = fs.statSync(file, { throwIfNoEntry: false })
    if (found === undefined && !options.create) {
      return yield* cannotOpen(
        action,
        `there is no database at ${file}; it is created by the first command that moves money`
      )
    }
    if (found !== undefined && !found.isFile()) {
      return yield* cannotOpen(action, `${file} is no file; choose another path`)
    }
    yield* Effect.try({
      try: () => {
        if (found === undefined) {
          // Another process may create it at this moment: "a" leaves its content alone.
          fs.closeSync(fs.openSync(file, "a", privateMode))
        }
        // Its log comes to stand beside it.
        fs.accessSync(folder, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK)
        // The log and its index take the mode of the database when they are created, but may be there already.
        for (const part of [file, `${file}-wal`, `${file}-shm`]) {
          if (!fs.existsSync(part)) continue
          fs.accessSync(part, fs.constants.R_OK | fs.constants.W_OK)
          tighten(part)
        }
      },
      catch: (cause) =>
        cannotOpen(
          action,
          `${file} and its folder must be readable and writable for the user who runs this, and its permissions his to set: ${
            cause instanceof Error ? cause.message : String(cause)
          }`,
          cause
        )
    })
  })

const open = (options: Options) =>
  Effect.gen(function*() {
    const action = `open ${options.path}`
    if (options.path !== inMemory) yield* prepareFile(action, options)
    const sql = yield* SqliteClient.make({ filename: options.path, disableWAL: true }).pipe(
      // The client's constructor throws.
      Effect.catchAllDefect((cause) => Effect.fail(toStoreError(action, cause)))
    )
    yield* Transaction.patiently(
      action,
      Effect.gen(function*() {
        yield* Migrations.fresh(sql`PRAGMA busy_timeout = 20`)
        const version = yield* Migrations.version(sql, action)
        yield* Migrations.notNewer(version, action)
        if (version === 0 && !options.create) {
          return yield* cannotOpen(action, "the database is empty; it is set up by the first command that moves money")
        }
        const [journal] = yield* Migrations.fresh(sql<{ journal_mode: string }>`PRAGMA journal_mode = WAL`)
        if (journal?.journal_mode !== "wal" && options.path !== inMemory) {
          return yield* cannotOpen(
            action,
            `its file system cannot hold a write-ahead log (journal mode ${journal?.journal_mode}); choose a local disk`
          )
        }
        // Only now, after the schema has been read: SQLite lowers the default to NORMAL when it first sees the log.
        const { level, name } = synchronous[options.durability]
        yield* Migrations.fresh(sql`PRAGMA synchronous = ${sql.literal(name)}`)
        if (options.durability === "full") {
          // On macOS a plain fsync stops at the disk's own cache; elsewhere these change nothing.
          yield* Migrations.fresh(sql`PRAGMA fullfsync = 1`)
          yield* Migrations.fresh(sql`PRAGMA checkpoint_fullfsync = 1`)
        }
        // Whoever only looks does not wait for one who writes, and needs no room on the disk.
        if (version !== Migrations.latest) yield* Migrations.run(sql, action)
        const [actual] = yield* Migrations.fresh(sql<{ synchronous: number }>`PRAGMA synchronous`)
        if (actual?.synchronous !== level) {
          return yield* new StoreError({
            reason: "Durability",
            action,
            detail: `asked for synchronous=${name} (${level}), SQLite runs at ${actual?.synchronous}`
          })
        }
      })
    )
    return Context.make(SqliteClient.SqliteClient, sql).pipe(Context.add(SqlClient.SqlClient, sql))
  })

export const layer = (options: Options): Layer.Layer<SqlClient.SqlClient | SqliteClient.SqliteClient, StoreError> =>
  Layer.scopedContext(open(options)).pipe(Layer.provide(Reactivity.layer))
