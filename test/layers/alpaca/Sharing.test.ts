import { expect, it } from "@effect/vitest"
import { Duration, Effect, Layer, Redacted } from "effect"
import { MintId } from "../../../src/domain/OperationId.ts"
import * as Live from "../../../src/layers/Live.ts"
import { AlpacaTokenization } from "../../../src/services/AlpacaTokenization.ts"
import { AlpacaWallet } from "../../../src/services/AlpacaWallet.ts"
import * as WalletServer from "../local/WalletServer.ts"
import { order } from "./Live.ts"

const ports = Layer.unwrapEffect(
  Effect.map(WalletServer.WalletServer, ({ alpaca: { credentials, url } }) =>
    Live.alpaca({
      baseUrl: url,
      accountId: credentials.accountId,
      key: Redacted.make(credentials.apiKey),
      secret: Redacted.make(credentials.apiSecret),
      auth: { tokenUrl: `${url}/v1/oauth2/token` },
      timeout: Duration.seconds(5)
    }))
)

it.live("both ports of the account use one access token", () =>
  Effect.gen(function*() {
    const { alpaca } = yield* WalletServer.WalletServer
    const { findMint } = yield* AlpacaTokenization
    const { depositAddress } = yield* AlpacaWallet
    const mint = findMint(MintId.make("6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e"), order)
    yield* Effect.all([depositAddress, mint, depositAddress, mint], { concurrency: "unbounded" })
    expect(yield* alpaca.counts.of("oauth.token")).toBe(1)
    expect(yield* alpaca.counts.of("wallets.address")).toBe(2)
  }).pipe(Effect.provide(Layer.provideMerge(ports, WalletServer.layer(false)))))
