/** Requested: whatever happens to the transfer. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import * as Address from "../../../src/domain/Address.ts"
import * as Redemption from "../../../src/domain/EquityRedemption.ts"
import * as Outcome from "../../../src/domain/Outcome.ts"
import { AlpacaTokenizationControl } from "../../../src/layers/testing/AlpacaTokenizationControl.ts"
import * as MemoryChain from "../../../src/layers/testing/MemoryChain.ts"
import * as RedemptionManager from "../../../src/managers/RedemptionManager.ts"
import { BaseChain } from "../../../src/services/Chain.ts"
import { Leases } from "../../../src/services/Leases.ts"
import { Signer } from "../../../src/services/Signer.ts"
import { command as examples } from "../../domain/RedemptionExamples.ts"
import { alerts, passing, settled } from "../Harness.ts"
import { record } from "../Recording.ts"
import {
  amount,
  completing,
  eventTypes,
  execute,
  failure,
  id,
  layer,
  running,
  sent,
  state,
  transactions,
  wallet
} from "../Redemptions.ts"

const isSettled = Effect.map(state(), (state) => Outcome.settled(Redemption.aggregate.outcome(state)))

describe("Requested", () => {
  it.effect("a paused token: failed before anything was sent, the tokens are in our wallet", () =>
    Effect.gen(function*() {
      const base = yield* running
      yield* base.pauseEquity(true)
      const { amount, detail, place, reason } = failure(yield* passing(execute))
      assert.deepStrictEqual([reason, place, amount], ["Reverted", "BaseWallet", "10.5"])
      assert.include(detail, "EquityToken: paused")
      assert.isTrue(yield* isSettled)
      assert.lengthOf(yield* transactions, 0)
    }).pipe(Effect.provide(layer)))

  it.effect("begun with another key: nothing is sent from this one", () =>
    Effect.gen(function*() {
      const base = yield* running
      const theirs = Address.make("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
      yield* record(Redemption.aggregate, id, [
        Redemption.RequestRedemption.make({
          ...examples.RequestRedemption,
          wallet: theirs,
          token: MemoryChain.equity
        })
      ])
      const error = yield* Effect.flip(passing(RedemptionManager.resume(id)))
      assert.deepInclude(error, { _tag: "Refused", reason: "OtherWallet" })
      assert.include(error.message, theirs)
      yield* base.mine(10)
      assert.deepStrictEqual([yield* sent, (yield* transactions).length, (yield* state())._tag], [[], 0, "Requested"])
      assert.include((yield* alerts).map(({ condition }) => condition).join(), "OtherWallet")
    }).pipe(Effect.provide(layer)))

  it.effect("paused after the broadcast: mined without effect, failed with the contract's reason", () =>
    Effect.gen(function*() {
      const base = yield* running
      const fiber = yield* Effect.fork(execute)
      yield* settled
      yield* base.pauseEquity(true)
      const { detail, place, reason } = failure(yield* passing(Fiber.join(fiber)))
      assert.deepStrictEqual([reason, place], ["Reverted", "BaseWallet"])
      assert.include(detail, "EquityToken: paused")
      assert.lengthOf(yield* sent, 0)
      assert.deepStrictEqual(yield* eventTypes, ["RedemptionRequested", "RedemptionFailed"])
    }).pipe(Effect.provide(layer)))

  it.effect("no gas: nothing is sent, the state stays, a person is told; with gas it goes on", () =>
    Effect.gen(function*() {
      const base = yield* running
      yield* base.setBalance(wallet, 0n)
      const error = yield* Effect.flip(passing(execute))
      assert.strictEqual(error._tag === "OutboxError" && error.reason, "InsufficientFunds")
      assert.strictEqual((yield* state())._tag, "Requested")
      assert.lengthOf(yield* transactions, 0)
      assert.lengthOf(yield* alerts, 1)
      yield* base.setBalance(wallet, 10n ** 18n)
      yield* completing("10 seconds")
      assert.strictEqual((yield* passing(RedemptionManager.resume(id)))._tag, "Completed")
      assert.deepStrictEqual(yield* sent, [amount])
    }).pipe(Effect.provide(layer)))

  it.effect("the chain is down: nothing is concluded; back again, it goes on", () =>
    Effect.gen(function*() {
      const base = yield* running
      const fiber = yield* Effect.fork(execute)
      yield* settled
      yield* base.unavailable
      const error = yield* Effect.flip(passing(Fiber.join(fiber)))
      assert.strictEqual(error._tag === "ChainError" && error.reason, "Unavailable")
      assert.strictEqual((yield* state())._tag, "Requested")
      assert.lengthOf(yield* alerts, 0, "it passes by itself")
      yield* base.available
      yield* completing("10 seconds")
      assert.strictEqual((yield* passing(RedemptionManager.resume(id)))._tag, "Completed")
      assert.deepStrictEqual(yield* sent, [amount])
    }).pipe(Effect.provide(layer)))

  it.effect("something else uses its nonce: a further attempt, and one transfer", () =>
    Effect.gen(function*() {
      const base = yield* running
      const signer = yield* Signer
      yield* base.answerBroadcast("Unknown", { isTaken: false })
      const fiber = yield* Effect.fork(execute)
      yield* settled
      const raw = yield* signer.sign({
        chainId: 8453,
        nonce: 0,
        to: Address.make("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"),
        data: "0x",
        value: 0n,
        gas: 21_000n,
        maxFeePerGas: 10_000_000_000n,
        maxPriorityFeePerGas: 1_000_000_000n
      })
      assert.strictEqual((yield* Effect.flatMap(BaseChain, (chain) => chain.broadcast(raw))).answer, "Accepted")
      yield* base.mine(1)
      yield* completing("10 seconds")
      assert.strictEqual((yield* passing(Fiber.join(fiber)))._tag, "Completed")
      assert.deepStrictEqual(yield* sent, [amount])
      assert.deepStrictEqual(
        (yield* transactions).map(({ key, nonce, status }) => [key.attempt, nonce, status]),
        [[1, 0, "displaced"], [2, 1, "confirmed"]]
      )
      assert.include((yield* alerts).map(({ message }) => message).join(), "Something else sends with our key")
    }).pipe(Effect.provide(layer)))

  it.effect("whoever lost the lease before the transfer was reserved sends nothing", () =>
    Effect.gen(function*() {
      const base = yield* running
      const leases = yield* Leases
      // The first look takes longer than the lease lasts.
      yield* base.unavailable
      const fiber = yield* Effect.fork(Effect.flip(execute))
      yield* settled
      yield* Effect.forkScoped(Effect.scoped(Effect.zipRight(leases.hold(`EquityRedemption/${id}`), Effect.never)))
      yield* TestClock.adjust("1 second")
      yield* base.available
      yield* passing(Fiber.join(fiber))
      assert.lengthOf(yield* sent, 0)
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.effect("it has no deadline: a transfer that can still be mined is waited for", () =>
    Effect.gen(function*() {
      const base = yield* running
      yield* base.setBaseFee(190_000_000_000n)
      const fiber = yield* Effect.fork(execute)
      yield* settled
      yield* base.setBaseFee(300_000_000_000n)
      yield* TestClock.adjust("20 minutes")
      yield* settled
      assert.strictEqual((yield* state())._tag, "Requested")
      assert.lengthOf(yield* sent, 0)
      yield* base.setBaseFee(1_000_000_000n)
      yield* completing("10 seconds")
      assert.strictEqual((yield* passing(Fiber.join(fiber)))._tag, "Completed")
      const alpaca = yield* AlpacaTokenizationControl
      assert.isNotEmpty(yield* alpaca.calls)
    }).pipe(Effect.provide(layer)))
})
