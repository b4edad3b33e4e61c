/** Alerts as rows and a line in the log. */
import * as SqlClient from "@effect/sql/SqlClient"
import { Clock, DateTime, Effect, Layer, Schema } from "effect"
import * as Foreign from "../../domain/Foreign.ts"
import { OperationId } from "../../domain/OperationId.ts"
import { Alerts } from "../../services/Alerts.ts"
import { StoreError } from "../../services/StoreError.ts"
import * as Transaction from "./Transaction.ts"

const Row = Schema.Struct({
  condition: Schema.NonEmptyString,
  operation: OperationId,
  message: Schema.NonEmptyString,
  raised_at: Schema.DateTimeUtc
})
const decodeRow = Schema.decodeUnknown(Row)

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const { read, write } = Transaction.make(sql)

  const raise: Alerts["Type"]["raise"] = ({ condition, message, operation }) =>
    write(
      `raise the alert ${condition}`,
      Effect.gen(function*() {
        const at = DateTime.formatIso(DateTime.unsafeMake(yield* Clock.currentTimeMillis))
        const inserted = yield* sql`
          INSERT INTO alerts (condition, operation, message, raised_at) VALUES (${condition}, ${operation}, ${message}, ${at})
          ON CONFLICT (condition) DO NOTHING RETURNING condition`
        return inserted.length > 0
      })
    ).pipe(Effect.tap((first) =>
      first ? Effect.annotateLogs(Effect.logWarning(message), { condition, operation }) : Effect.void
    ))

  const action = "list the alerts"
  const raised: Alerts["Type"]["raised"] = read(
    action,
    sql<{ condition: string }>`SELECT condition, operation, message, raised_at FROM alerts ORDER BY position`
  ).pipe(Effect.flatMap(Effect.forEach((row) =>
    decodeRow(row).pipe(
      Effect.mapBoth({
        onFailure: (error) =>
          new StoreError({
            reason: "Corrupt",
            action,
            detail: `alert ${row.condition}: ${Foreign.explain(error)}`
          }),
        onSuccess: ({ condition, message, operation, raised_at }) => ({
          condition,
          operation,
          message,
          raisedAt: raised_at
        })
      })
    )
  )))

  return Alerts.of({ raise, raised })
})

/** Once per condition for all processes on one database, also across restarts. */
export const layer: Layer.Layer<Alerts, never, SqlClient.SqlClient> = Layer.effect(Alerts, make)
