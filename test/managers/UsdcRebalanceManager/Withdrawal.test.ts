/** Requested and Withdrawing, from Alpaca: whatever becomes of the order and of the transfer. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, TestClock } from "effect"
import * as Outcome from "../../../src/domain/Outcome.ts"
import * as Rebalance from "../../../src/domain/UsdcRebalance.ts"
import { AlpacaWalletControl, hashOf } from "../../../src/layers/testing/AlpacaWalletTest.ts"
import { Erc20Control } from "../../../src/layers/testing/Erc20Test.ts"
import * as UsdcRebalanceManager from "../../../src/managers/UsdcRebalanceManager.ts"
import { AlpacaError } from "../../../src/services/AlpacaError.ts"
import { Received } from "../../../src/services/Erc20.ts"
import { Leases } from "../../../src/services/Leases.ts"
import { alerts, passing } from "../Harness.ts"
import {
  amount,
  effects,
  eventTypes,
  execute as executeOf,
  failure,
  goesWell,
  hash,
  id,
  layer,
  layerWith,
  once,
  other,
  route,
  state,
  tokens,
  until,
  usdc,
  wallet
} from "../Rebalances.ts"

const execute = executeOf("AlpacaToBase")
const given = Effect.gen(function*() {
  yield* goesWell("AlpacaToBase")
  return { alpaca: yield* AlpacaWalletControl, erc20: yield* Erc20Control }
})
const error = (reason: AlpacaError["reason"]) => new AlpacaError({ reason, action: "test", detail: "as told" })
const isSettled = Effect.map(state(), (state) => Outcome.settled(Rebalance.aggregate.outcome(state)))

const test = <E>(
  name: string,
  run: (world: Effect.Effect.Success<typeof given>) => Effect.Effect<void, E, Effect.Effect.Context<typeof all>>
) => it.effect(name, () => Effect.flatMap(given, run).pipe(Effect.provide(layer)))
/** Only for its type: all that these layers have. */
const all = Effect.zipRight(execute, Effect.zipRight(effects, Effect.zipRight(alerts, Leases)))

const wentWell = Effect.gen(function*() {
  assert.strictEqual((yield* state())._tag, "DepositConfirmed")
  assert.deepStrictEqual(yield* effects, once)
})

