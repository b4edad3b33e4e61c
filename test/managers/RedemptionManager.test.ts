import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber, Option } from "effect"
import { EquitySymbol } from "../../src/domain/EquitySymbol.ts"
import * as Outcome from "../../src/domain/Outcome.ts"
import * as Shares from "../../src/domain/Shares.ts"
import { ChainControl } from "../../src/layers/testing/ChainControl.ts"
import * as Recovery from "../../src/managers/Recovery.ts"
import * as RedemptionManager from "../../src/managers/RedemptionManager.ts"
import * as Verification from "../../src/managers/Verification.ts"
import { EventStore } from "../../src/services/EventStore.ts"
import { alerts, passing, settled } from "./Harness.ts"
import {
  amount,
  completing,
  eventTypes,
  execute,
  id,
  layer,
  layerWith,
  other,
  request,
  running,
  sent,
  shares,
  state,
  transactions,
  wallet
} from "./Redemptions.ts"

const nothing = Effect.gen(function*() {
  assert.lengthOf(yield* eventTypes, 0)
  assert.lengthOf(yield* transactions, 0)
  assert.lengthOf(yield* sent, 0)
})

describe("executeRedemption", () => {
  it.effect("sends the tokens, waits for the issuer, and the shares are back", () =>
    Effect.gen(function*() {
      yield* running
      yield* completing("20 seconds")
      const end = yield* passing(execute)
      assert.strictEqual(end._tag, "Completed")
      assert.deepStrictEqual(yield* eventTypes, [
        "RedemptionRequested",
        "TokensSent",
        "Detected",
        "RedemptionCompleted"
      ])
      assert.deepStrictEqual(end._tag === "Completed" && end.amountSent, { units: amount, decimals: 18 })
      assert.deepStrictEqual(yield* sent, [amount])
      assert.strictEqual(yield* shares, Shares.fromUnits(110_500_000_000n))
      assert.lengthOf(yield* alerts, 0)
      const [transfer, ...others] = yield* transactions
      assert.lengthOf(others, 0)
      assert.strictEqual(
        Option.getOrThrow(transfer?.mined ?? Option.none()).hash,
        end._tag === "Completed" && end.txHash
      )
      assert.deepStrictEqual(yield* Verification.verify, { events: 4, operations: 1, transactions: 1, faults: [] })
    }).pipe(Effect.provide(layer)))

  it.effect("the same id again answers what is there, and sends nothing", () =>
    Effect.gen(function*() {
      yield* running
      yield* completing("20 seconds")
      yield* passing(execute)
      assert.strictEqual((yield* passing(execute))._tag, "Completed")
      assert.lengthOf(yield* eventTypes, 4)
      assert.deepStrictEqual(yield* sent, [amount])
    }).pipe(Effect.provide(layer)))

  it.effect("the same id for something else is refused, with both values", () =>
    Effect.gen(function*() {
      yield* running
      yield* completing("20 seconds")
      yield* passing(execute)
      const another = { ...request, quantity: Shares.fromUnits(1n) }
      const refused = yield* Effect.flip(RedemptionManager.executeRedemption(id, another))
      assert.strictEqual(refused._tag === "Refused" && refused.reason, "DifferentRequest")
      assert.include(refused.message, "10.5 AAPL")
      assert.include(refused.message, "0.000000001 AAPL")
    }).pipe(Effect.provide(layer)))

  const refusals = {
    "an equity that is not configured": [{ ...request, symbol: EquitySymbol.make("MSFT") }, "UnknownEquity"],
    "more than the limit": [{ ...request, quantity: Shares.fromUnits(50_000_000_001n) }, "AboveLimit"],
    "more than our wallet has": [{ ...request, quantity: Shares.fromUnits(20_000_000_001n) }, "InsufficientBalance"]
  } as const
  for (const [what, [asked, reason]] of Object.entries(refusals)) {
    it.effect(`${what} is refused, and leaves nothing behind`, () =>
      Effect.gen(function*() {
        yield* running
        const refused = yield* Effect.flip(RedemptionManager.executeRedemption(id, asked))
        assert.strictEqual(refused._tag === "Refused" && refused.reason, reason)
        assert.strictEqual((yield* Effect.flip(RedemptionManager.plan(id, asked)))._tag, "Refused")
        yield* nothing
      }).pipe(Effect.provide(layer)))
  }

  it.effect("tokens that have come too recently to be depended on are not counted", () =>
    Effect.gen(function*() {
      const { base } = yield* ChainControl
      yield* base.setBalance(wallet, 10n ** 18n)
      yield* base.mine(5)
      yield* base.giveEquity(wallet, amount)
      const refused = yield* Effect.flip(execute)
      assert.strictEqual(refused._tag === "Refused" && refused.reason, "InsufficientBalance")
      yield* nothing
    }).pipe(Effect.provide(layer)))

  for (const [what, theirs] of [["no redemption wallet", Option.none()], ["our own", Option.some(wallet)]] as const) {
    it.effect(`with ${what} it is refused`, () =>
      Effect.gen(function*() {
        yield* running
        const refused = yield* Effect.flip(execute)
        assert.strictEqual(refused._tag === "Refused" && refused.reason, "NoRedemptionWallet")
        yield* nothing
      }).pipe(Effect.provide(layerWith(theirs))))
  }

  it.effect("the plan says what would be recorded, and records nothing", () =>
    Effect.gen(function*() {
      yield* running
      const plan = yield* RedemptionManager.plan(id, request)
      assert.deepInclude(plan, { symbol: request.symbol, wallet, issuer: "st0x", network: "base" })
      yield* nothing
    }).pipe(Effect.provide(layer)))

  it.effect("an unknown id cannot be resumed", () =>
    Effect.gen(function*() {
      const refused = yield* Effect.flip(RedemptionManager.resume(id))
      assert.strictEqual(refused._tag === "Refused" && refused.reason, "UnknownOperation")
    }).pipe(Effect.provide(layer)))
})

