/** What the README promises to those who embed: five lines over the public entry. */
import { assert, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer } from "effect"
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { Address, EquitySymbol, Live, MintManager, OperationId, Policies, Shares } from "../src/index.ts"
import { LocalWorld } from "../src/testing.ts"

it.scopedLive("an application mints with the layers of its configuration", () =>
  Effect.gen(function*() {
    const world = yield* LocalWorld.make({ blockTime: "100 millis", mintDelay: 0 })
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
    const mint = MintManager.executeMint(id, order).pipe(Effect.provide(Layer.merge(Live.layerConfig, policies)))
    const end = yield* Effect.withConfigProvider(mint, configuration)

    assert.strictEqual(end._tag, "Completed")
    const { requests } = yield* world.alpaca.history
    assert.deepStrictEqual(requests.map(({ clientRequestId }) => clientRequestId), [id])
  }))
