/** TokensSent and Pending: what the issuer and Alpaca make of the tokens. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import * as Redemption from "../../../src/domain/EquityRedemption.ts"
import * as Outcome from "../../../src/domain/Outcome.ts"
import * as Shares from "../../../src/domain/Shares.ts"
import { AlpacaTokenizationControl } from "../../../src/layers/testing/AlpacaTokenizationControl.ts"
import * as RedemptionManager from "../../../src/managers/RedemptionManager.ts"
import { alerts, passing, settled } from "../Harness.ts"
import {
  amount,
  completing,
  detecting,
  eventTypes,
  execute,
  failure,
  id,
  layer,
  running,
  sent,
  shares,
  state,
  transactions
} from "../Redemptions.ts"

const isSettled = Effect.map(state(), (state) => Outcome.settled(Redemption.aggregate.outcome(state)))

/** Sent, and the issuer says nothing: past the deadline. */
const neverDetected = Effect.gen(function*() {
  yield* running
  return failure(yield* passing(execute))
})

/** Tells Alpaca now of what was sent before. */
const late = Effect.gen(function*() {
  const alpaca = yield* AlpacaTokenizationControl
  const failed = yield* state()
  const transfer = failed._tag === "Failed" ? failed.sent : undefined
  if (failed._tag !== "Failed" || transfer === undefined) return assert.fail(`state ${failed._tag}`)
  return yield* alpaca.redeem({ ...failed, ...transfer, amount: transfer.amountSent })
})

describe("TokensSent", () => {
  it.effect("never detected: TimedOut, the tokens are with the issuer, and it is not settled", () =>
    Effect.gen(function*() {
      const { amount: told, place, reason } = yield* neverDetected
      assert.deepStrictEqual([reason, place, told], ["TimedOut", "IssuerInTransit", "10.5"])
      assert.isFalse(yield* isSettled)
      assert.deepStrictEqual(yield* sent, [amount])
    }).pipe(Effect.provide(layer)))

  const verbs = { recheck: RedemptionManager.recheck(id), resume: RedemptionManager.resume(id) }
  for (const [name, verb] of Object.entries(verbs)) {
    it.effect(`detected after the deadline: ${name} adopts it, and nothing is sent again`, () =>
      Effect.gen(function*() {
        const alpaca = yield* AlpacaTokenizationControl
        yield* neverDetected
        assert.strictEqual((yield* passing(verb))._tag, "Failed", "nothing new yet")
        const requestId = yield* late
        yield* alpaca.complete(requestId)
        assert.strictEqual((yield* passing(verb))._tag, "Completed")
        assert.deepStrictEqual(yield* sent, [amount])
        assert.deepStrictEqual(yield* eventTypes, [
          "RedemptionRequested",
          "TokensSent",
          "RedemptionFailed",
          "RedemptionRecovered",
          "RedemptionCompleted"
        ])
        assert.strictEqual(yield* shares, Shares.fromUnits(110_500_000_000n))
      }).pipe(Effect.provide(layer)))
  }

  it.effect("recorded hours after it was mined, by then long detected: found all the same", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* running
      const fiber = yield* Effect.fork(execute)
      yield* settled
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("10 seconds")
      const [transfer] = yield* transactions
      const requested = yield* state()
      if (requested._tag !== "Requested" || transfer?.signatures[0] === undefined) return assert.fail(requested._tag)
      yield* alpaca.complete(yield* alpaca.redeem({ ...requested, txHash: transfer.signatures[0].hash }))
      yield* TestClock.adjust("70 minutes")
      assert.strictEqual((yield* passing(RedemptionManager.resume(id)))._tag, "Completed")
    }).pipe(Effect.provide(layer)))

  it.effect("errors that pass are waited out, a deadline alone ends nothing", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* running
      yield* alpaca.unavailable("30 minutes")
      yield* Effect.flip(passing(execute))
      assert.strictEqual((yield* state())._tag, "TokensSent")
      yield* TestClock.adjust("30 minutes")
      assert.strictEqual(failure(yield* passing(RedemptionManager.resume(id))).reason, "TimedOut")
    }).pipe(Effect.provide(layer)))

  it.effect("a request for our transfer that is of something else: a person must look, nothing is concluded", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* running
      const fiber = yield* Effect.fork(Effect.flip(execute))
      const sentState = yield* passing(
        Effect.repeat(Effect.zipRight(Effect.sleep("1 second"), state()), {
          until: ({ _tag }) => _tag === "TokensSent"
        })
      )
      if (sentState._tag !== "TokensSent") return assert.fail(sentState._tag)
      yield* alpaca.redeem({ ...sentState, network: "ethereum", amount: sentState.amountSent })
      const error = yield* passing(Fiber.join(fiber))
      assert.strictEqual(error._tag === "AlpacaError" && error.reason, "Mismatch")
      assert.strictEqual((yield* state())._tag, "TokensSent")
      assert.lengthOf(yield* alerts, 1)
    }).pipe(Effect.provide(layer)))
})

