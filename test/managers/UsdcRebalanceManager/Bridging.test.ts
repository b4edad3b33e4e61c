/** WithdrawalComplete, Bridging and Attested, in both directions: whatever becomes of burn, attestation and mint. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, TestClock } from "effect"
import * as Outcome from "../../../src/domain/Outcome.ts"
import * as Rebalance from "../../../src/domain/UsdcRebalance.ts"
import { CctpControl } from "../../../src/layers/testing/CctpBridgeTest.ts"
import { Erc20Control } from "../../../src/layers/testing/Erc20Test.ts"
import * as UsdcRebalanceManager from "../../../src/managers/UsdcRebalanceManager.ts"
import { Attested, Burned, CctpError, Minted } from "../../../src/services/CctpBridge.ts"
import { ChainError } from "../../../src/services/Chain.ts"
import { Allowance } from "../../../src/services/Erc20.ts"
import { OutboxError } from "../../../src/services/TransactionOutbox.ts"
import { alerts, passing } from "../Harness.ts"
import {
  directions,
  effects,
  eventTypes,
  execute as executeOf,
  failure,
  goesWell,
  hash,
  id,
  key,
  layer,
  once,
  state,
  until
} from "../Rebalances.ts"

const isSettled = Effect.map(state(), (state) => Outcome.settled(Rebalance.aggregate.outcome(state)))
const cctpError = (reason: CctpError["reason"], retryAfter?: Duration.Duration) =>
  new CctpError({ reason, action: "test", detail: "as told", ...(retryAfter === undefined ? {} : { retryAfter }) })
const down = (chain: "ethereum" | "base") =>
  new ChainError({ reason: "Unavailable", chain, action: "test", detail: "as told" })
const reverts = (step: string, attempt = 1) =>
  new OutboxError({ reason: "Reverts", key: key(step, attempt), detail: "on base it would revert now: as told" })

const wentWell = Effect.gen(function*() {
  assert.strictEqual((yield* state())._tag, "DepositConfirmed")
  assert.deepStrictEqual(yield* effects, once)
})

describe.each(directions)("%s", (direction) => {
  const execute = executeOf(direction)
  const place = direction === "AlpacaToBase" ? "EthereumWallet" : "BaseWallet"
  const given = Effect.gen(function*() {
    yield* goesWell(direction)
    return { cctp: yield* CctpControl, erc20: yield* Erc20Control }
  })
  /** Only for its type: all that these layers have. */
  const all = Effect.zipRight(execute, Effect.zipRight(effects, alerts))
  const test = <E>(
    name: string,
    run: (world: Effect.Effect.Success<typeof given>) => Effect.Effect<void, E, Effect.Effect.Context<typeof all>>
  ) => it.effect(name, () => Effect.flatMap(given, run).pipe(Effect.provide(layer)))

  describe("WithdrawalComplete", () => {
    test("an approval that a node does not show yet is waited for", ({ erc20 }) =>
      Effect.gen(function*() {
        yield* erc20.setAllowance(Allowance.Pending({ waitingFor: "a node that has it" }))
        const fiber = yield* Effect.fork(execute)
        yield* passing(Effect.sleep("5 minutes"))
        assert.strictEqual((yield* state())._tag, "WithdrawalComplete")
        assert.deepStrictEqual((yield* effects).burns, [])
        yield* erc20.setAllowance(Allowance.Enough())
        yield* passing(Fiber.join(fiber))
        yield* wentWell
      }))

    test("an approval without effect: failed, the USDC are in our wallet", ({ erc20 }) =>
      Effect.gen(function*() {
        yield* erc20.setAllowance(Allowance.Refused({ why: "as told" }))
        const end = failure(yield* passing(execute))
        assert.deepInclude(end, { reason: "Reverted", place, amount: "1000" })
        assert.deepStrictEqual((yield* effects).burns, [])
        assert.isTrue(yield* isSettled)
      }))

    test("a burn that reverts: failed, the USDC are in our wallet", ({ cctp }) =>
      Effect.gen(function*() {
        yield* cctp.setBurned(key("burn"), Burned.Reverted({ txHash: hash("e1"), why: "as told" }))
        const end = failure(yield* passing(execute))
        assert.deepInclude(end, { reason: "Reverted", place, amount: "1000" })
        assert.include(end.detail, hash("e1"))
        assert.isTrue(yield* isSettled)
      }))

    test("a burn that would revert is not sent", ({ cctp }) =>
      Effect.gen(function*() {
        yield* cctp.failNextSending(reverts("burn"))
        const end = failure(yield* passing(execute))
        assert.deepInclude(end, { reason: "Reverted", place, amount: "1000" })
        assert.deepStrictEqual((yield* effects).burns, [])
      }))

    for (const reason of ["AmountTooSmall", "AboveBurnLimit"] as const) {
      test(`${reason}: failed, the USDC are in our wallet`, ({ cctp }) =>
        Effect.gen(function*() {
          yield* cctp.failNextSending(cctpError(reason))
          const end = failure(yield* passing(execute))
          assert.deepInclude(end, { reason: "InvalidRequest", place, amount: "1000" })
        }))
    }

    test("a burn whose nonce was taken is burned at the next attempt, once", ({ cctp }) =>
      Effect.gen(function*() {
        yield* cctp.setBurned(key("burn"), Burned.Dead({ isOurs: true, why: "an operator's" }))
        const end = failure(yield* passing(execute))
        assert.deepInclude(end, { reason: "Cancelled", place })
      }))

    test("the chain is down, and Circle: nothing is concluded; back again, it goes on", ({ cctp }) =>
      Effect.gen(function*() {
        for (let tries = 0; tries < 2; tries++) yield* cctp.failNextSending(down("ethereum"))
        yield* cctp.failNextSending(cctpError("Unavailable"))
        yield* passing(execute)
        yield* wentWell
      }))
  })

  describe("Bridging", () => {
    // Every five seconds of these hours the lease is kept: one direction is enough.
    if (direction === "AlpacaToBase") {
      test("an attestation that is hours late is waited for", ({ cctp }) =>
        Effect.gen(function*() {
          yield* cctp.setAttested(Attested.Pending({ waitingFor: "finality", delay: "insufficient_fee" }))
          yield* until(execute, 4)
          const fiber = yield* Effect.fork(UsdcRebalanceManager.resume(id))
          yield* TestClock.adjust("2 hours")
          assert.strictEqual((yield* state())._tag, "Bridging")
          yield* cctp.setAttested(undefined)
          yield* passing(Fiber.join(fiber))
          yield* wentWell
        }))
    }

    test("one that never comes: not settled, burned and not minted; when it comes after all, it is adopted", ({ cctp }) =>
      Effect.gen(function*() {
        yield* cctp.setAttested(Attested.Pending({ waitingFor: "finality", delay: undefined }))
        yield* until(execute, 4)
        yield* TestClock.adjust("25 hours")
        const end = failure(yield* passing(UsdcRebalanceManager.resume(id)))
        assert.deepInclude(end, { reason: "TimedOut", place: "CctpInTransit", amount: "1000" })
        assert.isFalse(yield* isSettled)
        assert.strictEqual((yield* passing(UsdcRebalanceManager.recheck(id)))._tag, "BridgingFailed")
        yield* cctp.setAttested(undefined)
        yield* passing(UsdcRebalanceManager.recheck(id))
        yield* passing(UsdcRebalanceManager.resume(id))
        yield* wentWell
        assert.include(yield* eventTypes(), "RebalanceRecovered")
      }))

    test("that of another burn is not taken: a person is told once, and it is looked at further", ({ cctp }) =>
      Effect.gen(function*() {
        yield* cctp.setAttested(Attested.Unacceptable({ why: "it is the message of another burn" }))
        const fiber = yield* Effect.fork(execute)
        yield* passing(Effect.sleep("10 minutes"))
        assert.strictEqual((yield* state())._tag, "Bridging")
        const told = (yield* alerts).filter(({ message }) => message.includes("another burn"))
        assert.lengthOf(told, 1)
        yield* cctp.setAttested(undefined)
        yield* passing(Fiber.join(fiber))
        yield* wentWell
      }))

    test("Circle has had too many requests: none for five minutes, then on", ({ cctp }) =>
      Effect.gen(function*() {
        yield* until(execute, 4)
        yield* cctp.failNext(cctpError("RateLimited", Duration.minutes(5)))
        const fiber = yield* Effect.fork(UsdcRebalanceManager.resume(id))
        yield* TestClock.adjust("299 seconds")
        assert.strictEqual((yield* state())._tag, "Bridging")
        yield* passing(Fiber.join(fiber))
        yield* wentWell
      }))
  })

  describe("Attested", () => {
    test("what a stranger has minted is adopted, and nothing is minted by us", ({ cctp }) =>
      Effect.gen(function*() {
        yield* until(execute, 5)
        const attested = yield* state()
        if (attested._tag !== "Attested") return assert.fail(attested._tag)
        yield* cctp.mintAsStranger(attested.burn.burnTx)
        yield* passing(UsdcRebalanceManager.resume(id))
        yield* wentWell
        assert.deepStrictEqual((yield* cctp.mints).map(({ isOurs }) => isOurs), [false])
      }))

    test("an expired message is signed anew once, and minted once", ({ cctp }) =>
      Effect.gen(function*() {
        yield* until(execute, 5)
        yield* cctp.expire
        yield* passing(UsdcRebalanceManager.resume(id))
        yield* wentWell
        assert.lengthOf(yield* cctp.reattested, 1)
        assert.lengthOf((yield* eventTypes()).filter((type) => type === "AttestationReceived"), 2)
      }))

    test("Circle does not sign it anew at first: asked again", ({ cctp }) =>
      Effect.gen(function*() {
        yield* until(execute, 5)
        yield* cctp.expire
        yield* cctp.failNext(cctpError("Unavailable"))
        yield* passing(UsdcRebalanceManager.resume(id))
        yield* wentWell
      }))

    test("a mint that reverts is tried again with the same message, and minted once", ({ cctp }) =>
      Effect.gen(function*() {
        yield* until(execute, 5)
        yield* cctp.failNextSending(down("base"))
        yield* passing(UsdcRebalanceManager.resume(id))
        yield* wentWell
      }))

    test("a mint that would revert: not settled, burned and not minted; once it can be minted, it is, once", ({ cctp }) =>
      Effect.gen(function*() {
        yield* until(execute, 5)
        yield* cctp.failNextSending(reverts("mint"))
        yield* cctp.setMintable(false)
        const end = failure(yield* passing(UsdcRebalanceManager.resume(id)))
        assert.deepInclude(end, { reason: "Reverted", place: "CctpInTransit", amount: "1000" })
        assert.isFalse(yield* isSettled)
        assert.strictEqual((yield* passing(UsdcRebalanceManager.resume(id)))._tag, "BridgingFailed")
        assert.deepStrictEqual((yield* effects).mints, [])
        yield* cctp.setMintable(true)
        yield* passing(UsdcRebalanceManager.recheck(id))
        yield* passing(UsdcRebalanceManager.resume(id))
        yield* wentWell
      }))

    test("attesters have changed: what Circle shows now is taken, and minted once", ({ cctp }) =>
      Effect.gen(function*() {
        yield* until(execute, 5)
        const attested = yield* state()
        if (attested._tag !== "Attested") return assert.fail(attested._tag)
        yield* cctp.failNextSending(reverts("mint"))
        yield* cctp.setMintable(false)
        assert.strictEqual((yield* passing(UsdcRebalanceManager.resume(id)))._tag, "BridgingFailed")
        const attestation = { ...attested.attested, attestation: `0x${"6b".repeat(130)}` as const }
        yield* cctp.setAttested(Attested.Ready({ attestation, expires: 0n }))
        yield* passing(UsdcRebalanceManager.recheck(id))
        yield* passing(UsdcRebalanceManager.resume(id))
        yield* wentWell
      }))

    test("what the chain shows under our nonce is not our burn: it stops for a person", ({ cctp }) =>
      Effect.gen(function*() {
        yield* until(execute, 5)
        yield* cctp.failNextSending(cctpError("Mismatch"))
        const stopped = yield* Effect.flip(passing(UsdcRebalanceManager.resume(id)))
        assert.deepInclude(stopped, { _tag: "CctpError", reason: "Mismatch" })
        assert.strictEqual((yield* state())._tag, "Attested")
        assert.include((yield* alerts).map(({ message }) => message).join(), "needs a person")
      }))

    test("a mint that was cancelled by an operator: not settled, it can still be minted", ({ cctp }) =>
      Effect.gen(function*() {
        yield* until(execute, 5)
        yield* cctp.setMinted(key("mint"), Minted.Dead({ isOurs: true, why: "an operator's" }))
        const end = failure(yield* passing(UsdcRebalanceManager.resume(id)))
        assert.deepInclude(end, { reason: "Cancelled", place: "CctpInTransit", amount: "1000" })
        assert.isFalse(yield* isSettled)
      }))
  })
})
