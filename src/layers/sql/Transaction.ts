/**
 * Transactions whose every failure is typed. Those of @effect/sql begin deferred, which fails at once with
 * SQLITE_BUSY_SNAPSHOT when another process writes between our read and our write, and a COMMIT that fails is a defect there.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import { SqlError } from "@effect/sql/SqlError"
import { Context, Effect, Exit, GlobalValue, Option, Schedule, Schema } from "effect"
import { StoreError } from "../../services/StoreError.ts"
import * as FileIdentity from "./FileIdentity.ts"
import * as GroupCommit from "./GroupCommit.ts"
import { isOurs, toStoreError } from "./SqlFailure.ts"

export interface Transactions {
  /** Sees one state of the database throughout. `action` says what is being done, for the error. */
  readonly read: <A, E, R>(
    action: string,
    body: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, Exclude<E, SqlError> | StoreError, R>
  /** Holds the write lock from its first statement, so that what it reads is still true when it writes. */
  readonly write: <A, E, R>(
    action: string,
    body: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, Exclude<E, SqlError> | StoreError, R>
  /**
   * A `write` that is on the disk before it answers, whatever the database was opened with: for what another machine is
   * told of afterwards, and will remember when this one has lost its power.
   */
  readonly durableWrite: <A, E, R>(
    action: string,
    body: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, Exclude<E, SqlError> | StoreError, R>
  /** A `write` that many want of different rows: `run` does it for all who ask at once. */
  readonly bulkWrite: <In, A, E>(
    run: GroupCommit.InBulk<In, A, E>
  ) => (action: string, input: In) => Effect.Effect<A, E | StoreError>
}

const isBusy = (error: unknown): error is StoreError => error instanceof StoreError && error.reason === "Busy"

/** The waits are ours and not SQLite's, since better-sqlite3 waits inside the event loop. */
const untilFree = Schedule.exponential("5 millis").pipe(
  Schedule.union(Schedule.spaced("100 millis")),
  Schedule.jittered,
  Schedule.upTo("5 seconds"),
  Schedule.whileInput(isBusy)
)

/** Maps what SQLite says, and tries again for some seconds while another process writes. */
export const patiently = <A, E, R>(
  action: string,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, Exclude<E, SqlError> | StoreError, R> =>
  effect.pipe(
    Effect.mapError((error) => isOurs(error) ? error : toStoreError(action, error)),
    // A schedule that is not needed would cost more than the transaction.
    (tried) =>
      Effect.catchIf(tried, isBusy, () => Effect.zipRight(Effect.sleep("5 millis"), Effect.retry(tried, untilFree)))
  )

const execute = (connection: Connection, text: string) => connection.executeRaw(text, [])

/** SQLite may have rolled back by itself (disk full, I/O error); then there is nothing to roll back and it says so. */
const rollback = (connection: Connection) => Effect.ignore(execute(connection, "ROLLBACK"))

/** Not a prepared one, which sets something once only: SQLite does it when it prepares. */
const pragma = (connection: Connection, text: string) =>
  Effect.suspend(() => connection.executeUnprepared(`PRAGMA ${text}`, [], undefined)).pipe(
    // The client prepares it outside of its own error handling.
    Effect.catchAllDefect((cause) => Effect.fail(new SqlError({ cause, message: "Failed to prepare statement" })))
  )

const isFull = Schema.is(Schema.Tuple(Schema.Struct({ synchronous: Schema.Int.pipe(Schema.greaterThanOrEqualTo(2)) })))

/** Until the scope closes. That it is not undone does no harm: the connection is then slower than asked. */
const full = (connection: Connection) =>
  Effect.gen(function*() {
    if (isFull(yield* pragma(connection, "synchronous"))) return
    yield* Effect.acquireRelease(
      Effect.all([pragma(connection, "synchronous = FULL"), pragma(connection, "fullfsync = 1")]),
      () => Effect.ignore(Effect.all([pragma(connection, "synchronous = NORMAL"), pragma(connection, "fullfsync = 0")]))
    )
  })

interface Kind {
  readonly begin: "BEGIN" | "BEGIN IMMEDIATE"
  readonly isDurable: boolean
  /** Asked before the commit. */
  readonly check: Effect.Effect<void, StoreError>
}

const once = <A, E, R>(
  sql: SqlClient.SqlClient,
  { begin, check, isDurable }: Kind,
  body: (connection: Connection) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | SqlError | StoreError, R> =>
  Effect.scoped(Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      // Nobody else in this process uses the connection until the scope closes.
      const connection = yield* restore(sql.reserve)
      if (isDurable) yield* full(connection)
      yield* execute(connection, begin)
      const exit = yield* body(connection).pipe(
        Effect.mapInputContext((context: Context.Context<R>) =>
          Context.add(context, SqlClient.TransactionConnection, [connection, 0])
        ),
        restore,
        Effect.exit
      )
      if (Exit.isFailure(exit)) yield* rollback(connection)
      else yield* Effect.tapError(Effect.zipRight(check, execute(connection, "COMMIT")), () => rollback(connection))
      return yield* exit
    })
  ))

/** No transaction is begun inside another one: it would wait for the connection that its own caller holds. */
const outside = <A, E, R>(action: string, effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(
    Effect.serviceOption(SqlClient.TransactionConnection),
    Option.match({
      onSome: () => Effect.dieMessage(`a transaction cannot be begun inside another one (${action})`),
      onNone: () => effect
    })
  )

/** Whoever asks for it, and however often: all who write on a connection share their commits. */
const groups = GlobalValue.globalValue(
  "ballast/layers/sql/Transaction/groups",
  () => new WeakMap<SqlClient.SqlClient, GroupCommit.GroupCommit>()
)

const groupOf = (sql: SqlClient.SqlClient): GroupCommit.GroupCommit => {
  const stillThere = FileIdentity.make(sql)
  const found = groups.get(sql) ??
    GroupCommit.make(({ action, body, isDurable }) =>
      patiently(action, once(sql, { begin: "BEGIN IMMEDIATE", isDurable, check: stillThere(action) }, body))
    )
  groups.set(sql, found)
  return found
}

export const make = (sql: SqlClient.SqlClient): Transactions => {
  const group = groupOf(sql)
  const reading: Kind = { begin: "BEGIN", isDurable: false, check: Effect.void }
  return {
    // A span for each statement costs a third of the throughput.
    read: (action, body) =>
      outside(action, Effect.withTracerEnabled(patiently(action, once(sql, reading, () => body)), false)),
    write: (action, body) => outside(action, group.write({ action, body: () => body, isDurable: false })),
    durableWrite: (action, body) => outside(action, group.write({ action, body: () => body, isDurable: true })),
    bulkWrite: (run) => {
      const write = group.bulk(run)
      return (action, input) => outside(action, write({ action, input, isDurable: false }))
    }
  }
}
