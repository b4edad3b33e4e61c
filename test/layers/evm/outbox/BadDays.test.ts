/** Whatever a node or a chain does to a transaction, it is one transfer. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, TestClock } from "effect"
import { alerts, funded, gwei, key, layer, second, sent, stored, submit, transfer, untilOver } from "./Harness.ts"

describe("the broadcast", () => {
  const answers = [
    ["Unknown", true],
    ["Unknown", false],
    ["AlreadyKnown", true],
    ["NonceGap", false],
    ["Underpriced", false]
  ] as const
  for (const [answer, isTaken] of answers) {
    it.effect(`answered ${answer}, ${isTaken ? "and taken all the same" : "and not taken"}: sent once`, () =>
      Effect.gen(function*() {
        const base = yield* funded
        yield* base.answerBroadcast(answer, { isTaken })
        assert.strictEqual((yield* submit())._tag, "Pending")
        assert.strictEqual((yield* untilOver())._tag, "Confirmed")
        assert.deepStrictEqual(yield* sent, [5n])
        assert.strictEqual((yield* stored()).nonce, 0)
      }).pipe(Effect.provide(layer)))
  }

  it.effect("answered for want of funds: a person is told once, and after that it goes on", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.answerBroadcast("InsufficientFunds", { isTaken: false })
      yield* submit()
      yield* base.answerBroadcast("InsufficientFunds", { isTaken: false })
      const waiting = yield* submit()
      assert.include(waiting._tag === "Pending" && waiting.waitingFor, "InsufficientFunds")
      assert.deepStrictEqual(yield* alerts, ["transfer/1/gas-on-base"])
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.lengthOf((yield* stored()).signatures, 1)
    }).pipe(Effect.provide(layer)))

  for (const answer of ["Invalid", "Reverted"] as const) {
    it.effect(`answered ${answer} for too long: its nonce is used up by an empty transaction`, () =>
      Effect.gen(function*() {
        const base = yield* funded
        for (let i = 0; i < 20; i++) yield* base.answerBroadcast(answer, { isTaken: false })
        yield* submit()
        for (let i = 0; i < 19; i++) {
          yield* TestClock.adjust("10 seconds")
          yield* submit()
        }
        const end = yield* untilOver()
        assert.include(end._tag === "Cancelled" && end.why, "no node takes it")
        assert.deepStrictEqual(yield* sent, [])
        assert.deepStrictEqual((yield* stored()).signatures.map(({ kind }) => kind), ["call", "cancellation"])
      }).pipe(Effect.provide(layer)))
  }
})

describe("bad days of the chain", () => {
  it.effect("a node forgets it: the same bytes go out again", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      yield* base.forgetPool
      yield* base.mine(5)
      assert.strictEqual((yield* submit())._tag, "Pending")
      assert.deepStrictEqual(yield* sent, [])
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
      assert.lengthOf((yield* stored()).signatures, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("a node that is behind a block we have seen is not believed", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      yield* base.mine(1)
      yield* submit()
      yield* base.lag(1)
      const error = yield* Effect.flip(submit())
      assert.strictEqual(error.kind, "transient")
      assert.include(error.message, "behind")
      yield* base.lag(0)
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.lengthOf((yield* stored()).signatures, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("a node shows the count before the receipt: nothing is concluded from it", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      yield* base.mine(1)
      yield* base.hideReceipts(true)
      yield* TestClock.adjust("1 minute")
      const waiting = yield* submit()
      assert.include(waiting._tag === "Pending" && waiting.waitingFor, "may come late")
      yield* base.hideReceipts(false)
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("a node counts it and never shows the receipt, however deep: the block that holds it proves that it is ours", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.mine(100)
      yield* submit()
      yield* base.mine(1)
      yield* base.hideReceipts(true)
      for (let looks = 0; looks < 10; looks++) {
        yield* base.mine(30)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* submit())._tag, "Pending")
      }
      const early = yield* Effect.flip(submit(transfer, second))
      assert.strictEqual(early._tag === "OutboxError" && early.reason, "EarlierAttempt")
      assert.deepStrictEqual(yield* alerts, ["transfer/1/receipt-missing"])
      yield* base.hideReceipts(false)
      assert.strictEqual((yield* submit())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("the fee spikes: replaced at its nonce, whichever is mined counts, and it is one transfer", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      yield* base.setBaseFee(20n * gwei)
      yield* base.mine(1)
      yield* TestClock.adjust("2 minutes")
      yield* submit()
      assert.lengthOf((yield* stored()).signatures, 1, "it still has time")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      const { mined, nonce, signatures } = yield* stored()
      assert.lengthOf(signatures, 2)
      assert.strictEqual(nonce, 0)
      assert.strictEqual(Option.getOrThrow(mined).hash, signatures[1]?.hash)
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("replaced, and it is the first that is mined: that one counts", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      yield* TestClock.adjust("3 minutes")
      yield* base.answerBroadcast("Accepted", { isTaken: false })
      yield* submit()
      yield* base.mine(1)
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      const { mined, signatures } = yield* stored()
      assert.lengthOf(signatures, 2)
      assert.strictEqual(Option.getOrThrow(mined).hash, signatures[0]?.hash)
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("the fee climbs over the ceiling: a person is told once, nothing is signed, and it goes on by itself", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      yield* base.setBaseFee(300n * gwei)
      for (let i = 0; i < 60; i++) {
        yield* TestClock.adjust("1 minute")
        yield* submit()
      }
      const { signatures } = yield* stored()
      assert.isTrue(signatures.every(({ maxFeePerGas }) => maxFeePerGas <= 200n * gwei))
      assert.isBelow(signatures.length, 4)
      assert.deepStrictEqual(yield* alerts, ["transfer/1/stuck-at-fee-ceiling"])
      yield* base.setBaseFee(100n * gwei)
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("a reorganisation of two blocks: back to waiting, and broadcast again", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      yield* base.mine(2)
      assert.strictEqual((yield* submit())._tag, "Unconfirmed")
      yield* base.reorganise(2)
      assert.deepStrictEqual(yield* sent, [])
      assert.strictEqual((yield* submit())._tag, "Pending")
      assert.strictEqual((yield* stored()).status, "signed")
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
      assert.lengthOf((yield* stored()).signatures, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("mined and reverted, and the node has dropped the state of that time: over at depth, without a reason", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      yield* base.pauseEquity(true)
      yield* base.mine(1)
      yield* base.forgetStateBefore(100n)
      const end = yield* untilOver()
      assert.strictEqual(end._tag === "Reverted" && end.why, "the reason cannot be reproduced")
      assert.deepStrictEqual(yield* sent, [])
    }).pipe(Effect.provide(layer)))

  it.effect("mined and reverted: the reason is told at depth, and only then there may be another attempt", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      const early = yield* Effect.flip(submit(transfer, second))
      assert.strictEqual(early._tag === "OutboxError" && early.reason, "EarlierAttempt")
      yield* base.pauseEquity(true)
      yield* base.mine(1)
      assert.strictEqual((yield* submit())._tag, "Unconfirmed")
      const end = yield* untilOver()
      assert.strictEqual(end._tag === "Reverted" && end.why, "EquityToken: paused")
      assert.deepInclude(yield* submit(), { _tag: "Reverted", why: "EquityToken: paused" })
      yield* base.pauseEquity(false)
      assert.strictEqual((yield* untilOver(second))._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
      const late = yield* Effect.flip(submit(transfer, { ...key, attempt: 3 }))
      assert.strictEqual(
        late._tag === "OutboxError" && late.reason,
        "EarlierAttempt",
        "one that was confirmed is enough"
      )
    }).pipe(Effect.provide(layer)))
})
