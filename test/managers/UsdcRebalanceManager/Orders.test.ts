/** What an operator orders of a rebalance, and what he is told where it cannot be: cancel, reconcile, recheck. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, Option, TestClock } from "effect"
import * as Address from "../../../src/domain/Address.ts"
import { WalletTransferId } from "../../../src/domain/WalletTransfer.ts"
import { AlpacaWalletControl } from "../../../src/layers/testing/AlpacaWalletTest.ts"
import { CctpControl } from "../../../src/layers/testing/CctpBridgeTest.ts"
import { Erc20Control } from "../../../src/layers/testing/Erc20Test.ts"
import { VaultControl } from "../../../src/layers/testing/VaultTest.ts"
import * as UsdcRebalanceManager from "../../../src/managers/UsdcRebalanceManager.ts"
import { AlpacaError } from "../../../src/services/AlpacaError.ts"
import { CctpError } from "../../../src/services/CctpBridge.ts"
import { alerts, passing } from "../Harness.ts"
import {
  amount,
  effects,
  eventTypes,
  execute as executeOf,
  failure,
  goesWell,
  id,
  layer,
  layerWith,
  once,
  other,
  route,
  state,
  until,
  usdc,
  wallet
} from "../Rebalances.ts"
import { refusalsOf } from "../Refusing.ts"

const given = Effect.gen(function*() {
  return {
    alpaca: yield* AlpacaWalletControl,
    cctp: yield* CctpControl,
    erc20: yield* Erc20Control,
    vault: yield* VaultControl
  }
})
const error = (reason: AlpacaError["reason"]) => new AlpacaError({ reason, action: "test", detail: "as told" })
const { cancel, executeAlpacaToBase, reconcile, recheck, resume, retry } = UsdcRebalanceManager
const because = "changed my mind"
const settled = { reason: "Settled", note: "moved it on myself, ticket 12" }

const refusedBy = refusalsOf(id)

const wentWell = Effect.gen(function*() {
  assert.strictEqual((yield* state())._tag, "DepositConfirmed")
  assert.deepStrictEqual(yield* effects, once)
})

/** Ordered at Alpaca, which keeps it for itself; answers the transfer. */
const held = Effect.gen(function*() {
  const { alpaca } = yield* given
  yield* goesWell("AlpacaToBase")
  yield* alpaca.setOutcome("hold")
  yield* until(executeOf("AlpacaToBase"), 2)
  const [transfer] = yield* alpaca.withdrawals
  return transfer ?? assert.fail("no transfer")
})

describe("several transfers that could be ours", () => {
  const doubtful = Effect.gen(function*() {
    const { alpaca } = yield* given
    yield* goesWell("AlpacaToBase")
    yield* until(executeOf("AlpacaToBase"), 1)
    const ours = yield* alpaca.place({ amount, address: wallet })
    yield* alpaca.place({ amount, address: wallet })
    return { alpaca, ours }
  })

  it.effect("a person is told how to say which it is, and says so", () =>
    Effect.gen(function*() {
      const { ours } = yield* doubtful
      yield* Effect.flip(passing(resume(id)))
      assert.include(
        (yield* alerts).map(({ message }) => message).join(),
        `ballast recheck ${id} --transfer TRANSFER`
      )
      const end = yield* passing(recheck(id, Option.some(ours)))
      assert.deepInclude<object>(end, { _tag: "DepositConfirmed", withdrawal: { _tag: "AlpacaTransfer", id: ours } })
    }).pipe(Effect.provide(layer)))

  it.effect("after the deadline it is a failure, from which he can go on, or reconcile", () =>
    Effect.gen(function*() {
      const { ours } = yield* doubtful
      yield* TestClock.adjust("7 minutes")
      const end = failure(yield* passing(resume(id)))
      assert.deepInclude(end, { reason: "Unverifiable", place: "AlpacaInTransit", amount: "1000" })
      assert.include(end.detail, ours)
      const again = yield* Effect.flip(passing(retry(id)))
      assert.deepInclude<unknown>(again, { _tag: "AlpacaError", reason: "Ambiguous" })
      yield* passing(recheck(id, Option.some(ours)))
      assert.strictEqual((yield* state())._tag, "DepositConfirmed")
    }).pipe(Effect.provide(layer)))

  it.effect("or reconciles it", () =>
    Effect.gen(function*() {
      yield* doubtful
      yield* TestClock.adjust("7 minutes")
      yield* passing(resume(id))
      assert.strictEqual((yield* passing(reconcile(id, settled)))._tag, "Reconciled")
    }).pipe(Effect.provide(layer)))

  it.effect("what cannot be ours is not taken, whoever says so", () =>
    Effect.gen(function*() {
      const { alpaca } = yield* doubtful
      const named = (transfer: WalletTransferId) => recheck(id, Option.some(transfer))
      yield* refusedBy("NotOurs", named(WalletTransferId.make("no-such")), "does not show it")
      const theirs = Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")
      yield* refusedBy("NotOurs", named(yield* alpaca.place({ amount, address: theirs })), theirs)
      const more = yield* alpaca.place({ amount: usdc(1001), address: wallet })
      yield* refusedBy("NotOurs", named(more), "1001 USDC")
      const old = yield* alpaca.place({ amount, address: wallet })
      yield* alpaca.change(old, { createdAt: DateTime.unsafeMake(-3_600_000) })
      yield* refusedBy("NotOurs", named(old), "older than the rebalance")
    }).pipe(Effect.provide(layer)))

  it.effect("nor what another rebalance has recorded as its own", () =>
    Effect.gen(function*() {
      const { alpaca } = yield* given
      yield* goesWell("AlpacaToBase")
      yield* until(executeOf("AlpacaToBase", other), 2, other)
      yield* until(executeOf("AlpacaToBase"), 1)
      const [theirs] = yield* alpaca.withdrawals
      yield* refusedBy("NotOurs", recheck(id, Option.fromNullable(theirs)), "recorded as another one's")
    }).pipe(Effect.provide(layerWith({ limits: { ...route.limits, concurrent: 2 } }))))

  it.effect("nor by one that does not ask", () =>
    Effect.gen(function*() {
      const transfer = yield* held
      yield* refusedBy("NotOurs", recheck(id, Option.some(transfer)), "does not wait to be told")
    }).pipe(Effect.provide(layer)))
})

