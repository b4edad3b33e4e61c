import { assert, describe, it } from "@effect/vitest"
import { Effect, HashMap, Layer, Logger, LogLevel } from "effect"
import { OperationId } from "../../../src/domain/OperationId.ts"
import * as SqlAlerts from "../../../src/layers/sql/SqlAlerts.ts"
import * as AlertsMemory from "../../../src/layers/testing/AlertsMemory.ts"
import * as MemoryDatabase from "../../../src/layers/testing/MemoryDatabase.ts"
import { Alerts } from "../../../src/services/Alerts.ts"
import * as Temporary from "./Temporary.ts"

const operation = OperationId.make("6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e")

const layers = {
  SQLite: Effect.map(Temporary.file, (file) => SqlAlerts.layer.pipe(Layer.provide(Temporary.database(file)))),
  memory: Effect.map(
    MemoryDatabase.make,
    (database) => AlertsMemory.layerMemory.pipe(Layer.provide(Layer.succeed(MemoryDatabase.MemoryDatabase, database)))
  )
}

describe("an alert", () => {
  for (const [name, make] of Object.entries(layers)) {
    it.scoped(`in ${name} is one line in the log, also across restarts`, () =>
      Effect.gen(function*() {
        const lines: Array<readonly [LogLevel.LogLevel, unknown, ReadonlyArray<readonly [string, unknown]>]> = []
        const logger = Logger.make(({ annotations, logLevel, message }) => {
          lines.push([logLevel, message, HashMap.toEntries(annotations).toSorted()])
        })
        const layer = yield* make
        const raise = Effect.flatMap(Alerts, (alerts) =>
          alerts.raise({ condition: "stuck", operation, message: "see to it" }))
        for (let start = 0; start < 2; start++) {
          yield* Effect.zipRight(raise, raise).pipe(
            Effect.provide(Layer.merge(Layer.fresh(layer), Logger.replace(Logger.defaultLogger, logger)))
          )
        }
        assert.deepStrictEqual(lines, [
          [LogLevel.Warning, ["see to it"], [["condition", "stuck"], ["operation", operation]]]
        ])
      }))
  }
})
