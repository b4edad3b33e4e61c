/** The live client in front of a stub, and what it orders in these tests. */
import { type HttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { DateTime, Effect, Layer, Redacted, Struct } from "effect"
import * as Address from "../../../src/domain/Address.ts"
import { EquitySymbol } from "../../../src/domain/EquitySymbol.ts"
import { MintId } from "../../../src/domain/OperationId.ts"
import * as Shares from "../../../src/domain/Shares.ts"
import { TokenizationRequestId } from "../../../src/domain/TokenizationRequest.ts"
import type { Order } from "../../../src/domain/TokenizedEquityMint/State.ts"
import * as TxHash from "../../../src/domain/TxHash.ts"
import type { AlpacaConfig } from "../../../src/layers/alpaca/AlpacaClient.ts"
import * as AlpacaTokenizationLive from "../../../src/layers/alpaca/AlpacaTokenization.ts"
import { AlpacaTokenization, type SentTokens } from "../../../src/services/AlpacaTokenization.ts"
import * as StubServer from "./StubServer.ts"

export const mintId = MintId.make("6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e")
export const requestId = TokenizationRequestId.make("12345678-573d-4a7b-af03-6f5dc01b9ffc")
export const order: Order = {
  symbol: EquitySymbol.make("AAPL"),
  quantity: Shares.fromUnits(10_500_000_000n),
  wallet: Address.make("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
  token: Address.make("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"),
  decimals: 18,
  issuer: "st0x",
  network: "base"
}
export const hash = `0x${"ab".repeat(32)}`
export const sent: SentTokens = {
  txHash: TxHash.make(hash),
  symbol: order.symbol,
  wallet: order.wallet,
  issuer: order.issuer,
  network: order.network,
  sentAt: DateTime.unsafeMake("2026-09-12T21:28:00.250Z")
}

export const key = "PKTESTKEY0123456789"
export const secret = "s3cr3t/with+signs=\"and quotes\""

/** As the documents show it. */
export const row = {
  tokenization_request_id: requestId,
  created_at: "2026-09-12T17:28:48.642437-04:00",
  updated_at: "2026-09-12T17:29:48.642437-04:00",
  type: "mint",
  status: "pending",
  underlying_symbol: "AAPL",
  token_symbol: "tAAPL",
  qty: "10.5",
  issuer: "st0x",
  network: "base",
  wallet_address: order.wallet,
  tx_hash: hash,
  fees: "0.1",
  issuer_request_id: "iss-1",
  client_request_id: mintId
}

/** A request that the issuer made of what was sent: without a label. */
export const redemption = Struct.omit({ ...row, type: "redeem", tx_hash: sent.txHash }, "client_request_id")

/** What a POST answers: the same without what is not known yet. */
export const mintAnswer = Struct.omit(row, "wallet_address", "tx_hash", "type")

const config = (baseUrl: string, changes: Partial<AlpacaConfig> = {}): AlpacaConfig => ({
  baseUrl,
  accountId: "904837e3",
  key: Redacted.make(key),
  secret: Redacted.make(secret),
  auth: "headers",
  timeout: "5 seconds",
  ...changes
})

interface Fixture {
  readonly stub: StubServer.Stub
  readonly alpaca: AlpacaTokenization["Type"]
}

export interface Setup {
  readonly config?: Partial<AlpacaConfig>
  readonly path?: string
  readonly client?: Layer.Layer<HttpClient.HttpClient>
  /** Asked for at the stub, which has to answer that as well. */
  readonly hasToken?: boolean
}

/** Runs over a stub of its own. */
export const withStub = <A, E, R>(
  replies: ReadonlyArray<StubServer.Reply>,
  run: (fixture: Fixture) => Effect.Effect<A, E, R>,
  { client = NodeHttpClient.layerUndici, config: changes = {}, hasToken = false, path = "" }: Setup = {}
) =>
  Effect.scoped(Effect.gen(function*() {
    const stub = yield* StubServer.make
    stub.replies.push(...replies)
    const auth = hasToken ? { auth: { tokenUrl: `${stub.url}/token` } } : {}
    const live = AlpacaTokenizationLive.layer(config(`${stub.url}${path}`, { ...changes, ...auth }))
    return yield* Effect.flatMap(AlpacaTokenization, (alpaca) => run({ stub, alpaca })).pipe(
      Effect.provide(Layer.provide(live, client))
    )
  }))

/** A call of each method. */
export const calls = {
  requestMint: ({ alpaca }: Fixture) => Effect.asVoid(alpaca.requestMint(mintId, order)),
  findMint: ({ alpaca }: Fixture) => Effect.asVoid(alpaca.findMint(mintId, order)),
  findRedemption: ({ alpaca }: Fixture) => Effect.asVoid(alpaca.findRedemption(sent)),
  getRequest: ({ alpaca }: Fixture) => Effect.asVoid(alpaca.getRequest(requestId))
}
export const methods = ["requestMint", "findMint", "findRedemption", "getRequest"] as const
