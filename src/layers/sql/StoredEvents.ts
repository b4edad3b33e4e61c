/** Events as they stand in a store, and back. What is stored is not trusted: whatever does not fit is a typed error. */
import { Either, Schema } from "effect"
import type { Unfoldable } from "../../domain/Aggregate.ts"
import type { EncodedEvent } from "../../domain/EventCodec.ts"
import * as Foreign from "../../domain/Foreign.ts"
import { OperationId } from "../../domain/OperationId.ts"
import { CorruptStream, type RecordedEvent } from "../../services/EventStore.ts"
import { StoreError } from "../../services/StoreError.ts"
import * as StoredJson from "./StoredJson.ts"

/** One event of one stream. */
export interface StreamRow {
  readonly sequence: number
  readonly event_type: string
  readonly event_version: number
  /** JSON */
  readonly payload: string
}

/** One event of the whole log. */
export interface LogRow extends StreamRow {
  readonly position: number
  readonly aggregate_type: string
  readonly aggregate_id: string
  /** JSON */
  readonly metadata: string
}

/** Folds a stream, or what follows event `after`, given in order. Of several things wrong with it the first is named. */
export const fold = <A>(
  stream: { readonly type: string; readonly id: string },
  rows: ReadonlyArray<StreamRow>,
  replay: (events: ReadonlyArray<EncodedEvent>) => Either.Either<A, Unfoldable>,
  after = 0
): Either.Either<{ readonly state: A; readonly version: number }, CorruptStream> => {
  const corrupt = (sequence: number, detail: string) => Either.left(new CorruptStream({ ...stream, sequence, detail }))
  const events: Array<EncodedEvent> = []
  let unreadable: string | undefined
  for (const row of rows) {
    const expected = after + events.length + 1
    const payload = row.sequence === expected
      ? Either.mapLeft(StoredJson.parse(row.payload), (problem) => `its payload cannot be read: ${problem}`)
      : Either.left(`it is missing, event ${row.sequence} is stored in its place`)
    if (Either.isLeft(payload)) {
      unreadable = payload.left
      break
    }
    events.push({ type: row.event_type, version: row.event_version, payload: payload.right })
  }
  const folded = replay(events)
  if (Either.isLeft(folded)) return corrupt(after + folded.left.index + 1, folded.left.cause.message)
  if (unreadable !== undefined) return corrupt(after + events.length + 1, unreadable)
  return Either.right({ state: folded.right, version: after + rows.length })
}

const Recorded = Schema.Struct({
  aggregate_id: OperationId,
  metadata: StoredJson.column(Schema.Struct({
    correlationId: Schema.String,
    causation: Schema.String,
    recordedAt: Schema.String,
    softwareVersion: Schema.String
  }))
})
const decodeRecorded = Foreign.decoder(Recorded)

/**
 * For reading the log itself; `action` says what was being read. A payload that is no JSON is handed on as the text that
 * it is, which no event decodes from: whoever reads the log sees what is stored and can go on to the next event.
 */
export const toRecorded = (action: string, row: LogRow): Either.Either<RecordedEvent, StoreError> =>
  Either.mapBoth(decodeRecorded(row), {
    onLeft: (problem) =>
      new StoreError({
        reason: "Corrupt",
        action,
        detail: `${row.aggregate_type} ${row.aggregate_id}, event ${row.sequence} cannot be read: ${problem}`
      }),
    onRight: ({ aggregate_id, metadata }) => ({
      position: row.position,
      aggregate: row.aggregate_type,
      id: aggregate_id,
      sequence: row.sequence,
      type: row.event_type,
      version: row.event_version,
      payload: Either.getOrElse(StoredJson.parse(row.payload), () => row.payload),
      metadata
    })
  })

/** What is known of an event beside itself. An operation's events are correlated by its id. */
export const metadata = (event: {
  readonly id: OperationId
  readonly causation: string
  readonly recordedAt: string
  readonly softwareVersion: string
}): string => {
  const { id, ...rest } = event
  return JSON.stringify({ correlationId: id, ...rest })
}

const decodeRecordedAt = Foreign.decoder(
  StoredJson.column(Schema.Struct({ recordedAt: Schema.DateTimeUtc }))
)

/** When an event was recorded, as it stands in the log. */
export const recordedAt = (
  stream: { readonly type: string; readonly id: string },
  row: Pick<LogRow, "sequence" | "metadata">
): Either.Either<typeof Schema.DateTimeUtc.Type, CorruptStream> =>
  Either.mapBoth(decodeRecordedAt(row.metadata), {
    onLeft: (problem) =>
      new CorruptStream({
        ...stream,
        sequence: row.sequence,
        detail: `its metadata cannot be read (${problem})`
      }),
    onRight: (decoded) => decoded.recordedAt
  })
