/** What an operator orders of a redemption, from every failure that it can come to: over the real outbox. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, TestClock } from "effect"
import { encodeFunctionData, erc20Abi } from "viem"
import * as Redemption from "../../../src/domain/EquityRedemption.ts"
import { AlpacaTokenizationControl } from "../../../src/layers/testing/AlpacaTokenizationControl.ts"
import * as MemoryChain from "../../../src/layers/testing/MemoryChain.ts"
import * as RedemptionManager from "../../../src/managers/RedemptionManager.ts"
import * as Verification from "../../../src/managers/Verification.ts"
import { Leases } from "../../../src/services/Leases.ts"
import { TransactionOutbox } from "../../../src/services/TransactionOutbox.ts"
import { alerts, passing, settled } from "../Harness.ts"
import { record } from "../Recording.ts"
import {
  amount,
  completing,
  detecting,
  eventTypes,
  execute,
  failure,
  id,
  layer,
  other,
  request,
  running,
  sent,
  state,
  transactions,
  wallet
} from "../Redemptions.ts"
import { refusalsOf } from "../Refusing.ts"

const { cancel, reconcile, recheck, resume, retry } = RedemptionManager
const because = "changed my mind"
const said = { reason: "Settled", note: "the issuer sent the tokens back, ticket 12" }
const refusedBy = refusalsOf(id)
const attempts = Effect.map(transactions, (all) => all.map(({ key, status }) => [key.attempt, status] as const))

const fails = (reason: string, place: string) => (end: Redemption.State.State) => {
  const failed = failure(end)
  assert.deepStrictEqual([failed.reason, failed.place], [reason, place])
}

/** Nothing in the database contradicts the log. */
const consistent = Effect.map(Verification.verify, ({ faults }) => assert.deepStrictEqual(faults, []))

const finished = Effect.gen(function*() {
  assert.strictEqual((yield* state())._tag, "Completed")
  assert.deepStrictEqual(yield* sent, [amount])
  yield* consistent
})

/** Broadcast, and its process is no more; no block takes it. */
const broadcast = Effect.gen(function*() {
  const base = yield* running
  const fiber = yield* Effect.fork(execute)
  yield* settled
  yield* base.setBaseFee(50_000_000_000n)
  yield* Fiber.interrupt(fiber)
  assert.deepStrictEqual(yield* attempts, [[1, "signed"]])
  return base
})

