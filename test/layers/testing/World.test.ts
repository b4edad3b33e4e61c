/** The world of the embedding application's tests: all four workflows, and the sum of all places. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, TestClock } from "effect"
import { EquitySymbol } from "../../../src/domain/EquitySymbol.ts"
import type { Place } from "../../../src/domain/Failure.ts"
import { MintId, RebalanceId, RedemptionId } from "../../../src/domain/OperationId.ts"
import * as Shares from "../../../src/domain/Shares.ts"
import * as Usdc from "../../../src/domain/Usdc.ts"
import { AlpacaTokenizationControl } from "../../../src/layers/testing/AlpacaTokenizationControl.ts"
import { AlpacaWalletControl } from "../../../src/layers/testing/AlpacaWalletTest.ts"
import { CctpControl } from "../../../src/layers/testing/CctpBridgeTest.ts"
import { ChainControl } from "../../../src/layers/testing/ChainControl.ts"
import * as World from "../../../src/layers/testing/World.ts"
import * as MintManager from "../../../src/managers/MintManager.ts"
import * as Policies from "../../../src/managers/Policies.ts"
import * as RedemptionManager from "../../../src/managers/RedemptionManager.ts"
import * as UsdcRebalanceManager from "../../../src/managers/UsdcRebalanceManager.ts"

const uuid = "6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e"
const mintId = MintId.make(uuid)
const redemptionId = RedemptionId.make(uuid)
const rebalanceId = RebalanceId.make(uuid)
const symbol = EquitySymbol.make("AAPL")

const shares = (number: number) => Shares.fromUnits(BigInt(Math.round(number * 1e9)))
const usdc = (dollars: number) => Usdc.fromUnits(BigInt(Math.round(dollars * 1e6)))
const quantity = shares(10.5)
const amount = usdc(1000)

const layerOf = (options: World.Options = {}) => Layer.merge(World.layer(options), Policies.layer())
const layer = layerOf()

const mint = Effect.flatMap(World.World, ({ wallet }) => MintManager.executeMint(mintId, { symbol, quantity, wallet }))
const redemption = RedemptionManager.executeRedemption(redemptionId, { symbol, quantity })
const toBase = UsdcRebalanceManager.executeAlpacaToBase(rebalanceId, amount)
const toAlpaca = UsdcRebalanceManager.executeBaseToAlpaca(rebalanceId, amount)

/** Ends, and at each step of the way everything is somewhere. Answers what there is at the end. */
const conserving = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const world = yield* World.World
    const before = yield* world.balances
    const totals = ({ equities, usdc }: World.Balances) => [usdc.total, equities["AAPL"]?.total]
    const fiber = yield* Effect.fork(effect)
    for (let step = 0; step < 200; step++) {
      yield* World.settled
      assert.deepStrictEqual(totals(yield* world.balances), totals(before))
      if ((yield* fiber.poll)._tag === "Some") break
      yield* TestClock.adjust("5 seconds")
    }
    return { end: yield* Fiber.join(fiber), before, after: yield* world.balances }
  })

