import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber, TestClock } from "effect"
import * as Shares from "../../../src/domain/Shares.ts"
import { AlpacaTokenizationControl } from "../../../src/layers/testing/AlpacaTokenizationControl.ts"
import * as MintManager from "../../../src/managers/MintManager.ts"
import {
  alerts,
  completing,
  error,
  eventTypes,
  execute,
  failure,
  id,
  layer,
  ledger,
  passing,
  request,
  settled,
  state
} from "../Harness.ts"

describe("MintRequested", () => {
  const lost = {
    "an answer that was lost after the effect": { _tag: "AnswerLost" },
    "a connection that broke before the effect": { _tag: "Dropped" },
    "a 500 after the effect": { _tag: "FailedAfter", status: 500 },
    "a 503 before the effect": { _tag: "Refused", status: 503 }
  } as const
  for (const [what, fault] of Object.entries(lost)) {
    it.effect(`after ${what} it looks, and there is one request`, () =>
      Effect.gen(function*() {
        const alpaca = yield* AlpacaTokenizationControl
        yield* alpaca.strike("requestMint", fault)
        yield* completing("1 minute")
        const end = yield* passing(execute)
        assert.strictEqual(end._tag, "Completed")
        assert.lengthOf(yield* ledger, 1)
        const [first, second] = (yield* alpaca.calls).map(({ method }) => method)
        assert.deepStrictEqual([first, second], ["requestMint", "findMint"])
      }).pipe(Effect.provide(layer)))
  }

  it.effect("the request that got through is not yet shown: the repetition is the same request", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* alpaca.hideNext("5 seconds")
      yield* alpaca.loseAnswer
      yield* completing("1 minute")
      assert.strictEqual((yield* passing(execute))._tag, "Completed")
      assert.lengthOf(yield* ledger, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("stays away as long as Alpaca asks", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* alpaca.strike("requestMint", { _tag: "RateLimited", retryAfterSeconds: 90 })
      const fiber = yield* Effect.fork(execute)
      yield* settled
      yield* TestClock.adjust("89 seconds")
      yield* settled
      assert.lengthOf(yield* alpaca.calls, 1)
      yield* TestClock.adjust("2 seconds")
      yield* settled
      assert.isAbove((yield* alpaca.calls).length, 1)
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(layer)))

  const refusals = [
    ["InsufficientPosition", "InsufficientPosition"],
    ["InvalidRequest", "InvalidRequest"],
    ["Rejected", "Rejected"],
    ["Unauthenticated", "Unauthorized"],
    ["Forbidden", "Unauthorized"]
  ] as const
  for (const [refusal, reason] of refusals) {
    it.effect(`${refusal} on the first try: failed, and the shares are at Alpaca`, () =>
      Effect.gen(function*() {
        const alpaca = yield* AlpacaTokenizationControl
        yield* alpaca.failNext("requestMint", error(refusal))
        const end = yield* passing(execute)
        assert.deepStrictEqual(failure(end), { reason, detail: "as told", place: "Alpaca", amount: "10.5" })
      }).pipe(Effect.provide(layer)))
  }

  it.effect("a refusal after an earlier try is held against one more look: that try may have taken the shares", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* alpaca.hideNext("2 seconds")
      yield* alpaca.loseAnswer
      yield* alpaca.delayNext("requestMint", "5 seconds", { late: true })
      const mint = yield* Effect.fork(passing(execute))
      yield* Effect.repeat(Effect.zipRight(Effect.yieldNow(), alpaca.calls), { until: (calls) => calls.length === 1 })
      yield* alpaca.forgetKeys
      yield* alpaca.setShares(request.symbol, Shares.fromUnits(0n))
      yield* completing("1 minute")
      assert.strictEqual((yield* Fiber.join(mint))._tag, "Completed")
      assert.lengthOf(yield* ledger, 1)
      const methods = (yield* alpaca.calls).map(({ method }) => method)
      assert.deepStrictEqual(methods.slice(0, 4), ["requestMint", "findMint", "requestMint", "findMint"])
    }).pipe(Effect.provide(layer)))

  it.effect("refused credentials say nothing about an earlier try: the state stays, and a person is told", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* alpaca.loseAnswer
      yield* alpaca.failNext("findMint", error("Unauthenticated"))
      const left = yield* Effect.flip(passing(execute))
      assert.strictEqual(left._tag === "AlpacaError" && left.reason, "Unauthenticated")
      assert.strictEqual((yield* state)._tag, "MintRequested")
      assert.lengthOf(yield* alerts, 1)

      yield* completing("1 minute")
      assert.strictEqual((yield* passing(MintManager.resume(id)))._tag, "Completed")
      assert.lengthOf(yield* ledger, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("something else under our label is not ours, and nothing is ordered beside it", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* alpaca.strike("requestMint", { _tag: "Dropped" })
      const started = yield* Effect.fork(Effect.either(passing(execute)))
      yield* settled
      const now = yield* state
      assert.strictEqual(now._tag, "MintRequested")
      if (now._tag === "MintRequested") yield* alpaca.place(id, { ...now, quantity: Shares.fromUnits(1n) })
      const left = yield* Fiber.join(started)
      assert.strictEqual(Either.isLeft(left) && left.left._tag === "AlpacaError" && left.left.reason, "Mismatch")
      assert.lengthOf(yield* ledger, 1)
      assert.lengthOf(yield* alerts, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("resumed, it finds what the dead process had ordered", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* alpaca.delayNext("requestMint", "10 minutes")
      const dead = yield* Effect.fork(execute)
      yield* settled
      assert.lengthOf(yield* ledger, 1)
      yield* passing(Effect.exit(Fiber.interrupt(dead)))
      assert.strictEqual((yield* state)._tag, "MintRequested")

      yield* completing("1 minute")
      assert.strictEqual((yield* passing(MintManager.resume(id)))._tag, "Completed")
      assert.lengthOf(yield* ledger, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("while Alpaca cannot be reached, also past the deadline, the state stays", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* alpaca.unavailable()
      const left = yield* Effect.flip(passing(execute))
      assert.strictEqual(left._tag === "AlpacaError" && left.kind, "transient")
      yield* TestClock.adjust("1 hour")
      yield* Effect.flip(passing(MintManager.resume(id)))
      assert.strictEqual((yield* state)._tag, "MintRequested")
    }).pipe(Effect.provide(layer)))

  it.effect("past the deadline it looks once more and orders nothing; a late request is adopted by recheck", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* alpaca.hideNext("2 hours")
      yield* alpaca.loseAnswer
      yield* alpaca.failNext("findMint", error("Unauthenticated"))
      yield* Effect.flip(passing(execute))
      yield* TestClock.adjust("30 minutes")
      const end = yield* passing(MintManager.resume(id))
      const { place, reason } = failure(end)
      assert.deepStrictEqual([reason, place], ["TimedOut", "Alpaca"])

      const early = yield* passing(MintManager.recheck(id))
      assert.strictEqual(early._tag, "Failed")
      yield* TestClock.adjust("2 hours")
      yield* completing("1 minute")
      assert.strictEqual((yield* passing(MintManager.recheck(id)))._tag, "Completed")
      assert.lengthOf(yield* ledger, 1)
      assert.include(yield* eventTypes, "MintRecovered")
    }).pipe(Effect.provide(layer)))
})
