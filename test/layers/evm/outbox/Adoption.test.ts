/** The row's own transaction, mined under a hash that nobody has stored: a backup was restored, or it was signed twice. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, TestClock } from "effect"
import { TransactionOutbox } from "../../../../src/services/TransactionOutbox.ts"
import {
  alerts,
  cancel,
  foreign,
  funded,
  layer,
  second,
  sent,
  stored,
  submit,
  transfer,
  transferOf,
  untilOver,
  wallet
} from "./Harness.ts"

/** Signed and stored, and no node has it. */
const unsent = Effect.gen(function*() {
  const base = yield* funded
  yield* base.mine(5)
  yield* base.answerBroadcast("Unknown", { isTaken: false })
  yield* submit()
  return base
})

describe("what has used the nonce under an unknown hash", () => {
  it.effect("does exactly what was to be done: it is the row's own, and not sent again", () =>
    Effect.gen(function*() {
      const base = yield* unsent
      yield* foreign(0, transfer)
      yield* base.mine(3)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* submit())._tag, "Pending")
      const end = yield* untilOver()
      assert.strictEqual(end._tag, "Confirmed")
      const { mined, signatures } = yield* stored()
      assert.lengthOf(signatures, 2)
      assert.strictEqual(Option.getOrThrow(mined).hash, signatures[1]?.hash)
      assert.deepStrictEqual(yield* alerts, ["transfer/1/unknown-signature"])
      const again = yield* Effect.flip(submit(transfer, second))
      assert.strictEqual(again._tag === "OutboxError" && again.reason, "EarlierAttempt")
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("has reverted: so has the row", () =>
    Effect.gen(function*() {
      const base = yield* unsent
      yield* base.pauseEquity(true)
      yield* foreign(0, transfer)
      yield* base.mine(3)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* untilOver())._tag, "Reverted")
    }).pipe(Effect.provide(layer)))

  const others = {
    "another amount": transferOf(6n),
    "coin with it": { ...transfer, value: 1n },
    "an empty transaction, which nobody has asked for": { to: wallet, data: "0x" }
  } as const
  for (const [name, call] of Object.entries(others)) {
    it.effect(`is not the row's: ${name}`, () =>
      Effect.gen(function*() {
        const base = yield* unsent
        yield* foreign(0, call)
        yield* base.mine(3)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* submit())._tag, "Displaced")
        assert.deepStrictEqual(yield* alerts, ["transfer/1/displaced"])
      }).pipe(Effect.provide(layer)))
  }

  it.effect("is the empty transaction of what was to be cancelled: it is cancelled, and no further attempt follows", () =>
    Effect.gen(function*() {
      const base = yield* unsent
      yield* base.unavailable
      yield* Effect.either(cancel("an operator said so"))
      yield* base.available
      yield* foreign(0, { to: wallet, data: "0x" })
      yield* base.mine(3)
      const end = yield* untilOver()
      assert.strictEqual(end._tag === "Cancelled" && end.why, "an operator said so")
    }).pipe(Effect.provide(layer)))

  it.effect("cannot be recorded: a person is told, nothing is concluded, and nothing is sent", () =>
    Effect.gen(function*() {
      const base = yield* unsent
      yield* foreign(0, transfer)
      yield* base.mine(3)
      yield* TestClock.adjust("1 minute")
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TRIGGER full BEFORE INSERT ON outbox_signatures BEGIN SELECT RAISE(ABORT, 'no room'); END`
      const before = (yield* base.calls).length
      assert.strictEqual((yield* Effect.flip(submit()))._tag, "StoreError")
      assert.notInclude((yield* base.calls).slice(before), "broadcast")
      assert.strictEqual((yield* stored()).status, "signed")
      assert.deepStrictEqual(yield* alerts, ["transfer/1/unknown-signature"])
      yield* sql`DROP TRIGGER full`
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("is off the chain again: what is stored is broadcast in its place", () =>
    Effect.gen(function*() {
      const base = yield* unsent
      yield* foreign(0, transfer)
      yield* base.mine(3)
      yield* TestClock.adjust("1 minute")
      yield* submit()
      assert.lengthOf((yield* stored()).signatures, 2)
      yield* base.reorganise(3)
      const outbox = yield* TransactionOutbox
      yield* outbox.tend
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      const { mined, signatures } = yield* stored()
      assert.strictEqual(Option.getOrThrow(mined).hash, signatures[0]?.hash)
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))
})
