import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ChainControl } from "../../src/layers/testing/ChainControl.ts"
import * as Verification from "../../src/managers/Verification.ts"
import { EventStore } from "../../src/services/EventStore.ts"
import { completing, execute, id, layer, passing } from "./Harness.ts"
import * as Redemptions from "./Redemptions.ts"

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
    "a view that cannot be read, and looks at the rest": [
      `UPDATE tokenized_equity_mint_view SET data = 'no JSON'; UPDATE events SET payload = '{' WHERE sequence = 1`,
      "event 1: "
    ],
    "an operation whose events cannot be read": [
      `UPDATE events SET metadata = '{' WHERE sequence = 4`,
      "event 4 cannot be read"
    ]
  } as const
  for (const [what, [damage, detail]] of Object.entries(damages)) {
    it.effect(`finds ${what}`, () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* completed
        yield* Effect.forEach(damage.split("; "), (statement) => sql.unsafe(statement))
        const found = yield* faults
        assert.include(found.map(({ detail }) => detail).join("; "), detail)
        // Of one fault there is one line, unless nothing can be said of the operation alone.
        if (found.every(({ type }) => type !== "Database")) {
          assert.deepStrictEqual(found, [{ type: "TokenizedEquityMint", id, detail }])
        }
      }).pipe(Effect.provide(layer)))
  }

  const database = (detail: string) => ({ type: "Database", detail })

  it.effect("finds a log that has lost its end: the counters know of more, and the view does", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* completed
      yield* sql`DELETE FROM events WHERE sequence = 4`
      const lost = (last: number) =>
        database(`the last event has position ${last}, but the last position given was 4: its end is lost`)
      const [counted, ...shown] = yield* faults
      assert.deepStrictEqual(counted, lost(3))
      assert.include(shown.map(({ detail }) => detail), "the view's version is 4, the log says 3")
      yield* sql`DELETE FROM events`
      assert.deepStrictEqual(yield* faults, [
        lost(0),
        { type: "TokenizedEquityMint", id, detail: "there is a view but not one event" }
      ])
    }).pipe(Effect.provide(layer)))

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

describe("verify, of what our wallet sent", () => {
  const redeemed = Effect.gen(function*() {
    yield* Redemptions.running
    yield* Redemptions.completing("10 seconds")
    yield* passing(Redemptions.execute)
  })

  const damages = {
    "a transfer that the outbox does not know": [
      "DELETE FROM outbox_signatures; DELETE FROM outbox",
      "the outbox does not"
    ],
    "one that it says was cancelled": ["UPDATE outbox SET status = 'cancelled'", "the outbox does not"],
    "one that it says can still be mined": [
      "UPDATE outbox SET status = 'signed', ended_at = NULL",
      "is signed and can still be mined, though the operation has finished"
    ],
    "another hash than the log's": [
      `UPDATE outbox SET mined_hash = '0x${"ab".repeat(32)}'`,
      "was mined, and the log does not name it"
    ],
    "one that cannot be read": ["UPDATE outbox SET gas = 'much'", "row 1: "],
    "one of no operation": [
      "UPDATE outbox SET operation = '7a2c9f1f-7b2c-4054-8b60-1a6b4b2d3e4f'",
      "belongs to no operation"
    ]
  } as const
  for (const [what, [damage, detail]] of Object.entries(damages)) {
    it.effect(`finds ${what}`, () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* redeemed
        assert.lengthOf(yield* faults, 0)
        yield* Effect.forEach(damage.split("; "), (statement) => sql.unsafe(statement))
        assert.include((yield* faults).map(({ detail }) => detail).join("; "), detail)
      }).pipe(Effect.provide(Redemptions.layer)))
  }

  const asked = Effect.map(Verification.onChain, (faults) => faults.map(({ detail }) => detail))

  it.effect("asks the chain: nothing is wrong where it agrees", () =>
    Effect.gen(function*() {
      yield* redeemed
      assert.deepStrictEqual(yield* asked, [])
    }).pipe(Effect.provide(Redemptions.layer)))

  it.effect("asks the chain, which has lost the transaction", () =>
    Effect.gen(function*() {
      const { base } = yield* ChainControl
      yield* redeemed
      yield* base.reorganise(20)
      const [detail, ...others] = yield* asked
      assert.lengthOf(others, 0)
      assert.include(detail, "is recorded as confirmed by 0x")
      assert.include(detail, "base shows no receipt of it")
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE outbox SET reserved_at = '1969-11-30T00:00:00.000Z'`
      assert.deepStrictEqual(yield* asked, [], "nodes forget receipts, 31 days later")
    }).pipe(Effect.provide(Redemptions.layer)))

  it.effect("asks the chain, which says that it reverted", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* redeemed
      yield* sql`UPDATE outbox SET status = 'reverted'`
      const [detail] = yield* asked
      assert.include(detail, "is recorded as reverted, but base shows 0x")
    }).pipe(Effect.provide(Redemptions.layer)))

  it.effect("asks the chain, which has mined what is recorded as never mined", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* redeemed
      yield* sql`UPDATE outbox SET status = 'displaced', mined_hash = NULL, mined_block = NULL`
      const [detail] = yield* asked
      assert.include(detail, "is recorded as never mined, but base shows the receipt of 0x")
    }).pipe(Effect.provide(Redemptions.layer)))
})
