import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Verification from "../../src/managers/Verification.ts"
import { EventStore } from "../../src/services/EventStore.ts"
import { completing, execute, id, layer, passing } from "./Harness.ts"

const completed = Effect.zipRight(completing("1 second"), passing(execute))

const faults = Effect.map(Verification.verify, ({ faults }) => faults)

describe("verify", () => {
  it.effect("finds nothing where nothing is wrong", () =>
    Effect.gen(function*() {
      yield* completed
      assert.deepStrictEqual(yield* Verification.verify, { events: 4, operations: 1, transactions: 0, faults: [] })
    }).pipe(Effect.provide(layer)))

  const damages = {
    "a view that shows another state": [
      `UPDATE tokenized_equity_mint_view SET state = 'Failed'`,
      `the view's state is "Failed", the log says "Completed"`
    ],
    "a view that lags": [
      `UPDATE tokenized_equity_mint_view SET version = 3`,
      "the view's version is 3, the log says 4"
    ],
    "a view that is gone": ["DELETE FROM tokenized_equity_mint_view", "the view is missing"],
    "an event that is gone": ["DELETE FROM events WHERE sequence = 2", "event 2 is missing"],
    "an event that cannot follow": [
      "UPDATE events SET event_type = 'MintCompleted' WHERE sequence = 2",
      "event 2: MintCompleted cannot follow state MintRequested"
    ],
    "all events gone": ["DELETE FROM events", "there is a view but not one event"]
  } as const
  for (const [what, [damage, detail]] of Object.entries(damages)) {
    it.effect(`finds ${what}`, () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* completed
        yield* sql.unsafe(damage)
        assert.deepStrictEqual(yield* faults, [{ type: "TokenizedEquityMint", id, detail }])
      }).pipe(Effect.provide(layer)))
  }

  it.effect("views that are wrong can be written again from the log", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const store = yield* EventStore
      yield* completed
      yield* sql`DELETE FROM tokenized_equity_mint_view`
      assert.strictEqual(yield* store.rebuildViews, 1)
      assert.lengthOf(yield* faults, 0)
    }).pipe(Effect.provide(layer)))
})
