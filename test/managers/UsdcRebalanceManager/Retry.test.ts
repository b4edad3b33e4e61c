/** A new try of what has failed: only once nothing of the old one can still happen, and from where the money is. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { AlpacaWalletControl } from "../../../src/layers/testing/AlpacaWalletTest.ts"
import { CctpControl } from "../../../src/layers/testing/CctpBridgeTest.ts"
import { Erc20Control } from "../../../src/layers/testing/Erc20Test.ts"
import { VaultControl } from "../../../src/layers/testing/VaultTest.ts"
import * as UsdcRebalanceManager from "../../../src/managers/UsdcRebalanceManager.ts"
import { AlpacaError } from "../../../src/services/AlpacaError.ts"
import { Received, Transferred } from "../../../src/services/Erc20.ts"
import { EventStore } from "../../../src/services/EventStore.ts"
import { OutboxError } from "../../../src/services/TransactionOutbox.ts"
import { passing } from "../Harness.ts"
import {
  amount,
  depositTx,
  effects,
  eventTypes,
  execute as executeOf,
  failure,
  goesWell,
  hash,
  id,
  inVault,
  key,
  layer,
  minted,
  once,
  other,
  state,
  tokens,
  until,
  usdc,
  wallet,
  withdrawTx
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
const reverts = (step: string) => new OutboxError({ reason: "Reverts", key: key(step), detail: "as told" })
const { resume, retry } = UsdcRebalanceManager

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

describe("retry of a withdrawal from Alpaca", () => {
  it.effect("that ended as FAILED without a transaction orders anew, and never takes the old one for it", () =>
    Effect.gen(function*() {
      const { alpaca, erc20 } = yield* given
      const first = yield* held
      yield* alpaca.fail(first)
      assert.deepInclude(failure(yield* passing(resume(id))), { reason: "Rejected", place: "Alpaca" })
      yield* alpaca.setOutcome("send")
      yield* erc20.setReceived(withdrawTx.AlpacaToBase, Received.NotMined())
      // Ordered, and the process dies with the answer.
      yield* alpaca.strike("orderWithdrawal", "AnswerLost")
      const dying = yield* Effect.fork(retry(id))
      yield* TestClock.adjust("125 seconds")
      yield* Fiber.interrupt(dying)
      const [, second] = yield* alpaca.withdrawals
      assert.isDefined(second)
      yield* erc20.setReceived(yield* alpaca.complete(second ?? first), Received.Confirmed({ amount: tokens(amount) }))
      const end = yield* passing(resume(id))
      assert.deepInclude<object>(end, { _tag: "DepositConfirmed", abandoned: [first] })
      assert.deepInclude<object>(end, { withdrawal: { _tag: "AlpacaTransfer", id: second } })
      assert.deepStrictEqual(yield* effects, { ...once, withdrawals: 2 })
    }).pipe(Effect.provide(layer)))

  it.effect("that nobody has seen: nothing is ordered within the settling time, and what shows up then is adopted", () =>
    Effect.gen(function*() {
      const { alpaca } = yield* given
      yield* goesWell("AlpacaToBase")
      yield* until(executeOf("AlpacaToBase"), 1)
      yield* TestClock.adjust("7 minutes")
      assert.deepInclude(failure(yield* passing(resume(id))), { reason: "TimedOut", place: "AlpacaInTransit" })
      const retried = yield* Effect.fork(retry(id))
      yield* TestClock.adjust("119 seconds")
      assert.lengthOf(yield* alpaca.withdrawals, 0)
      yield* alpaca.place({ amount, address: wallet })
      yield* passing(Fiber.join(retried))
      yield* wentWell
    }).pipe(Effect.provide(layer)))

  it.effect("that nobody has ever seen is ordered again", () =>
    Effect.gen(function*() {
      yield* goesWell("AlpacaToBase")
      yield* until(executeOf("AlpacaToBase"), 1)
      yield* TestClock.adjust("7 minutes")
      yield* passing(resume(id))
      yield* passing(retry(id))
      yield* wentWell
    }).pipe(Effect.provide(layer)))

  it.effect("that is still on its way is refused: who has it, and what to do", () =>
    Effect.gen(function*() {
      const transfer = yield* held
      yield* TestClock.adjust("7 minutes")
      assert.deepInclude(failure(yield* passing(resume(id))), { reason: "TimedOut", place: "AlpacaInTransit" })
      yield* refusedBy("StillPossible", retry(id), `Alpaca says Processing of transfer ${transfer}`, "ballast recheck")
    }).pipe(Effect.provide(layer)))

  it.effect("that has come meanwhile goes on with it", () =>
    Effect.gen(function*() {
      const { alpaca } = yield* given
      const transfer = yield* held
      yield* TestClock.adjust("7 minutes")
      yield* passing(resume(id))
      yield* alpaca.complete(transfer)
      yield* passing(retry(id))
      yield* wentWell
    }).pipe(Effect.provide(layer)))

  it.effect("is refused as long as our wallet is not on the whitelist", () =>
    Effect.gen(function*() {
      const { alpaca } = yield* given
      yield* goesWell("AlpacaToBase")
      yield* alpaca.failNext("orderWithdrawal", error("NotWhitelisted"))
      yield* passing(executeOf("AlpacaToBase"))
      yield* alpaca.setWhitelisting("Pending")
      yield* refusedBy("NotWhitelisted", retry(id), "pending on Alpaca's whitelist")
      yield* alpaca.setWhitelisting("Approved")
      yield* passing(retry(id))
      yield* wentWell
    }).pipe(Effect.provide(layer)))

  it.effect("that brought more than was asked for goes on with what was asked for, and names the rest", () =>
    Effect.gen(function*() {
      const { erc20 } = yield* given
      yield* goesWell("AlpacaToBase")
      yield* erc20.setReceived(withdrawTx.AlpacaToBase, Received.Confirmed({ amount: tokens(usdc(1000.5)) }))
      assert.deepInclude(failure(yield* passing(executeOf("AlpacaToBase"))), { reason: "Unverifiable" })
      yield* passing(retry(id))
      yield* wentWell
      const store = yield* EventStore
      assert.include(JSON.stringify(yield* store.history(id)), "the other 0.5 stay in our wallet")
    }).pipe(Effect.provide(layer)))
})

describe("retry of what is in our wallet, or on its way", () => {
  it.effect("a withdrawal that came short goes on with what came", () =>
    Effect.gen(function*() {
      const { erc20 } = yield* given
      yield* goesWell("BaseToAlpaca")
      yield* erc20.setReceived(withdrawTx.BaseToAlpaca, Received.Confirmed({ amount: tokens(usdc(300)) }))
      assert.deepInclude(failure(yield* passing(executeOf("BaseToAlpaca"))), { reason: "Short", place: "BaseWallet" })
      yield* until(retry(id), 6)
      assert.deepInclude<object>(yield* effects, { withdrawals: 1, burns: [usdc(300)] })
    }).pipe(Effect.provide(layer)))

  it.effect("a mint that would still revert is not tried again", () =>
    Effect.gen(function*() {
      const { cctp } = yield* given
      yield* goesWell("AlpacaToBase")
      yield* until(executeOf("AlpacaToBase"), 5)
      yield* cctp.failNextSending(reverts("mint"))
      yield* cctp.setMintable(false)
      yield* passing(resume(id))
      yield* refusedBy("StillPossible", retry(id), "would still be refused")
    }).pipe(Effect.provide(layer)))

  it.effect("a deposit that Alpaca has is not made again; credited, it is adopted", () =>
    Effect.gen(function*() {
      const { alpaca, erc20 } = yield* given
      yield* goesWell("BaseToAlpaca")
      yield* alpaca.setOutcome("hold")
      yield* erc20.setTransferred(key("deposit"), Transferred.Sent({ txHash: hash("d2"), amount: tokens(minted) }))
      assert.deepInclude(failure(yield* passing(executeOf("BaseToAlpaca"))), { place: "AlpacaInTransit" })
      yield* refusedBy("StillPossible", retry(id), hash("d2"))
      yield* alpaca.credit(yield* alpaca.deposit({ amount: minted, txHash: hash("d2") }))
      yield* passing(retry(id))
      yield* wentWell
    }).pipe(Effect.provide(layer)))

  it.effect("what has settled becomes live again, and is held to the limits", () =>
    Effect.gen(function*() {
      const { cctp } = yield* given
      yield* goesWell("AlpacaToBase")
      yield* cctp.failNextSending(reverts("burn"))
      yield* passing(executeOf("AlpacaToBase"))
      yield* until(executeOf("AlpacaToBase", other), 1, other)
      yield* refusedBy("AnotherInFlight", retry(id), other, "BALLAST_USDC_CONCURRENT")
    }).pipe(Effect.provide(layer)))

  it.effect("a withdrawal from a vault that has less by now is not ordered", () =>
    Effect.gen(function*() {
      const { vault } = yield* given
      yield* goesWell("BaseToAlpaca")
      yield* vault.setMoved(key("withdraw"), Transferred.Reverted({ txHash: hash("e1"), why: "as told" }))
      yield* passing(executeOf("BaseToAlpaca"))
      yield* inVault(usdc(999))
      yield* refusedBy("InsufficientBalance", retry(id), "999 USDC")
    }).pipe(Effect.provide(layer)))

  it.effect("ordered, and the process dies: resumed, it happens once", () =>
    Effect.gen(function*() {
      const { vault } = yield* given
      yield* goesWell("AlpacaToBase")
      yield* vault.setMoved(key("deposit"), Transferred.Reverted({ txHash: hash("e1"), why: "as told" }))
      yield* passing(executeOf("AlpacaToBase"))
      yield* vault.setMoved(key("deposit"), Transferred.Sent({ txHash: depositTx, amount: tokens(minted) }))
      yield* until(retry(id), (yield* eventTypes()).length + 1)
      assert.strictEqual((yield* state())._tag, "Bridged")
      yield* passing(resume(id))
      yield* wentWell
    }).pipe(Effect.provide(layer)))
})
