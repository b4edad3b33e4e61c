/** An aggregate that counts without end, whose one event has changed its shape once. */
import * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Option, Schema } from "effect"
import * as Aggregate from "../../../src/domain/Aggregate.ts"
import * as Decider from "../../../src/domain/Decider.ts"
import * as EventCodec from "../../../src/domain/EventCodec.ts"
import * as Foreign from "../../../src/domain/Foreign.ts"
import { OperationId } from "../../../src/domain/OperationId.ts"
import * as Outcome from "../../../src/domain/Outcome.ts"

export const id = OperationId.make("c0ffee00-0000-4000-8000-000000000000")

export const State = Schema.TaggedStruct("Counting", { total: Schema.Int })
export type State = typeof State.Type

/** Version 1 had no `by`: it always counted one. */
export const Counted = Schema.TaggedStruct("Counted", { by: Schema.Int, label: Schema.String })
export type Counted = typeof Counted.Type

interface Count {
  readonly _tag: "Count"
}

export const aggregate = Aggregate.make<OperationId, Count, State, Counted, never>({
  type: "TestCounter",
  decider: Decider.make<Count, State, Counted, never, { readonly Counting: { readonly Counted: "Counting" } }>({
    initial: State.make({ total: 0 }),
    decide: { Count: {} },
    evolve: { Counting: { Counted: ({ total }, { by }) => State.make({ total: total + by }) } }
  }),
  codec: EventCodec.make(Counted, { Counted: [(payload) => ({ ...(payload as { label: string }), by: 1 })] }),
  outcome: () => Outcome.InProgress(),
  since: () => Option.none(),
  data: ({ total }) => ({ total }),
  restore: Foreign.decoder(State)
})

/** Its view, as a migration would make it. */
export const createView = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) =>
    sql`CREATE TABLE test_counter_view (id TEXT NOT NULL PRIMARY KEY, state TEXT NOT NULL, version INTEGER NOT NULL,
    finished INTEGER NOT NULL, settled INTEGER NOT NULL, succeeded INTEGER NOT NULL, failure TEXT, data TEXT NOT NULL,
    started_at TEXT NOT NULL, updated_at TEXT NOT NULL) STRICT`
)
