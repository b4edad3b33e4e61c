/** What the outbox takes on, and what not. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ChainControl } from "../../../../src/layers/testing/ChainControl.ts"
import { TransactionOutbox } from "../../../../src/services/TransactionOutbox.ts"
import {
  alerts,
  all,
  cancel,
  foreign,
  funded,
  gwei,
  key,
  layer,
  lease,
  second,
  sent,
  stored,
  submit,
  transfer,
  transferOf,
  untilOver,
  wallet
} from "./Harness.ts"

describe("submitOnce", () => {
  it.effect("sends once, and answers how far it is", () =>
    Effect.gen(function*() {
      const base = yield* funded
      assert.strictEqual((yield* submit())._tag, "Pending")
      assert.strictEqual((yield* submit())._tag, "Pending")
      yield* base.mine(1)
      assert.deepInclude(yield* submit(), { _tag: "Unconfirmed", confirmations: 1, required: 3 })
      assert.strictEqual((yield* stored()).status, "mined")
      yield* base.mine(2)
      assert.strictEqual((yield* submit())._tag, "Confirmed")
      assert.strictEqual((yield* submit())._tag, "Confirmed", "also when it is over")
      assert.deepStrictEqual(yield* sent, [5n])
      assert.lengthOf(yield* all, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("one key stands for one call", () =>
    Effect.gen(function*() {
      yield* funded
      yield* submit()
      const error = yield* Effect.flip(submit(transferOf(6n)))
      assert.strictEqual(error._tag === "OutboxError" && error.reason, "OtherCall")
      assert.deepStrictEqual(yield* Effect.zipRight(untilOver(), sent), [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("many at once have nonces without a gap, and each is sent once", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.giveEquity(wallet, 1_000n)
      const outbox = yield* TransactionOutbox
      const held = yield* lease
      const keys = Array.from({ length: 20 }, (_, i) => ({ ...key, step: `transfer ${i}` }))
      yield* Effect.forEach(keys, (key, i) => outbox.submitOnce(key, transferOf(BigInt(i)), held), {
        concurrency: "unbounded"
      })
      yield* base.mine(3)
      yield* Effect.forEach(keys, (key, i) => outbox.submitOnce(key, transferOf(BigInt(i)), held))
      const rows = yield* all
      assert.deepStrictEqual(rows.map(({ nonce }) => nonce).toSorted((a, b) => a - b), keys.map((_, i) => i))
      assert.isTrue(rows.every(({ status }) => status === "confirmed"))
      assert.sameMembers(yield* Effect.map(sent, (units) => [...units]), keys.map((_, i) => BigInt(i)))
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.effect("begins after what else of ours waits in the mempool", () =>
    Effect.gen(function*() {
      yield* funded
      yield* foreign(0)
      assert.deepInclude(yield* submit(), { _tag: "Pending", nonce: 1 })
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
    }).pipe(Effect.provide(layer)))
})

describe("nothing is stored, and nothing sent", () => {
  const untouched = Effect.gen(function*() {
    const { base } = yield* ChainControl
    assert.lengthOf(yield* all, 0)
    assert.notInclude(yield* base.calls, "broadcast")
  })

  it.effect("where the call would revert: the reason is told", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.pauseEquity(true)
      const error = yield* Effect.flip(submit())
      assert.strictEqual(error._tag === "OutboxError" && error.reason, "Reverts")
      assert.strictEqual(error.kind, "permanent")
      assert.include(error.message, "EquityToken: paused")
      yield* untouched
    }).pipe(Effect.provide(layer)))

  it.effect("where the gas cannot be paid: what is missing is told", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.setBalance(wallet, 50_000n * gwei)
      const error = yield* Effect.flip(submit())
      assert.strictEqual(error._tag === "OutboxError" && error.reason, "InsufficientFunds")
      // 75,000 gas at 2 x 1 gwei + 0.001 gwei.
      assert.include(error.message, "can cost 0.000150075 ETH")
      assert.include(error.message, `our wallet ${wallet} has 0.00005 ETH`)
      assert.include(error.message, "0.000100075 ETH or more")
      yield* untouched
    }).pipe(Effect.provide(layer)))

  it.effect("where gas costs more than the ceiling: a person is told, and it goes on when it is cheaper", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.setBaseFee(201n * gwei)
      const error = yield* Effect.flip(submit())
      assert.strictEqual(error._tag === "OutboxError" && error.reason, "FeesTooHigh")
      assert.strictEqual(error.kind, "transient")
      assert.deepStrictEqual(yield* alerts, ["transfer/1/fee-ceiling"])
      yield* untouched
      yield* base.setBaseFee(150n * gwei)
      assert.strictEqual((yield* submit())._tag, "Pending")
      assert.strictEqual((yield* stored()).signatures[0]?.maxFeePerGas, 200n * gwei)
    }).pipe(Effect.provide(layer)))

  it.effect("for whoever has lost the right to drive the operation", () =>
    Effect.gen(function*() {
      yield* funded
      const outbox = yield* TransactionOutbox
      const released = yield* Effect.scoped(lease)
      const error = yield* Effect.flip(outbox.submitOnce(key, transfer, released))
      assert.strictEqual(error._tag, "LeaseLost")
      yield* untouched
    }).pipe(Effect.provide(layer)))

  it.effect("while the chain cannot be asked", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.unavailable
      assert.strictEqual((yield* Effect.flip(submit())).kind, "transient")
      yield* base.available
      yield* untouched
    }).pipe(Effect.provide(layer)))
})

describe("cancel", () => {
  it.effect("takes the place of what waits; nothing moves, and there may be another attempt", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      yield* cancel("an operator said so")
      const end = yield* untilOver()
      assert.strictEqual(end._tag === "Cancelled" && end.why, "an operator said so")
      assert.deepStrictEqual(yield* sent, [])
      assert.strictEqual((yield* untilOver(second))._tag, "Confirmed")
      yield* base.mine(1)
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("comes too late: then the call counts", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      yield* base.mine(1)
      assert.strictEqual((yield* cancel("too late"))._tag, "Unconfirmed")
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.strictEqual((yield* cancel("much too late"))._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("of what was never stored there is nothing", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(cancel("why not"))
      assert.strictEqual(error._tag === "OutboxError" && error.reason, "NotFound")
    }).pipe(Effect.provide(layer)))
})
