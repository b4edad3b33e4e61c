/** The outbox over chains in memory, under a clock that the test moves. */
import { assert } from "@effect/vitest"
import { Effect, Exit, Layer, Scope, TestClock } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { encodeFunctionData, erc20Abi } from "viem"
import * as Address from "../../../../src/domain/Address.ts"
import { OperationId } from "../../../../src/domain/OperationId.ts"
import { ChainControl } from "../../../../src/layers/testing/ChainControl.ts"
import * as ChainTest from "../../../../src/layers/testing/ChainTest.ts"
import * as MemoryChain from "../../../../src/layers/testing/MemoryChain.ts"
import * as TransactionOutboxTest from "../../../../src/layers/testing/TransactionOutboxTest.ts"
import { Alerts } from "../../../../src/services/Alerts.ts"
import { BaseChain } from "../../../../src/services/Chain.ts"
import { Leases } from "../../../../src/services/Leases.ts"
import { type PreparedTransaction, Signer } from "../../../../src/services/Signer.ts"
import { type OutboxCall, TransactionOutbox, Transactions } from "../../../../src/services/TransactionOutbox.ts"

const operation = OperationId.make("6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e")
const other = OperationId.make("7a2c9f1f-7b2c-4054-8b60-1a6b4b2d3e4f")
const theirs = Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")
export const { wallet } = TransactionOutboxTest

export const key = { operation, step: "transfer", attempt: 1 }

/** So many units of the equity to somebody else. */
export const transferOf = (units: bigint): OutboxCall => ({
  chain: "base",
  to: MemoryChain.equity,
  data: encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [theirs, units] })
})

export const transfer = transferOf(5n)

/** Three confirmations on Base. */
export const layer = TransactionOutboxTest.over().pipe(
  Layer.provideMerge(ChainTest.layer({ confirmations: { base: 3 } }))
)

/** Our wallet has tokens, and gas. */
export const funded = Effect.gen(function*() {
  const { base } = yield* ChainControl
  yield* base.setBalance(wallet, 10n ** 18n)
  yield* base.giveEquity(wallet, 100n)
  return base
})

/** Each its own: who drives an operation is not the outbox's to decide. */
let leases = 0
export const lease = Effect.flatMap(Leases, ({ hold }) => hold(`Test/${++leases}`))

export const submit = (call = transfer, under = key) =>
  Effect.scoped(Effect.gen(function*() {
    const outbox = yield* TransactionOutbox
    return yield* outbox.submitOnce(under, call, yield* lease)
  }))

export const cancel = (why: string, under = key) =>
  Effect.scoped(Effect.gen(function*() {
    const outbox = yield* TransactionOutbox
    return yield* outbox.cancel(under, why, yield* lease)
  }))

/** What is stored under the key. */
export const stored = (under = key) =>
  Effect.flatMap(
    Transactions,
    ({ list }) =>
      Effect.map(list({ operation: under.operation }), (all) =>
        all.find((one) =>
          one.key.step === under.step && one.key.attempt === under.attempt
        ) ?? assert.fail("not stored"))
  )

export const all = Effect.flatMap(Transactions, ({ list }) => list())

/** What truly happened: the units of every transfer that is on the chain. */
export const sent = Effect.flatMap(
  ChainControl,
  ({ base }) => Effect.map(base.sent(wallet), (transfers) => transfers.map(({ units }) => units))
)

export const gwei = 1_000_000_000n
export const theirKey = { operation: other, step: "transfer", attempt: 1 }
export const second = { ...key, attempt: 2 }

export const alerts = Effect.flatMap(
  Alerts,
  ({ raised }) => Effect.map(raised, (all) => all.map(({ condition }) => condition.replace(/^[^/]*\//, "")))
)

/** A transaction that our key signs and our outbox does not know: of nothing to somebody else unless told otherwise. */
export const foreign = (nonce: number, call: Partial<Pick<PreparedTransaction, "to" | "data" | "value">> = {}) =>
  Effect.gen(function*() {
    const signer = yield* Signer
    const chain = yield* BaseChain
    const raw = yield* signer.sign({
      chainId: 8453,
      nonce,
      to: Address.make("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"),
      data: "0x",
      value: 0n,
      gas: 90_000n,
      maxFeePerGas: 50n * gwei,
      maxPriorityFeePerGas: gwei,
      ...call
    })
    return yield* chain.broadcast(raw)
  })

/** Blocks and looks, until the answer is final. */
export const untilOver = (under = key, call = transfer) =>
  Effect.gen(function*() {
    const { base } = yield* ChainControl
    for (let looks = 0; looks < 30; looks++) {
      const submitted = yield* submit(call, under)
      if (submitted._tag !== "Pending" && submitted._tag !== "Unconfirmed") return submitted
      yield* TestClock.adjust("10 seconds")
      yield* base.mine(1)
    }
    return assert.fail("never over")
  })

/** One world, and one Ballast after the other over one file. No finalizer of one that is not ended runs. */
export const world = Effect.gen(function*() {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(path.join(tmpdir(), "ballast-outbox-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
  const chains = yield* Layer.build(ChainTest.layer({ confirmations: { base: 3 } }))
  const born = (options: Parameters<typeof TransactionOutboxTest.over>[0] = {}) =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const life = TransactionOutboxTest.over({ database: path.join(folder, "ballast.db"), ...options }).pipe(
        Layer.provideMerge(Layer.succeedContext(chains))
      )
      return { life: yield* Layer.buildWithScope(life, scope), end: Scope.close(scope, Exit.void) }
    })
  return { born }
})