describe("World", () => {
  it.effect("a mint turns shares into tokens", () =>
    Effect.gen(function*() {
      const { after, end } = yield* conserving(mint)
      assert.strictEqual(end._tag, "Completed")
      assert.deepStrictEqual(after.equities["AAPL"], {
        Alpaca: shares(989.5),
        IssuerInTransit: shares(0),
        BaseWallet: shares(1010.5),
        total: shares(2000)
      })
    }).pipe(Effect.provide(layer)))

  it.effect("a redemption turns tokens into shares", () =>
    Effect.gen(function*() {
      const { after, end } = yield* conserving(redemption)
      assert.strictEqual(end._tag, "Completed")
      assert.deepStrictEqual(after.equities["AAPL"], {
        Alpaca: shares(1010.5),
        IssuerInTransit: shares(0),
        BaseWallet: shares(989.5),
        total: shares(2000)
      })
    }).pipe(Effect.provide(layer)))

  it.effect("a rebalance to Base leaves Circle its fee, and the rest in the vault", () =>
    Effect.gen(function*() {
      const { after, end } = yield* conserving(toBase)
      assert.strictEqual(end._tag, "DepositConfirmed")
      const nothing = usdc(0)
      assert.deepStrictEqual(after.usdc, {
        Alpaca: usdc(999_000),
        AlpacaInTransit: nothing,
        EthereumWallet: nothing,
        CctpInTransit: nothing,
        BaseWallet: nothing,
        Vault: usdc(500_999.9),
        fees: usdc(0.1),
        total: usdc(1_500_000)
      })
    }).pipe(Effect.provide(layer)))

  it.effect("a rebalance to Alpaca leaves Circle its fee, and the rest at Alpaca", () =>
    Effect.gen(function*() {
      const { after, end } = yield* conserving(toAlpaca)
      assert.strictEqual(end._tag, "DepositConfirmed")
      assert.strictEqual(after.usdc.Vault, usdc(499_000))
      assert.strictEqual(after.usdc.Alpaca, usdc(1_000_999.9))
      assert.strictEqual(after.usdc.fees, usdc(0.1))
    }).pipe(Effect.provide(layer)))

  it.effect("answers are lost, and nothing is done twice", () =>
    Effect.gen(function*() {
      const world = yield* World.World
      yield* world.loseAnswer("requestMint")
      assert.strictEqual((yield* conserving(mint)).end._tag, "Completed")
      yield* world.loseAnswer("orderWithdrawal")
      yield* world.loseAnswer("baseBroadcast")
      const { after, end } = yield* conserving(toBase)
      assert.strictEqual(end._tag, "DepositConfirmed")
      assert.strictEqual(after.usdc.Alpaca, usdc(999_000))
      const alpaca = yield* AlpacaTokenizationControl
      const account = yield* AlpacaWalletControl
      assert.lengthOf(yield* alpaca.requests, 1)
      assert.lengthOf(yield* account.withdrawals, 1)
      yield* world.loseAnswer("baseBroadcast")
      assert.strictEqual((yield* conserving(redemption)).end._tag, "Completed")
      const { base } = yield* ChainControl
      const redeemed = (yield* base.transfers).filter(({ from, units }) => from === world.wallet && units > 10n ** 18n)
      assert.lengthOf(redeemed, 1)
    }).pipe(Effect.provide(layer)))

  const refused = <A extends { readonly _tag: string }, E>(
    what: string,
    effect: Effect.Effect<A, E, Layer.Layer.Success<typeof layer>>,
    state: string,
    place: Place
  ) =>
    it.effect(`refuses ${what}`, () =>
      Effect.gen(function*() {
        const world = yield* World.World
        yield* world.reject(mintId)
        const { after, before, end } = yield* conserving(effect)
        assert.strictEqual(end._tag, state)
        assert.propertyVal("failure" in end ? end.failure : undefined, "place", place)
        if (place === "Alpaca") assert.deepStrictEqual(after, before)
        if (place === "IssuerInTransit") assert.strictEqual(after.equities["AAPL"]?.IssuerInTransit, quantity)
        if (place === "AlpacaInTransit") assert.strictEqual(after.usdc.AlpacaInTransit, usdc(999.9))
      }).pipe(Effect.provide(layer)))

  refused("a mint, and the shares come back", mint, "Failed", "Alpaca")
  refused("a redemption, and the tokens stay with the issuer", redemption, "Failed", "IssuerInTransit")
  refused("a withdrawal, and the USDC come back", toBase, "WithdrawalFailed", "Alpaca")
  refused("a deposit, and the USDC stay with Alpaca", toAlpaca, "DepositFailed", "AlpacaInTransit")

  it.effect("somebody else mints first, and it is ours", () =>
    Effect.gen(function*() {
      const world = yield* World.World
      const cctp = yield* CctpControl
      yield* world.setPace({ circle: Duration.infinity })
      const fiber = yield* Effect.fork(conserving(toBase))
      yield* World.passing(
        Effect.repeat(Effect.delay(cctp.burns, "1 second"), { until: (burns) => burns.length === 1 })
      )
      yield* world.mintAsStranger(rebalanceId)
      yield* world.complete(rebalanceId)
      const { after, end } = yield* World.passing(Fiber.join(fiber))
      assert.strictEqual(end._tag, "DepositConfirmed")
      assert.deepStrictEqual((yield* cctp.mints).map(({ isOurs }) => isOurs), [false])
      assert.strictEqual(after.usdc.Vault, usdc(500_999.9))
    }).pipe(Effect.provide(layer)))

  it.effect("the others take as long as they are told to, and are hurried for one operation", () =>
    Effect.gen(function*() {
      const world = yield* World.World
      const fiber = yield* Effect.fork(mint)
      yield* TestClock.adjust("20 minutes")
      assert.strictEqual((yield* fiber.poll)._tag, "None")
      assert.strictEqual((yield* world.balances).equities["AAPL"]?.IssuerInTransit, quantity)
      yield* world.complete(mintId)
      assert.strictEqual((yield* World.passing(Fiber.join(fiber), "1 minute"))._tag, "Completed")
    }).pipe(Effect.provide(layerOf({ pace: { issuer: Duration.infinity }, beat: "30 seconds" }))))

  it.effect("what traders take is gone, and what they bring is there", () =>
    Effect.gen(function*() {
      const world = yield* World.World
      yield* world.trade(-usdc(499_500))
      assert.strictEqual((yield* world.balances).usdc.Vault, usdc(500))
      const short = yield* Effect.flip(toAlpaca)
      assert.strictEqual(short._tag, "Refused")
      yield* world.trade(usdc(500))
      assert.strictEqual((yield* conserving(toAlpaca)).after.usdc.Vault, usdc(0))
    }).pipe(Effect.provide(layer)))
})