describe("several at once", () => {
  const asked = { ...request, quantity: Shares.fromUnits(6_000_000_000n) }
  const parallel = { ...asked, parallel: true }

  it.effect("of one symbol there is one at a time, also when two begin at the same moment", () =>
    Effect.gen(function*() {
      yield* running
      const both = yield* Effect.fork(Effect.all([
        Effect.either(RedemptionManager.executeRedemption(id, asked)),
        Effect.either(RedemptionManager.executeRedemption(other, asked))
      ], { concurrency: "unbounded" }))
      yield* settled
      const begun = yield* Effect.flatMap(EventStore, (store) => store.operations({ live: true }))
      assert.lengthOf(begun, 1)
      yield* completing("10 seconds", undefined, begun[0]?.id === id ? id : other)
      const [a, b] = yield* passing(Fiber.join(both))
      const refused = [a, b].flatMap((one) => Either.isLeft(one) ? [one.left] : [])
      assert.deepStrictEqual(refused.map((error) => error._tag === "Refused" && error.reason), ["AnotherInFlight"])
      assert.lengthOf(yield* sent, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("unless that is asked for: then each has a transfer of its own", () =>
    Effect.gen(function*() {
      yield* running
      yield* completing("10 seconds")
      yield* completing("10 seconds", undefined, other)
      const ends = yield* passing(Effect.all([
        RedemptionManager.executeRedemption(id, parallel),
        RedemptionManager.executeRedemption(other, parallel)
      ], { concurrency: "unbounded" }))
      assert.deepStrictEqual(ends.map(({ _tag }) => _tag), ["Completed", "Completed"])
      assert.lengthOf(yield* sent, 2)
      assert.strictEqual(yield* shares, Shares.fromUnits(112_000_000_000n))
    }).pipe(Effect.provide(layer)))

  it.effect("never more than the wallet has, whatever order they come in", () =>
    Effect.gen(function*() {
      yield* running
      const large = { ...parallel, quantity: Shares.fromUnits(11_000_000_000n) }
      const both = yield* Effect.fork(Effect.all([
        Effect.either(RedemptionManager.executeRedemption(id, large)),
        Effect.either(RedemptionManager.executeRedemption(other, large))
      ], { concurrency: "unbounded" }))
      yield* settled
      const begun = yield* Effect.flatMap(EventStore, (store) => store.operations({ live: true }))
      assert.lengthOf(begun, 1)
      yield* completing("10 seconds", undefined, begun[0]?.id === id ? id : other)
      const refused = (yield* passing(Fiber.join(both))).flatMap((one) => Either.isLeft(one) ? [one.left] : [])
      assert.deepStrictEqual(refused.map((error) => error._tag === "Refused" && error.reason), ["InsufficientBalance"])
      assert.lengthOf(yield* sent, 1)
    }).pipe(Effect.provide(layer)))
})

describe("Recovery", () => {
  it.effect("takes up a redemption wherever it was left, and it is one transfer", () =>
    Effect.gen(function*() {
      yield* running
      yield* completing("10 seconds")
      // Left after ever more of its life, until it has finished.
      for (let seconds = 0; !Outcome.finished((yield* operation).outcome); seconds++) {
        const fiber = yield* Effect.fork(seconds === 0 ? execute : RedemptionManager.resume(id))
        yield* passing(Effect.sleep(seconds * 1000))
        yield* Fiber.interrupt(fiber)
      }
      assert.strictEqual((yield* state())._tag, "Completed")
      assert.deepStrictEqual(yield* sent, [amount])
      assert.lengthOf(yield* eventTypes, 4)
    }).pipe(Effect.provide(layer)))

  const operation = Effect.map(
    Effect.flatMap(EventStore, (store) => store.operations({ id })),
    ([found]) => found ?? { outcome: Outcome.InProgress() }
  )

  it.effect("resumes it among all others", () =>
    Effect.gen(function*() {
      yield* running
      const fiber = yield* Effect.fork(execute)
      yield* passing(Effect.sleep("3 seconds"))
      yield* Fiber.interrupt(fiber)
      yield* completing("10 seconds")
      const [resumed] = yield* passing(Recovery.resumeAll)
      assert.strictEqual(resumed && Either.isRight(resumed.result) && resumed.result.right.state, "Completed")
      assert.deepStrictEqual(yield* sent, [amount])
    }).pipe(Effect.provide(layer)))
})
