/**
 * States of long streams, so that these are not read from their beginning each time. A snapshot is only what the log says
 * anyway: one of another release, whose fold may be another one, or one that cannot be read is as good as none.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Either, Option, Schema } from "effect"
import type { Aggregate } from "../../domain/Aggregate.ts"
import * as Foreign from "../../domain/Foreign.ts"
import type { OperationId } from "../../domain/OperationId.ts"
import type { Loaded } from "../../services/EventStore.ts"
import * as Prepared from "./Prepared.ts"
import * as StoredJson from "./StoredJson.ts"

interface Tagged {
  readonly _tag: string
}

/** A snapshot is taken whenever so many events have come. */
const interval = 64

/** Whether these events complete an interval. */
export const isDue = (expectedVersion: number, events: number): boolean =>
  Math.floor((expectedVersion + events) / interval) > Math.floor(expectedVersion / interval)

const Payload = Schema.Struct({
  release: Schema.String,
  state: Schema.String,
  /** JSON, as the view has it. */
  data: StoredJson.column(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
})
const decode = Foreign.decoder(StoredJson.column(Payload))

/** @param release the version of Ballast that folds */
export const make = (sql: SqlClient.SqlClient, release: string) => {
  const prepared = Prepared.make(sql)
  return {
    encode: ({ data, state }: { readonly state: string; readonly data: string }): string =>
      JSON.stringify({ release, state, data }),

    /**
     * Where the stream of an operation can be taken up: at its beginning, if there is nothing better. Whatever became of the
     * file, it is not beyond what the log says.
     */
    load: <Id extends OperationId, C extends Tagged, S extends Tagged, E extends Tagged, R>(
      aggregate: Aggregate<Id, C, S, E, R>,
      id: Id
    ) =>
      Effect.map(
        prepared<{ last_sequence: number; payload: string }>(
          `SELECT last_sequence, payload FROM snapshots
          WHERE aggregate_type = ? AND aggregate_id = ?
            AND EXISTS (
              SELECT 1 FROM events WHERE events.aggregate_type = snapshots.aggregate_type
                AND events.aggregate_id = snapshots.aggregate_id AND sequence = last_sequence
            )`,
          [aggregate.type, id]
        ),
        ([row]): Loaded<S> =>
          Option.fromNullable(row).pipe(
            Option.flatMap(({ last_sequence: version, payload }) =>
              decode(payload).pipe(
                Either.filterOrLeft((snapshot) => snapshot.release === release, () => "it is another release's"),
                Either.flatMap(aggregate.restore),
                Either.map((state) => ({ state, version })),
                Option.getRight
              )
            ),
            Option.getOrElse(() => ({ state: aggregate.decider.initial, version: 0 }))
          )
      ),

    write: (
      snapshots: ReadonlyArray<{
        readonly type: string
        readonly id: string
        readonly version: number
        readonly payload: string
        readonly takenAt: string
      }>
    ) =>
      prepared(
        `INSERT INTO snapshots (aggregate_type, aggregate_id, last_sequence, payload, timestamp)
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
        FROM json_each(?) WHERE true ORDER BY key
        ON CONFLICT (aggregate_type, aggregate_id) DO UPDATE SET
          last_sequence = excluded.last_sequence, payload = excluded.payload, timestamp = excluded.timestamp`,
        [JSON.stringify(
          snapshots.map(({ id, payload, takenAt, type, version }) => [type, id, version, payload, takenAt])
        )]
      ),

    drop: sql`DELETE FROM snapshots`
  }
}
