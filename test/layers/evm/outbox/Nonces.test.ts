/** Who uses which nonce, and what the outbox concludes from it. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, TestClock } from "effect"
import { TransactionOutbox } from "../../../../src/services/TransactionOutbox.ts"
import {
  alerts,
  all,
  foreign,
  funded,
  gwei,
  key,
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

describe("nonces", () => {
  it.effect("one that somebody else used with our key is given up at depth, and a person is told by what", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.mine(200)
      yield* base.answerBroadcast("Unknown", { isTaken: false })
      yield* submit()
      assert.strictEqual((yield* foreign(0)).answer, "Accepted")
      yield* base.mine(1)
      assert.strictEqual((yield* submit())._tag, "Pending", "used, but not at depth")
      const early = yield* Effect.flip(submit(transfer, second))
      assert.strictEqual(early._tag === "OutboxError" && early.reason, "EarlierAttempt")
      yield* base.mine(2)
      assert.deepInclude(yield* submit(), { _tag: "Displaced", nonce: 0 })
      assert.deepInclude(yield* submit(), { _tag: "Displaced", nonce: 0 })
      assert.deepStrictEqual(yield* alerts, ["transfer/1/displaced"])
      assert.include(Option.getOrThrow((yield* stored()).detail), "was used by 0x")
      assert.strictEqual((yield* untilOver(second))._tag, "Confirmed")
      assert.strictEqual((yield* stored(second)).nonce, 1)
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("one that was used long ago: found however old the block is", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.mine(50)
      yield* base.answerBroadcast("Unknown", { isTaken: false })
      yield* submit()
      yield* foreign(0)
      yield* base.mine(3000)
      yield* TestClock.adjust("8 days")
      assert.strictEqual((yield* submit())._tag, "Displaced")
    }).pipe(Effect.provide(layer)))

  it.effect("one that was used when the node's state does not reach back: nothing is concluded, and a person is told", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.answerBroadcast("Unknown", { isTaken: false })
      yield* submit()
      yield* foreign(0)
      yield* base.mine(300)
      yield* base.forgetStateBefore(250n)
      yield* TestClock.adjust("1 day")
      for (let looks = 0; looks < 3; looks++) {
        const waiting = yield* submit()
        assert.include(waiting._tag === "Pending" && waiting.waitingFor, "BALLAST_BASE_RPC_URL")
        yield* base.mine(1)
      }
      assert.deepStrictEqual(yield* alerts, ["transfer/1/nonce-used"])
      yield* base.forgetStateBefore(0n)
      assert.strictEqual((yield* submit())._tag, "Displaced")
    }).pipe(Effect.provide(layer)))

  it.effect("one that somebody else's transaction waits at is not fought for, and a person is told when it takes long", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.answerBroadcast("Unknown", { isTaken: false })
      yield* submit()
      yield* foreign(0)
      yield* base.setBaseFee(100n * gwei)
      for (let looks = 0; looks < 30; looks++) {
        yield* TestClock.adjust("10 seconds")
        yield* base.mine(1)
        const waiting = yield* submit()
        assert.strictEqual(waiting._tag, "Pending")
      }
      assert.lengthOf((yield* stored()).signatures, 1)
      assert.deepStrictEqual(yield* alerts, ["transfer/1/nonce-occupied"])
      yield* base.setBaseFee(gwei)
      yield* base.mine(3)
      assert.strictEqual((yield* submit())._tag, "Displaced")
      assert.strictEqual((yield* untilOver(second))._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("a gap that somebody else has left before ours is filled, once it has had its chance", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* foreign(0)
      yield* submit()
      yield* base.forgetPool
      yield* TestClock.adjust("1 minute")
      yield* submit()
      assert.lengthOf(yield* all, 1, "it may still come")
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      const rows = yield* all
      assert.deepStrictEqual(yield* alerts, ["transfer/1/gap"])
      assert.deepStrictEqual(rows.map(({ key, nonce, status }) => [key.step, nonce, status]), [
        ["transfer", 1, "confirmed"],
        ["fill nonce 0 on base", 0, "cancelled"]
      ])
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("behind too many that somebody else sends none is taken, and a person is told", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit(transferOf(7n), theirKey)
      for (let nonce = 1; nonce <= 16; nonce++) yield* foreign(nonce)
      assert.deepInclude(yield* submit(), { _tag: "Pending", nonce: 17 }, "sixteen are bearable, beside our own")
      yield* foreign(18)
      const error = yield* Effect.flip(submit(transfer, { ...key, step: "burn" }))
      assert.strictEqual(error._tag === "OutboxError" && error.reason, "ForeignQueue")
      assert.strictEqual(error.kind, "transient")
      assert.include(error.message, "17 transactions")
      assert.deepStrictEqual(yield* alerts, ["burn/1/foreign-queue"])
      assert.lengthOf(yield* all, 2)
      yield* base.mine(1)
      assert.strictEqual((yield* submit(transfer, { ...key, step: "burn" }))._tag, "Pending")
    }).pipe(Effect.provide(layer)))

  it.effect("a gap is given to the next transaction, if one comes", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* foreign(0)
      yield* submit()
      yield* base.forgetPool
      yield* submit(transferOf(7n), theirKey)
      assert.strictEqual((yield* stored(theirKey)).nonce, 0)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [7n, 5n])
    }).pipe(Effect.provide(layer)))

  it.effect("what another operation has left before ours is broadcast, and replaced if that is what is stuck", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit(transferOf(7n), theirKey)
      yield* base.setBaseFee(20n * gwei)
      yield* submit()
      yield* base.forgetPool
      yield* TestClock.adjust("3 minutes")
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [7n, 5n])
      assert.isAbove((yield* stored(theirKey)).signatures.length, 1)
      const outbox = yield* TransactionOutbox
      assert.strictEqual(yield* outbox.tend, 0)
      assert.strictEqual((yield* stored(theirKey)).status, "confirmed", "its end is recorded by whoever looks")
    }).pipe(Effect.provide(layer)))
})

describe("a process that dies between recording that a nonce was taken from it and telling so", () => {
  it.effect("has told nobody: whoever looks at it next does, or whoever makes the next attempt", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.answerBroadcast("Unknown", { isTaken: false })
      yield* submit()
      yield* foreign(0)
      yield* base.mine(3)
      const sql = yield* SqlClient.SqlClient
      for (const next of [submit(), submit(transfer, second)]) {
        yield* submit()
        yield* sql`DELETE FROM alerts`
        yield* next
        assert.deepStrictEqual(yield* alerts, ["transfer/1/displaced"])
      }
    }).pipe(Effect.provide(layer)))
})
