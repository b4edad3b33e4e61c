/** What an operator orders of a mint, from every failure that it can come to. */
import { assert, describe, it } from "@effect/vitest"
import { type Duration, Effect, Fiber, Option, TestClock } from "effect"
import * as ClientRequestId from "../../../src/domain/ClientRequestId.ts"
import * as Shares from "../../../src/domain/Shares.ts"
import { AlpacaTokenizationControl } from "../../../src/layers/testing/AlpacaTokenizationControl.ts"
import { Erc20Control } from "../../../src/layers/testing/Erc20Test.ts"
import * as MintManager from "../../../src/managers/MintManager.ts"
import { Received } from "../../../src/services/Erc20.ts"
import { TokenizedEquities } from "../../../src/services/TokenizedEquities.ts"
import {
  alerts,
  completing,
  error,
  eventTypes,
  execute,
  failure,
  id,
  layer,
  ledger,
  leftIn,
  ordered,
  passing,
  request,
  settled,
  state
} from "../Harness.ts"
import { refusalsOf } from "../Refusing.ts"

const { cancel, reconcile, recheck, resume, retry } = MintManager
const because = "changed my mind"
const said = { reason: "Settled", note: "the issuer booked the shares back, ticket 12" }
const second = ClientRequestId.ofTry(id, 2)

const ledgerOf = (key: typeof id) => Effect.flatMap(AlpacaTokenizationControl, ({ requestsOf }) => requestsOf(key))

/** What is ordered under this key is completed after so long. */
const completingAs = (key: typeof id, after: Duration.DurationInput) =>
  Effect.gen(function*() {
    const alpaca = yield* AlpacaTokenizationControl
    const erc20 = yield* Erc20Control
    const complete: Effect.Effect<void> = Effect.gen(function*() {
      const [requestId] = yield* alpaca.requestsOf(key)
      if (requestId === undefined) return yield* Effect.zipRight(Effect.sleep("1 second"), complete)
      yield* Effect.sleep(after)
      yield* erc20.setReceived(yield* alpaca.complete(requestId), Received.Confirmed({ amount: ordered }))
    })
    yield* Effect.fork(complete)
  })

const refusedBy = refusalsOf(id)

/** Refused by Alpaca at once. */
const refused = Effect.gen(function*() {
  const alpaca = yield* AlpacaTokenizationControl
  yield* alpaca.failNext("requestMint", error("InsufficientPosition"))
  yield* passing(execute)
  return alpaca
})

/** Nobody knows whether Alpaca has taken it. */
const unknown = Effect.gen(function*() {
  const alpaca = yield* AlpacaTokenizationControl
  yield* alpaca.failNext("findMint", error("Unauthenticated"))
  yield* Effect.flip(passing(execute))
  yield* TestClock.adjust("30 minutes")
  const { place, reason } = failure(yield* passing(resume(id)))
  assert.deepStrictEqual([reason, place], ["TimedOut", "Alpaca"])
  yield* TestClock.adjust("2 minutes")
  return alpaca
})

