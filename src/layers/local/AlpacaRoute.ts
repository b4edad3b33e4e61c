/** What all routes of the local Alpaca share: they are counted, faults strike them, and they ask who is calling. */
import { type HttpMethod, HttpRouter, HttpServerRequest, type HttpServerResponse } from "@effect/platform"
import { Effect, Schema } from "effect"
import { type AlpacaProblem, forbidden, respond, unauthorized } from "./AlpacaProblem.ts"
import type { AlpacaTokens } from "./AlpacaTokens.ts"
import type { Counts } from "./Counts.ts"
import * as Faults from "./Faults.ts"

export interface Credentials {
  readonly accountId: string
  readonly apiKey: string
  readonly apiSecret: string
}

/** Shared by the routes of one server. */
export interface Desk {
  readonly credentials: Credentials
  readonly tokens: AlpacaTokens
  readonly counts: Counts
  readonly faults: Faults.Faults
}

const bearer = /^Bearer (.+)$/

const isAuthentic = (
  { credentials: { apiKey, apiSecret }, tokens }: Desk,
  headers: Readonly<Record<string, string | undefined>>
) => {
  const [, token] = bearer.exec(headers["authorization"] ?? "") ?? []
  return token === undefined
    ? Effect.succeed(
      (headers["apca-api-key-id"] === apiKey && headers["apca-api-secret-key"] === apiSecret) ||
        headers["authorization"] === `Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString("base64")}`
    )
    : tokens.isValid(token)
}

export const decodeBody = Schema.decodeEither(
  Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
)

export const query = Effect.map(
  HttpServerRequest.HttpServerRequest,
  (request) => new URL(request.url, "http://localhost").searchParams
)

/** One of ours: by whom it is counted, and its path with its parameters. */
export interface Route {
  readonly name: string
  readonly method: HttpMethod.HttpMethod
  readonly path: `/${string}`
}

type Handler<R> = Effect.Effect<HttpServerResponse.HttpServerResponse, AlpacaProblem, R>

/** A route for everybody. */
export const open = <R>(desk: Desk, { method, name, path }: Route, handler: Handler<R>) =>
  HttpRouter.makeRoute(
    method,
    path,
    Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const input = yield* Effect.orElseSucceed(request.text, () => "")
      yield* desk.counts.hit(name)
      const exchange = Effect.catchTag(handler, "AlpacaProblem", (problem) => Effect.succeed(respond(problem)))
      return yield* Faults.inject(yield* desk.faults.take({ name, input }), exchange)
    }),
    // What a server has begun it finishes, also when the client hangs up.
    { uninterruptible: true }
  )

/** A route of `/v1/accounts/{account_id}`, for that account alone. `path` is what comes below. */
export const make = <R>(desk: Desk, route: Route, handler: Handler<R>) =>
  open(
    desk,
    { ...route, path: `/v1/accounts/:account${route.path}` },
    Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const { account } = yield* HttpRouter.params
      if (!(yield* isAuthentic(desk, request.headers))) return yield* unauthorized("request is not authorized")
      if (account !== desk.credentials.accountId) {
        return yield* forbidden("account is not accessible with these credentials")
      }
      return yield* handler
    })
  )
