/** @effect/workflow on @effect/cluster, as one runner with its messages in SQLite, which syncs at every commit. */
import { ClusterWorkflowEngine, SingleRunner } from "@effect/cluster"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Activity, Workflow } from "@effect/workflow"
import { Effect, Layer, Logger, LogLevel, Schema } from "effect"
import { statSync } from "node:fs"
import { join } from "node:path"
import { asked, each, measured, report, settings, steps, stopsAt, until } from "../common.mjs"

const { folder, mode, workflows } = settings
const file = join(folder, `${mode === "cold" ? "cold" : "half-done"}.db`)

let halted = 0
let finished = 0
const Rebalance = Workflow.make({
  name: "Rebalance",
  payload: { id: Schema.String },
  success: Schema.String,
  idempotencyKey: ({ id }) => id
})
const workflow = Rebalance.toLayer(({ id }) =>
  Effect.gen(function*() {
    for (let step = 0; step < steps; step++) {
      if (stopsAt(step)) {
        halted++
        yield* Effect.never
      }
      yield* Activity.make({
        name: `step${step}`,
        success: Schema.Unknown,
        execute: Effect.promise(() => asked(step))
      })
    }
    finished++
    return id
  })
)
const durable = Layer.effectDiscard(Effect.flatMap(SqlClient.SqlClient, (sql) => sql`PRAGMA synchronous = FULL`))
const live = workflow.pipe(
  Layer.provideMerge(ClusterWorkflowEngine.layer),
  Layer.provideMerge(SingleRunner.layer()),
  Layer.provideMerge(Layer.provideMerge(durable, SqliteClient.layer({ filename: file }))),
  Layer.provide(Logger.minimumLogLevel(LogLevel.Warning))
)

const program = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const runtime = yield* Effect.runtime()
  const run = (effect) => Effect.promise(() => effect).pipe(Effect.asVoid)
  const promised = (effect) => Effect.runPromise(Effect.provide(effect, runtime))
  const execute = (id) => promised(Rebalance.execute({ id }))
  const bytes = async () => {
    await promised(sql`PRAGMA wal_checkpoint(TRUNCATE)`)
    return statSync(file).size
  }
  if (mode === "cold") {
    // It serves once it has its shards.
    yield* run(execute("first"))
    yield* run(measured(() => each((at) => execute(`workflow-${at}`)), bytes))
  } else if (mode === "seed") {
    yield* Effect.forkScoped(
      Effect.forEach(
        Array.from({ length: workflows }, (_, at) => at),
        (at) => Rebalance.execute({ id: `workflow-${at}` }),
        { concurrency: "unbounded", discard: true }
      )
    )
    yield* run(until(() => halted === workflows))
    report({})
  } else {
    yield* run(until(() => finished === workflows))
    report({})
  }
  yield* Effect.never
}).pipe(Effect.scoped, Effect.provide(live))

Effect.runPromise(program).catch((error) => {
  console.error(error)
  process.exit(1)
})
