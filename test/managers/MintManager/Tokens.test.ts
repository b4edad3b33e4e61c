import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, TestClock } from "effect"
import * as TxHash from "../../../src/domain/TxHash.ts"
import { AlpacaTokenizationControl } from "../../../src/layers/testing/AlpacaTokenizationControl.ts"
import { Erc20Control } from "../../../src/layers/testing/Erc20Test.ts"
import * as MintManager from "../../../src/managers/MintManager.ts"
import { Received } from "../../../src/services/Erc20.ts"
import {
  alerts,
  completing,
  eventTypes,
  execute,
  failure,
  id,
  layer,
  ledger,
  leftIn,
  ordered,
  passing,
  settled,
  state,
  tokens
} from "../Harness.ts"

describe("MintAccepted", () => {
  it.effect("resumed, it goes on waiting for the same request", () =>
    Effect.gen(function*() {
      yield* leftIn("MintAccepted")
      yield* completing("1 minute")
      assert.strictEqual((yield* passing(MintManager.resume(id)))._tag, "Completed")
      assert.lengthOf(yield* ledger, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("errors that pass are waited out", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* leftIn("MintAccepted")
      yield* alpaca.strike("getRequest", { _tag: "Refused", status: 500 })
      yield* alpaca.strike("getRequest", { _tag: "RateLimited" })
      yield* alpaca.strike("getRequest", { _tag: "Dropped" })
      yield* completing("1 minute")
      assert.strictEqual((yield* passing(MintManager.resume(id)))._tag, "Completed")
    }).pipe(Effect.provide(layer)))

  it.effect("a word that nobody knows means: not over yet", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* alpaca.speakStrangely
      yield* completing("1 minute")
      assert.strictEqual((yield* passing(execute))._tag, "Completed")
    }).pipe(Effect.provide(layer)))

  it.effect("rejected: failed, the shares are at Alpaca", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* leftIn("MintAccepted")
      for (const requestId of yield* ledger) yield* alpaca.reject(requestId)
      const { place, reason } = failure(yield* passing(MintManager.resume(id)))
      assert.deepStrictEqual([reason, place], ["Rejected", "Alpaca"])
    }).pipe(Effect.provide(layer)))

  it.effect("a deadline counts from the recorded time, and only a look after it ends the wait", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* leftIn("MintAccepted")
      yield* TestClock.adjust("5 minutes")
      yield* alpaca.unavailable("5 minutes")
      yield* Effect.flip(passing(MintManager.resume(id)))
      assert.strictEqual((yield* state)._tag, "MintAccepted")
      yield* TestClock.adjust("5 minutes")
      const { place, reason } = failure(yield* passing(MintManager.resume(id), "1 minute"))
      assert.deepStrictEqual([reason, place], ["TimedOut", "IssuerInTransit"])
    }).pipe(Effect.provide(layer)))

  it.effect("a success that comes after the deadline is adopted by recheck and by resume", () =>
    Effect.gen(function*() {
      yield* leftIn("MintAccepted")
      yield* passing(MintManager.resume(id))
      assert.strictEqual(failure(yield* state).reason, "TimedOut")
      assert.strictEqual((yield* passing(MintManager.recheck(id)))._tag, "Failed", "nothing new yet")
      yield* completing(Duration.zero)
      assert.strictEqual((yield* passing(MintManager.resume(id)))._tag, "Completed")
      assert.lengthOf(yield* ledger, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("a rejection that comes after the deadline settles the failure", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* leftIn("MintAccepted")
      yield* passing(MintManager.resume(id))
      for (const requestId of yield* ledger) yield* alpaca.reject(requestId)
      const { place, reason } = failure(yield* passing(MintManager.recheck(id)))
      assert.deepStrictEqual([reason, place], ["Rejected", "Alpaca"])
      const types = yield* eventTypes
      yield* passing(MintManager.recheck(id))
      assert.deepStrictEqual(yield* eventTypes, types, "a settled failure is not recorded again")
    }).pipe(Effect.provide(layer)))
})

describe("proof on chain", () => {
  const hash = TxHash.make(`0x${"12".repeat(32)}`)
  /** Alpaca says completed; what the chain says is up to the test. */
  const completed = Effect.gen(function*() {
    const alpaca = yield* AlpacaTokenizationControl
    yield* leftIn("MintAccepted")
    for (const requestId of yield* ledger) yield* alpaca.complete(requestId, hash)
    return yield* Erc20Control
  })

  const unproven = {
    "the chain does not show it": [Received.NotMined(), "does not show"],
    "it reverted": [Received.Reverted(), "reverted"],
    "it brought nothing of this token to this wallet": [Received.Confirmed({ amount: tokens(0n) }), "transfers nothing"]
  } as const
  for (const [what, [received, detail]] of Object.entries(unproven)) {
    it.effect(`${what}: asked until the deadline, then Unverifiable`, () =>
      Effect.gen(function*() {
        const chain = yield* completed
        yield* chain.setReceived(hash, received)
        const { detail: told, place, reason } = failure(yield* passing(MintManager.resume(id)))
        assert.deepStrictEqual([reason, place], ["Unverifiable", "IssuerInTransit"])
        assert.include(told, detail)
        yield* chain.setReceived(hash, Received.Confirmed({ amount: ordered }))
        assert.strictEqual((yield* passing(MintManager.recheck(id)))._tag, "Completed")
      }).pipe(Effect.provide(layer)))
  }

  it.effect("what still lacks confirmations is waited for, also past the deadline", () =>
    Effect.gen(function*() {
      const chain = yield* completed
      yield* chain.setReceived(hash, Received.Unconfirmed({ confirmations: 2, required: 10 }))
      const fiber = yield* Effect.fork(passing(MintManager.resume(id)))
      yield* TestClock.adjust("10 minutes")
      yield* settled
      assert.strictEqual((yield* state)._tag, "MintAccepted")
      yield* chain.setReceived(hash, Received.Confirmed({ amount: ordered }))
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "Completed")
    }).pipe(Effect.provide(layer)))

  it.effect("fewer than ordered are recorded as they came, and a person is told once", () =>
    Effect.gen(function*() {
      const chain = yield* completed
      const fewer = tokens(10_400_000_000_000_000_000n)
      yield* chain.setReceived(hash, Received.Confirmed({ amount: fewer }))
      const end = yield* passing(MintManager.resume(id))
      assert.deepStrictEqual(end._tag === "Completed" && end.sharesMinted, fewer)
      const raised = yield* alerts
      assert.lengthOf(raised, 1)
      assert.include(raised[0]?.message, "10.4")
    }).pipe(Effect.provide(layer)))
})
