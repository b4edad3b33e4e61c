/** The event log and its views in SQL. */
import * as SqlClient from "@effect/sql/SqlClient"
import { Clock, DateTime, Effect, Layer } from "effect"
import * as Aggregate from "../../domain/Aggregate.ts"
import * as Aggregates from "../../domain/Aggregates.ts"
import type { OperationId } from "../../domain/OperationId.ts"
import { EventStore, type Guard, type OperationFilter, VersionConflict } from "../../services/EventStore.ts"
import { StoreError } from "../../services/StoreError.ts"
import * as Appending from "./Appending.ts"
import * as Integrity from "./Integrity.ts"
import * as Prepared from "./Prepared.ts"
import * as Snapshots from "./Snapshots.ts"
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
const isTaken = (error: unknown): error is StoreError => error instanceof StoreError && isUniqueViolation(error)

const make = ({ aggregates = Aggregates.all, softwareVersion }: Options) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const { bulkWrite, read, write } = Transaction.make(sql)
    const prepared = Prepared.make(sql)
    const appending = Appending.make(sql, softwareVersion)
    const snapshots = Snapshots.make(sql, softwareVersion)
    const appendAll = bulkWrite(appending.append)
    const types = aggregates.map(({ type }) => type)
    const decodeShown = Views.remembering()

    const stream = (type: string, id: string, after: number) =>
      prepared<StoredEvents.StreamRow>(
        `SELECT sequence, event_type, event_version, payload FROM events
        WHERE aggregate_type = ? AND aggregate_id = ? AND sequence > ? ORDER BY sequence`,
        [type, id, after]
      )

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
      read(
        `load ${aggregate.type}/${id}`,
        Effect.flatMap(
          snapshots.load(aggregate, id),
          (reached) => Effect.map(stream(aggregate.type, id, reached.version), (rows) => ({ reached, rows }))
        )
      ).pipe(
        Effect.flatMap(({ reached, rows }) =>
          StoredEvents.fold(
            { type: aggregate.type, id },
            rows,
            (events) => Aggregate.replay(aggregate, events, reached.state),
            reached.version
          )
        )
      )

    const appendGuarded = <G>(action: string, one: Appending.Append, { admits, since }: Guard<G>) =>
      write(
        action,
        Effect.gen(function*() {
          const [version] = yield* Effect.flatMap(appending.admit([one]), (admitted) => Effect.all(admitted))
          const shown = yield* viewRows(one.type, { live: true, ...(since === undefined ? {} : { orSince: since }) })
          yield* admits(yield* Effect.forEach(shown, (row) => decodeShown(action, one.type, row)))
          yield* appending.store([one])
          return version ?? one.expectedVersion
        })
      )

    const append: EventStore["Type"]["append"] = (
      aggregate,
      id,
      { alongside = [], causation, events, expectedVersion, guard, lease, state }
    ) => {
      const { type } = aggregate
      const action = `append to ${type}/${id}`
      return Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const recordedAt = DateTime.formatIso(DateTime.unsafeMake(now))
        // Encoded before the transaction begins: the write lock is held for the writing alone.
        const one: Appending.Append = {
          type,
          id,
          expectedVersion,
          leases: [lease, ...alongside],
          events: events.map((event) => {
            const { payload, type, version } = aggregate.codec.encode(event)
            return { type, version, payload: JSON.stringify(payload) }
          }),
          metadata: StoredEvents.metadata({ id, causation, recordedAt, softwareVersion }),
          recordedAt,
          view: Views.columns(aggregate.view(state))
        }
        return guard === undefined ? appendAll(action, one) : appendGuarded(action, one, guard)
      }).pipe(
        // The unique index is the referee, also where a database lets two transactions read the same version.
        Effect.catchIf(isTaken, () =>
          Effect.flatMap(
            read(
              action,
              sql<{ version: number | null }>`
              SELECT MAX(sequence) AS version FROM events WHERE aggregate_type = ${type} AND aggregate_id = ${id}`
            ),
            ([row]) => new VersionConflict({ type, id, expected: expectedVersion, actual: row?.version ?? 0 })
          ))
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
        yield* appending.writeViews(type, [{
          id,
          version,
          startedAt: DateTime.formatIso(yield* StoredEvents.recordedAt({ type, id }, first)),
          updatedAt: DateTime.formatIso(yield* StoredEvents.recordedAt({ type, id }, last)),
          view: Views.columns(state)
        }])
      })

    const rebuildViews: EventStore["Type"]["rebuildViews"] = write(
      "rebuild the views",
      Effect.gen(function*() {
        let written = 0
        yield* snapshots.drop
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
