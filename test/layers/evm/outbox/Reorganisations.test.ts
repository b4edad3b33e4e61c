/** Reorganisations that reach behind what was depended on: what has ended is off the chain again. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import type { Hex } from "../../../../src/domain/Hex.ts"
import { BaseChain } from "../../../../src/services/Chain.ts"
import { attemptOf, TransactionOutbox } from "../../../../src/services/TransactionOutbox.ts"
import {
  alerts,
  all,
  foreign,
  funded,
  layer,
  second,
  sent,
  stored,
  submit,
  theirKey,
  transfer,
  transferOf,
  untilOver
} from "./Harness.ts"

/** At nonce 0, at depth, and recorded as ended. */
const displaced = Effect.gen(function*() {
  const base = yield* funded
  yield* base.answerBroadcast("Unknown", { isTaken: false })
  yield* submit()
  yield* foreign(0)
  yield* base.mine(3)
  assert.strictEqual((yield* submit())._tag, "Displaced")
  return base
})

const reverted = Effect.gen(function*() {
  const base = yield* funded
  yield* submit()
  yield* base.pauseEquity(true)
  yield* base.mine(3)
  assert.strictEqual((yield* submit())._tag, "Reverted")
  return base
})

describe("what was confirmed", () => {
  it.effect("and whose receipt is gone: it is broadcast again, and a person is told when that does not help", () =>
    Effect.gen(function*() {
      const base = yield* funded
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      yield* base.hideReceipts(true)
      const broadcasts = Effect.map(base.calls, (calls) => calls.filter((call) => call === "broadcast").length)
      const before = yield* broadcasts
      const waiting = yield* submit()
      assert.include(waiting._tag === "Pending" && waiting.waitingFor, "which it has shown before")
      assert.strictEqual(yield* broadcasts, before + 1)
      assert.lengthOf(yield* alerts, 0)
      yield* TestClock.adjust("3 minutes")
      for (let looks = 0; looks < 3; looks++) yield* submit()
      assert.deepStrictEqual(yield* alerts, ["transfer/1/receipt-gone"])
      yield* base.hideReceipts(false)
      assert.strictEqual((yield* submit())._tag, "Confirmed")
    }).pipe(Effect.provide(layer)))

  it.effect("and is off the chain: it comes back by itself, and counts when it is at depth again", () =>
    Effect.gen(function*() {
      const base = yield* funded
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      yield* base.reorganise(3)
      assert.deepStrictEqual(yield* sent, [])
      assert.strictEqual((yield* submit())._tag, "Pending")
      yield* base.mine(1)
      assert.deepInclude(yield* submit(), { _tag: "Unconfirmed", confirmations: 1, required: 3 })
      yield* base.mine(2)
      assert.strictEqual((yield* submit())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
      assert.lengthOf((yield* stored()).signatures, 1)
    }).pipe(Effect.provide(layer)))
})

describe("what was confirmed and comes back without effect", () => {
  it.effect("is no success any more: it is told so, and a person as well", () =>
    Effect.gen(function*() {
      const base = yield* funded
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      yield* base.reorganise(3)
      yield* base.pauseEquity(true)
      yield* submit()
      yield* base.mine(3)
      assert.strictEqual((yield* submit())._tag, "Reverted")
      assert.deepStrictEqual(yield* alerts, ["transfer/1/effect-lost"])
    }).pipe(Effect.provide(layer)))
})

describe("the nonce of what can have no effect any more is free again", () => {
  const before = { displaced, reverted }
  for (const how of ["displaced", "reverted"] as const) {
    it.effect(`${how}: an empty transaction uses it up, the wallet goes on, and a person is told once`, () =>
      Effect.gen(function*() {
        const base = yield* before[how]
        yield* base.reorganise(3)
        yield* base.pauseEquity(false)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* untilOver(theirKey, transferOf(7n)))._tag, "Confirmed")
        assert.deepStrictEqual(yield* sent, [7n])
        const outbox = yield* TransactionOutbox
        yield* outbox.tend
        const row = yield* stored()
        assert.strictEqual(row.status, "cancelled")
        assert.deepStrictEqual(row.signatures.map(({ kind }) => kind), ["call", "cancellation"])
        const told = (yield* alerts).filter((one) => one !== "transfer/1/displaced")
        assert.deepStrictEqual(told, ["transfer/1/off-the-chain"])
        assert.strictEqual(yield* outbox.tend, 0)
      }).pipe(Effect.provide(layer)))
  }

  it.effect("it is looked after until then, and its operation may neither go on without it nor mistake the attempt", () =>
    Effect.gen(function*() {
      const base = yield* displaced
      const outbox = yield* TransactionOutbox
      yield* submit(transferOf(5n), second)
      yield* base.reorganise(3)
      yield* TestClock.adjust("1 minute")
      yield* submit(transferOf(5n), second)
      assert.strictEqual((yield* stored()).status, "displaced", "as its operation knows it")
      const third = yield* Effect.flip(submit(transfer, { ...second, attempt: 3 }))
      assert.strictEqual(third._tag === "OutboxError" && third.reason, "EarlierAttempt")
      assert.strictEqual((yield* submit())._tag, "Pending", "it could be mined after all")
      assert.strictEqual(yield* outbox.tend, 2)
      assert.strictEqual((yield* untilOver(second))._tag, "Confirmed")
      yield* outbox.tend
      assert.deepStrictEqual((yield* all).map(({ nonce, status }) => [nonce, status]), [[0, "cancelled"], [
        1,
        "confirmed"
      ]])
      assert.strictEqual(attemptOf(yield* all, "transfer"), 2)
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("and the call itself is mined, with effect this time: it is recorded, and a person is told", () =>
    Effect.gen(function*() {
      const base = yield* reverted
      yield* base.reorganise(3)
      yield* base.pauseEquity(false)
      yield* submit(transferOf(7n), theirKey)
      yield* TestClock.adjust("1 minute")
      yield* base.answerBroadcast("Unknown", { isTaken: false })
      yield* submit(transferOf(7n), theirKey)
      const sql = yield* SqlClient.SqlClient
      const [call] = yield* sql<{ raw: Hex }>`SELECT raw FROM outbox_signatures ORDER BY rowid`
      const chain = yield* BaseChain
      yield* chain.broadcast(call?.raw ?? assert.fail("nothing is stored"))
      yield* base.mine(3)
      const outbox = yield* TransactionOutbox
      yield* outbox.tend
      assert.strictEqual((yield* stored()).status, "confirmed")
      assert.include(yield* alerts, "transfer/1/late-effect")
    }).pipe(Effect.provide(layer)))
})
