/** Alpaca's Instant Tokenization Network over HTTP, Authorized Participant side. Source: external-apis 1. */
import type { HttpClient } from "@effect/platform"
import { Array, DateTime, Effect, Either, Layer, Option, Order as Ordering } from "effect"
import type { MintId } from "../../domain/OperationId.ts"
import * as Shares from "../../domain/Shares.ts"
import { answers, type TokenizationRequest, type TokenizationRequestId } from "../../domain/TokenizationRequest.ts"
import type { Order } from "../../domain/TokenizedEquityMint/State.ts"
import type { AlpacaError } from "../../services/AlpacaError.ts"
import { AlpacaTokenization, type SentTokens } from "../../services/AlpacaTokenization.ts"
import * as AlpacaClient from "./AlpacaClient.ts"
import * as MintBody from "./MintBody.ts"
import * as RedemptionQuery from "./RedemptionQuery.ts"
import * as Together from "./Together.ts"
import * as TokenizationRow from "./TokenizationRow.ts"

const requests = "tokenization/requests"

/** Neither words nor UUIDs nor hashes differ by case. */
const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/** An absent word contradicts nothing. */
const agrees = (found: Option.Option<string>, expected: string): boolean =>
  Option.match(found, { onNone: () => true, onSome: (word) => isSame(word, expected) })

/** By what we know a request of ours: that it bears `word` in this field. */
interface Mark {
  readonly field: TokenizationRow.MarkField
  readonly word: string
}

const bears = (value: unknown, { field, word }: Mark): boolean =>
  Option.exists(TokenizationRow.wordIn(value, field), (found) => isSame(found, word))

type Wanted = Pick<Order, "symbol" | "quantity" | "wallet" | "issuer" | "network">

/** Whether it is what is wanted, as far as it tells. */
const fulfils = (row: TokenizationRow.TokenizationRow, type: "mint" | "redeem", wanted: Wanted): boolean =>
  answers(row.request, wanted) &&
  agrees(row.type, type) &&
  agrees(row.issuer, wanted.issuer) &&
  agrees(row.network, wanted.network)

/** The issuer rounds down, so the quantity is not compared here. */
const redeems = (row: TokenizationRow.TokenizationRow, sent: SentTokens): boolean =>
  fulfils(row, "redeem", { ...sent, quantity: row.request.quantity })

const shown = (row: TokenizationRow.TokenizationRow): string => {
  const { id, quantity, symbol, wallet } = row.request
  const parts = [
    `${id}: ${Shares.print(quantity)} ${symbol}`,
    ...Option.toArray(Option.map(wallet, (address) => `wallet ${address}`)),
    ...Option.toArray(Option.map(row.type, (type) => `type ${type}`)),
    ...Option.toArray(Option.map(row.issuer, (issuer) => `issuer ${issuer}`)),
    ...Option.toArray(Option.map(row.network, (network) => `network ${network}`)),
    ...Option.toArray(Option.map(row.label, (label) => `label ${label}`))
  ]
  return parts.join(", ")
}

const ordered = (id: MintId, { issuer, network, quantity, symbol, wallet }: Order): string =>
  `ordered ${Shares.print(quantity)} ${symbol}, wallet ${wallet}, issuer ${issuer}, network ${network}, label ${id}`

const wasSent = ({ issuer, network, symbol, wallet }: SentTokens): string =>
  `sent ${symbol}, wallet ${wallet}, issuer ${issuer}, network ${network}`

/** A row without a time is older than any other. */
const newest = Ordering.mapInput(
  Option.getOrder(DateTime.Order),
  (row: TokenizationRow.TokenizationRow) => row.createdAt
)

/** A redemption that was turned down may have been tried again. */
const likeliest = Ordering.combine(
  Ordering.mapInput(Ordering.boolean, ({ request }: TokenizationRow.TokenizationRow) => request.status !== "Rejected"),
  newest
)

