/** Replays the whole log and holds every view against it. */
import { Effect, Either } from "effect"
import type { Foldable } from "../domain/Aggregate.ts"
import * as Aggregates from "../domain/Aggregates.ts"
import type { OperationId } from "../domain/OperationId.ts"
import { EventStore, type Operation, type RecordedEvent } from "../services/EventStore.ts"

/** Something in the database that is not as the log says it must be. */
export interface Fault {
  readonly type: string
  readonly id: OperationId
  readonly detail: string
}

export interface Verified {
  readonly events: number
  readonly operations: number
  readonly faults: ReadonlyArray<Fault>
}

export const verify = Effect.gen(function*() {
  const store = yield* EventStore
  const streams = yield* started
  const views = new Map((yield* store.operations()).map((operation) => [operation.id, operation]))
  const faults: Array<Fault> = []
  let events = 0
  for (const [id, type] of streams) {
    const history = (yield* store.history(id)).filter((event) => event.aggregate === type)
    events += history.length
    faults.push(...replayed(type, id, history, views.get(id)).map((detail) => ({ type, id, detail })))
  }
  for (const { id, type } of views.values()) {
    if (!streams.has(id)) faults.push({ type, id, detail: "there is a view but not one event" })
  }
  return { events, operations: streams.size, faults } satisfies Verified
})

/** Every stream of the log and its aggregate, a page at a time. */
const started = Effect.gen(function*() {
  const store = yield* EventStore
  const streams = new Map<OperationId, string>()
  let position = 0
  while (true) {
    const page = yield* store.events({ position, limit: 1000 })
    for (const { aggregate, id, position: last } of page) {
      streams.set(id, aggregate)
      position = last
    }
    if (page.length === 0) return streams
  }
})

const replayed = (
  type: string,
  id: OperationId,
  history: ReadonlyArray<RecordedEvent>,
  shown: Operation | undefined
): ReadonlyArray<string> => {
  const aggregate: Foldable | undefined = Aggregates.all.find((aggregate) => aggregate.type === type)
  if (aggregate === undefined) return [`this release knows no ${type}`]
  const gap = history.findIndex(({ sequence }, index) => sequence !== index + 1)
  if (gap !== -1) return [`event ${gap + 1} is missing`]
  const folded = aggregate.fold(history)
  if (Either.isLeft(folded)) return [`event ${folded.left.index + 1}: ${folded.left.cause.message}`]
  if (shown === undefined) return ["the view is missing"]
  const { data, outcome, state } = folded.right
  return differences({ state, version: history.length, outcome, data }, shown)
}

const differences = (expected: Pick<Operation, "state" | "version" | "outcome" | "data">, shown: Operation) =>
  (["state", "version", "outcome", "data"] as const).flatMap((field) => {
    const [says, shows] = [JSON.stringify(expected[field]), JSON.stringify(shown[field])]
    return says === shows ? [] : [`the view's ${field} is ${shows}, the log says ${says}`]
  })
