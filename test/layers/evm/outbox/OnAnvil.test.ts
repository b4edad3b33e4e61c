/** The bad days that a real node can have: each is first seen to happen, and then there is exactly one transfer. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, TestClock } from "effect"
import { randomUUID } from "node:crypto"
import { encodeFunctionData, erc20Abi } from "viem"
import { afterAll } from "vitest"
import * as Address from "../../../../src/domain/Address.ts"
import { OperationId } from "../../../../src/domain/OperationId.ts"
import { ChainWorld } from "../../../../src/layers/testing/ChainWorld.ts"
import * as TransactionOutboxTest from "../../../../src/layers/testing/TransactionOutboxTest.ts"
import { Alerts } from "../../../../src/services/Alerts.ts"
import { BaseChain } from "../../../../src/services/Chain.ts"
import { Leases } from "../../../../src/services/Leases.ts"
import { Signer } from "../../../../src/services/Signer.ts"
import { TransactionOutbox, Transactions } from "../../../../src/services/TransactionOutbox.ts"
import * as AnvilChains from "../AnvilChains.ts"

const gwei = 1_000_000_000n
const theirs = Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")

const nodes = AnvilChains.runtime()
afterAll(() => nodes.dispose())

/** A Ballast of its own over the shared nodes: what one of them knows the others do not. */
const ballast = TransactionOutboxTest.over().pipe(Layer.provideMerge(AnvilChains.shared(nodes)))

/** One operation of one Ballast. */
const given = Effect.gen(function*() {
  const outbox = yield* TransactionOutbox
  const transactions = yield* Transactions
  const { base } = yield* ChainWorld
  const operation = OperationId.make(randomUUID())
  const lease = yield* Effect.flatMap(Leases, ({ hold }) => hold(`Test/${operation}`))
  yield* base.setBalance(outbox.wallet, 10n ** 18n)
  yield* base.giveEquity(outbox.wallet, 1_000n)
  yield* base.setBaseFee(gwei)
  yield* base.mine(1)
  const before = (yield* base.sent(outbox.wallet)).length
  const call = {
    chain: "base",
    to: base.equity,
    data: encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [theirs, 5n] })
  } as const
  const submit = (attempt = 1) => outbox.submitOnce({ operation, step: "transfer", attempt }, call, lease)
  return {
    base,
    submit,
    stored: transactions.list({ operation }),
    alerts: Effect.map(
      Effect.flatMap(Alerts, ({ raised }) => raised),
      (all) => all.filter((alert) => alert.operation === operation).map(({ condition }) => condition.split("/").at(-1))
    ),
    sent: Effect.map(base.sent(outbox.wallet), (all) => all.slice(before).map(({ units }) => units)),
    over: (attempt = 1) =>
      Effect.repeat(
        Effect.zipRight(Effect.zipRight(TestClock.adjust("10 seconds"), base.mine(1)), submit(attempt)),
        { until: ({ _tag }) => _tag !== "Pending" && _tag !== "Unconfirmed", times: 40 }
      )
  }
})

/** A transaction of our key that no outbox knows, at the next nonce that the node would give. */
const foreign = Effect.gen(function*() {
  const signer = yield* Signer
  const chain = yield* BaseChain
  const nonce = yield* chain.nonce(signer.address, "pending")
  const raw = yield* signer.sign({
    chainId: 8453,
    nonce,
    to: theirs,
    data: "0x",
    value: 0n,
    gas: 21_000n,
    maxFeePerGas: 20n * gwei,
    maxPriorityFeePerGas: gwei
  })
  return { nonce, raw, broadcast: chain.broadcast(raw) }
})

