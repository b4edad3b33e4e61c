/** Everything that reads what Alpaca or Circle answer. */
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { DateTime, Effect, FastCheck as fc, Layer, Redacted, Schema } from "effect"
import { expect } from "vitest"
import * as Address from "../../src/domain/Address.ts"
import { Nonce } from "../../src/domain/Cctp.ts"
import { TokenizationRequest } from "../../src/domain/TokenizationRequest.ts"
import * as TxHash from "../../src/domain/TxHash.ts"
import * as Usdc from "../../src/domain/Usdc.ts"
import { WalletTransfer, WalletTransferId } from "../../src/domain/WalletTransfer.ts"
import type * as AlpacaClient from "../../src/layers/alpaca/AlpacaClient.ts"
import * as AlpacaTokenizationLive from "../../src/layers/alpaca/AlpacaTokenization.ts"
import * as AlpacaWalletLive from "../../src/layers/alpaca/AlpacaWallet.ts"
import * as OAuth from "../../src/layers/alpaca/OAuth.ts"
import * as Attesting from "../../src/layers/cctp/Attesting.ts"
import * as CircleClient from "../../src/layers/cctp/CircleClient.ts"
import { AlpacaTokenization } from "../../src/services/AlpacaTokenization.ts"
import { AlpacaWallet } from "../../src/services/AlpacaWallet.ts"
import { mintAnswer, mintId, order, redemption, requestId, row, sent } from "../layers/alpaca/Live.ts"
import * as Hostile from "./Hostile.ts"
import { judge } from "./Judgement.ts"

const key = "PKTESTKEY0123456789"
const secret = "s3cr3t-of-the-broker"
const fit = { secrets: [key, secret] }

interface Given {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly recipe: Hostile.Recipe
}

const delays = [
  "1",
  "-1",
  "1e309",
  "9".repeat(400),
  "NaN",
  "Mon, 99 Abc 9999 99:99:99 GMT",
  "Fri, 31 Dec 9999 23:59:59 GMT"
]

const given: fc.Arbitrary<Given> = fc.record({
  status: fc.oneof(
    { weight: 7, arbitrary: fc.constant(200) },
    { weight: 4, arbitrary: fc.constantFrom(201, 299, 302, 400, 401, 403, 404, 422, 429, 500, 599) }
  ),
  headers: fc.oneof(
    fc.constant({}),
    fc.record({ "retry-after": fc.constantFrom(...delays), "x-ratelimit-reset": fc.constantFrom(...delays) })
  ),
  recipe: Hostile.recipe
})

const http = (golden: unknown, { headers, recipe, status }: Given) =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) =>
      Effect.sync(() =>
        HttpClientResponse.fromWeb(request, new Response(Hostile.bytes(golden, recipe), { status, headers }))
      )
    )
  )

const config: AlpacaClient.AlpacaConfig = {
  baseUrl: "https://broker.test",
  accountId: "904837e3",
  key: Redacted.make(key),
  secret: Redacted.make(secret),
  auth: "headers",
  timeout: "5 seconds"
}

interface Decoder {
  /** With which it is a value. */
  readonly status?: number
  readonly golden: unknown
  readonly call: Effect.Effect<unknown, { readonly message: string }, HttpClient.HttpClient>
  readonly is: (value: unknown) => boolean
}

const maybe = <A, I>(schema: Schema.Schema<A, I>) => Schema.is(Schema.OptionFromSelf(Schema.typeSchema(schema)))

const tokenization = <A, E>(use: (alpaca: AlpacaTokenization["Type"]) => Effect.Effect<A, E>) =>
  Effect.provide(Effect.flatMap(AlpacaTokenization, use), AlpacaTokenizationLive.layer(config))
const wallet = <A, E>(use: (alpaca: AlpacaWallet["Type"]) => Effect.Effect<A, E>) =>
  Effect.provide(Effect.flatMap(AlpacaWallet, use), AlpacaWalletLive.layer(config))
const circle = <A, E>(use: (circle: CircleClient.CircleClient) => Effect.Effect<A, E>) =>
  Effect.scoped(Effect.flatMap(CircleClient.make({ apiUrl: "https://circle.test", timeout: "5 seconds" }), use))

const transfer = {
  id: "8f3d9d3e-2d7e-4c41-9f3e-0b1c2d3e4f5a",
  direction: "OUTGOING",
  status: "COMPLETE",
  asset: "USDC",
  chain: "ETH",
  amount: "1000.5",
  fees: "0",
  tx_hash: `0x${"ab".repeat(32)}`,
  to_address: order.wallet,
  created_at: "2026-09-12T21:28:48.642437Z"
}
const txHash = TxHash.make(transfer.tx_hash)
const withdrawal = {
  amount: Usdc.fromUnits(1_000_500_000n),
  address: order.wallet,
  since: DateTime.unsafeMake("2026-09-12T21:28:00Z"),
  claimed: new Set<WalletTransferId>()
}
const burn = { burnTx: txHash, burned: Usdc.fromUnits(1n), maxFee: Usdc.fromUnits(0n), destinationBlock: 0n }
const nonce = Schema.decodeSync(Nonce)(`0x${"1".repeat(64)}`)
const message = {
  status: "complete",
  message: `0x${"11".repeat(376)}`,
  attestation: `0x${"22".repeat(130)}`,
  eventNonce: "12",
  delayReason: null
}

const isRequest = Schema.is(Schema.typeSchema(TokenizationRequest))
const isMaybeRequest = maybe(TokenizationRequest)
const isMaybeTransfer = maybe(WalletTransfer)
const isUsdc = Schema.is(Schema.typeSchema(Usdc.Usdc))
const isRates = Schema.is(Schema.Struct({
  fast: Schema.OptionFromSelf(Schema.NonNegativeBigIntFromSelf),
  standard: Schema.NonNegativeBigIntFromSelf
}))

