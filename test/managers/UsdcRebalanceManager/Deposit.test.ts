/** Vault and Alpaca at the ends: withdrawals from the vault, and deposits into either. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as Outcome from "../../../src/domain/Outcome.ts"
import * as Rebalance from "../../../src/domain/UsdcRebalance.ts"
import { AlpacaWalletControl } from "../../../src/layers/testing/AlpacaWalletTest.ts"
import { Erc20Control } from "../../../src/layers/testing/Erc20Test.ts"
import { VaultControl } from "../../../src/layers/testing/VaultTest.ts"
import * as UsdcRebalanceManager from "../../../src/managers/UsdcRebalanceManager.ts"
import { Received, Transferred } from "../../../src/services/Erc20.ts"
import { OutboxError } from "../../../src/services/TransactionOutbox.ts"
import { toAlpaca } from "../../domain/UsdcRebalanceExamples.ts"
import { alerts, passing } from "../Harness.ts"
import {
  amount,
  depositTx,
  directions,
  effects,
  execute as executeOf,
  failure,
  goesWell,
  hash,
  id,
  key,
  layer,
  layerWith,
  minted,
  once,
  state,
  tokens,
  until,
  usdc,
  withdrawTx
} from "../Rebalances.ts"
import { record } from "../Recording.ts"

const isSettled = Effect.map(state(), (state) => Outcome.settled(Rebalance.aggregate.outcome(state)))
const given = Effect.gen(function*() {
  return { alpaca: yield* AlpacaWalletControl, erc20: yield* Erc20Control, vault: yield* VaultControl }
})
const reverts = (step: string) =>
  new OutboxError({ reason: "Reverts", key: key(step), detail: "on base it would revert now: as told" })

describe("Requested, from the vault", () => {
  const execute = executeOf("BaseToAlpaca")

  for (
    const [name, moved, reason] of [
      ["reverts", Transferred.Reverted({ txHash: hash("e1"), why: "as told" }), "Reverted"],
      ["is cancelled", Transferred.Dead({ isOurs: true, why: "an operator's" }), "Cancelled"]
    ] as const
  ) {
    it.effect(`a withdrawal that ${name}: failed, the USDC are in the vault`, () =>
      Effect.gen(function*() {
        const { vault } = yield* given
        yield* goesWell("BaseToAlpaca")
        yield* vault.setMoved(key("withdraw"), moved)
        const end = failure(yield* passing(execute))
        assert.deepInclude(end, { reason, place: "Vault", amount: "1000" })
        assert.isTrue(yield* isSettled)
        assert.deepStrictEqual((yield* effects).burns, [])
      }).pipe(Effect.provide(layer)))
  }

  it.effect("a withdrawal that would revert is not sent", () =>
    Effect.gen(function*() {
      const { vault } = yield* given
      yield* goesWell("BaseToAlpaca")
      yield* vault.failNextSending(reverts("withdraw"))
      // The first look is at the balance.
      const end = yield* passing(Effect.either(execute))
      assert.strictEqual(end._tag === "Right" ? failure(end.right).reason : end.left._tag, "Reverted")
    }).pipe(Effect.provide(layer)))

  it.effect("a vault that pays nothing: failed, the USDC are in the vault", () =>
    Effect.gen(function*() {
      const { erc20 } = yield* given
      yield* goesWell("BaseToAlpaca")
      yield* erc20.setReceived(withdrawTx.BaseToAlpaca, Received.Confirmed({ amount: tokens(0n) }))
      const end = failure(yield* passing(execute))
      assert.deepInclude(end, { reason: "Short", place: "Vault", amount: "1000" })
      assert.deepStrictEqual((yield* effects).burns, [])
    }).pipe(Effect.provide(layer)))

  for (const shortWithdrawal of ["fail", "continue"] as const) {
    it.effect(`a vault that pays less than was asked, where that is to ${shortWithdrawal}`, () =>
      Effect.gen(function*() {
        const { erc20 } = yield* given
        yield* goesWell("BaseToAlpaca")
        yield* erc20.setReceived(withdrawTx.BaseToAlpaca, Received.Confirmed({ amount: tokens(usdc(300)) }))
        if (shortWithdrawal === "continue") {
          yield* until(execute, 4)
          assert.deepStrictEqual((yield* effects).burns, [usdc(300)])
        } else {
          const end = failure(yield* passing(execute))
          assert.deepInclude(end, { reason: "Short", place: "BaseWallet", amount: "300" })
          assert.deepStrictEqual((yield* effects).burns, [])
        }
      }).pipe(Effect.provide(layerWith({ shortWithdrawal }))))
  }
})

describe.each(directions)("Bridged, %s", (direction) => {
  const execute = executeOf(direction)
  const place = direction === "AlpacaToBase" ? "BaseWallet" : "EthereumWallet"
  const setDeposit = (moved: Transferred) =>
    Effect.flatMap(given, ({ erc20, vault }) =>
      direction === "AlpacaToBase"
        ? vault.setMoved(key("deposit"), moved)
        : erc20.setTransferred(key("deposit"), moved))

  for (
    const [name, moved, reason] of [
      ["reverts", Transferred.Reverted({ txHash: hash("e1"), why: "as told" }), "Reverted"],
      ["moves nothing", Transferred.Sent({ txHash: hash("e1"), amount: tokens(0n) }), "Reverted"],
      ["is cancelled", Transferred.Dead({ isOurs: true, why: "an operator's" }), "Cancelled"]
    ] as const
  ) {
    it.effect(`a deposit that ${name}: failed, what was minted is in our wallet`, () =>
      Effect.gen(function*() {
        yield* goesWell(direction)
        yield* setDeposit(moved)
        const end = failure(yield* passing(execute))
        assert.deepInclude(end, { reason, place, amount: "999.9" })
        assert.isTrue(yield* isSettled)
      }).pipe(Effect.provide(layer)))
  }
})

describe("DepositInitiated", () => {
  it.effect("the vault took less than was minted: finished with that, and a person is told", () =>
    Effect.gen(function*() {
      const { vault } = yield* given
      yield* goesWell("AlpacaToBase")
      yield* vault.setDeposited(depositTx, Received.Confirmed({ amount: tokens(usdc(999)) }))
      const end = yield* passing(executeOf("AlpacaToBase"))
      assert.deepInclude(end, { _tag: "DepositConfirmed", credited: usdc(999) })
      assert.lengthOf((yield* alerts).filter(({ message }) => message.includes("999 were credited")), 1)
    }).pipe(Effect.provide(layer)))

  it.effect("a deposit that Alpaca never credits: not settled, Alpaca has it; credited later, it is adopted", () =>
    Effect.gen(function*() {
      const { alpaca } = yield* given
      yield* goesWell("BaseToAlpaca")
      yield* alpaca.setOutcome("hold")
      const { erc20 } = yield* given
      const late = hash("d2")
      yield* erc20.setTransferred(key("deposit"), Transferred.Sent({ txHash: late, amount: tokens(minted) }))
      const end = failure(yield* passing(executeOf("BaseToAlpaca")))
      assert.deepInclude(end, { reason: "TimedOut", place: "AlpacaInTransit", amount: "999.9" })
      assert.isFalse(yield* isSettled)
      assert.strictEqual((yield* passing(UsdcRebalanceManager.recheck(id)))._tag, "DepositFailed")
      const deposit = yield* alpaca.deposit({ amount: minted, txHash: late })
      assert.strictEqual((yield* passing(UsdcRebalanceManager.recheck(id)))._tag, "DepositFailed")
      yield* alpaca.credit(deposit)
      assert.strictEqual((yield* passing(UsdcRebalanceManager.recheck(id)))._tag, "DepositConfirmed")
      assert.deepStrictEqual(yield* effects, once)
    }).pipe(Effect.provide(layer)))

  it.effect("a deposit that Alpaca refuses: it has it, and a person has to ask", () =>
    Effect.gen(function*() {
      const { alpaca } = yield* given
      yield* goesWell("BaseToAlpaca")
      const refused = hash("d3")
      const { erc20 } = yield* given
      yield* erc20.setTransferred(key("deposit"), Transferred.Sent({ txHash: refused, amount: tokens(minted) }))
      yield* alpaca.change(yield* alpaca.deposit({ amount: minted, txHash: refused }), { status: "Failed" })
      const end = failure(yield* passing(executeOf("BaseToAlpaca")))
      assert.deepInclude(end, { reason: "Rejected", place: "AlpacaInTransit", amount: "999.9" })
      assert.isFalse(yield* isSettled)
    }).pipe(Effect.provide(layer)))

  it.effect("less is credited than was sent: finished with that, and a person is told", () =>
    Effect.gen(function*() {
      const { alpaca, erc20 } = yield* given
      yield* goesWell("BaseToAlpaca")
      const other = hash("d4")
      yield* erc20.setTransferred(key("deposit"), Transferred.Sent({ txHash: other, amount: tokens(minted) }))
      yield* alpaca.deposit({ amount: usdc(998), txHash: other })
      const end = yield* passing(executeOf("BaseToAlpaca"))
      assert.deepInclude(end, { _tag: "DepositConfirmed", credited: usdc(998) })
      assert.lengthOf((yield* alerts).filter(({ message }) => message.includes("998 were credited")), 1)
    }).pipe(Effect.provide(layer)))
})

it.effect("a rebalance that was begun with another key goes no further with this one", () =>
  Effect.gen(function*() {
    yield* goesWell("BaseToAlpaca")
    yield* record(Rebalance.aggregate, id, [toAlpaca.command.RequestRebalance])
    const fiber = yield* Effect.fork(Effect.flip(UsdcRebalanceManager.resume(id)))
    const refused = yield* passing(Fiber.join(fiber))
    assert.deepInclude(refused, { _tag: "Refused", reason: "OtherWallet" })
    assert.deepStrictEqual(yield* effects, { withdrawals: 0, burns: [], mints: [], deposits: [] })
    assert.notStrictEqual(amount, 0n)
  }).pipe(Effect.provide(layer)))