describe("retry", () => {
  for (
    const reason of ["InsufficientPosition", "InvalidRequest", "Rejected", "Unauthenticated", "Forbidden"] as const
  ) {
    it.effect(`after ${reason}: ordered anew under a key of its own, once Alpaca has settled`, () =>
      Effect.gen(function*() {
        const alpaca = yield* AlpacaTokenizationControl
        yield* alpaca.failNext("requestMint", error(reason))
        yield* passing(execute)
        yield* refusedBy("StillPossible", retry(id), "Alpaca may show an order of it until")
        yield* TestClock.adjust("2 minutes")
        yield* completingAs(second, "1 minute")
        const end = yield* passing(retry(id))
        assert.deepInclude<object>(end, { _tag: "Completed" })
        assert.deepStrictEqual([(yield* ledger).length, (yield* ledgerOf(second)).length], [0, 1])
        assert.deepStrictEqual((yield* eventTypes).slice(1, 4), ["MintFailed", "MintRetried", "MintAccepted"])
      }).pipe(Effect.provide(layer)))
  }

  it.effect("after a rejection of what was taken: at once, since nothing of that can happen any more", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* leftIn("MintAccepted")
      const [taken] = yield* ledger
      if (taken === undefined) return assert.fail("no request")
      yield* alpaca.reject(taken)
      assert.deepInclude(failure(yield* passing(resume(id))), { reason: "Rejected", place: "Alpaca" })
      yield* completingAs(second, "1 minute")
      assert.strictEqual((yield* passing(retry(id)))._tag, "Completed")
      assert.deepStrictEqual([(yield* ledger).length, (yield* ledgerOf(second)).length], [1, 1])
    }).pipe(Effect.provide(layer)))

  it.effect("of an order that nobody has answered: under the same key, which Alpaca takes once", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* alpaca.hideNext("35 minutes")
      yield* alpaca.loseAnswer
      yield* unknown
      yield* alpaca.setShares(request.symbol, Shares.fromUnits(50_000_000_000n))
      yield* completing("1 minute")
      assert.strictEqual((yield* passing(retry(id)))._tag, "Completed")
      assert.deepStrictEqual([(yield* ledger).length, (yield* ledgerOf(second)).length], [1, 0])
    }).pipe(Effect.provide(layer)))

  it.effect("of an order that never got there: under the same key as well, and its deadline counts anew", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* alpaca.strike("requestMint", { _tag: "Dropped" })
      yield* unknown
      yield* completing("1 minute")
      assert.strictEqual((yield* passing(retry(id)))._tag, "Completed")
      assert.lengthOf(yield* ledger, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("of what Alpaca has taken meanwhile: adopted, and not ordered again", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* alpaca.hideNext("40 minutes")
      yield* alpaca.loseAnswer
      yield* unknown
      yield* TestClock.adjust("40 minutes")
      yield* completing("1 minute")
      assert.strictEqual((yield* passing(retry(id)))._tag, "Completed")
      assert.lengthOf(yield* ledger, 1)
      assert.include(yield* eventTypes, "MintRecovered")
      assert.notInclude(yield* eventTypes, "MintRetried")
    }).pipe(Effect.provide(layer)))

  it.effect("while the issuer has it: refused, with who has what", () =>
    Effect.gen(function*() {
      yield* leftIn("MintAccepted")
      yield* TestClock.adjust("30 minutes")
      assert.deepInclude(failure(yield* passing(resume(id))), { reason: "TimedOut", place: "IssuerInTransit" })
      const [taken] = yield* ledger
      yield* refusedBy("StillPossible", retry(id), `Alpaca says Pending of tokenization request ${taken}`)
    }).pipe(Effect.provide(layer)))

  it.effect("is held to the limit of today", () =>
    Effect.gen(function*() {
      yield* refused
      yield* TestClock.adjust("2 minutes")
      yield* refusedBy("AboveLimit", retry(id), "BALLAST_EQUITY_MAX_PER_OPERATION").pipe(
        Effect.updateService(TokenizedEquities, (equities) => ({
          ...equities,
          maxPerOperation: Option.some(Shares.fromUnits(10_000_000_000n))
        }))
      )
    }).pipe(Effect.provide(layer)))

  it.effect("ordered, and the process dies with the answer: resumed, there is one request", () =>
    Effect.gen(function*() {
      const alpaca = yield* refused
      yield* TestClock.adjust("2 minutes")
      yield* alpaca.delayNext("requestMint", "10 minutes")
      const dying = yield* Effect.fork(retry(id))
      yield* settled
      assert.lengthOf(yield* ledgerOf(second), 1)
      yield* passing(Effect.exit(Fiber.interrupt(dying)))
      assert.deepInclude<object>(yield* state, { _tag: "MintRequested" })
      yield* completingAs(second, "1 second")
      assert.strictEqual((yield* passing(resume(id)))._tag, "Completed")
      assert.deepStrictEqual([(yield* ledger).length, (yield* ledgerOf(second)).length], [0, 1])
    }).pipe(Effect.provide(layer)))

  it.effect("a try that is refused as well can be followed by a third", () =>
    Effect.gen(function*() {
      const alpaca = yield* refused
      yield* TestClock.adjust("2 minutes")
      yield* alpaca.failNext("requestMint", error("InsufficientPosition"))
      assert.deepInclude(failure(yield* passing(retry(id))), { reason: "InsufficientPosition", place: "Alpaca" })
      yield* TestClock.adjust("2 minutes")
      const third = ClientRequestId.ofTry(id, 3)
      yield* completingAs(third, "1 second")
      assert.strictEqual((yield* passing(retry(id)))._tag, "Completed")
      assert.deepStrictEqual([(yield* ledgerOf(second)).length, (yield* ledgerOf(third)).length], [0, 1])
    }).pipe(Effect.provide(layer)))
})