it.effect("what the chain shows under our nonce is not our burn: after a day it is a failure, and can be reconciled", () =>
  Effect.gen(function*() {
    const { cctp } = yield* given
    const mismatch = new CctpError({ reason: "Mismatch", action: "test", detail: "as told" })
    yield* goesWell("AlpacaToBase")
    yield* until(executeOf("AlpacaToBase"), 5)
    yield* cctp.failNextSending(mismatch)
    yield* Effect.flip(passing(resume(id)))
    assert.include((yield* alerts).map(({ message }) => message).join(), `ballast reconcile ${id}`)
    yield* TestClock.adjust("25 hours")
    yield* cctp.failNextSending(mismatch)
    const end = failure(yield* passing(resume(id)))
    assert.deepInclude(end, { reason: "Unverifiable", place: "CctpInTransit", amount: "1000" })
    // It does not go round in circles by itself.
    assert.strictEqual((yield* passing(resume(id)))._tag, "BridgingFailed")
    assert.strictEqual((yield* passing(reconcile(id, settled)))._tag, "Reconciled")
  }).pipe(Effect.provide(layer)))

describe("cancel", () => {
  it.effect("from Alpaca: nothing is shown until it has settled, and nothing was ordered", () =>
    Effect.gen(function*() {
      const { alpaca } = yield* given
      yield* goesWell("AlpacaToBase")
      yield* until(executeOf("AlpacaToBase"), 1)
      const cancelling = yield* Effect.fork(cancel(id, because))
      yield* TestClock.adjust("119 seconds")
      assert.strictEqual((yield* state())._tag, "Requested")
      const end = failure(yield* passing(Fiber.join(cancelling)))
      assert.deepStrictEqual(end, { reason: "Cancelled", detail: because, place: "Alpaca", amount: "1000" })
      assert.lengthOf(yield* alpaca.withdrawals, 0)
      assert.deepStrictEqual(yield* eventTypes(), ["RebalanceRequested", "RebalanceCancelled"])
    }).pipe(Effect.provide(layer)))

  it.effect("from Alpaca: an order that shows up late goes on", () =>
    Effect.gen(function*() {
      const { alpaca } = yield* given
      yield* goesWell("AlpacaToBase")
      yield* alpaca.hideNext(5)
      yield* alpaca.strike("orderWithdrawal", "AnswerLost")
      yield* until(executeOf("AlpacaToBase"), 1)
      yield* alpaca.place({ amount, address: wallet })
      yield* passing(cancel(id, because))
      yield* wentWell
      assert.notInclude(yield* eventTypes(), "RebalanceCancelled")
    }).pipe(Effect.provide(layer)))

  it.effect("from the vault: at once, since nothing was sent", () =>
    Effect.gen(function*() {
      yield* goesWell("BaseToAlpaca")
      yield* until(executeOf("BaseToAlpaca"), 1)
      const end = failure(yield* passing(cancel(id, because)))
      assert.deepInclude(end, { reason: "Cancelled", place: "Vault", amount: "1000" })
      yield* passing(retry(id))
      yield* wentWell
    }).pipe(Effect.provide(layer)))

  it.effect("once the withdrawal is ordered it is too late, and one is told what leads on", () =>
    Effect.gen(function*() {
      yield* held
      yield* refusedBy("NotCancellable", cancel(id, because), "too late", `ballast resume ${id}`)
    }).pipe(Effect.provide(layer)))

  it.effect("what has failed, or is done, is not cancelled", () =>
    Effect.gen(function*() {
      const { alpaca } = yield* given
      yield* goesWell("AlpacaToBase")
      yield* alpaca.failNext("orderWithdrawal", error("InsufficientPosition"))
      yield* passing(executeOf("AlpacaToBase"))
      yield* refusedBy("NotCancellable", cancel(id, because), `ballast retry ${id}`, `ballast reconcile ${id}`)
      yield* passing(retry(id))
      yield* refusedBy("NotCancellable", cancel(id, because), "has ended well")
    }).pipe(Effect.provide(layer)))
})

describe("what goes on", () => {
  it.effect("is neither tried again nor settled by hand; what to do is told", () =>
    Effect.gen(function*() {
      yield* goesWell("AlpacaToBase")
      yield* until(executeAlpacaToBase(id, amount), 1)
      yield* refusedBy("NotRetryable", retry(id), `ballast resume ${id}`, `ballast cancel ${id}`)
      yield* refusedBy("NotReconcilable", reconcile(id, settled), `ballast resume ${id}`)
    }).pipe(Effect.provide(layer)))

  it.effect("an unknown id is refused by every verb", () =>
    Effect.gen(function*() {
      for (const verb of [retry(id), cancel(id, because), reconcile(id, settled), recheck(id)]) {
        yield* refusedBy("UnknownOperation", verb)
      }
    }).pipe(Effect.provide(layer)))
})