describe("on a real node", () => {
  it.effect("it forgets the mempool", () =>
    Effect.gen(function*() {
      const { base, over, sent, stored, submit } = yield* given
      yield* submit()
      yield* base.forgetPool
      yield* base.mine(3)
      assert.deepStrictEqual(yield* sent, [])
      assert.strictEqual((yield* over())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
      assert.lengthOf((yield* stored)[0]?.signatures ?? [], 1)
    }).pipe(Effect.scoped, Effect.provide(ballast)))

  it.effect("the fee spikes after the broadcast", () =>
    Effect.gen(function*() {
      const { base, over, sent, stored, submit } = yield* given
      yield* submit()
      yield* base.setBaseFee(30n * gwei)
      yield* base.mine(3)
      assert.deepStrictEqual(yield* sent, [])
      yield* TestClock.adjust("3 minutes")
      assert.strictEqual((yield* over())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
      const [row] = yield* stored
      assert.lengthOf(row?.signatures ?? [], 2)
      assert.strictEqual(Option.getOrThrow(row?.mined ?? Option.none()).hash, row?.signatures[1]?.hash)
    }).pipe(Effect.scoped, Effect.provide(ballast)))

  it.effect("the fee spikes over the ceiling, and comes down again", () =>
    Effect.gen(function*() {
      const { alerts, base, over, sent, stored, submit } = yield* given
      yield* submit()
      yield* base.setBaseFee(250n * gwei)
      yield* base.mine(1)
      for (let looks = 0; looks < 10; looks++) {
        yield* TestClock.adjust("3 minutes")
        assert.strictEqual((yield* submit())._tag, "Pending")
      }
      assert.deepStrictEqual(yield* alerts, ["stuck-at-fee-ceiling"])
      assert.isTrue((yield* stored)[0]?.signatures.every(({ maxFeePerGas }) => maxFeePerGas <= 200n * gwei))
      assert.deepStrictEqual(yield* sent, [])
      yield* base.setBaseFee(gwei)
      yield* base.mine(1)
      assert.strictEqual((yield* over())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.scoped, Effect.provide(ballast)))

  it.effect("a reorganisation of two blocks", () =>
    Effect.gen(function*() {
      const { base, over, sent, submit } = yield* given
      yield* submit()
      yield* base.mine(2)
      assert.deepStrictEqual(yield* sent, [5n])
      assert.strictEqual((yield* submit())._tag, "Unconfirmed")
      yield* base.reorganise(2)
      assert.deepStrictEqual(yield* sent, [])
      assert.strictEqual((yield* over())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.scoped, Effect.provide(ballast)))

  it.effect("a second Ballast with our key takes the nonce that we have reserved", () =>
    Effect.gen(function*() {
      const { alerts, base, over, sent, stored, submit } = yield* given
      const other = yield* foreign
      yield* submit()
      yield* base.forgetPool
      assert.strictEqual((yield* other.broadcast).answer, "Accepted")
      yield* base.mine(1)
      assert.strictEqual((yield* stored)[0]?.nonce, other.nonce)
      assert.deepStrictEqual(yield* sent, [])
      assert.strictEqual((yield* over())._tag, "Displaced")
      assert.deepStrictEqual(yield* alerts, ["displaced"])
      assert.strictEqual((yield* over(2))._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
      assert.strictEqual((yield* stored)[1]?.nonce, other.nonce + 1)
    }).pipe(Effect.scoped, Effect.provide(ballast)))

  it.effect("what waited before ours vanishes, and leaves a gap", () =>
    Effect.gen(function*() {
      const { base, over, sent, stored, submit } = yield* given
      const other = yield* foreign
      assert.strictEqual((yield* other.broadcast).answer, "Accepted")
      yield* submit()
      yield* base.forgetPool
      yield* base.mine(2)
      assert.deepStrictEqual(yield* sent, [])
      assert.strictEqual((yield* over())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
      assert.deepStrictEqual((yield* stored).map(({ nonce, status }) => [nonce - other.nonce, status]), [
        [1, "confirmed"],
        [0, "cancelled"]
      ])
    }).pipe(Effect.scoped, Effect.provide(ballast)))
})
