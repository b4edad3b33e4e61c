import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Option, TestClock } from "effect"
import { RebalanceId } from "../../src/domain/OperationId.ts"
import * as Outcome from "../../src/domain/Outcome.ts"
import * as Rebalance from "../../src/domain/UsdcRebalance.ts"
import { AlpacaWalletControl } from "../../src/layers/testing/AlpacaWalletTest.ts"
import { CctpControl } from "../../src/layers/testing/CctpBridgeTest.ts"
import * as Recovery from "../../src/managers/Recovery.ts"
import type { Refused } from "../../src/managers/Refused.ts"
import * as UsdcRebalanceManager from "../../src/managers/UsdcRebalanceManager.ts"
import type { Whitelisting } from "../../src/services/AlpacaWallet.ts"
import { EventStore } from "../../src/services/EventStore.ts"
import { passing } from "./Harness.ts"
import {
  amount,
  directions,
  effects,
  eventTypes,
  execute,
  goesWell,
  id,
  inVault,
  layer,
  layerWith,
  once,
  other,
  route,
  state,
  until,
  usdc
} from "./Rebalances.ts"

const happy = [
  "RebalanceRequested",
  "Initiated",
  "WithdrawalConfirmed",
  "BridgingInitiated",
  "AttestationReceived",
  "Bridged",
  "DepositInitiated",
  "DepositConfirmed"
]

const nothing = { withdrawals: 0, burns: [], mints: [], deposits: [] }