describe("Requested", () => {
  test("an order whose answer is lost is looked for, and found", ({ alpaca }) =>
    Effect.gen(function*() {
      yield* alpaca.strike("orderWithdrawal", "AnswerLost")
      yield* passing(execute)
      yield* wentWell
    }))

  test("also when the transfer is hidden for a while", ({ alpaca }) =>
    Effect.gen(function*() {
      yield* alpaca.hideNext(5)
      yield* alpaca.strike("orderWithdrawal", "AnswerLost")
      yield* passing(execute)
      yield* wentWell
    }))

  test("an order that never got there is ordered again, but not within Alpaca's settling time", ({ alpaca }) =>
    Effect.gen(function*() {
      yield* alpaca.strike("orderWithdrawal", "Dropped")
      const fiber = yield* Effect.fork(execute)
      yield* TestClock.adjust("119 seconds")
      assert.lengthOf(yield* alpaca.withdrawals, 0)
      yield* passing(Fiber.join(fiber))
      yield* wentWell
    }))

  test("an order that a process sent before it died is found by the next one", ({ alpaca }) =>
    Effect.gen(function*() {
      yield* alpaca.strike("orderWithdrawal", "AnswerLost")
      yield* until(execute, 1)
      yield* alpaca.place({ amount, address: wallet })
      yield* passing(UsdcRebalanceManager.resume(id))
      yield* wentWell
    }))

  test("a process that may have died at its order waits before it orders", ({ alpaca }) =>
    Effect.gen(function*() {
      yield* until(execute, 1)
      const fiber = yield* Effect.fork(UsdcRebalanceManager.resume(id))
      yield* TestClock.adjust("119 seconds")
      assert.lengthOf(yield* alpaca.withdrawals, 0)
      yield* passing(Fiber.join(fiber))
      yield* wentWell
    }))

  test("several that could be it: it stops for a person, and orders nothing", ({ alpaca }) =>
    Effect.gen(function*() {
      yield* until(execute, 1)
      yield* alpaca.place({ amount, address: wallet })
      yield* alpaca.place({ amount, address: wallet })
      const stopped = yield* Effect.flip(passing(UsdcRebalanceManager.resume(id)))
      assert.deepInclude(stopped, { _tag: "AlpacaError", reason: "Ambiguous" })
      assert.strictEqual((yield* state())._tag, "Requested")
      assert.lengthOf(yield* alpaca.withdrawals, 2)
      assert.include((yield* alerts).map(({ message }) => message).join(), "needs a person")
    }))

  it.effect("what another rebalance has recorded as its own is none of ours", () =>
    Effect.gen(function*() {
      const { alpaca } = yield* given
      yield* until(execute, 2)
      yield* until(executeOf("AlpacaToBase", other), 1, other)
      yield* until(UsdcRebalanceManager.resume(other), 2, other)
      assert.lengthOf(yield* alpaca.withdrawals, 2)
      const [one, two] = [yield* state(), yield* state(other)]
      assert.isTrue(one._tag === "Withdrawing" && two._tag === "Withdrawing")
      assert.notDeepEqual(one, two)
    }).pipe(Effect.provide(layerWith({ limits: { ...route.limits, concurrent: 2 } }))))

  test("nothing is ordered while another one is between its look and its record", ({ alpaca }) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.scoped(Effect.gen(function*() {
        yield* Effect.flatMap(Leases, (leases) => leases.hold("AlpacaWallet/withdrawal"))
        const fiber = yield* Effect.forkDaemon(execute)
        yield* TestClock.adjust("1 minute")
        assert.lengthOf(yield* alpaca.withdrawals, 0)
        return fiber
      }))
      yield* passing(Fiber.join(fiber))
      yield* wentWell
    }))

  const refusals = [
    ["InsufficientPosition", "InsufficientPosition"],
    ["InvalidRequest", "InvalidRequest"],
    ["NotWhitelisted", "NotWhitelisted"],
    ["TravelRule", "TravelRule"],
    ["Rejected", "Rejected"],
    ["Unauthenticated", "Unauthorized"],
    ["Forbidden", "Unauthorized"]
  ] as const
  for (const [reason, recorded] of refusals) {
    test(`${reason}: failed, the USDC are at Alpaca`, ({ alpaca }) =>
      Effect.gen(function*() {
        yield* alpaca.failNext("orderWithdrawal", error(reason))
        const end = failure(yield* passing(execute))
        assert.deepInclude(end, { reason: recorded, place: "Alpaca", amount: "1000" })
        assert.isTrue(yield* isSettled)
        assert.lengthOf(yield* alpaca.withdrawals, 0)
      }))
  }

  test("refused credentials say nothing of what an earlier try may have ordered", ({ alpaca }) =>
    Effect.gen(function*() {
      yield* until(execute, 1)
      yield* alpaca.failNext("orderWithdrawal", error("Unauthenticated"))
      const stopped = yield* Effect.flip(passing(UsdcRebalanceManager.resume(id)))
      assert.deepInclude(stopped, { _tag: "AlpacaError", reason: "Unauthenticated" })
      assert.strictEqual((yield* state())._tag, "Requested")
    }))

  test("a further order that is refused says nothing of the first: not settled, and what comes of that is adopted", ({ alpaca }) =>
    Effect.gen(function*() {
      yield* until(execute, 1)
      yield* alpaca.failNext("orderWithdrawal", error("InsufficientPosition"))
      const end = failure(yield* passing(UsdcRebalanceManager.resume(id)))
      assert.deepInclude(end, { reason: "TimedOut", place: "AlpacaInTransit", amount: "1000" })
      assert.isFalse(yield* isSettled)
      yield* alpaca.place({ amount, address: wallet })
      yield* passing(UsdcRebalanceManager.recheck(id))
      yield* passing(UsdcRebalanceManager.resume(id))
      yield* wentWell
    }))

  test("a recheck whose look fails for a moment looks again, and does not wait for itself", ({ alpaca }) =>
    Effect.gen(function*() {
      yield* until(execute, 1)
      yield* alpaca.failNext("orderWithdrawal", error("InsufficientPosition"))
      yield* passing(UsdcRebalanceManager.resume(id))
      yield* alpaca.place({ amount, address: wallet })
      yield* alpaca.failNext("findWithdrawal", error("RateLimited"))
      yield* passing(UsdcRebalanceManager.recheck(id))
      yield* wentWell
    }))

  test("a transfer that looks smaller is not passed over: a person must say, and nothing is ordered again", ({ alpaca }) =>
    Effect.gen(function*() {
      yield* until(execute, 1)
      yield* alpaca.place({ amount: usdc(999.6975), address: wallet })
      const stopped = yield* Effect.flip(passing(UsdcRebalanceManager.resume(id)))
      assert.deepInclude(stopped, { _tag: "AlpacaError", reason: "Ambiguous" })
      assert.lengthOf(yield* alpaca.withdrawals, 1)
    }))

  test("nobody adopts a transfer while another one is between its look and its record", ({ alpaca }) =>
    Effect.gen(function*() {
      yield* until(execute, 1)
      yield* TestClock.adjust("7 minutes")
      yield* passing(UsdcRebalanceManager.resume(id))
      yield* alpaca.place({ amount, address: wallet })
      const fiber = yield* Effect.scoped(Effect.gen(function*() {
        yield* Effect.flatMap(Leases, (leases) => leases.hold("AlpacaWallet/withdrawal"))
        const fiber = yield* Effect.forkDaemon(UsdcRebalanceManager.recheck(id))
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* state())._tag, "WithdrawalFailed")
        return fiber
      }))
      yield* passing(Fiber.join(fiber))
      yield* passing(UsdcRebalanceManager.resume(id))
      yield* wentWell
    }))

  test("resumed too late nothing is ordered any more; what shows up later is adopted", ({ alpaca }) =>
    Effect.gen(function*() {
      yield* until(execute, 1)
      yield* TestClock.adjust("7 minutes")
      const end = failure(yield* passing(UsdcRebalanceManager.resume(id)))
      assert.deepInclude(end, { reason: "TimedOut", place: "AlpacaInTransit", amount: "1000" })
      assert.isFalse(yield* isSettled)
      assert.strictEqual((yield* passing(UsdcRebalanceManager.resume(id)))._tag, "WithdrawalFailed")
      yield* alpaca.place({ amount, address: wallet })
      yield* passing(UsdcRebalanceManager.resume(id))
      yield* wentWell
      assert.include(yield* eventTypes(), "RebalanceRecovered")
    }))
})

