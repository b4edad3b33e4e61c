/** The event log and its views in SQL. */
import * as SqlClient from "@effect/sql/SqlClient"
import { Clock, DateTime, Effect, Layer } from "effect"
import * as Aggregate from "../../domain/Aggregate.ts"
import * as Aggregates from "../../domain/Aggregates.ts"
import type { OperationId } from "../../domain/OperationId.ts"
import { EventStore, type OperationFilter, VersionConflict } from "../../services/EventStore.ts"
import * as Fence from "./Fence.ts"
import * as Integrity from "./Integrity.ts"
import { isUniqueViolation } from "./SqlFailure.ts"
import * as StoredEvents from "./StoredEvents.ts"
import * as Transaction from "./Transaction.ts"
import * as Views from "./Views.ts"

export interface Options {
  /** Recorded with every event. */
  readonly softwareVersion: string
  /** Those whose views are listed and rebuilt; all of Ballast's own unless said otherwise. */
  readonly aggregates?: ReadonlyArray<Aggregate.Foldable>
}

/** Somebody inserted the sequence that was free when we looked. */
class Overtaken {
  readonly _tag = "Overtaken"
}

const make = ({ aggregates = Aggregates.all, softwareVersion }: Options) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const { read, write } = Transaction.make(sql)
    const fence = Fence.make(sql)
    const types = aggregates.map(({ type }) => type)

    const stream = (type: string, id: string) =>
      sql<StoredEvents.StreamRow>`
        SELECT sequence, event_type, event_version, payload FROM events
        WHERE aggregate_type = ${type} AND aggregate_id = ${id} ORDER BY sequence`

    const currentVersion = (type: string, id: string) =>
      sql<{ version: number | null }>`
        SELECT MAX(sequence) AS version FROM events WHERE aggregate_type = ${type} AND aggregate_id = ${id}`.pipe(
        Effect.map(([row]) => row?.version ?? 0)
      )

    const writeView = (
      type: string,
      row: {
        readonly id: string
        readonly version: number
        readonly startedAt: string
        readonly updatedAt: string
        readonly view: Aggregate.View
      }
    ) => {
      const { data, failure, finished, settled, state, succeeded } = Views.columns(row.view)
      return sql`
        INSERT INTO ${sql(Views.tableOf(type))}
          (id, state, version, finished, settled, succeeded, failure, data, started_at, updated_at)
        VALUES (${row.id}, ${state}, ${row.version}, ${finished}, ${settled}, ${succeeded}, ${failure}, ${data},
          ${row.startedAt}, ${row.updatedAt})
        ON CONFLICT (id) DO UPDATE SET
          state = excluded.state, version = excluded.version, finished = excluded.finished, settled = excluded.settled,
          succeeded = excluded.succeeded, failure = excluded.failure, data = excluded.data, updated_at = excluded.updated_at`
    }

    const viewRows = (type: string, { id, live, orSince, updatedSince }: OperationFilter) =>
      sql<{ id: string }>`
        SELECT id, state, version, finished, settled, succeeded, failure, data, started_at, updated_at
        FROM ${sql(Views.tableOf(type))}
        WHERE ${
        sql.and([
          ...(live
            ? [
              orSince === undefined
                ? sql`settled = 0`
                : sql`(settled = 0 OR started_at >= ${DateTime.formatIso(orSince)})`
            ]
            : []),
          ...(id === undefined ? [] : [sql`id = ${id}`]),
          ...(updatedSince === undefined ? [] : [sql`updated_at >= ${DateTime.formatIso(updatedSince)}`])
        ])
      }
        ORDER BY started_at, id`

    const load: EventStore["Type"]["load"] = (aggregate, id) =>
      read(`load ${aggregate.type}/${id}`, stream(aggregate.type, id)).pipe(
        Effect.flatMap((rows) =>
          StoredEvents.fold({ type: aggregate.type, id }, rows, (events) => Aggregate.replay(aggregate, events))
        )
      )

    const append: EventStore["Type"]["append"] = (
      aggregate,
      id,
      { alongside = [], causation, events, expectedVersion, guard, lease, state }
    ) => {
      const { type } = aggregate
      const action = `append to ${type}/${id}`
      const conflict = (actual: number) => new VersionConflict({ type, id, expected: expectedVersion, actual })
      return Effect.suspend(() => {
        // Encoded before the transaction begins: the write lock is held for the writing alone.
        const encoded = events.map((event) => aggregate.codec.encode(event))
        const view = aggregate.view(state)
        return write(
          action,
          Effect.gen(function*() {
            yield* Effect.forEach([lease, ...alongside], fence, { discard: true })
            const actual = yield* currentVersion(type, id)
            if (actual !== expectedVersion) return yield* conflict(actual)
            if (guard !== undefined) {
              const { admits, since } = guard
              const shown = yield* viewRows(type, { live: true, ...(since === undefined ? {} : { orSince: since }) })
              yield* admits(yield* Effect.forEach(shown, (row) => Views.decode(action, type, row)))
            }
            if (encoded.length === 0) return actual
            const recordedAt = DateTime.formatIso(DateTime.unsafeMake(yield* Clock.currentTimeMillis))
            const metadata = StoredEvents.metadata({ id, causation, recordedAt, softwareVersion })
            let version = actual
            for (const event of encoded) {
              version += 1
              yield* Effect.mapError(
                sql`
                  INSERT INTO events
                    (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
                  VALUES (${type}, ${id}, ${version}, ${event.type}, ${event.version}, ${
                  JSON.stringify(event.payload)
                }, ${metadata})`,
                (error) => isUniqueViolation(error) ? new Overtaken() : error
              )
            }
            yield* writeView(type, { id, version, startedAt: recordedAt, updatedAt: recordedAt, view })
            return version
          })
        )
      }).pipe(
        // The unique index is the referee, also where a database lets two transactions read the same version.
        Effect.catchTag("Overtaken", () => Effect.flatMap(read(action, currentVersion(type, id)), conflict))
      )
    }

    const operations: EventStore["Type"]["operations"] = (filter = {}) => {
      const action = filter.id === undefined ? "list operations" : `look up operation ${filter.id}`
      const views = Effect.forEach(types, (type) => Effect.map(viewRows(type, filter), (found) => ({ type, found })))
      return read(action, views).pipe(
        Effect.flatMap(
          Effect.forEach(({ found, type }) => Effect.forEach(found, (row) => Views.decode(action, type, row)))
        ),
        Effect.map((lists) => lists.flat().toSorted(Views.oldestFirst))
      )
    }

    const history: EventStore["Type"]["history"] = (id) => {
      const action = `read the events of ${id}`
      return read(
        action,
        sql<StoredEvents.LogRow>`
          SELECT * FROM events WHERE ${sql.in("aggregate_type", types)} AND aggregate_id = ${id}
          ORDER BY aggregate_type, sequence`
      ).pipe(Effect.flatMap(Effect.forEach((row) => StoredEvents.toRecorded(action, row))))
    }

    const events: EventStore["Type"]["events"] = ({ limit, position }) => {
      const action = `read the log after position ${position}`
      return read(
        action,
        sql<StoredEvents.LogRow>`SELECT * FROM events WHERE position > ${position} ORDER BY position LIMIT ${limit}`
      ).pipe(Effect.flatMap(Effect.forEach((row) => StoredEvents.toRecorded(action, row))))
    }

    const rebuildView = (aggregate: Aggregate.Foldable, id: string) =>
      Effect.gen(function*() {
        const { type } = aggregate
        const rows = yield* sql<StoredEvents.LogRow>`
          SELECT * FROM events WHERE aggregate_type = ${type} AND aggregate_id = ${id} ORDER BY sequence`
        const [first, last] = [rows[0], rows.at(-1)]
        if (first === undefined || last === undefined) return
        const { state, version } = yield* StoredEvents.fold({ type, id }, rows, aggregate.fold)
        yield* writeView(type, {
          id,
          version,
          startedAt: DateTime.formatIso(yield* StoredEvents.recordedAt({ type, id }, first)),
          updatedAt: DateTime.formatIso(yield* StoredEvents.recordedAt({ type, id }, last)),
          view: state
        })
      })

    const rebuildViews: EventStore["Type"]["rebuildViews"] = write(
      "rebuild the views",
      Effect.gen(function*() {
        let written = 0
        for (const aggregate of aggregates) {
          yield* sql`DELETE FROM ${sql(Views.tableOf(aggregate.type))}`
          const streams = yield* sql<{ aggregate_id: OperationId }>`
            SELECT DISTINCT aggregate_id FROM events WHERE aggregate_type = ${aggregate.type}`
          for (const { aggregate_id } of streams) yield* rebuildView(aggregate, aggregate_id)
          written += streams.length
        }
        return written
      })
    )

    return EventStore.of({ load, append, operations, history, events, integrity: Integrity.make(sql), rebuildViews })
  })

export const layer = (options: Options): Layer.Layer<EventStore, never, SqlClient.SqlClient> =>
  Layer.effect(EventStore, make(options))
