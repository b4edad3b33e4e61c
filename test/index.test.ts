/** What the README promises to those who embed: five lines over the public entry. */
import { assert, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer } from "effect"
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import {
  Address,
  EquitySymbol,
  Live,
  MintManager,
  OperationId,
  Policies,
  RedemptionManager,
  Shares,
  Usdc,
  UsdcRebalanceManager
} from "../src/index.ts"
import { LocalWorld } from "../src/testing.ts"

it.scopedLive("an application mints, redeems and rebalances with the layers of its configuration", () =>
  Effect.gen(function*() {
    const world = yield* LocalWorld.make({ blockTime: "100 millis", mintDelay: 0, redeemDelay: 0 })
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(path.join(tmpdir(), "ballast-test-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
    )
    const configuration = ConfigProvider.fromMap(
      new Map(Object.entries({ ...world.environment, BALLAST_DATABASE: `sqlite:${path.join(folder, "ballast.db")}` }))
    )

    const id = OperationId.MintId.make(randomUUID())
    const order = {
      symbol: EquitySymbol.EquitySymbol.make("AAPL"),
      quantity: Shares.fromUnits(10_500_000_000n),
      wallet: Address.make(world.wallet.address)
    }
    const policies = Policies.layer({ pollInterval: Policies.defaults.retryBase })
    const layers = Layer.merge(Live.layerConfig, policies)
    const mint = MintManager.executeMint(id, order).pipe(Effect.provide(layers))
    const minted = yield* Effect.withConfigProvider(mint, configuration)
    assert.strictEqual(minted._tag, "Completed")

    const other = OperationId.RedemptionId.make(randomUUID())
    const redemption = RedemptionManager.executeRedemption(other, { symbol: order.symbol, quantity: order.quantity })
    const redeemed = yield* Effect.withConfigProvider(Effect.provide(redemption, layers), configuration)
    assert.strictEqual(redeemed._tag, "Completed")

    const rebalance = OperationId.RebalanceId.make(randomUUID())
    const amount = Usdc.fromUnits(100_000_000n)
    const moving = UsdcRebalanceManager.executeAlpacaToBase(rebalance, amount).pipe(Effect.provide(layers))
    const rebalanced = yield* Effect.withConfigProvider(moving, configuration)
    assert.strictEqual(rebalanced._tag, "DepositConfirmed")
    const { burns, mints, vaultMoves } = yield* world.circle.history
    assert.deepStrictEqual([burns.length, mints.length, vaultMoves.length], [1, 1, 1])

    const { redemptionTransfers, requests } = yield* world.alpaca.history
    assert.deepStrictEqual(requests.map(({ clientRequestId, type }) => [type, clientRequestId]), [
      ["mint", id],
      ["redeem", null]
    ])
    assert.deepStrictEqual(
      redemptionTransfers.map(({ hash }) => hash),
      [redeemed._tag === "Completed" ? redeemed.txHash : "0x"]
    )
  }))
