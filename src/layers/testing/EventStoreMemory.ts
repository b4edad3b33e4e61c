/** The event store in memory: as the SQL layer does it, each append one synchronous step. */
import { Clock, DateTime, Effect, Either, Layer } from "effect"
import * as Aggregate from "../../domain/Aggregate.ts"
import * as Aggregates from "../../domain/Aggregates.ts"
import { type CorruptStream, EventStore, VersionConflict } from "../../services/EventStore.ts"
import { StoreError } from "../../services/StoreError.ts"
import * as StoredEvents from "../sql/StoredEvents.ts"
import * as Views from "../sql/Views.ts"
import { EventStoreControl } from "./EventStoreControl.ts"
import { type AppendFault, fence, MemoryDatabase, type ViewRow } from "./MemoryDatabase.ts"

/** Recorded with every event, and which views are kept. */
export interface Options {
  readonly softwareVersion: string
  readonly aggregates?: ReadonlyArray<Aggregate.Foldable>
}

/** Not settled, or begun then or later. */
const isLive = (orSince: DateTime.Utc | undefined) => (row: ViewRow): boolean =>
  row["settled"] === 0 || (orSince !== undefined && String(row["started_at"]) >= DateTime.formatIso(orSince))

const struck = (action: string, fault: AppendFault) =>
  new StoreError({
    reason: fault.reason,
    action,
    detail: fault.moment === "before" ? "nothing was written (told to)" : "it was written (told to)"
  })

