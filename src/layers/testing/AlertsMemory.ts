/** Alerts in memory, with the line in the log. */
import { Clock, DateTime, Effect, Layer } from "effect"
import { Alerts } from "../../services/Alerts.ts"
import { MemoryDatabase } from "./MemoryDatabase.ts"

/** Alerts that are kept in a list, over a database in memory that others may share. */
export const layerMemory: Layer.Layer<Alerts, never, MemoryDatabase> = Layer.effect(
  Alerts,
  Effect.map(MemoryDatabase, ({ alerts }) =>
    Alerts.of({
      raise: (alert) =>
        Effect.gen(function*() {
          const raisedAt = DateTime.unsafeMake(yield* Clock.currentTimeMillis)
          if (alerts.has(alert.condition)) return false
          alerts.set(alert.condition, { ...alert, raisedAt })
          const { condition, operation } = alert
          yield* Effect.annotateLogs(Effect.logWarning(alert.message), { condition, operation })
          return true
        }),
      raised: Effect.sync(() => [...alerts.values()])
    }))
)