describe("something else under our label", () => {
  const mismatch = Effect.gen(function*() {
    const alpaca = yield* AlpacaTokenizationControl
    yield* alpaca.strike("requestMint", { _tag: "Dropped" })
    const started = yield* Effect.fork(Effect.either(passing(execute)))
    yield* settled
    const now = yield* state
    if (now._tag !== "MintRequested") return assert.fail(now._tag)
    yield* alpaca.place(id, { ...now, quantity: Shares.fromUnits(1n) })
    yield* Fiber.join(started)
    assert.include((yield* alerts).map(({ message }) => message).join(), `ballast reconcile ${id}`)
    yield* TestClock.adjust("30 minutes")
    const { place, reason } = failure(yield* passing(resume(id)))
    assert.deepStrictEqual([reason, place], ["Unverifiable", "IssuerInTransit"])
  })

  it.effect("is a failure once the deadline has passed, and can be reconciled", () =>
    Effect.gen(function*() {
      yield* mismatch
      assert.deepInclude<object>(yield* passing(reconcile(id, said)), { _tag: "Reconciled", reconciliation: said })
      assert.lengthOf(yield* ledger, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("is not ordered beside, whoever asks", () =>
    Effect.gen(function*() {
      yield* mismatch
      const left = yield* Effect.flip(passing(retry(id)))
      assert.deepInclude<unknown>(left, { _tag: "AlpacaError", reason: "Mismatch" })
      assert.lengthOf(yield* ledger, 1)
    }).pipe(Effect.provide(layer)))
})

describe("cancel", () => {
  it.effect("nothing is shown until Alpaca has settled: nothing was ordered, the shares are there", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* alpaca.strike("requestMint", { _tag: "Dropped" })
      yield* alpaca.failNext("findMint", error("Unauthenticated"))
      yield* Effect.flip(passing(execute))
      const cancelling = yield* Effect.fork(cancel(id, because))
      yield* TestClock.adjust("119 seconds")
      assert.strictEqual((yield* state)._tag, "MintRequested")
      const end = yield* passing(Fiber.join(cancelling))
      assert.deepStrictEqual(failure(end), { reason: "Cancelled", detail: because, place: "Alpaca", amount: "10.5" })
      assert.lengthOf(yield* ledger, 0)
      yield* TestClock.adjust("2 minutes")
      yield* completingAs(second, "1 second")
      assert.strictEqual((yield* passing(retry(id)))._tag, "Completed")
    }).pipe(Effect.provide(layer)))

  it.effect("what Alpaca has taken all the same goes on, also when it is shown late", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* alpaca.hideNext("90 seconds")
      yield* alpaca.loseAnswer
      yield* alpaca.failNext("findMint", error("Unauthenticated"))
      yield* Effect.flip(passing(execute))
      yield* completing("1 minute")
      assert.strictEqual((yield* passing(cancel(id, because)))._tag, "Completed")
      assert.notInclude(yield* eventTypes, "MintCancelled")
    }).pipe(Effect.provide(layer)))

  it.effect("once it is accepted it is too late", () =>
    Effect.gen(function*() {
      yield* leftIn("MintAccepted")
      yield* refusedBy("NotCancellable", cancel(id, because), "too late", `ballast resume ${id}`)
    }).pipe(Effect.provide(layer)))
})

describe("reconcile", () => {
  it.effect("ends any failure, with what was done about it", () =>
    Effect.gen(function*() {
      yield* leftIn("MintAccepted")
      yield* TestClock.adjust("30 minutes")
      yield* passing(resume(id))
      assert.deepInclude<object>(yield* passing(reconcile(id, said)), { _tag: "Reconciled", reconciliation: said })
      yield* refusedBy("NotRetryable", retry(id), "settled by hand")
      yield* refusedBy("NotReconcilable", reconcile(id, said), "settled by hand")
    }).pipe(Effect.provide(layer)))

  it.effect("what goes on is not settled by hand, nor tried again", () =>
    Effect.gen(function*() {
      yield* leftIn("MintAccepted")
      yield* refusedBy("NotReconcilable", reconcile(id, said), `ballast resume ${id}`)
      yield* refusedBy("NotRetryable", retry(id), `ballast resume ${id}`)
    }).pipe(Effect.provide(layer)))

  it.effect("an unknown id is refused by every verb", () =>
    Effect.gen(function*() {
      yield* refusedBy("UnknownOperation", retry(id))
      yield* refusedBy("UnknownOperation", cancel(id, because))
      yield* refusedBy("UnknownOperation", reconcile(id, said))
      yield* refusedBy("UnknownOperation", recheck(id))
    }).pipe(Effect.provide(layer)))
})