const accessToken = Effect.flatMap(
  OAuth.make({ tokenUrl: "https://authx.test/token", key: config.key, secret: config.secret, timeout: "5 seconds" }),
  ({ token }) => token
)

const decoders: Readonly<Record<string, Decoder>> = {
  "a mint that was requested": {
    golden: mintAnswer,
    call: tokenization((alpaca) => alpaca.requestMint(mintId, order)),
    is: isRequest
  },
  "a mint that is looked up": {
    golden: row,
    call: tokenization((alpaca) => alpaca.findMint(mintId, order)),
    is: isMaybeRequest
  },
  "a tokenization request": {
    golden: row,
    call: tokenization((alpaca) => alpaca.getRequest(requestId)),
    is: isMaybeRequest
  },
  "tokenization requests": {
    golden: [redemption, row],
    call: tokenization((alpaca) => alpaca.findRedemption(sent)),
    is: isMaybeRequest
  },
  "transfers out": {
    golden: { transfers: [transfer, { ...transfer, id: "another", amount: 7 }] },
    call: wallet((alpaca) => alpaca.findWithdrawal(withdrawal)),
    is: isMaybeTransfer
  },
  "transfers in": {
    golden: [{ ...transfer, direction: "INCOMING" }],
    call: wallet((alpaca) => alpaca.findDeposit({ txHash, address: order.wallet })),
    is: isMaybeTransfer
  },
  "a withdrawal that was ordered": {
    golden: transfer,
    call: wallet((alpaca) => alpaca.orderWithdrawal(withdrawal)),
    is: Schema.is(Schema.typeSchema(WalletTransfer))
  },
  "a transfer": {
    golden: transfer,
    call: wallet((alpaca) => alpaca.getTransfer(WalletTransferId.make(transfer.id))),
    is: isMaybeTransfer
  },
  "the deposit address": {
    golden: { asset_id: "5d0de74f", address: order.wallet, chain: "ETH", created_at: transfer.created_at },
    call: wallet((alpaca) => alpaca.depositAddress),
    is: Schema.is(Schema.typeSchema(Address.Address))
  },
  "the whitelist": {
    golden: [{ id: "w", address: order.wallet, asset: "USDC", chain: "ETH", status: "APPROVED" }],
    call: wallet((alpaca) => alpaca.whitelisting(order.wallet)),
    is: (value) => ["Approved", "Pending", "Absent", "Other"].includes(String(value))
  },
  "a refusal of Alpaca's": {
    status: 404,
    golden: { code: 40410000, message: "request not found", error_code: "INVALID_DATA" },
    call: tokenization((alpaca) => alpaca.getRequest(requestId)),
    is: isMaybeRequest
  },
  "an access token": {
    golden: { access_token: "a-token", expires_in: 899, token_type: "Bearer" },
    call: accessToken,
    is: (value) => Redacted.isRedacted(value) && /^[\x21-\x7e]+$/.test(String(Redacted.value(value)))
  },
  "a refusal of an access token": {
    status: 400,
    golden: { error: "invalid_client", error_description: "no such client" },
    call: accessToken,
    is: () => false
  },
  "what Circle says of a burn": {
    golden: { messages: [message, { ...message, status: "pending", attestation: "PENDING" }] },
    call: circle((circle) => Effect.map(circle.messages("base", txHash), (found) => Attesting.offer(found, burn))),
    is: (value) => ["Waiting", "Malformed", "Complete"].includes((value as Attesting.Offer)._tag)
  },
  "Circle's fees": {
    golden: [{ finalityThreshold: 1000, minimumFee: 1.3 }, { finalityThreshold: 2000, minimumFee: 0 }],
    call: circle((circle) => circle.rates("base", "ethereum")),
    is: isRates
  },
  "Circle's allowance": {
    golden: { allowance: "123456789.123456789", lastUpdated: "2026-09-12T21:28:48Z" },
    call: circle((circle) => circle.fastAllowance),
    is: isUsdc
  },
  "what Circle says to a re-attestation": {
    golden: { message: "Re-attestation successfully requested", nonce },
    call: circle((circle) => circle.reattest(nonce)),
    is: (value) => value === undefined
  }
}

describe("a typed error or a value that is one", () => {
  for (const [name, { call, golden, is, status = 200 }] of Object.entries(decoders)) {
    it(name, async () => {
      const run = (given: Given) => judge(Effect.provide(call, http(golden, given)), is, fit)
      expect(await run({ status, headers: {}, recipe: Hostile.straight })).toBe(status === 400 ? "failure" : "value")
      for (const recipe of Hostile.everywhere(golden)) await run({ status, headers: {}, recipe })
      await fc.assert(fc.asyncProperty(given, async (given) => void await run(given)), { numRuns: 15 })
    })
  }
})

describe("a list of more than can be meant", () => {
  const list = (row: string, rows: number) =>
    Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.make((request) =>
        Effect.sync(() => HttpClientResponse.fromWeb(request, new Response(`[${Array(rows).fill(row).join()}]`)))
      )
    )

  it("rows of somebody else do no harm, however many", async () => {
    const call = wallet((alpaca) => alpaca.whitelisting(order.wallet))
    expect(await Effect.runPromise(Effect.provide(call, list("0", 200_000)))).toBe("Absent")
  })

  it("of what could be ours no more is held than a bound", async () => {
    const call = wallet((alpaca) => alpaca.whitelisting(order.wallet))
    const error = await Effect.runPromise(
      Effect.flip(Effect.provide(call, list(JSON.stringify({ address: order.wallet }), 100_001)))
    )
    expect(error.message).toContain("100000 rows that could be meant")
  })
})
