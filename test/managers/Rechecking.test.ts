/** What fails and could still turn out well is looked at again on the schedule of `ballast run`, without anybody's order. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { AlpacaTokenizationControl } from "../../src/layers/testing/AlpacaTokenizationControl.ts"
import { AlpacaWalletControl } from "../../src/layers/testing/AlpacaWalletTest.ts"
import { CctpControl } from "../../src/layers/testing/CctpBridgeTest.ts"
import { Erc20Control } from "../../src/layers/testing/Erc20Test.ts"
import * as MintManager from "../../src/managers/MintManager.ts"
import * as Recovery from "../../src/managers/Recovery.ts"
import * as UsdcRebalanceManager from "../../src/managers/UsdcRebalanceManager.ts"
import { Attested } from "../../src/services/CctpBridge.ts"
import { Received, Transferred } from "../../src/services/Erc20.ts"
import { EventStore } from "../../src/services/EventStore.ts"
import { OutboxError } from "../../src/services/TransactionOutbox.ts"
import * as Mints from "./Harness.ts"
import * as Rebalances from "./Rebalances.ts"
import * as Redemptions from "./Redemptions.ts"

const { passing, settled } = Mints
const { id } = Rebalances

const standing = Effect.flatMap(
  EventStore,
  (store) => Effect.map(store.operations(), ([one]) => one?.state)
)

/** `ballast run` for half an hour after the world was mended, and for one round before. */
const adopting = <A, E, R>(mended: Effect.Effect<A, E, R>, end: string) =>
  Effect.gen(function*() {
    const failed = yield* standing
    const process = yield* Effect.fork(Effect.scoped(Recovery.run))
    yield* TestClock.adjust("11 minutes")
    yield* settled
    assert.strictEqual(yield* standing, failed, "there is nothing new yet")
    yield* mended
    for (let minute = 0; minute < 40 && (yield* standing) !== end; minute++) {
      yield* TestClock.adjust("1 minute")
      yield* settled
    }
    assert.strictEqual(yield* standing, end)
    yield* Fiber.interrupt(process)
  })

const tooLate = <A extends { readonly _tag: string }, E, R>(
  resume: Effect.Effect<A, E, R>,
  after: "7 minutes" | "25 hours"
) => Effect.zipRight(TestClock.adjust(after), passing(resume))