const make: Effect.Effect<AlpacaTokenization["Type"], never, AlpacaClient.AlpacaClient> = Effect.map(
  AlpacaClient.AlpacaClient,
  (client) => {
    const decode = (reason: AlpacaError["reason"], action: string, value: unknown) =>
      Either.mapLeft(
        TokenizationRow.decode(value),
        (problem) => client.failure(reason, action, `malformed answer: ${problem}`)
      )

    const requestMint = Effect.fn("AlpacaTokenization.requestMint")(function*(id: MintId, order: Order) {
      const quantity = Shares.print(order.quantity)
      yield* Effect.annotateCurrentSpan({ mintId: id, symbol: order.symbol, quantity })
      const action = `request mint ${id} of ${quantity} ${order.symbol}`
      const answer = yield* client.write({
        action,
        path: "tokenization/mint",
        body: MintBody.encode(id, order),
        headers: { "Idempotency-Key": id }
      })
      const row = yield* decode("OutcomeUnknown", action, answer)
      if (!fulfils(row, "mint", order) || !agrees(row.label, id)) {
        return yield* client.failure("Mismatch", action, `${ordered(id, order)}; Alpaca took ${shown(row)}`)
      }
      yield* Effect.annotateCurrentSpan({ tokenizationRequestId: row.request.id })
      return row.request
    })

    const listed = (action: string, query: Readonly<Record<string, string>>) =>
      Effect.filterOrFail(
        client.read({ action, path: requests, query, limit: AlpacaClient.listLimit }),
        (answer): answer is Array<unknown> => Array.isArray(answer),
        () => client.failure("Unavailable", action, "malformed answer: not a list")
      )

    /** Those that bear our mark, readable or not; a row of somebody else's may be what it likes. */
    const marked = (action: string, mark: Mark, rows: ReadonlyArray<unknown>) =>
      Effect.forEach(rows.filter((value) => bears(value, mark)), (value) => decode("Unavailable", action, value))

    const findMint = Effect.fn("AlpacaTokenization.findMint")(function*(id: MintId, order: Order) {
      yield* Effect.annotateCurrentSpan({ mintId: id, symbol: order.symbol })
      const action = `find mint ${id}`
      const mark: Mark = { field: "client_request_id", word: id }
      const answer = yield* client.find({
        action,
        path: `${requests}:by_client_request_id`,
        query: { client_request_id: id }
      })
      if (Option.isNone(answer)) return Option.none<TokenizationRequest>()
      const found = yield* decode("Unavailable", action, answer.value)
      const isOurs = (row: TokenizationRow.TokenizationRow) => fulfils(row, "mint", order)
      if (bears(answer.value, mark) && isOurs(found)) return Option.some(found.request)
      // The look-up shows the newest that bears the label: ours may be behind somebody else's.
      const query = { type: "mint", underlying_symbol: order.symbol }
      const ours = (yield* marked(action, mark, yield* listed(action, query))).filter(isOurs)
      if (!Array.isNonEmptyArray(ours)) {
        return yield* client.failure("Mismatch", action, `${ordered(id, order)}; found ${shown(found)}`)
      }
      return Option.some(Array.max(ours, newest).request)
    })

    const finding = (sent: SentTokens) => `find redemption of the ${sent.symbol} sent in ${sent.txHash}`

    /** What a list of redemptions says of these tokens; what came before `since` was not asked for. */
    const redemptionIn = (rows: ReadonlyArray<unknown>, sent: SentTokens, since: Option.Option<DateTime.Utc>) =>
      Effect.gen(function*() {
        const action = finding(sent)
        const mark: Mark = { field: "tx_hash", word: sent.txHash }
        const found = (yield* marked(action, mark, rows)).filter(({ createdAt }) =>
          !Option.exists(
            Option.product(createdAt, since),
            ([created, oldest]) => DateTime.lessThanOrEqualTo(created, oldest)
          )
        )
        const ours = found.filter((row) => redeems(row, sent))
        if (Array.isNonEmptyArray(ours)) return Option.some(Array.max(ours, likeliest).request)
        if (Array.isNonEmptyArray(found)) {
          return yield* client.failure("Mismatch", action, `${wasSent(sent)}; found ${found.map(shown).join("; ")}`)
        }
        return Option.none<TokenizationRequest>()
      })

    const askRedemption = Together.make({
      one: (sent: SentTokens) =>
        Effect.flatMap(
          listed(finding(sent), RedemptionQuery.make([sent])),
          (rows) => redemptionIn(rows, sent, Option.none())
        ),
      // This list goes back to the oldest of them.
      all: (wanted: Array.NonEmptyReadonlyArray<SentTokens>) =>
        Effect.map(
          listed(`find ${wanted.length} redemptions`, RedemptionQuery.make(wanted)),
          (rows) => (sent: SentTokens) => redemptionIn(rows, sent, Option.some(RedemptionQuery.createdAfter(sent)))
        ),
      isShared: AlpacaClient.isRateLimit
    })

    const findRedemption = Effect.fn("AlpacaTokenization.findRedemption")(function*(sent: SentTokens) {
      yield* Effect.annotateCurrentSpan({ txHash: sent.txHash, symbol: sent.symbol })
      return yield* askRedemption(sent)
    })

    const requestById = (id: TokenizationRequestId) =>
      Effect.gen(function*() {
        const action = `get tokenization request ${id}`
        const answer = yield* client.find({ action, path: `${requests}/${AlpacaClient.encode(id)}` })
        if (Option.isNone(answer)) return Option.none<TokenizationRequest>()
        const { request } = yield* decode("Unavailable", action, answer.value)
        if (!agrees(Option.some(request.id), id)) {
          return yield* client.failure("Unavailable", action, `malformed answer: it is about ${request.id}`)
        }
        return Option.some(request)
      })

    /** The list may lack one that is there, or show it as nobody can read it: that one is asked for by itself. */
    const requestsById = (ids: ReadonlyArray<TokenizationRequestId>) =>
      Effect.gen(function*() {
        const action = `get ${ids.length} tokenization requests`
        const answer = yield* client.read({ action, path: requests, limit: AlpacaClient.listLimit })
        const wanted = new Set(ids.map((id) => id.toLowerCase()))
        const found = new Map(
          (Array.isArray(answer) ? answer : []).filter((value) =>
            Option.exists(
              TokenizationRow.wordIn(value, "tokenization_request_id"),
              (id) => wanted.has(id.toLowerCase())
            )
          ).flatMap((value) =>
            Option.toArray(Option.map(
              Option.getRight(TokenizationRow.decode(value)),
              ({ request }) => [request.id.toLowerCase(), request] as const
            ))
          )
        )
        return (id: TokenizationRequestId) => {
          const request = found.get(id.toLowerCase())
          return request === undefined ? undefined : Effect.succeedSome(request)
        }
      })

    const ask = Together.make({ one: requestById, all: requestsById, isShared: AlpacaClient.isRateLimit })

    const getRequest = Effect.fn("AlpacaTokenization.getRequest")(function*(id: TokenizationRequestId) {
      yield* Effect.annotateCurrentSpan({ tokenizationRequestId: id })
      return yield* ask(id)
    })

    return { requestMint, findMint, findRedemption, getRequest }
  }
)

/** For a client that other ports use as well. */
export const layerClient: Layer.Layer<AlpacaTokenization, never, AlpacaClient.AlpacaClient> = Layer.effect(
  AlpacaTokenization,
  make
)

export const layer = (
  config: AlpacaClient.AlpacaConfig
): Layer.Layer<AlpacaTokenization, never, HttpClient.HttpClient> =>
  Layer.provide(layerClient, AlpacaClient.layer(config))
