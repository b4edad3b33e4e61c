/** What the outbox and the chain know of a step that has failed: it is adopted where it had its effect, and only else taken again. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { encodeFunctionData, erc20Abi } from "viem"
import * as Rebalance from "../../../src/domain/UsdcRebalance.ts"
import { ChainControl } from "../../../src/layers/testing/ChainControl.ts"
import { Erc20Control } from "../../../src/layers/testing/Erc20Test.ts"
import * as MemoryChain from "../../../src/layers/testing/MemoryChain.ts"
import { VaultControl } from "../../../src/layers/testing/VaultTest.ts"
import * as UsdcRebalanceManager from "../../../src/managers/UsdcRebalanceManager.ts"
import type { ChainName } from "../../../src/services/Chain.ts"
import { Received, Transferred } from "../../../src/services/Erc20.ts"
import { Leases } from "../../../src/services/Leases.ts"
import { TransactionOutbox, Transactions } from "../../../src/services/TransactionOutbox.ts"
import { passing } from "../Harness.ts"
import {
  depositTx,
  effects,
  execute,
  failure,
  goesWell,
  id,
  key,
  layer,
  minted,
  once,
  state,
  tokens,
  until,
  wallet
} from "../Rebalances.ts"
import { record } from "../Recording.ts"
import { refusalsOf } from "../Refusing.ts"

const refusedBy = refusalsOf(id)

/** A transaction of this step as the outbox has it: broadcast, or mined at depth. Answers its hash. */
const stored = (step: string, chain: ChainName, isMined: boolean) =>
  Effect.scoped(Effect.gen(function*() {
    const world = (yield* ChainControl)[chain]
    const outbox = yield* TransactionOutbox
    const lease = yield* Effect.flatMap(Leases, (leases) => leases.hold(`UsdcRebalance/${id}`))
    const data = encodeFunctionData({ abi: erc20Abi, functionName: "approve", args: [wallet, 1n] })
    yield* world.setBalance(wallet, 10n ** 18n)
    const submit = outbox.submitOnce(key(step), { chain, to: MemoryChain.equity, data }, lease)
    yield* submit
    if (isMined) {
      yield* Effect.repeat(Effect.zipRight(world.mine(1), submit), { until: ({ _tag }) => _tag === "Confirmed" })
    }
    const [row] = yield* Effect.flatMap(Transactions, ({ list }) => list({ operation: id }))
    return row?.signatures[0]?.hash ?? assert.fail("nothing is stored")
  }))

/** As no row does. */
const fails = (
  { make }: typeof Rebalance.FailBridging | typeof Rebalance.FailDeposit,
  place: "EthereumWallet" | "BaseWallet"
) =>
  Effect.flatMap(
    DateTime.now,
    (at) => record(Rebalance.aggregate, id, [make({ reason: "Reverted", detail: "so somebody thought", place, at })])
  )

const wentWell = Effect.gen(function*() {
  assert.strictEqual((yield* state())._tag, "DepositConfirmed")
  assert.deepStrictEqual(yield* effects, once)
})

describe("a burn", () => {
  const failed = Effect.gen(function*() {
    yield* goesWell("AlpacaToBase")
    yield* until(execute("AlpacaToBase"), 3)
    yield* fails(Rebalance.FailBridging, "EthereumWallet")
  })

  it.effect("that is found on the chain is adopted, by recheck as by retry, and burned once", () =>
    Effect.gen(function*() {
      yield* failed
      assert.strictEqual((yield* passing(UsdcRebalanceManager.recheck(id)))._tag, "BridgingFailed", "nothing is there")
      yield* stored("burn", "ethereum", true)
      yield* passing(UsdcRebalanceManager.recheck(id))
      yield* wentWell
    }).pipe(Effect.provide(layer)))

  it.effect("that can still be mined is neither burned again nor reconciled", () =>
    Effect.gen(function*() {
      yield* failed
      yield* stored("burn", "ethereum", false)
      yield* refusedBy("StillPossible", UsdcRebalanceManager.retry(id), "transaction burn, attempt 1", "on ethereum")
      const said = { reason: "Settled", note: "ticket 12" }
      yield* refusedBy("StillPossible", UsdcRebalanceManager.reconcile(id, said), "can still be mined")
    }).pipe(Effect.provide(layer)))
})

describe("a deposit", () => {
  const failed = (received: bigint) =>
    Effect.gen(function*() {
      const vault = yield* VaultControl
      yield* goesWell("AlpacaToBase")
      yield* until(execute("AlpacaToBase"), 6)
      const txHash = yield* stored("deposit", "base", true)
      yield* vault.setDeposited(txHash, Received.Confirmed({ amount: tokens(received) }))
      yield* fails(Rebalance.FailDeposit, "BaseWallet")
      return vault
    })

  it.effect("that moved nothing is followed by a further attempt, once a person says so", () =>
    Effect.gen(function*() {
      const vault = yield* failed(0n)
      yield* vault.setMoved(key("deposit", 2), Transferred.Sent({ txHash: depositTx, amount: tokens(minted) }))
      assert.strictEqual((yield* passing(UsdcRebalanceManager.recheck(id)))._tag, "DepositFailed", "that is no news")
      yield* passing(UsdcRebalanceManager.retry(id))
      yield* wentWell
      assert.deepStrictEqual((yield* vault.moves).map(({ key }) => key.attempt), [2])
    }).pipe(Effect.provide(layer)))

  it.effect("that has moved it after all is adopted", () =>
    Effect.gen(function*() {
      const vault = yield* failed(minted)
      yield* passing(UsdcRebalanceManager.retry(id))
      yield* wentWell
      assert.deepStrictEqual((yield* vault.moves).map(({ key }) => key.attempt), [1])
    }).pipe(Effect.provide(layer)))

  it.effect("of which no node shows what it has moved is left alone", () =>
    Effect.gen(function*() {
      const vault = yield* failed(minted)
      const [row] = yield* Effect.flatMap(Transactions, ({ list }) => list({ operation: id }))
      yield* vault.setDeposited(row?.signatures[0]?.hash ?? depositTx, Received.NotMined())
      yield* refusedBy("StillPossible", UsdcRebalanceManager.retry(id), "no node shows the receipt")
      assert.strictEqual(failure(yield* state()).reason, "Reverted")
    }).pipe(Effect.provide(layer)))

  it.effect("to Alpaca is looked for at its own address", () =>
    Effect.gen(function*() {
      const erc20 = yield* Erc20Control
      yield* goesWell("BaseToAlpaca")
      yield* until(execute("BaseToAlpaca"), 6)
      const txHash = yield* stored("deposit", "ethereum", true)
      yield* erc20.setReceived(txHash, Received.Confirmed({ amount: tokens(minted) }))
      yield* fails(Rebalance.FailDeposit, "EthereumWallet")
      yield* passing(UsdcRebalanceManager.recheck(id))
      yield* wentWell
    }).pipe(Effect.provide(layer)))
})