describe.each(directions)("%s", (direction) => {
  it.effect("goes through all its states, and each step happens once", () =>
    Effect.gen(function*() {
      yield* goesWell(direction)
      const end = yield* passing(execute(direction))
      assert.strictEqual(end._tag, "DepositConfirmed")
      assert.deepStrictEqual(yield* eventTypes(), happy)
      assert.deepStrictEqual(yield* effects, once)
      assert.isTrue(Outcome.settled(Rebalance.aggregate.outcome(end)))
    }).pipe(Effect.provide(layer)))

  it.effect("the same id again answers what is there, and moves nothing", () =>
    Effect.gen(function*() {
      yield* goesWell(direction)
      const end = yield* passing(execute(direction))
      assert.deepStrictEqual(yield* passing(execute(direction)), end)
      assert.deepStrictEqual(yield* passing(UsdcRebalanceManager.resume(id)), end)
      assert.deepStrictEqual(yield* passing(UsdcRebalanceManager.recheck(id)), end)
      assert.deepStrictEqual(yield* effects, once)
    }).pipe(Effect.provide(layer)))

  it.effect("the same id for something else is refused, with both values", () =>
    Effect.gen(function*() {
      yield* goesWell(direction)
      yield* passing(execute(direction))
      const turned = direction === "AlpacaToBase" ? "BaseToAlpaca" : "AlpacaToBase"
      for (const [way, asked] of [[direction, usdc(60)], [turned, amount]] as const) {
        const refused = yield* Effect.flip(passing(execute(way, id, asked)))
        assert.deepInclude(refused, { _tag: "Refused", reason: "DifferentRequest" })
        assert.include(refused.message, "1000")
      }
      assert.deepStrictEqual(yield* effects, once)
    }).pipe(Effect.provide(layer)))

  // Generated from the happy history: a state more is a case more.
  for (const [index, event] of happy.entries()) {
    it.effect(`left after ${event}, resumed: the same end, and each step once`, () =>
      Effect.gen(function*() {
        yield* goesWell(direction)
        yield* until(execute(direction), index + 1)
        assert.deepStrictEqual(yield* eventTypes(), happy.slice(0, index + 1))
        const end = yield* passing(UsdcRebalanceManager.resume(id))
        assert.strictEqual(end._tag, "DepositConfirmed")
        assert.deepStrictEqual(yield* eventTypes(), happy)
        assert.deepStrictEqual(yield* effects, once)
      }).pipe(Effect.provide(layer)))
  }

  it.effect("stopped and resumed at every moment of its life: the same end, and each step once", () =>
    Effect.gen(function*() {
      yield* goesWell(direction)
      for (let seconds = 0; (yield* state())._tag !== "DepositConfirmed"; seconds++) {
        const going = seconds === 0 ? execute(direction) : UsdcRebalanceManager.resume(id)
        yield* passing(Effect.raceFirst(going, Effect.sleep(1000 * (1 + seconds % 7))))
      }
      assert.deepStrictEqual(yield* eventTypes(), happy)
      assert.deepStrictEqual(yield* effects, once)
    }).pipe(Effect.provide(layer)))

  it.effect("is resumed among all others", () =>
    Effect.gen(function*() {
      yield* goesWell(direction)
      yield* until(execute(direction), 4)
      const [resumed] = yield* passing(Recovery.resumeAll)
      assert.strictEqual(resumed && Either.isRight(resumed.result) && resumed.result.right.state, "DepositConfirmed")
    }).pipe(Effect.provide(layer)))

  describe("is refused, and nothing happens,", () => {
    const refused = (
      reason: Refused["reason"],
      changes: Parameters<typeof layerWith>[0],
      asked = amount,
      words = ""
    ) =>
      it.effect(`${reason} ${words}`, () =>
        Effect.gen(function*() {
          yield* goesWell(direction)
          const error = yield* Effect.flip(passing(execute(direction, id, asked)))
          assert.deepInclude(error, { _tag: "Refused", reason })
          assert.include(error.message, words)
          const planned = yield* Effect.flip(passing(UsdcRebalanceManager.plan(id, direction, asked)))
          assert.deepInclude(planned, { _tag: "Refused", reason })
          assert.deepStrictEqual(yield* effects, nothing)
          assert.lengthOf(yield* eventTypes(), 0)
        }).pipe(Effect.provide(layerWith(changes))))

    const { limits } = route
    refused("NoVault", { vault: Option.none() }, amount, "BALLAST_VAULT_CONTRACT")
    refused("BelowLimit", {}, usdc(50.999999), "BALLAST_USDC_MIN")
    refused("AboveLimit", { limits: { ...limits, maxPerOperation: Option.some(usdc(999)) } }, amount, "PER_OPERATION")
    refused("AboveLimit", { limits: { ...limits, maxPerDay: Option.some(usdc(999)) } }, amount, "PER_DAY")
  })

  it.effect("a plan tells the order and the fee, and does nothing", () =>
    Effect.gen(function*() {
      yield* goesWell(direction)
      const { order, quote } = yield* passing(UsdcRebalanceManager.plan(id, direction, amount))
      assert.deepInclude(order, { direction, amount, shortWithdrawal: "fail" })
      assert.deepInclude(quote, { finality: "fast", fee: usdc(0.1), maxFee: usdc(0.12) })
      assert.deepStrictEqual(yield* effects, nothing)
      assert.lengthOf(yield* eventTypes(), 0)
    }).pipe(Effect.provide(layer)))

  for (
    const [what, quote, reason] of [
      ["more than one message may burn", { limit: usdc(999) }, "AboveLimit"],
      ["not more than the fee", { maxFee: amount }, "BelowLimit"]
    ] as const
  ) {
    it.effect(`${what} is not even withdrawn`, () =>
      Effect.gen(function*() {
        yield* goesWell(direction)
        yield* Effect.flatMap(CctpControl, ({ setQuote }) => setQuote(quote))
        const planned = yield* Effect.flip(passing(UsdcRebalanceManager.plan(id, direction, amount)))
        assert.deepInclude(planned, { _tag: "Refused", reason })
        assert.deepInclude(yield* Effect.flip(passing(execute(direction))), { _tag: "Refused", reason })
        assert.deepStrictEqual(yield* effects, nothing)
        assert.lengthOf(yield* eventTypes(), 0)
      }).pipe(Effect.provide(layer)))
  }

  it.effect("one at a time, whatever becomes of the first, until that has settled", () =>
    Effect.gen(function*() {
      yield* goesWell(direction)
      yield* until(execute(direction), 3)
      const error = yield* Effect.flip(passing(execute(direction, other)))
      assert.deepInclude(error, { _tag: "Refused", reason: "AnotherInFlight" })
      assert.include(error.message, id)
      assert.lengthOf(yield* eventTypes(other), 0)
      yield* passing(UsdcRebalanceManager.resume(id))
      yield* until(execute(direction, other), 1, other)
      assert.deepStrictEqual(yield* effects.pipe(Effect.map(({ burns }) => burns)), [amount])
    }).pipe(Effect.provide(layer)))

  it.effect("a day's limit counts what has settled in the last 24 hours too", () =>
    Effect.gen(function*() {
      yield* goesWell(direction)
      yield* passing(execute(direction))
      const again = execute(direction, other)
      const error = yield* Effect.flip(passing(again))
      assert.include(error.message, "BALLAST_USDC_MAX_PER_DAY")
      assert.include(error.message, "1000 that were asked for")
      yield* TestClock.adjust("25 hours")
      yield* until(again, 1, other)
      assert.lengthOf(yield* eventTypes(other), 1)
    }).pipe(Effect.provide(layerWith({ limits: { ...route.limits, maxPerDay: Option.some(usdc(1999)) } }))))
})