describe("Withdrawing", () => {
  test("Alpaca's word alone is nothing: what counts is what the chain shows, at depth", ({ erc20 }) =>
    Effect.gen(function*() {
      yield* erc20.setReceived(hashOf(1), Received.NotMined())
      const fiber = yield* Effect.fork(execute)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* state())._tag, "Withdrawing")
      yield* erc20.setReceived(hashOf(1), Received.Unconfirmed({ confirmations: 1, required: 3 }))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* state())._tag, "Withdrawing")
      yield* erc20.setReceived(hashOf(1), Received.Confirmed({ amount: tokens(amount) }))
      yield* passing(Fiber.join(fiber))
      yield* wentWell
    }))

  test("less than was asked for: that goes on, and no more", ({ erc20 }) =>
    Effect.gen(function*() {
      yield* erc20.setReceived(hashOf(1), Received.Confirmed({ amount: tokens(usdc(979.6975)) }))
      yield* until(execute, 4)
      assert.deepStrictEqual((yield* effects).burns, [usdc(979.6975)])
    }))

  test("nothing at all: not settled, and a person has to look", ({ erc20 }) =>
    Effect.gen(function*() {
      yield* erc20.setReceived(hashOf(1), Received.Confirmed({ amount: tokens(0n) }))
      const end = failure(yield* passing(execute))
      assert.deepInclude(end, { reason: "Unverifiable", place: "AlpacaInTransit", amount: "1000" })
      assert.isFalse(yield* isSettled)
    }))

  test("more than was asked for: somebody else's may be among it, and nothing is burned", ({ erc20 }) =>
    Effect.gen(function*() {
      yield* erc20.setReceived(hashOf(1), Received.Confirmed({ amount: tokens(usdc(1000.5)) }))
      const end = failure(yield* passing(execute))
      assert.deepInclude(end, { reason: "Unverifiable", place: "EthereumWallet", amount: "1000.5" })
      assert.deepStrictEqual((yield* effects).burns, [])
    }))

  test("FAILED without a transaction: failed, the USDC are at Alpaca", ({ alpaca }) =>
    Effect.gen(function*() {
      yield* alpaca.setOutcome("hold")
      yield* until(execute, 2)
      const [transfer] = yield* alpaca.withdrawals
      if (transfer !== undefined) yield* alpaca.fail(transfer)
      const end = failure(yield* passing(UsdcRebalanceManager.resume(id)))
      assert.deepInclude(end, { reason: "Rejected", place: "Alpaca", amount: "1000" })
      assert.isTrue(yield* isSettled)
      assert.deepStrictEqual((yield* effects).burns, [])
    }))

  test("FAILED with a transaction may have been sent: looked at until the deadline, and adopted when it came", ({ alpaca, erc20 }) =>
    Effect.gen(function*() {
      yield* alpaca.setOutcome("hold")
      yield* until(execute, 2)
      const [transfer] = yield* alpaca.withdrawals
      if (transfer === undefined) return assert.fail("no transfer")
      const txHash = hash("e1")
      yield* alpaca.change(transfer, { status: "Failed", txHash: Option.some(txHash) })
      yield* erc20.setReceived(txHash, Received.Reverted())
      const end = failure(yield* passing(UsdcRebalanceManager.resume(id)))
      assert.deepInclude(end, { reason: "TimedOut", place: "AlpacaInTransit", amount: "1000" })
      assert.isFalse(yield* isSettled)
      yield* alpaca.change(transfer, { status: "Complete" })
      yield* erc20.setReceived(txHash, Received.Confirmed({ amount: tokens(amount) }))
      yield* passing(UsdcRebalanceManager.recheck(id))
      yield* wentWell
    }))

  test("what came after the deadline is adopted by the chain's word, also where Alpaca says FAILED for good", ({ alpaca, erc20 }) =>
    Effect.gen(function*() {
      yield* alpaca.setOutcome("hold")
      yield* until(execute, 2)
      const [transfer] = yield* alpaca.withdrawals
      if (transfer === undefined) return assert.fail("no transfer")
      const txHash = hash("e1")
      yield* alpaca.change(transfer, { status: "Failed", txHash: Option.some(txHash) })
      yield* erc20.setReceived(txHash, Received.NotMined())
      assert.deepInclude(failure(yield* passing(UsdcRebalanceManager.resume(id))), { reason: "TimedOut" })
      yield* passing(UsdcRebalanceManager.recheck(id))
      assert.notInclude(yield* eventTypes(), "RebalanceRecovered")
      yield* erc20.setReceived(txHash, Received.Confirmed({ amount: tokens(amount) }))
      yield* passing(UsdcRebalanceManager.recheck(id))
      yield* wentWell
    }))

  test("a transfer that Alpaca does not show by its id proves nothing; shown later, it is adopted", ({ alpaca }) =>
    Effect.gen(function*() {
      yield* alpaca.hideNext(1_000)
      const end = failure(yield* passing(execute))
      assert.deepInclude(end, { reason: "TimedOut", place: "AlpacaInTransit" })
      const [transfer] = yield* alpaca.withdrawals
      if (transfer === undefined) return assert.fail("no transfer")
      assert.lengthOf(yield* alpaca.withdrawals, 1)
    }))

  test("words that nobody knows mean: not over yet", ({ alpaca }) =>
    Effect.gen(function*() {
      yield* alpaca.setOutcome("hold")
      yield* until(execute, 2)
      const [transfer] = yield* alpaca.withdrawals
      if (transfer === undefined) return assert.fail("no transfer")
      yield* alpaca.change(transfer, { status: "Other" })
      const fiber = yield* Effect.fork(UsdcRebalanceManager.resume(id))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* state())._tag, "Withdrawing")
      yield* alpaca.change(transfer, { status: "Complete", txHash: Option.some(hashOf(1)) })
      yield* passing(Fiber.join(fiber))
      yield* wentWell
    }))
})