const make = ({ aggregates = Aggregates.all, softwareVersion }: Options) =>
  Effect.gen(function*() {
    const database = yield* MemoryDatabase

    const stream = (type: string, id: string) =>
      database.events
        .filter((row) => row.aggregate_type === type && row.aggregate_id === id)
        .toSorted((a, b) => a.sequence - b.sequence)

    const viewsOf = (type: string): Map<string, ViewRow> => {
      const views = database.views.get(type) ?? new Map<string, ViewRow>()
      database.views.set(type, views)
      return views
    }

    const load: EventStore["Type"]["load"] = (aggregate, id) =>
      Effect.suspend(() =>
        StoredEvents.fold(
          { type: aggregate.type, id },
          stream(aggregate.type, id),
          (events) => Aggregate.replay(aggregate, events)
        )
      )

    const append: EventStore["Type"]["append"] = (aggregate, id, commit) =>
      Effect.gen(function*() {
        const { type } = aggregate
        const encoded = commit.events.map((event) => aggregate.codec.encode(event))
        const view = aggregate.view(commit.state)
        const recordedAt = DateTime.formatIso(DateTime.unsafeMake(yield* Clock.currentTimeMillis))
        const metadata = StoredEvents.metadata({ id, causation: commit.causation, recordedAt, softwareVersion })
        const fault = database.faults.shift()
        if (fault?.moment === "before") return yield* struck(`append to ${type}/${id}`, fault)
        // No yield from here to the last write: this is the transaction.
        const { alongside = [], lease } = commit
        const held = Either.all([lease, ...alongside].map((one) => fence(database, one)))
        if (Either.isLeft(held)) return yield* held.left
        const actual = stream(type, id).at(-1)?.sequence ?? 0
        if (actual !== commit.expectedVersion) {
          return yield* new VersionConflict({ type, id, expected: commit.expectedVersion, actual })
        }
        const { guard } = commit
        const guarded = guard === undefined ? Either.void : Either.flatMap(
          Either.all(
            [...viewsOf(type).values()].filter(isLive(guard.since))
              .map((row) => Views.decode(`append to ${type}/${id}`, type, row))
          ),
          guard.admits
        )
        if (Either.isLeft(guarded)) return yield* Effect.fail(guarded.left)
        if (encoded.length > 0) {
          for (const [index, event] of encoded.entries()) {
            database.events.push({
              position: (database.events.at(-1)?.position ?? 0) + 1,
              aggregate_type: type,
              aggregate_id: id,
              sequence: actual + index + 1,
              event_type: event.type,
              event_version: event.version,
              payload: JSON.stringify(event.payload),
              metadata
            })
          }
          viewsOf(type).set(id, {
            ...Views.columns(view),
            id,
            version: actual + encoded.length,
            started_at: viewsOf(type).get(id)?.started_at ?? recordedAt,
            updated_at: recordedAt
          })
        }
        if (fault?.moment === "after") return yield* struck(`append to ${type}/${id}`, fault)
        return actual + encoded.length
      })

    const operations: EventStore["Type"]["operations"] = ({ id, live, orSince, updatedSince } = {}) =>
      Effect.suspend(() => {
        const action = id === undefined ? "list operations" : `look up operation ${id}`
        const rows = aggregates.flatMap(({ type }) => [...viewsOf(type).values()].map((row) => ({ type, row })))
          .filter(({ row }) =>
            (id === undefined || row.id === id) && (live === undefined || isLive(orSince)(row))
            && (updatedSince === undefined || row.updated_at >= DateTime.formatIso(updatedSince))
          )
        return Effect.map(
          Effect.forEach(rows, ({ row, type }) => Views.decode(action, type, row)),
          (found) => found.toSorted(Views.oldestFirst)
        )
      })

    const history: EventStore["Type"]["history"] = (id) =>
      Effect.suspend(() =>
        Effect.forEach(
          aggregates.flatMap(({ type }) => stream(type, id)),
          (row) => StoredEvents.toRecorded(`read the events of ${id}`, row)
        )
      )

    const events: EventStore["Type"]["events"] = ({ limit, position }) =>
      Effect.suspend(() =>
        Effect.forEach(
          database.events.filter((row) => row.position > position).slice(0, limit),
          (row) => StoredEvents.toRecorded(`read the log after position ${position}`, row)
        )
      )

    const rebuilt = (aggregate: Aggregate.Foldable, id: string): Either.Either<ViewRow, CorruptStream> =>
      Either.gen(function*() {
        const { type } = aggregate
        const rows = stream(type, id)
        const { state, version } = yield* StoredEvents.fold({ type, id }, rows, aggregate.fold)
        const times = yield* Either.all(rows.map((row) => StoredEvents.recordedAt({ type, id }, row)))
        const [first, last] = [times[0], times.at(-1)].map((time) => time === undefined ? "" : DateTime.formatIso(time))
        return { ...Views.columns(state), id, version, started_at: first ?? "", updated_at: last ?? "" }
      })

    const rebuildViews: EventStore["Type"]["rebuildViews"] = Effect.gen(function*() {
      const views = new Map<string, Map<string, ViewRow>>()
      for (const aggregate of aggregates) {
        const rows = database.events.filter(({ aggregate_type }) => aggregate_type === aggregate.type)
        const ids = new Set(rows.map(({ aggregate_id }) => aggregate_id))
        const written = yield* Either.all([...ids].map((id) => rebuilt(aggregate, id)))
        views.set(aggregate.type, new Map(written.map((row) => [row.id, row])))
      }
      for (const [type, rows] of views) database.views.set(type, rows)
      return [...views.values()].reduce((count, { size }) => count + size, 0)
    })

    return EventStore.of({ load, append, operations, history, events, integrity: Effect.succeed([]), rebuildViews })
  })

/** Checks the tokens of the leases in the same `MemoryDatabase`. */
export const layerMemory = (options: Options): Layer.Layer<EventStore, never, MemoryDatabase> =>
  Layer.effect(EventStore, make(options))

/** For the contract suite. */
export const layerControl: Layer.Layer<EventStoreControl, never, MemoryDatabase> = Layer.effect(
  EventStoreControl,
  Effect.map(MemoryDatabase, ({ events, views }) => {
    const indexOf = (event: { readonly type: string; readonly id: string; readonly sequence: number }) =>
      events.findIndex((row) =>
        row.aggregate_type === event.type && row.aggregate_id === event.id && row.sequence === event.sequence
      )
    return EventStoreControl.of({
      setPayload: ({ payload, ...event }) =>
        Effect.sync(() => {
          const index = indexOf(event)
          const row = events[index]
          if (row !== undefined) events[index] = { ...row, payload }
        }),
      removeEvent: (event) =>
        Effect.sync(() => {
          const index = indexOf(event)
          if (index !== -1) events.splice(index, 1)
        }),
      damageView: ({ id, state, type, version }) =>
        Effect.sync(() => {
          const row = views.get(type)?.get(id)
          if (row !== undefined) views.get(type)?.set(id, { ...row, state, version })
        }),
      removeView: ({ id, type }) =>
        Effect.sync(() => {
          views.get(type)?.delete(id)
        })
    })
  })
)
