import { describe, expect, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, Option, TestClock } from "effect"
import * as Shares from "../../../src/domain/Shares.ts"
import * as TokenAmount from "../../../src/domain/TokenAmount.ts"
import * as TxHash from "../../../src/domain/TxHash.ts"
import { AlpacaTokenizationControl } from "../../../src/layers/testing/AlpacaTokenizationControl.ts"
import * as AlpacaTokenizationTest from "../../../src/layers/testing/AlpacaTokenizationTest.ts"
import { AlpacaError } from "../../../src/services/AlpacaError.ts"
import { AlpacaTokenization } from "../../../src/services/AlpacaTokenization.ts"
import { hash, mintId, order, sent as sentInSeptember } from "./Live.ts"

const shares = (text: string) => Shares.fromUnits(BigInt(text) * 10n ** 9n)

/** When a TestClock begins. */
const sent = { ...sentInSeptember, sentAt: DateTime.unsafeMake(0) }
const arrived = { ...sent, amount: TokenAmount.make({ units: 2_000_000_000_000_000_001n, decimals: 18 }) }

interface Fixture {
  readonly alpaca: AlpacaTokenization["Type"]
  readonly control: AlpacaTokenizationControl["Type"]
}

const scripted = (name: string, run: (fixture: Fixture) => Effect.Effect<void, unknown>) =>
  it.effect(name, () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenization
      const control = yield* AlpacaTokenizationControl
      yield* run({ alpaca, control })
    }).pipe(Effect.provide(AlpacaTokenizationTest.layerWith({ shares: { AAPL: "20" }, timeout: "20 seconds" }))))

const ids = (found: Option.Option<{ readonly id: string }>) => Option.getOrUndefined(found)?.id

