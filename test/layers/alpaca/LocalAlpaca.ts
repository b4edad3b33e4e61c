/** The local world's Alpaca without its chains, with the live client in front of it. */
import { NodeHttpClient } from "@effect/platform-node"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import * as Shares from "../../../src/domain/Shares.ts"
import { TokenizationRequestId } from "../../../src/domain/TokenizationRequest.ts"
import * as TxHash from "../../../src/domain/TxHash.ts"
import * as AlpacaTokenizationLive from "../../../src/layers/alpaca/AlpacaTokenization.ts"
import * as AlpacaServer from "../../../src/layers/local/AlpacaServer.ts"
import * as AlpacaSettings from "../../../src/layers/local/AlpacaSettings.ts"
import * as Chain from "../../../src/layers/local/Chain.ts"
import type { EquityIssuer } from "../../../src/layers/local/EquityIssuer.ts"
import type * as LocalFault from "../../../src/layers/local/Fault.ts"
import {
  AlpacaTokenizationWorld,
  type Fault,
  type Method
} from "../../../src/layers/testing/AlpacaTokenizationWorld.ts"

const credentials = { accountId: "acc 1/2", apiKey: "LOCALKEY", apiSecret: "local-secret" }

/** Mints nothing, and says that it did. */
const issuer: EquityIssuer = {
  wallet: Chain.wallet("issuer"),
  tokens: { AAPL: { symbol: "AAPL", tokenSymbol: "tAAPL", address: Chain.wallet("token").address, decimals: 18 } },
  transactions: Effect.succeed([]),
  prepareMint: ({ requestId }) =>
    Effect.succeed({ hash: `0x${requestId.replaceAll("-", "").padStart(64, "0")}`, raw: "0x" }),
  send: () => Effect.succeed("mined"),
  grant: () => Effect.void,
  redemptionTransfers: () => Effect.succeed([]),
  setPaused: () => Effect.void
}

const routes: Record<Method, string> = {
  requestMint: "POST mint",
  findMint: "GET requests:by_client_request_id",
  findRedemption: "GET requests",
  getRequest: "GET request"
}

const played = (fault: Fault): LocalFault.Fault => {
  switch (fault._tag) {
    case "Dropped":
      return { _tag: "DropBefore" }
    case "AnswerLost":
      return { _tag: "DropAfter" }
    case "Refused":
      return { _tag: "FailBefore", status: fault.status }
    case "FailedAfter":
      return { _tag: "FailAfter", status: fault.status }
    case "RateLimited":
      return { _tag: "RateLimited", retryAfter: fault.retryAfterSeconds }
  }
}

const worldOf = (server: AlpacaServer.AlpacaServer): AlpacaTokenizationWorld["Type"] => ({
  shares: (symbol) =>
    Effect.map(server.ledger.positions, (positions) => Shares.fromUnits(positions[symbol]?.available ?? 0n)),
  requestsOf: (label) =>
    Effect.map(
      server.ledger.requests,
      (requests) =>
        requests.filter(({ clientRequestId }) => Option.contains(clientRequestId, label)).map(({ id }) =>
          TokenizationRequestId.make(id)
        )
    ),
  place: (label, order) =>
    server.ledger.trade(order.symbol, order.quantity).pipe(
      Effect.zipRight(server.ledger.acceptMint({ ...order, clientRequestId: Option.some(label) })),
      Effect.map(({ id }) => TokenizationRequestId.make(id)),
      Effect.orDie
    ),
  redeem: ({ amount, ...tokens }, quantity = Shares.fromTokenAmountFloor(amount)) =>
    Effect.map(server.ledger.acceptRedemption({ ...tokens, quantity }), ({ id }) => TokenizationRequestId.make(id)),
  complete: (id) =>
    server.settle(id, { outcome: "complete" }).pipe(
      Effect.zipRight(server.ledger.request(id)),
      Effect.map((request) => TxHash.make(Option.getOrThrow(Option.flatMap(request, ({ txHash }) => txHash)))),
      Effect.orDie
    ),
  reject: (id) => Effect.orDie(server.settle(id, { outcome: "reject" })),
  speakStrangely: server.change({ wire: { strangeStatus: { word: "journaling", millis: 3_600_000 } } }),
  strike: (method, fault) => Effect.asVoid(server.faults.add({ on: routes[method], fault: played(fault) }))
})

export interface Options {
  readonly quirks: boolean
  readonly auth: "headers" | "basic" | "oauth"
}

/** The port over HTTP, and the world behind it. */
export const layer = ({ auth, quirks }: Options) =>
  Layer.unwrapScoped(Effect.gen(function*() {
    const settings = AlpacaSettings.make({ quirks, delayMillis: 0 })
    const server = yield* AlpacaServer.make({
      credentials,
      shares: { AAPL: 100_000_000_000n },
      // The issuer gives back no more than it was given.
      tokenized: { AAPL: 100_000_000_000n },
      issuer,
      settings: AlpacaSettings.patch(settings, {
        mint: { outcome: "hold" },
        wire: { strangeStatus: null, ...(quirks ? { numbersIn: ["mint", "request", "list", "label"] } : {}) }
      }),
      others: {}
    })
    const live = AlpacaTokenizationLive.layer({
      baseUrl: server.url,
      accountId: credentials.accountId,
      key: Redacted.make(credentials.apiKey),
      secret: Redacted.make(credentials.apiSecret),
      auth: auth === "oauth" ? { tokenUrl: `${server.url}/v1/oauth2/token` } : auth,
      timeout: "5 seconds"
    })
    const world = worldOf(server)
    return Layer.merge(
      Layer.provide(live, NodeHttpClient.layerUndici),
      Layer.succeedContext(Context.make(AlpacaTokenizationWorld, world))
    )
  }))
