/** The event log as an auditor reads it: from the disk, by a connection of his own. */
import { Effect, type Either, Exit, Layer, ManagedRuntime } from "effect"
import type { Aggregate } from "../src/domain/Aggregate.ts"
import * as Redemption from "../src/domain/EquityRedemption.ts"
import * as Mint from "../src/domain/TokenizedEquityMint.ts"
import * as Rebalance from "../src/domain/UsdcRebalance.ts"
import * as Database from "../src/layers/sql/Database.ts"
import * as SqlEventStore from "../src/layers/sql/SqlEventStore.ts"
import { EventStore, type RecordedEvent } from "../src/services/EventStore.ts"

export type Operation =
  & { readonly id: string; readonly version: number }
  & (
    | { readonly type: "TokenizedEquityMint"; readonly state: Mint.State.State }
    | { readonly type: "EquityRedemption"; readonly state: Redemption.State.State }
    | { readonly type: "UsdcRebalance"; readonly state: Rebalance.State.State }
  )

export interface Log {
  /** What has been recorded since it was asked last. */
  readonly news: () => ReadonlyArray<RecordedEvent>
  /** As the events lead to it. */
  readonly operations: () => ReadonlyArray<Operation>
  readonly operation: (id: string) => Operation | undefined
  readonly close: () => void
}

const orThrow = <A, E>(result: Either.Either<A, E>): A => {
  if (result._tag === "Right") return result.right
  throw new Error(`the log does not fold: ${String(result.left)}`)
}

const next = <S, C extends { readonly _tag: string }, E extends { readonly _tag: string }>(
  { codec, decider }: Pick<Aggregate<never, C, S & { readonly _tag: string }, E, never>, "codec" | "decider">,
  state: (S & { readonly _tag: string }) | undefined,
  event: RecordedEvent
) => orThrow(decider.evolve(state ?? decider.initial, orThrow(codec.decode(event))))

const evolve = (before: Operation | undefined, event: RecordedEvent): Operation => {
  const { id, sequence: version } = event
  switch (event.aggregate) {
    case "TokenizedEquityMint":
      return {
        id,
        version,
        type: event.aggregate,
        state: next(Mint.aggregate as never, before?.type === event.aggregate ? before.state : undefined, event)
      }
    case "EquityRedemption":
      return {
        id,
        version,
        type: event.aggregate,
        state: next(Redemption.aggregate as never, before?.type === event.aggregate ? before.state : undefined, event)
      }
    case "UsdcRebalance":
      return {
        id,
        version,
        type: event.aggregate,
        state: next(Rebalance.aggregate as never, before?.type === event.aggregate ? before.state : undefined, event)
      }
    default:
      throw new Error(`${event.aggregate} is no operation that the simulation knows`)
  }
}

/** So many at once. */
const limit = 500

export const open = (path: string): Log => {
  const runtime = ManagedRuntime.make(Layer.provide(
    SqlEventStore.layer({ softwareVersion: "auditor" }),
    Database.layer({ path, durability: "normal", create: true })
  ))
  const operations = new Map<string, Operation>()
  let position = 0
  const read = () => runtime.runSync(Effect.flatMap(EventStore, (store) => store.events({ position, limit })))
  return {
    news: () => {
      const events = read()
      for (const event of events) {
        const known = operations.get(event.id)
        if (event.sequence !== (known?.version ?? 0) + 1) {
          throw new Error(`event ${event.sequence} of ${event.id} follows ${known?.version ?? 0}`)
        }
        operations.set(event.id, evolve(known, event))
        position = event.position
      }
      return events
    },
    operations: () => [...operations.values()],
    operation: (id) => operations.get(id),
    close: () => {
      Effect.runSync(Exit.matchEffect(Effect.runSyncExit(runtime.disposeEffect), {
        onFailure: () => Effect.void,
        onSuccess: () => Effect.void
      }))
    }
  }
}
