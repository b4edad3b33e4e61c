/** `/v1/accounts/{id}/tokenization`: the Authorized Participant's side (facts: external-apis.md 1.2 to 1.6). */
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Clock, Effect, Either, Option, Ref } from "effect"
import { isAddress } from "viem"
import * as Decimal from "../../domain/Decimal.ts"
import * as AlpacaIdempotency from "./AlpacaIdempotency.ts"
import type { AlpacaLedger, MintDraft, TokenizationRequest } from "./AlpacaLedger.ts"
import { type AlpacaProblem, forbidden, invalid, malformed, notFound } from "./AlpacaProblem.ts"
import * as AlpacaRoute from "./AlpacaRoute.ts"
import { type Endpoint, type Settings, shareDecimals } from "./AlpacaSettings.ts"
import * as AlpacaWire from "./AlpacaWire.ts"
import type { EquityIssuer } from "./EquityIssuer.ts"
import type { Settlement } from "./Settlement.ts"

export interface Options {
  readonly desk: AlpacaRoute.Desk
  readonly ledger: AlpacaLedger
  readonly issuer: EquityIssuer
  readonly settlement: Settlement
  readonly settings: Ref.Ref<Settings>
}

/** The only issuer and network of this world. Others exist, and have no token here. */
export const issuerName = "st0x"
export const networkName = "base"

const issuers = ["binance", "coinbase", "ondo", "st0x", "xstocks"]
const networks = "arbitrum base binance cronos ethereum hypercore hyperevm mantle robinhood solana ton tron".split(" ")

/** Printable ASCII, at most 128 characters, no space at either end. */
const label = /^(?! )[\x20-\x7e]{1,128}(?<! )$/
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The draft that a mint's body asks for, or what is wrong with it. */
export const readDraft = (text: string, symbols: ReadonlyArray<string>): Either.Either<MintDraft, AlpacaProblem> =>
  Either.gen(function*() {
    const body = yield* Either.mapLeft(AlpacaRoute.decodeBody(text), () => malformed("request body format is invalid"))
    const field = (name: string) => {
      const value = body[name]
      return typeof value === "string" && value !== ""
        ? Either.right(value)
        : Either.left(invalid(`${name} is required`))
    }
    const symbol = yield* field("underlying_symbol")
    const qty = yield* field("qty")
    const issuer = yield* field("issuer")
    const network = yield* field("network")
    const wallet = yield* field("wallet_address")
    const clientRequestId = body["client_request_id"] ?? undefined
    if (clientRequestId !== undefined && !(typeof clientRequestId === "string" && label.test(clientRequestId))) {
      return yield* Either.left(invalid("client_request_id is invalid"))
    }
    if (!issuers.includes(issuer)) return yield* Either.left(invalid(`issuer ${issuer} is invalid`))
    if (!networks.includes(network)) return yield* Either.left(invalid(`network ${network} is invalid`))
    if (!symbols.includes(symbol)) return yield* Either.left(invalid(`asset ${symbol} not found`))
    if (issuer !== issuerName || network !== networkName) {
      return yield* Either.left(invalid(`${symbol} is not available from ${issuer} on ${network}`))
    }
    if (!isAddress(wallet)) return yield* Either.left(invalid("wallet_address is invalid"))
    const quantity = yield* Either.mapLeft(
      Decimal.parse(qty, shareDecimals),
      ({ reason }) =>
        reason === "TooManyDecimals"
          ? malformed("qty must not have more than 9 decimal places")
          : invalid("qty is invalid")
    )
    if (quantity === 0n) return yield* Either.left(invalid("qty must be greater than 0"))
    return { symbol, quantity, issuer, network, wallet, clientRequestId: Option.fromNullable(clientRequestId) }
  })

/** RFC 3339, as unix milliseconds. */
const readTime = (name: string, text: string | null) => {
  if (text === null) return Effect.succeedNone
  const time = /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? Effect.fail(invalid(`${name} is invalid`)) : Effect.succeedSome(time)
}

