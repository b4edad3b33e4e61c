/** The bot over the world of `ballast/testing`: hours pass in a moment, and nothing leaves this process. */
import { assert, describe, it } from "@effect/vitest"
import { Policies, Usdc, type UsdcRebalance } from "ballast"
import { World } from "ballast/testing"
import { ConfigProvider, Effect, Fiber, Layer, Option, TestClock } from "effect"
import * as Bot from "./bot.ts"

const usdc = (dollars: number) => Usdc.fromUnits(BigInt(Math.round(dollars * 1e6)))

const layer = Layer.mergeAll(
  World.layer({ usdc: { alpaca: "1000000", vault: "250000" } }),
  Policies.layer(),
  Layer.setConfigProvider(ConfigProvider.fromMap(new Map([["BOT_TARGET_USDC", "250000"]])))
)

describe("the bot", () => {
  it("does nothing within its band, and goes back to the target from beyond it", () => {
    const band = {
      target: Usdc.PositiveUsdc.make(usdc(100)),
      low: 80,
      high: 120,
      every: Policies.defaults.pollInterval
    }
    for (const held of [80, 100, 120]) assert.isTrue(Option.isNone(Bot.decide(usdc(held), band)))
    assert.deepStrictEqual(
      Bot.decide(usdc(79), band),
      Option.some({ direction: "AlpacaToBase", amount: usdc(21) })
    )
    assert.deepStrictEqual(
      Bot.decide(usdc(121), band),
      Option.some({ direction: "BaseToAlpaca", amount: usdc(21) })
    )
  })

  it.effect("follows the vault down and up again", () =>
    Effect.gen(function*() {
      const world = yield* World.World
      const fiber = yield* Effect.fork(Bot.bot)
      yield* TestClock.adjust("3 minutes")
      assert.strictEqual((yield* world.balances).usdc.Vault, usdc(250_000))

      yield* world.trade(-usdc(100_000))
      yield* TestClock.adjust("10 minutes")
      const filled = yield* world.balances
      assert.strictEqual(filled.usdc.Vault, usdc(249_990))
      assert.strictEqual(filled.usdc.Alpaca, usdc(900_000))
      assert.strictEqual(filled.usdc.fees, usdc(10))

      yield* world.trade(usdc(100_010))
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* world.balances).usdc.Vault, usdc(250_000))
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(layer)))

  it.effect("orders once, though the answer is lost and somebody stops it in the middle", () =>
    Effect.gen(function*() {
      const world = yield* World.World
      yield* world.trade(-usdc(100_000))
      yield* world.loseAnswer("orderWithdrawal")
      const first = yield* Effect.fork(Bot.bot)
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.interrupt(first)
      const second = yield* Effect.fork(Bot.bot)
      yield* TestClock.adjust("15 minutes")
      assert.strictEqual((yield* world.balances).usdc.Alpaca, usdc(900_000))
      assert.strictEqual((yield* world.balances).usdc.Vault, usdc(249_990))
      yield* Fiber.interrupt(second)
    }).pipe(Effect.provide(layer)))

  it.effect("tells how a rebalance has ended", () =>
    Effect.gen(function*() {
      const world = yield* World.World
      yield* world.trade(usdc(100_000))
      const end = yield* World.passing(Bot.round)
      assert.strictEqual(
        Option.getOrThrow(end)._tag,
        "DepositConfirmed" satisfies UsdcRebalance.State.State["_tag"]
      )
    }).pipe(Effect.provide(layer)))
})
