/** Puts an operation into the log as another process has left it there. */
import { Effect } from "effect"
import type { Aggregate } from "../../src/domain/Aggregate.ts"
import * as Decider from "../../src/domain/Decider.ts"
import type { OperationId } from "../../src/domain/OperationId.ts"
import { EventStore } from "../../src/services/EventStore.ts"
import { Leases } from "../../src/services/Leases.ts"

interface Tagged {
  readonly _tag: string
}

export const record = <Id extends OperationId, C extends Tagged, S extends Tagged, E extends Tagged, R>(
  aggregate: Aggregate<Id, C, S, E, R>,
  id: Id,
  commands: ReadonlyArray<C>
) =>
  Effect.gen(function*() {
    const store = yield* EventStore
    const lease = yield* Effect.flatMap(Leases, (leases) => leases.hold(`${aggregate.type}/${id}`))
    for (const command of commands) {
      const { state: before, version: expectedVersion } = yield* store.load(aggregate, id)
      const events = yield* aggregate.decider.decide(id, command, before)
      const state = yield* Decider.replay(aggregate.decider, events, before)
      yield* store.append(aggregate, id, { expectedVersion, events, state, causation: command._tag, lease })
    }
  }).pipe(Effect.scoped, Effect.orDie)