describe("adopted on the schedule", () => {
  it.effect("a mint that is completed late", () =>
    Effect.gen(function*() {
      yield* Mints.leftIn("MintAccepted")
      yield* tooLate(MintManager.resume(Mints.id), "7 minutes")
      yield* adopting(Mints.completing("1 second"), "Completed")
      assert.lengthOf(yield* Mints.ledger, 1)
    }).pipe(Effect.provide(Mints.layer)))

  it.effect("an order of a mint that shows up late", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* alpaca.hideNext("30 minutes")
      yield* alpaca.loseAnswer
      yield* alpaca.failNext("findMint", Mints.error("Unauthenticated"))
      yield* Effect.flip(passing(Mints.execute))
      yield* tooLate(MintManager.resume(Mints.id), "7 minutes")
      yield* adopting(Effect.zipRight(TestClock.adjust("15 minutes"), Mints.completing("1 second")), "Completed")
      assert.lengthOf(yield* Mints.ledger, 1)
    }).pipe(Effect.provide(Mints.layer)))

  it.effect("a redemption that is detected late", () =>
    Effect.gen(function*() {
      yield* Redemptions.running
      yield* passing(Redemptions.execute)
      const failed = yield* Redemptions.state()
      if (failed._tag !== "Failed" || failed.sent === undefined) return assert.fail(failed._tag)
      const { txHash } = failed.sent
      const alpaca = yield* AlpacaTokenizationControl
      yield* adopting(Effect.flatMap(alpaca.redeem({ ...failed, txHash }), alpaca.complete), "Completed")
      assert.deepStrictEqual(yield* Redemptions.sent, [Redemptions.amount])
    }).pipe(Effect.provide(Redemptions.layer)))

  const wentWell = Effect.map(Rebalances.effects, (effects) => assert.deepStrictEqual(effects, Rebalances.once))
  const { execute, goesWell, layer, until } = Rebalances
  const resume = UsdcRebalanceManager.resume(id)

  it.effect("a withdrawal that is sent after its deadline", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaWalletControl
      yield* goesWell("AlpacaToBase")
      yield* alpaca.setOutcome("hold")
      yield* until(execute("AlpacaToBase"), 2)
      yield* tooLate(resume, "7 minutes")
      yield* adopting(
        Effect.flatMap(alpaca.withdrawals, (all) => Effect.forEach(all, alpaca.complete)),
        "DepositConfirmed"
      )
      yield* wentWell
    }).pipe(Effect.provide(layer)))

  it.effect("an order of a withdrawal that shows up after its deadline", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaWalletControl
      yield* goesWell("AlpacaToBase")
      yield* until(execute("AlpacaToBase"), 1)
      yield* tooLate(resume, "7 minutes")
      yield* adopting(alpaca.place({ amount: Rebalances.amount, address: Rebalances.wallet }), "DepositConfirmed")
      yield* wentWell
    }).pipe(Effect.provide(layer)))

  it.effect("a withdrawal that Alpaca calls failed, and that the chain shows", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaWalletControl
      const erc20 = yield* Erc20Control
      yield* goesWell("AlpacaToBase")
      yield* erc20.setReceived(Rebalances.withdrawTx.AlpacaToBase, Received.NotMined())
      yield* until(execute("AlpacaToBase"), 2)
      const [transfer] = yield* alpaca.withdrawals
      if (transfer === undefined) return assert.fail("no transfer")
      yield* alpaca.complete(transfer)
      yield* alpaca.change(transfer, { status: "Failed" })
      yield* tooLate(resume, "7 minutes")
      const arrived = Received.Confirmed({ amount: Rebalances.tokens(Rebalances.amount) })
      yield* adopting(erc20.setReceived(Rebalances.withdrawTx.AlpacaToBase, arrived), "DepositConfirmed")
      yield* wentWell
    }).pipe(Effect.provide(layer)))

  it.effect("an attestation that comes after its deadline", () =>
    Effect.gen(function*() {
      const cctp = yield* CctpControl
      yield* goesWell("BaseToAlpaca")
      yield* cctp.setAttested(Attested.Pending({ waitingFor: "finality", delay: undefined }))
      yield* until(execute("BaseToAlpaca"), 4)
      yield* tooLate(resume, "25 hours")
      yield* adopting(cctp.setAttested(undefined), "DepositConfirmed")
      yield* wentWell
    }).pipe(Effect.provide(layer)))

  for (const [what, isStranger] of [["can be minted again", false], ["a stranger has minted", true]] as const) {
    it.effect(`a burn whose mint was refused, and that ${what}`, () =>
      Effect.gen(function*() {
        const cctp = yield* CctpControl
        yield* goesWell("BaseToAlpaca")
        yield* until(execute("BaseToAlpaca"), 5)
        const attested = yield* Rebalances.state()
        if (attested._tag !== "Attested") return assert.fail(attested._tag)
        const refusal = new OutboxError({ reason: "Reverts", key: Rebalances.key("mint"), detail: "as told" })
        yield* cctp.failNextSending(refusal)
        yield* cctp.setMintable(false)
        yield* passing(resume)
        yield* adopting(
          isStranger ? cctp.mintAsStranger(attested.burn.burnTx) : cctp.setMintable(true),
          "DepositConfirmed"
        )
        yield* wentWell
      }).pipe(Effect.provide(layer)))
  }

  it.effect("a deposit that Alpaca credits late", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaWalletControl
      const erc20 = yield* Erc20Control
      const txHash = Rebalances.hash("d2")
      yield* goesWell("BaseToAlpaca")
      yield* alpaca.setOutcome("hold")
      yield* erc20.setTransferred(
        Rebalances.key("deposit"),
        Transferred.Sent({ txHash, amount: Rebalances.tokens(Rebalances.minted) })
      )
      yield* passing(execute("BaseToAlpaca"))
      const credited = Effect.flatMap(alpaca.deposit({ amount: Rebalances.minted, txHash }), alpaca.credit)
      yield* adopting(credited, "DepositConfirmed")
      yield* wentWell
    }).pipe(Effect.provide(layer)))
})