describe("Pending", () => {
  const pending = Effect.gen(function*() {
    yield* running
    const fiber = yield* Effect.fork(execute)
    const requestId = yield* passing(detecting("10 seconds"))
    yield* passing(
      Effect.repeat(Effect.zipRight(Effect.sleep("1 second"), state()), { until: ({ _tag }) => _tag === "Pending" })
    )
    return { fiber, requestId }
  })

  it.effect("rejected: the tokens are with the issuer, a person has to act, and it is not settled", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      const { fiber, requestId } = yield* pending
      yield* alpaca.reject(requestId)
      const { detail, place, reason } = failure(yield* passing(Fiber.join(fiber)))
      assert.deepStrictEqual([reason, place], ["Rejected", "IssuerInTransit"])
      assert.include(detail, requestId)
      assert.isFalse(yield* isSettled)
      const before = yield* eventTypes
      yield* passing(RedemptionManager.recheck(id))
      assert.deepStrictEqual(yield* eventTypes, before, "the same rejection is no news")
      assert.strictEqual(yield* shares, Shares.fromUnits(100_000_000_000n))
    }).pipe(Effect.provide(layer)))

  it.effect("rejected, and then the issuer makes another request of the same transfer: recheck adopts that one", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      const { fiber, requestId } = yield* pending
      yield* alpaca.reject(requestId)
      yield* passing(Fiber.join(fiber))
      yield* alpaca.complete(yield* late)
      assert.strictEqual((yield* passing(RedemptionManager.recheck(id)))._tag, "Completed")
      assert.deepStrictEqual(yield* sent, [amount])
    }).pipe(Effect.provide(layer)))

  it.effect("not completed in time: TimedOut; completed later: adopted", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      const { fiber, requestId } = yield* pending
      const { place, reason } = failure(yield* passing(Fiber.join(fiber)))
      assert.deepStrictEqual([reason, place], ["TimedOut", "IssuerInTransit"])
      assert.strictEqual((yield* passing(RedemptionManager.recheck(id)))._tag, "Failed")
      yield* alpaca.complete(requestId)
      assert.strictEqual((yield* passing(RedemptionManager.recheck(id)))._tag, "Completed")
    }).pipe(Effect.provide(layer)))

  it.effect("not completed in time and rejected later: recorded as that", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      const { fiber, requestId } = yield* pending
      yield* passing(Fiber.join(fiber))
      yield* alpaca.reject(requestId)
      assert.strictEqual(failure(yield* passing(RedemptionManager.recheck(id))).reason, "Rejected")
    }).pipe(Effect.provide(layer)))

  it.effect("words that nobody knows mean: not over yet", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* alpaca.speakStrangely
      const { fiber, requestId } = yield* pending
      yield* TestClock.adjust("30 seconds")
      yield* settled
      yield* alpaca.complete(requestId)
      assert.strictEqual((yield* passing(Fiber.join(fiber)))._tag, "Completed")
    }).pipe(Effect.provide(layer)))

  it.effect("fewer shares than tokens: completed all the same, and a person is told once", () =>
    Effect.gen(function*() {
      yield* running
      yield* completing("10 seconds", Shares.fromUnits(10_400_000_000n))
      assert.strictEqual((yield* passing(execute))._tag, "Completed")
      const [alert, ...others] = yield* alerts
      assert.lengthOf(others, 0)
      assert.include(alert?.message, "10.4 shares came back")
    }).pipe(Effect.provide(layer)))
})