describe("to Alpaca", () => {
  it.effect("more than is in the vault is refused, also when two ask for it at the same moment", () =>
    Effect.gen(function*() {
      yield* inVault(usdc(5000))
      const error = yield* Effect.flip(passing(execute("BaseToAlpaca", id, usdc(5001))))
      assert.deepInclude(error, { _tag: "Refused", reason: "InsufficientBalance" })
      const taking = (of: RebalanceId) =>
        Effect.timeoutOption(Effect.either(execute("BaseToAlpaca", of, usdc(3000))), "30 seconds")
      const ended = yield* passing(Effect.all([taking(id), taking(other)], { concurrency: 2 }))
      const refused = ended.flatMap((end) => Option.isSome(end) && Either.isLeft(end.value) ? [end.value.left] : [])
      assert.deepStrictEqual(refused.map((one) => one._tag === "Refused" && one.reason), ["InsufficientBalance"])
    }).pipe(Effect.provide(layerWith({ limits: { ...route.limits, concurrent: 2 } }))))
})

describe("from Alpaca", () => {
  for (const word of ["Pending", "Absent", "Other"] satisfies ReadonlyArray<Whitelisting>) {
    it.effect(`our wallet ${word} on the whitelist: refused before anything is recorded`, () =>
      Effect.gen(function*() {
        yield* goesWell("AlpacaToBase")
        yield* Effect.flatMap(AlpacaWalletControl, ({ setWhitelisting }) => setWhitelisting(word))
        const error = yield* Effect.flip(passing(execute("AlpacaToBase")))
        assert.deepInclude(error, { _tag: "Refused", reason: "NotWhitelisted" })
        assert.deepStrictEqual(yield* effects, nothing)
        assert.lengthOf(yield* eventTypes(), 0)
      }).pipe(Effect.provide(layer)))
  }
})

it.effect("what there is not cannot be resumed or looked at", () =>
  Effect.gen(function*() {
    const nowhere = RebalanceId.make("8b3daf20-8c3d-4165-9c71-2b7c5c3e4f50")
    for (const verb of [UsdcRebalanceManager.resume, UsdcRebalanceManager.recheck]) {
      assert.deepInclude(yield* Effect.flip(verb(nowhere)), { _tag: "Refused", reason: "UnknownOperation" })
    }
    assert.lengthOf(yield* Effect.flatMap(EventStore, (store) => store.operations()), 0)
  }).pipe(Effect.provide(layer)))