export const make = ({ desk, issuer, ledger, settings, settlement }: Options) =>
  Effect.gen(function*() {
    const idempotency = yield* AlpacaIdempotency.make
    const accepting = yield* Effect.makeSemaphore(1)
    const foreignRows = AlpacaWire.foreignRows(yield* Clock.currentTimeMillis)

    const show = (request: TokenizationRequest, endpoint: Endpoint) =>
      Effect.gen(function*() {
        const { wire } = yield* Ref.get(settings)
        const now = yield* Clock.currentTimeMillis
        return AlpacaWire.render(request, wire, endpoint, issuer.tokens[request.symbol]?.tokenSymbol ?? "", now)
      })

    const accept = (draft: MintDraft) =>
      Effect.catchTag(ledger.acceptMint(draft), "InsufficientPosition", ({ symbol }) =>
        Effect.flatMap(Ref.get(settings), ({ wire }) =>
          (wire.insufficientPositionStatus === 400 ? malformed : forbidden)(`insufficient position for ${symbol}`)))

    const json = (text: string, headers: Readonly<Record<string, string>> = {}) =>
      HttpServerResponse.text(text, { contentType: "application/json", headers })

    const mint = Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const body = yield* Effect.mapError(request.text, () =>
        malformed("request body format is invalid"))
      const key = request.headers["idempotency-key"]
      const earlier = key === undefined ? Option.none() : yield* idempotency.find(key, body)
      if (Option.isSome(earlier)) {
        const { answer, requestId } = earlier.value
        if (
          Option.exists(yield* ledger.request(requestId), ({ status }) =>
            status === "rejected")
        ) {
          return yield* malformed("the request with this Idempotency-Key was rejected")
        }
        return json(answer, { "idempotent-replayed": "true" })
      }
      const accepted = yield* accept(yield* readDraft(body, Object.keys(issuer.tokens)))
      const answer = JSON.stringify(yield* show(accepted, "mint"))
      if (key !== undefined) {
        yield* idempotency.keep(key, { body, requestId: accepted.id, answer })
      }
      yield* settlement.begin(accepted)
      return json(answer)
    }).pipe(accepting.withPermits(1))

    const byId = Effect.gen(function*() {
      const { id = "" } = yield* HttpRouter.params
      if (!uuid.test(id)) {
        return yield* invalid("tokenization_request_id is invalid")
      }
      const found = yield* Effect.mapError(
        Effect.flatten(ledger.request(id.toLowerCase())),
        () =>
          notFound("tokenization request not found")
      )
      return HttpServerResponse.unsafeJson(yield* show(found, "request"))
    })

    const byLabel = Effect.gen(function*() {
      const wanted = (yield* AlpacaRoute.query).get("client_request_id") ?? ""
      if (!label.test(wanted)) return yield* invalid("client_request_id is invalid")
      const found = (yield* ledger.requests).findLast(({ clientRequestId, type }) =>
        type === "mint" && Option.contains(clientRequestId, wanted)
      )
      if (found === undefined) return yield* notFound("tokenization request not found")
      return HttpServerResponse.unsafeJson(yield* show(found, "label"))
    })

    const list = Effect.gen(function*() {
      const filters = yield* AlpacaRoute.query
      const after = yield* readTime("after", filters.get("after"))
      const before = yield* readTime("before", filters.get("before"))
      const has = (name: string, value: unknown) => [null, value].includes(filters.get(name))
      const isWithin = ({ createdAt }: { readonly createdAt: number }) =>
        Option.getOrElse(after, () => -Infinity) < createdAt && createdAt < Option.getOrElse(before, () => Infinity)
      const requests = (yield* ledger.requests).filter((request) =>
        has("type", request.type) && has("status", request.status) && has("underlying_symbol", request.symbol) &&
        has("issuer", request.issuer) && has("network", request.network) && isWithin(request)
      )
      const rows = yield* Effect.forEach(requests.toReversed(), (request) => show(request, "list"))
      const { wire } = yield* Ref.get(settings)
      const foreign = foreignRows.filter((item) => wire.hasForeignRows && has("type", item.type) && isWithin(item))
      return HttpServerResponse.unsafeJson([...foreign.map(({ createdAt: _, ...row }) => row), ...rows])
    })

    // `::` is a colon that starts no parameter.
    const requests = "/tokenization/requests" as const
    return HttpRouter.fromIterable([
      AlpacaRoute.make(desk, { name: "POST mint", method: "POST", path: "/tokenization/mint" }, mint),
      AlpacaRoute.make(desk, { name: "GET requests", method: "GET", path: requests }, list),
      AlpacaRoute.make(desk, { name: "GET request", method: "GET", path: `${requests}/:id` }, byId),
      AlpacaRoute.make(
        desk,
        { name: "GET requests:by_client_request_id", method: "GET", path: `${requests}::by_client_request_id` },
        byLabel
      )
    ])
  })