describe("retry", () => {
  it.effect("of what was not sent: refused again as long as the token is paused, and sent once when it is not", () =>
    Effect.gen(function*() {
      const base = yield* running
      yield* base.pauseEquity(true)
      fails("Reverted", "BaseWallet")(yield* passing(execute))
      fails("Reverted", "BaseWallet")(yield* passing(retry(id)))
      yield* base.pauseEquity(false)
      yield* completing("10 seconds")
      yield* passing(retry(id))
      yield* finished
      assert.deepStrictEqual((yield* eventTypes).slice(0, 5), [
        "RedemptionRequested",
        "RedemptionFailed",
        "RedemptionRetried",
        "RedemptionFailed",
        "RedemptionRetried"
      ])
    }).pipe(Effect.provide(layer)))

  it.effect("of what has reverted on the chain: a further attempt, and one transfer", () =>
    Effect.gen(function*() {
      const base = yield* running
      const fiber = yield* Effect.fork(execute)
      yield* settled
      yield* base.pauseEquity(true)
      fails("Reverted", "BaseWallet")(yield* passing(Fiber.join(fiber)))
      yield* base.pauseEquity(false)
      yield* completing("10 seconds")
      yield* passing(retry(id))
      yield* finished
      assert.deepStrictEqual(yield* attempts, [[1, "reverted"], [2, "confirmed"]])
    }).pipe(Effect.provide(layer)))

  it.effect("of a transaction that moved nothing, though it did not revert: a further attempt, and one transfer", () =>
    Effect.gen(function*() {
      const base = yield* running
      const outbox = yield* TransactionOutbox
      const order = yield* RedemptionManager.plan(id, request)
      const requested = Redemption.RequestRedemption.make({ ...order, at: yield* DateTime.now })
      yield* record(Redemption.aggregate, id, [requested])
      // As a token would that says no and does not revert.
      const data = encodeFunctionData({ abi: erc20Abi, functionName: "approve", args: [wallet, 1n] })
      yield* Effect.scoped(Effect.gen(function*() {
        const lease = yield* Effect.flatMap(Leases, (leases) => leases.hold(`EquityRedemption/${id}`))
        const key = { operation: id, step: "transfer", attempt: 1 }
        const submit = outbox.submitOnce(key, { chain: "base", to: MemoryChain.equity, data }, lease)
        yield* Effect.repeat(Effect.zipRight(base.mine(1), submit), { until: ({ _tag }) => _tag === "Confirmed" })
      }))
      const at = yield* DateTime.now
      yield* record(Redemption.aggregate, id, [
        Redemption.Fail.make({ reason: "Reverted", detail: "it moved nothing", place: "BaseWallet", at })
      ])
      yield* completing("10 seconds")
      yield* passing(retry(id))
      yield* finished
      assert.deepStrictEqual(yield* attempts, [[1, "confirmed"], [2, "confirmed"]])
    }).pipe(Effect.provide(layer)))

  it.effect("ordered, and the process dies after its broadcast: resumed, one transfer", () =>
    Effect.gen(function*() {
      const base = yield* running
      yield* base.pauseEquity(true)
      yield* passing(execute)
      yield* base.pauseEquity(false)
      const dying = yield* Effect.fork(retry(id))
      yield* settled
      yield* Fiber.interrupt(dying)
      assert.strictEqual((yield* state())._tag, "Requested")
      yield* completing("10 seconds")
      yield* passing(resume(id))
      yield* finished
    }).pipe(Effect.provide(layer)))

  it.effect("while its transaction can still be mined: refused; mined after all, recheck adopts it", () =>
    Effect.gen(function*() {
      const base = yield* broadcast
      const at = yield* DateTime.now
      // As no row does.
      yield* record(Redemption.aggregate, id, [
        Redemption.Fail.make({ reason: "Reverted", detail: "so somebody thought", place: "BaseWallet", at })
      ])
      yield* refusedBy("StillPossible", retry(id), "transaction transfer, attempt 1", "can still be mined")
      yield* refusedBy("StillPossible", reconcile(id, said), "can still be mined")
      yield* base.setBaseFee(1_000_000_000n)
      yield* TestClock.adjust("1 minute")
      yield* completing("10 seconds")
      yield* passing(recheck(id))
      yield* finished
      assert.include(yield* eventTypes, "RedemptionRetried")
    }).pipe(Effect.provide(layer)))

  it.effect("once the tokens are sent: refused, and what the issuer makes of them is adopted", () =>
    Effect.gen(function*() {
      yield* running
      fails("TimedOut", "IssuerInTransit")(yield* passing(execute))
      yield* refusedBy("StillPossible", retry(id), "the issuer has them")
      const failed = yield* state()
      if (failed._tag !== "Failed" || failed.sent === undefined) return assert.fail(failed._tag)
      const alpaca = yield* AlpacaTokenizationControl
      const requestId = yield* alpaca.redeem({ ...failed, txHash: failed.sent.txHash })
      yield* alpaca.complete(requestId)
      yield* passing(retry(id))
      yield* finished
    }).pipe(Effect.provide(layer)))

  it.effect("what has settled is held to what our wallet has, and to one redemption of a symbol at a time", () =>
    Effect.gen(function*() {
      const base = yield* running
      yield* base.pauseEquity(true)
      yield* passing(execute)
      yield* base.pauseEquity(false)
      const fiber = yield* Effect.fork(RedemptionManager.executeRedemption(other, request))
      yield* settled
      yield* refusedBy("AnotherInFlight", retry(id), other)
      yield* completing("10 seconds", undefined, other)
      yield* passing(Fiber.join(fiber))
      yield* refusedBy("InsufficientBalance", retry(id), "has 9.5 AAPL tokens")
    }).pipe(Effect.provide(layer)))
})

