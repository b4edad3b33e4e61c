/**
 * Writes what many append by the same few statements: their leases, versions, events and views, each a set of rows. All of
 * it is to be run in one transaction.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { defaultEscape } from "@effect/sql/Statement"
import { Effect, Either, Option } from "effect"
import { VersionConflict } from "../../services/EventStore.ts"
import type { LeaseLost } from "../../services/Leases.ts"
import * as Fence from "./Fence.ts"
import * as Prepared from "./Prepared.ts"
import * as Snapshots from "./Snapshots.ts"
import * as Views from "./Views.ts"

/** One append, encoded: what it needs to hold, what it goes on from, and its rows. One of no events only asks. */
export interface Append {
  readonly type: string
  readonly id: string
  readonly expectedVersion: number
  readonly leases: ReadonlyArray<Fence.Held>
  readonly events: ReadonlyArray<{ readonly type: string; readonly version: number; readonly payload: string }>
  /** JSON, the same for all of its events. */
  readonly metadata: string
  readonly recordedAt: string
  readonly view: Views.Columns
}

/** The type of an aggregate may be any text. */
const escaped = defaultEscape("\"")

const keyOf = ({ id, type }: Pick<Append, "id" | "type">): string => `${type}/${id}`

/** @param release the version of Ballast that has folded the states */
export const make = (sql: SqlClient.SqlClient, release: string) => {
  const prepared = Prepared.make(sql)
  const snapshots = Snapshots.make(sql, release)
  const fence = Fence.make(sql)

  const versionsOf = (appends: ReadonlyArray<Append>) =>
    Effect.map(
      prepared<{ key: string; version: number | null }>(
        `SELECT value ->> 0 || '/' || (value ->> 1) AS key, (
          SELECT MAX(sequence) FROM events WHERE aggregate_type = value ->> 0 AND aggregate_id = value ->> 1
        ) AS version
        FROM json_each(?)`,
        [JSON.stringify(appends.map(({ id, type }) => [type, id]))]
      ),
      (rows) => new Map(rows.map(({ key, version }) => [key, version ?? 0]))
    )

  const insertEvents = (appends: ReadonlyArray<Append>) => {
    const rows = appends.flatMap(({ events, expectedVersion, id, metadata, type }) =>
      events.map((event, at) => [
        type,
        id,
        expectedVersion + at + 1,
        event.type,
        event.version,
        event.payload,
        metadata
      ])
    )
    return prepared(
      `INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
      SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
      FROM json_each(?) ORDER BY key`,
      [JSON.stringify(rows)]
    )
  }

  const writeViews = (type: string, rows: ReadonlyArray<Views.Written>) =>
    prepared(
      `INSERT INTO ${escaped(Views.tableOf(type))}
        (id, state, version, finished, settled, succeeded, failure, data, started_at, updated_at)
      SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
        value ->> 8, value ->> 9
      FROM json_each(?) WHERE true ORDER BY key
      ON CONFLICT (id) DO UPDATE SET
        state = excluded.state, version = excluded.version, finished = excluded.finished, settled = excluded.settled,
        succeeded = excluded.succeeded, failure = excluded.failure, data = excluded.data, updated_at = excluded.updated_at`,
      [
        JSON.stringify(rows.map(({ id, startedAt, updatedAt, version, view }) => [
          id,
          view.state,
          version,
          view.finished,
          view.settled,
          view.succeeded,
          view.failure,
          view.data,
          startedAt,
          updatedAt
        ]))
      ]
    )

  /** Answers for each the version that it leads to, or why nothing of it may be written. */
  const admit = (
    appends: ReadonlyArray<Append>
  ): Effect.Effect<ReadonlyArray<Either.Either<number, LeaseLost | VersionConflict>>, SqlError> =>
    Effect.gen(function*() {
      const lost = yield* fence(appends.flatMap(({ leases }) => leases))
      const versions = yield* versionsOf(appends)
      return appends.map((append) => {
        const { events, expectedVersion, id, leases, type } = append
        const refusal = leases.map(lost).find((lost) => lost !== undefined)
        if (refusal !== undefined) return Either.left(refusal)
        const actual = versions.get(keyOf(append)) ?? 0
        if (actual !== expectedVersion) {
          return Either.left(new VersionConflict({ type, id, expected: expectedVersion, actual }))
        }
        // Whoever appends to the same stream after it goes on from there.
        versions.set(keyOf(append), actual + events.length)
        return Either.right(actual + events.length)
      })
    })

  /** Writes what was admitted. */
  const store = (appends: ReadonlyArray<Append>): Effect.Effect<void, SqlError> =>
    Effect.gen(function*() {
      const rows = appends.filter(({ events }) => events.length > 0)
      if (rows.length > 0) yield* insertEvents(rows)
      for (const type of new Set(rows.map(({ type }) => type))) {
        yield* writeViews(
          type,
          rows.filter((append) => append.type === type).map(({ events, expectedVersion, id, recordedAt, view }) => ({
            id,
            version: expectedVersion + events.length,
            startedAt: recordedAt,
            updatedAt: recordedAt,
            view
          }))
        )
      }
      const due = rows.filter(({ events, expectedVersion }) => Snapshots.isDue(expectedVersion, events.length))
      if (due.length > 0) {
        yield* snapshots.write(due.map(({ events, expectedVersion, id, recordedAt, type, view }) => ({
          type,
          id,
          version: expectedVersion + events.length,
          payload: snapshots.encode(view),
          takenAt: recordedAt
        })))
      }
    })

  const append = (appends: ReadonlyArray<Append>) =>
    Effect.tap(
      admit(appends),
      (results) => store(appends.filter((_, at) => Option.exists(Option.fromNullable(results[at]), Either.isRight)))
    )

  return { admit, append, store, writeViews }
}
