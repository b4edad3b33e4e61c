/**
 * A view of one's own in the same database: what Ballast records is followed into a table, and the position with it in one
 * transaction. So each event counts once, wherever the process is stopped, and whichever process has recorded it.
 */
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { EventStream, type RecordedEvent } from "ballast"
import { Chunk, Effect, Layer, Schedule, Stream } from "effect"

/**
 * A connection of our own. It waits for a lock on Effect's Clock and not within SQLite, which would stop the whole process,
 * and with it whoever in this process holds the lock.
 */
export const connection = (file: string) =>
  Layer.tap(
    SqliteClient.layer({ filename: file }),
    (context) => Effect.provide(Effect.flatMap(SqlClient.SqlClient, (sql) => sql`PRAGMA busy_timeout = 20`), context)
  )

const untilFree = Schedule.intersect(Schedule.spaced("50 millis"), Schedule.recurs(200))

const setUp = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE IF NOT EXISTS inventory_position (one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL)`
  yield* sql`
    CREATE TABLE IF NOT EXISTS inventory_steps (operation TEXT, kind TEXT, steps INTEGER, last TEXT, PRIMARY KEY (operation))`
}).pipe(Effect.retry(untilFree))

/** Where we are. */
export const position = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ readonly position: number }>`SELECT position FROM inventory_position`
  return row?.position ?? 0
})

/** All of a page, and the position after it, or nothing. It begins with a write, so that it waits for its turn at once. */
const record = (page: ReadonlyArray<RecordedEvent>) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const last = page.at(-1)
    if (last === undefined) return
    yield* sql.withTransaction(Effect.gen(function*() {
      yield* sql`
        INSERT INTO inventory_position (one, position) VALUES (1, ${last.position})
        ON CONFLICT (one) DO UPDATE SET position = excluded.position`
      for (const { aggregate, id, type } of page) {
        yield* sql`
          INSERT INTO inventory_steps (operation, kind, steps, last) VALUES (${id}, ${aggregate}, 1, ${type})
          ON CONFLICT (operation) DO UPDATE SET steps = steps + 1, last = excluded.last`
      }
    })).pipe(Effect.retry(untilFree))
  })

/** Follows for ever, from where the last process has stopped. Interrupt it to stop. */
export const follow = Effect.gen(function*() {
  yield* setUp
  yield* EventStream.follow({ position: yield* position }).pipe(
    Stream.chunks,
    Stream.runForEach((page) => record(Chunk.toReadonlyArray(page)))
  )
})
