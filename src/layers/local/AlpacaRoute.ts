/** What all routes of the local Alpaca share: they are counted, faults strike them, and they ask who is calling. */
import { type HttpMethod, HttpRouter, HttpServerRequest, type HttpServerResponse } from "@effect/platform"
import { Effect } from "effect"
import { type AlpacaProblem, forbidden, respond, unauthorized } from "./AlpacaProblem.ts"
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
  readonly counts: Counts
  readonly faults: Faults.Faults
}

const isAuthentic = ({ apiKey, apiSecret }: Credentials, headers: Readonly<Record<string, string | undefined>>) =>
  (headers["apca-api-key-id"] === apiKey && headers["apca-api-secret-key"] === apiSecret) ||
  headers["authorization"] === `Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString("base64")}`

/** One of ours: by whom it is counted, and the path below the account, with its parameters. */
export interface Route {
  readonly name: string
  readonly method: HttpMethod.HttpMethod
  readonly path: `/${string}`
}

/** A route of `/v1/accounts/{account_id}`, for that account alone. */
export const make = <R>(
  desk: Desk,
  { method, name, path }: Route,
  handler: Effect.Effect<HttpServerResponse.HttpServerResponse, AlpacaProblem, R>
) =>
  HttpRouter.makeRoute(
    method,
    `/v1/accounts/:account${path}`,
    Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const input = yield* Effect.orElseSucceed(request.text, () => "")
      yield* desk.counts.hit(name)
      const guarded = Effect.gen(function*() {
        const { account } = yield* HttpRouter.params
        if (!isAuthentic(desk.credentials, request.headers)) return yield* unauthorized("request is not authorized")
        if (account !== desk.credentials.accountId) {
          return yield* forbidden("account is not accessible with these credentials")
        }
        return yield* handler
      })
      const exchange = Effect.catchTag(guarded, "AlpacaProblem", (problem) => Effect.succeed(respond(problem)))
      return yield* Faults.inject(yield* desk.faults.take({ name, input }), exchange)
    }),
    // What a server has begun it finishes, also when the client hangs up.
    { uninterruptible: true }
  )