// What both this layer and the live one do is in the contract; this is the rest of the script.
describe("the script of the test layer", () => {
  scripted(
    "a hidden request exists and is not shown, until its time has come",
    ({ alpaca, control }) =>
      Effect.gen(function*() {
        yield* control.hideNext("10 seconds")
        const { id } = yield* alpaca.requestMint(mintId, order)
        yield* TestClock.adjust("9 seconds")
        expect(ids(yield* alpaca.findMint(mintId, order))).toBeUndefined()
        expect(ids(yield* alpaca.getRequest(id))).toBeUndefined()
        expect(yield* control.requestsOf(mintId)).toEqual([id])
        yield* TestClock.adjust("1 second")
        expect(ids(yield* alpaca.findMint(mintId, order))).toBe(id)
        yield* control.hide(id, "1 minute")
        expect(ids(yield* alpaca.getRequest(id))).toBeUndefined()
        yield* TestClock.adjust("1 minute")
        expect(ids(yield* alpaca.getRequest(id))).toBe(id)
      })
  )

  scripted(
    "a key that is forgotten makes a repetition a second request",
    ({ alpaca, control }) =>
      Effect.gen(function*() {
        yield* alpaca.requestMint(mintId, order)
        yield* control.forgetKeys
        const second = yield* Effect.exit(alpaca.requestMint(mintId, { ...order, quantity: shares("1") }))
        expect(second._tag).toBe("Success")
        expect((yield* control.requestsOf(mintId)).length).toBe(2)
      })
  )

  scripted(
    "a repetition is answered as the first time, whatever became of the request",
    ({ alpaca, control }) =>
      Effect.gen(function*() {
        const first = yield* alpaca.requestMint(mintId, order)
        yield* control.complete(first.id, TxHash.make(hash))
        expect(yield* alpaca.requestMint(mintId, order)).toEqual(first)
        const found = Option.getOrThrow(yield* alpaca.getRequest(first.id))
        expect([found.status, found.txHash]).toEqual(["Completed", Option.some(hash)])
      })
  )

  scripted("shares and status can be set", ({ alpaca, control }) =>
    Effect.gen(function*() {
      yield* control.setShares(order.symbol, shares("3"))
      expect((yield* Effect.flip(alpaca.requestMint(mintId, order))).reason).toBe("InsufficientPosition")
      yield* control.setShares(order.symbol, shares("30"))
      const { id } = yield* alpaca.requestMint(mintId, order)
      yield* control.setStatus(id, "Other")
      expect(Option.getOrThrow(yield* alpaca.getRequest(id)).status).toBe("Other")
    }))

  scripted("nothing comes through while Alpaca cannot be reached", ({ alpaca, control }) =>
    Effect.gen(function*() {
      yield* control.unavailable("1 minute")
      const refused = yield* Effect.flip(alpaca.requestMint(mintId, order))
      expect([refused.reason, refused.kind]).toEqual(["Unavailable", "transient"])
      expect((yield* Effect.flip(alpaca.findMint(mintId, order))).reason).toBe("Unavailable")
      yield* TestClock.adjust("1 minute")
      expect(ids(yield* alpaca.findMint(mintId, order))).toBeUndefined()
      yield* control.unavailable()
      yield* TestClock.adjust("1000 days")
      expect((yield* Effect.flip(alpaca.findMint(mintId, order))).reason).toBe("Unavailable")
      yield* control.available
      yield* alpaca.requestMint(mintId, order)
    }))

  for (const late of [false, true]) {
    scripted(
      `a call can take its time, Alpaca acting ${late ? "at its end" : "at once"}`,
      ({ alpaca, control }) =>
        Effect.gen(function*() {
          yield* control.delayNext("requestMint", "30 seconds", { late })
          const call = yield* Effect.fork(Effect.flip(alpaca.requestMint(mintId, order)))
          yield* TestClock.adjust("20 seconds")
          expect((yield* Fiber.join(call)).reason).toBe("OutcomeUnknown")
          expect((yield* control.requestsOf(mintId)).length).toBe(late ? 0 : 1)
          yield* TestClock.adjust("10 seconds")
          expect((yield* control.requestsOf(mintId)).length).toBe(1)
        })
    )
  }

  scripted("a short delay is only a delay", ({ alpaca, control }) =>
    Effect.gen(function*() {
      yield* control.delayNext("findMint", "5 seconds")
      const call = yield* Effect.fork(alpaca.findMint(mintId, order))
      yield* TestClock.adjust("4 seconds")
      expect(Option.isNone(yield* Fiber.poll(call))).toBe(true)
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(call)).toEqual(Option.none())
    }))

  scripted(
    "failures strike the next call of their method, in order, and are seen among the calls",
    ({ alpaca, control }) =>
      Effect.gen(function*() {
        const mine = new AlpacaError({ reason: "Forbidden", action: "test", detail: "scripted" })
        yield* control.failNext("findMint", mine)
        yield* control.loseAnswer
        expect((yield* Effect.flip(alpaca.requestMint(mintId, order))).reason).toBe("OutcomeUnknown")
        expect(yield* Effect.flip(alpaca.findMint(mintId, order))).toBe(mine)
        expect(ids(yield* alpaca.findMint(mintId, order))).toBeDefined()
        expect((yield* control.calls).map(({ id, method }) => [method, id])).toEqual([
          ["requestMint", mintId],
          ["findMint", mintId],
          ["findMint", mintId]
        ])
      })
  )

  scripted("a redemption can be hidden too", ({ alpaca, control }) =>
    Effect.gen(function*() {
      yield* control.hideNext("10 seconds")
      const id = yield* control.redeem(arrived)
      yield* TestClock.adjust("9 seconds")
      expect(ids(yield* alpaca.findRedemption(sent))).toBeUndefined()
      expect(ids(yield* alpaca.getRequest(id))).toBeUndefined()
      yield* TestClock.adjust("1 second")
      expect(ids(yield* alpaca.findRedemption(sent))).toBe(id)
      yield* control.hide(id, "1 minute")
      expect(ids(yield* alpaca.findRedemption(sent))).toBeUndefined()
      yield* TestClock.adjust("1 minute")
      expect(ids(yield* alpaca.findRedemption(sent))).toBe(id)
    }))

  scripted(
    "a redemption ends once and keeps the hash of its transfer",
    ({ alpaca, control }) =>
      Effect.gen(function*() {
        const id = yield* control.redeem(arrived)
        expect(yield* control.complete(id, TxHash.make(`0x${"cd".repeat(32)}`))).toBe(hash)
        yield* control.complete(id)
        yield* control.reject(id)
        expect(yield* control.shares(order.symbol)).toBe(shares("22"))
        const found = Option.getOrThrow(yield* alpaca.findRedemption(sent))
        expect([found.status, found.txHash]).toEqual(["Completed", Option.some(hash)])
        yield* control.setStatus(id, "Other")
        expect(Option.getOrThrow(yield* alpaca.findRedemption(sent)).status).toBe("Other")
        expect(yield* control.shares(order.symbol)).toBe(shares("22"))
      })
  )

  scripted(
    "a request that is older than the tokens, by more than clocks differ, is not shown",
    ({ alpaca, control }) =>
      Effect.gen(function*() {
        const id = yield* control.redeem(arrived)
        const sentAt = (millis: number) => ({ ...sent, sentAt: DateTime.unsafeMake(millis) })
        expect(ids(yield* alpaca.findRedemption(sentAt(3_599_999)))).toBe(id)
        expect(ids(yield* alpaca.findRedemption(sentAt(3_600_000)))).toBeUndefined()
      })
  )

  scripted(
    "a look for a redemption fails and waits as told, and is seen among the calls",
    ({ alpaca, control }) =>
      Effect.gen(function*() {
        const mine = new AlpacaError({ reason: "Forbidden", action: "test", detail: "scripted" })
        const id = yield* control.redeem(arrived)
        yield* control.failNext("findRedemption", mine)
        yield* control.delayNext("findRedemption", "30 seconds")
        yield* control.delayNext("findRedemption", "5 seconds")
        expect(yield* Effect.flip(alpaca.findRedemption(sent))).toBe(mine)
        const lost = yield* Effect.fork(Effect.flip(alpaca.findRedemption(sent)))
        yield* TestClock.adjust("20 seconds")
        expect((yield* Fiber.join(lost)).reason).toBe("Unavailable")
        const slow = yield* Effect.fork(alpaca.findRedemption(sent))
        yield* TestClock.adjust("5 seconds")
        expect(ids(yield* Fiber.join(slow))).toBe(id)
        expect(yield* control.calls).toEqual(Array.from({ length: 3 }, () => ({ method: "findRedemption", id: hash })))
      })
  )

  it.effect("a world outlives the programs that use it", () =>
    Effect.gen(function*() {
      const world = yield* AlpacaTokenizationTest.make({ shares: { AAPL: "20" } })
      const run = <A, E>(program: Effect.Effect<A, E, AlpacaTokenization>) =>
        Effect.provide(program, AlpacaTokenizationTest.layerOf(world))
      yield* run(Effect.flatMap(AlpacaTokenization, ({ requestMint }) => requestMint(mintId, order)))
      const found = yield* run(Effect.flatMap(AlpacaTokenization, ({ findMint }) => findMint(mintId, order)))
      expect(Option.isSome(found)).toBe(true)
    }))
})
