/** The custody service's answers, played; the contract suite says whether the signer is one. */
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { EquitySymbol, OperationId, Policies, RedemptionManager, Shares, Signer } from "ballast"
import { SignerContract, SignerTest, World } from "ballast/testing"
import { Cause, ConfigProvider, Effect, Exit, Layer, Schema } from "effect"
import { privateKeyToAccount } from "viem/accounts"
import * as Custody from "./custody-signer.ts"

const HexText = Schema.TemplateLiteral("0x", Schema.String)
const Asked = Schema.parseJson(Schema.Struct({
  chainId: Schema.Int,
  nonce: Schema.Int,
  to: HexText,
  data: HexText,
  value: Schema.BigInt,
  gas: Schema.BigInt,
  maxFeePerGas: Schema.BigInt,
  maxPriorityFeePerGas: Schema.BigInt
}))

/** Keeps the key; answers this status instead where it is told. */
const service = (status = 200) => {
  const account = privateKeyToAccount(`0x${"0b".repeat(32)}`)
  return Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) =>
      Effect.gen(function*() {
        assert.strictEqual(request.url, "https://custody.example/sign")
        assert.strictEqual(request.headers["authorization"], "Bearer of-the-bot")
        const text = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
        const asked = yield* Effect.orDie(Schema.decodeUnknown(Asked)(text))
        const raw = yield* Effect.promise(() => account.signTransaction({ type: "eip1559", ...asked }))
        const answer = status === 200 ? JSON.stringify({ raw }) : "no"
        return HttpClientResponse.fromWeb(request, new Response(answer, { status }))
      })
    )
  )
}

const configuration = Layer.setConfigProvider(ConfigProvider.fromMap(
  new Map(Object.entries({
    CUSTODY_URL: "https://custody.example",
    CUSTODY_TOKEN: "of-the-bot",
    CUSTODY_ADDRESS: SignerTest.wallet
  }))
))

const signerOver = (status?: number) =>
  Custody.signer.pipe(Layer.provide(service(status)), Layer.provide(configuration))

describe("the custody signer", () => {
  for (const { name, run } of SignerContract.cases) it.live(name, () => Effect.provide(run, signerOver()))

  for (const [status, reason] of [[403, "Refused"], [500, "Unavailable"]] as const) {
    it.effect(`a ${status} is ${reason}, and the token is in no error`, () =>
      Effect.gen(function*() {
        const { sign } = yield* Signer
        const to = SignerTest.wallet
        const end = yield* Effect.exit(
          sign({ chainId: 1, nonce: 4, to, data: "0x", value: 0n, gas: 1n, maxFeePerGas: 1n, maxPriorityFeePerGas: 0n })
        )
        const told = Exit.isFailure(end) ? Cause.pretty(end.cause) : ""
        assert.include(told, `signer (nonce 4 on chain 1): ${reason}`)
        assert.notInclude(told, "of-the-bot")
      }).pipe(Effect.provide(signerOver(status))))
  }

  it.effect("sends a redemption's tokens", () =>
    Effect.gen(function*() {
      const id = OperationId.RedemptionId.make("6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e")
      const request = { symbol: EquitySymbol.EquitySymbol.make("AAPL"), quantity: Shares.fromUnits(10_000_000_000n) }
      const end = yield* World.passing(RedemptionManager.executeRedemption(id, request))
      assert.strictEqual(end._tag, "Completed")
    }).pipe(
      Effect.provide(Layer.merge(Layer.provideMerge(World.layerWithSigner(), signerOver()), Policies.layer()))
    ))

  it.effect("without its settings nothing starts, and all that is missing is told, but no private key", () =>
    Effect.gen(function*() {
      const failed = yield* Effect.flip(Effect.scoped(Layer.build(Custody.layer)))
      assert.include(String(failed), "CUSTODY_URL")
      const start = yield* Effect.flip(Effect.scoped(Layer.build(Custody.layer.pipe(Layer.provide(configuration)))))
      assert.include(String(start), "BALLAST_ALPACA_API_KEY")
      assert.notInclude(String(start), "BALLAST_WALLET_PRIVATE_KEY")
    }).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map()))))
})
