/**
 * What the memory layers of the event store, the leases and the alerts keep, and the faults that can befall it. Make it
 * once and build layers from it for a program that is stopped and started again: what was committed is still there.
 */
import { Context, Effect, Either, Layer } from "effect"
import type { Alert } from "../../services/Alerts.ts"
import { type Lease, LeaseLost } from "../../services/Leases.ts"
import type { LogRow } from "../sql/StoredEvents.ts"

/** What becomes of an append: nothing is written, or all of it is and nobody is told. */
export interface AppendFault {
  readonly reason: "Busy" | "Unavailable"
  readonly moment: "before" | "after"
}

/** One operation as its view has it. */
export interface ViewRow {
  readonly id: string
  readonly version: number
  readonly started_at: string
  readonly updated_at: string
  readonly [column: string]: unknown
}

/** Who holds a lease, or held it last. */
export interface LeaseRow {
  readonly token: number
  /** Undefined once released. */
  readonly held: { readonly owner: string; readonly expiresAt: number } | undefined
}

/** What several layers in memory share, as they would a file. */
export class MemoryDatabase extends Context.Tag("ballast/testing/MemoryDatabase")<MemoryDatabase, {
  /** In the order of the log. */
  readonly events: Array<LogRow>
  /** By aggregate type, then by id. */
  readonly views: Map<string, Map<string, ViewRow>>
  readonly leases: Map<string, LeaseRow>
  /** By condition. */
  readonly alerts: Map<string, Alert>
  /** What befalls the next appends, one each. */
  readonly faults: Array<AppendFault>
}>() {}

/** Whoever holds it, if that is the holder of this token. */
export const fence = (
  { leases }: Pick<MemoryDatabase["Type"], "leases">,
  { name, token }: Pick<Lease, "name" | "token">
): Either.Either<{ readonly owner: string }, LeaseLost> => {
  const row = leases.get(name)
  return row?.held !== undefined && row.token === token
    ? Either.right(row.held)
    : Either.left(new LeaseLost({ name, token, ...(row?.held === undefined ? {} : { holder: row.held.owner }) }))
}

/** An empty one. */
export const make: Effect.Effect<MemoryDatabase["Type"]> = Effect.sync(() => ({
  events: [],
  views: new Map(),
  leases: new Map(),
  alerts: new Map(),
  faults: []
}))

/** An empty one as a layer. */
export const layerMemory: Layer.Layer<MemoryDatabase> = Layer.effect(MemoryDatabase, make)

/** One append after those already told of. */
export const failNextAppend = (fault: AppendFault): Effect.Effect<void, never, MemoryDatabase> =>
  Effect.map(MemoryDatabase, ({ faults }) => {
    faults.push(fault)
  })
