/**
 * Appends to one stream as fast as it can, beside others that do the same, from when it is told to on stdin: path, token,
 * label, how often. Says `ready`, and in the end how many conflicts there were.
 */
import { Effect, Layer } from "effect"
import * as Database from "../../../../src/layers/sql/Database.ts"
import * as SqlEventStore from "../../../../src/layers/sql/SqlEventStore.ts"
import { EventStore } from "../../../../src/services/EventStore.ts"
import * as Counter from "../Counter.ts"

const [path = "", token = "", label = "", times = ""] = process.argv.slice(2)

const program = Effect.gen(function*() {
  const store = yield* EventStore
  process.stdout.write("ready\n")
  yield* Effect.async<void>((resume) => {
    process.stdin.once("data", () => resume(Effect.void))
  })
  process.stdin.destroy()
  const lease = { name: "hammer", token: Number(token), lost: Effect.never }
  let conflicts = 0
  for (let done = 0; done < Number(times);) {
    const { state, version } = yield* store.load(Counter.aggregate, Counter.id)
    const event = Counter.Counted.make({ by: 1, label: `${label}${done}` })
    const answer = yield* Effect.either(store.append(Counter.aggregate, Counter.id, {
      expectedVersion: version,
      events: [event],
      state: Counter.State.make({ total: state.total + 1 }),
      causation: "Count",
      lease
    }))
    if (answer._tag === "Right") done += 1
    else if (answer.left._tag === "VersionConflict") conflicts += 1
    else return yield* answer.left
  }
  return conflicts
})

const layer = SqlEventStore.layer({ softwareVersion: "test", aggregates: [Counter.aggregate] }).pipe(
  Layer.provide(Database.layer({ path, durability: "normal", create: false }))
)

process.stdout.write(`${await Effect.runPromise(Effect.provide(program, layer))}\n`)
