/** Alpaca's Instant Tokenization Network over HTTP, Authorized Participant side. Source: external-apis 1. */
import type { HttpClient } from "@effect/platform"
import { Array, DateTime, Effect, Either, Layer, Option, Order as Ordering } from "effect"
import type { MintId } from "../../domain/OperationId.ts"
import * as Shares from "../../domain/Shares.ts"
import { answers, type TokenizationRequest, type TokenizationRequestId } from "../../domain/TokenizationRequest.ts"
import type { Order } from "../../domain/TokenizedEquityMint/State.ts"
import { type AlpacaError, AlpacaTokenization } from "../../services/AlpacaTokenization.ts"
import * as AlpacaClient from "./AlpacaClient.ts"
import * as MintBody from "./MintBody.ts"
import * as TokenizationRow from "./TokenizationRow.ts"

const requests = "tokenization/requests"

/** Case aside, since neither words nor UUIDs differ by it. An absent word contradicts nothing. */
const agrees = (found: Option.Option<string>, expected: string): boolean =>
  Option.match(found, { onNone: () => true, onSome: (word) => word.toLowerCase() === expected.toLowerCase() })

const bears = (row: TokenizationRow.Row, id: MintId): boolean => Option.isSome(row.label) && agrees(row.label, id)

/** Whether it is what was ordered, as far as it tells. */
const fulfils = (row: TokenizationRow.Row, order: Order): boolean =>
  answers(row.request, order) &&
  agrees(row.type, "mint") &&
  agrees(row.issuer, order.issuer) &&
  agrees(row.network, order.network)

const shown = (row: TokenizationRow.Row): string => {
  const { id, quantity, symbol, wallet } = row.request
  const parts = [
    `${id}: ${Shares.print(quantity)} ${symbol}`,
    ...Option.toArray(Option.map(wallet, (address) => `to ${address}`)),
    ...Option.toArray(Option.map(row.type, (type) => `type ${type}`)),
    ...Option.toArray(Option.map(row.issuer, (issuer) => `issuer ${issuer}`)),
    ...Option.toArray(Option.map(row.network, (network) => `network ${network}`)),
    Option.match(row.label, { onNone: () => "no label", onSome: (label) => `label ${label}` })
  ]
  return parts.join(", ")
}

const ordered = (order: Order): string =>
  `${Shares.print(order.quantity)} ${order.symbol} to ${order.wallet}, issuer ${order.issuer}, network ${order.network}`

/** A row without a time is older than any other. */
const newest = Ordering.mapInput(
  Option.getOrder(DateTime.Order),
  (row: TokenizationRow.Row) => row.createdAt
)

const make = (config: AlpacaClient.AlpacaConfig): Effect.Effect<
  AlpacaTokenization["Type"],
  never,
  HttpClient.HttpClient
> =>
  Effect.map(AlpacaClient.make(config), (client) => {
    const decode = (reason: AlpacaError["reason"], action: string, value: unknown) =>
      Either.mapLeft(TokenizationRow.decode(value), (problem) =>
        client.failure(reason, action, `malformed answer: ${problem}`))

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
      if (!fulfils(row, order) || !agrees(row.label, id)) {
        return yield* client.failure("Mismatch", action, `ordered ${ordered(order)}; Alpaca took ${shown(row)}`)
      }
      yield* Effect.annotateCurrentSpan({ tokenizationRequestId: row.request.id })
      return row.request
    })

    /** A row that cannot be read is somebody else's, unless it bears our label. */
    const readable =
      (action: string, id: MintId) =>
      (value: unknown): Effect.Effect<Option.Option<TokenizationRow.Row>, AlpacaError> =>
        Either.match(TokenizationRow.decode(value), {
          onRight: Effect.succeedSome,
          onLeft: (problem) =>
            Option.exists(TokenizationRow.labelOf(value), (label) => agrees(Option.some(label), id))
              ? Effect.fail(client.failure("Unavailable", action, `malformed answer: ${problem}`))
              : Effect.as(
                Effect.logDebug(`Alpaca (${action}): skipped a malformed row: ${client.printable(problem)}`),
                Option.none()
              )
        })

    const listed = (action: string, id: MintId, order: Order) =>
      client.read({
        action,
        path: requests,
        query: { type: "mint", underlying_symbol: order.symbol },
        limit: AlpacaClient.listLimit
      }).pipe(
        Effect.flatMap((answer) =>
          Array.isArray(answer)
            ? Effect.forEach(answer, readable(action, id))
            : Effect.fail(client.failure("Unavailable", action, "malformed answer: not a list"))
        ),
        Effect.map(Array.getSomes)
      )

    const findMint = Effect.fn("AlpacaTokenization.findMint")(function*(id: MintId, order: Order) {
      yield* Effect.annotateCurrentSpan({ mintId: id, symbol: order.symbol })
      const action = `find mint ${id}`
      const answer = yield* client.find({
        action,
        path: `${requests}:by_client_request_id`,
        query: { client_request_id: id }
      })
      if (Option.isNone(answer)) return Option.none<TokenizationRequest>()
      const found = yield* decode("Unavailable", action, answer.value)
      const isOurs = (row: TokenizationRow.Row) => bears(row, id) && fulfils(row, order)
      if (isOurs(found)) return Option.some(found.request)
      // The look-up shows the newest that bears the label: ours may be behind somebody else's.
      const ours = (yield* listed(action, id, order)).filter(isOurs)
      if (!Array.isNonEmptyArray(ours)) {
        return yield* client.failure("Mismatch", action, `ordered ${ordered(order)}; found ${shown(found)}`)
      }
      return Option.some(Array.max(ours, newest).request)
    })

    const getRequest = Effect.fn("AlpacaTokenization.getRequest")(function*(id: TokenizationRequestId) {
      yield* Effect.annotateCurrentSpan({ tokenizationRequestId: id })
      const action = `get tokenization request ${id}`
      const answer = yield* client.find({ action, path: `${requests}/${AlpacaClient.encode(id)}` })
      if (Option.isNone(answer)) return Option.none<TokenizationRequest>()
      const { request } = yield* decode("Unavailable", action, answer.value)
      if (!agrees(Option.some(request.id), id)) {
        return yield* client.failure("Unavailable", action, `malformed answer: it is about ${request.id}`)
      }
      return Option.some(request)
    })

    return { requestMint, findMint, getRequest }
  })

export const layer = (
  config: AlpacaClient.AlpacaConfig
): Layer.Layer<AlpacaTokenization, never, HttpClient.HttpClient> => Layer.effect(AlpacaTokenization, make(config))