describe("cancel", () => {
  it.effect("before anything was sent: at once", () =>
    Effect.gen(function*() {
      const base = yield* running
      yield* base.setBalance(wallet, 0n)
      yield* Effect.flip(passing(execute))
      const end = yield* passing(cancel(id, because), "1 second")
      assert.deepStrictEqual(failure(end), {
        reason: "Cancelled",
        detail: because,
        place: "BaseWallet",
        amount: "10.5"
      })
      assert.lengthOf(yield* transactions, 0)
      yield* base.setBalance(wallet, 10n ** 18n)
      yield* completing("10 seconds")
      yield* passing(retry(id))
      yield* finished
    }).pipe(Effect.provide(layer)))

  it.effect("while the transfer waits: an empty transaction takes its place, and nothing leaves", () =>
    Effect.gen(function*() {
      const base = yield* broadcast
      const cancelling = yield* Effect.fork(cancel(id, because))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* state())._tag, "Requested", "nothing is said while it can still be mined")
      fails("Cancelled", "BaseWallet")(yield* passing(Fiber.join(cancelling)))
      yield* base.mine(20)
      assert.deepStrictEqual(yield* sent, [])
      assert.deepStrictEqual(yield* attempts, [[1, "cancelled"]])
      yield* consistent
      yield* completing("10 seconds")
      yield* passing(retry(id))
      yield* finished
      assert.deepStrictEqual(yield* attempts, [[1, "cancelled"], [2, "confirmed"]])
    }).pipe(Effect.provide(layer)))

  it.effect("too late: the transfer is mined all the same, it goes on and is recorded", () =>
    Effect.gen(function*() {
      const base = yield* running
      const fiber = yield* Effect.fork(execute)
      yield* settled
      yield* base.mine(1)
      yield* Fiber.interrupt(fiber)
      yield* completing("10 seconds")
      yield* passing(cancel(id, because))
      yield* finished
      assert.notInclude(yield* eventTypes, "RedemptionCancelled")
    }).pipe(Effect.provide(layer)))

  it.effect("once the tokens are recorded as sent it is refused", () =>
    Effect.gen(function*() {
      yield* running
      yield* passing(Effect.raceFirst(
        execute,
        Effect.repeat(Effect.zipRight(Effect.sleep("1 second"), state()), {
          until: ({ _tag }) => _tag === "TokensSent"
        })
      ))
      yield* refusedBy("NotCancellable", cancel(id, because), "too late", `ballast resume ${id}`)
      yield* refusedBy("NotReconcilable", reconcile(id, said), `ballast resume ${id}`)
    }).pipe(Effect.provide(layer)))
})

describe("reconcile", () => {
  it.effect("a rejection after the tokens were sent, with what was done about it", () =>
    Effect.gen(function*() {
      yield* running
      const rejecting = Effect.flatMap(detecting("10 seconds"), (requestId) =>
        Effect.flatMap(AlpacaTokenizationControl, (alpaca) => alpaca.reject(requestId)))
      yield* Effect.fork(rejecting)
      fails("Rejected", "IssuerInTransit")(yield* passing(execute))
      yield* refusedBy("StillPossible", retry(id), "the issuer has them")
      assert.deepInclude<object>(yield* passing(reconcile(id, said)), { _tag: "Reconciled", reconciliation: said })
      yield* refusedBy("NotRetryable", retry(id), "settled by hand")
      yield* consistent
    }).pipe(Effect.provide(layer)))

  it.effect("something else that names our transfer: a failure once the deadline has passed", () =>
    Effect.gen(function*() {
      yield* running
      const alpaca = yield* AlpacaTokenizationControl
      yield* Effect.fork(Effect.gen(function*() {
        const now = yield* Effect.repeat(Effect.zipRight(Effect.sleep("1 second"), state()), {
          until: ({ _tag }) => _tag === "TokensSent"
        })
        if (now._tag === "TokensSent") yield* alpaca.redeem({ ...now, issuer: "another", amount: now.amountSent })
      }))
      yield* Effect.flip(passing(execute))
      assert.include((yield* alerts).map(({ message }) => message).join(), `ballast reconcile ${id}`)
      yield* TestClock.adjust("10 minutes")
      fails("Unverifiable", "IssuerInTransit")(yield* passing(resume(id)))
      assert.strictEqual((yield* passing(reconcile(id, said)))._tag, "Reconciled")
    }).pipe(Effect.provide(layer)))
})
