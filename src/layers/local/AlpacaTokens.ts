/** Bearer tokens for client credentials (facts: external-apis.md 1.1). On the same host, unlike the real ones. */
import { HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Clock, Effect, Ref } from "effect"
import { randomUUID } from "node:crypto"
import { AlpacaProblem } from "./AlpacaProblem.ts"
import type { Settings } from "./AlpacaSettings.ts"

export interface AlpacaTokens {
  readonly isValid: (token: string) => Effect.Effect<boolean>
  /** Answers `POST /v1/oauth2/token`. */
  readonly issue: Effect.Effect<
    HttpServerResponse.HttpServerResponse,
    AlpacaProblem,
    HttpServerRequest.HttpServerRequest
  >
}

const refused = (status: number, error: string, description: string) =>
  new AlpacaProblem({ status, body: { error, error_description: description } })

export const make = ({ apiKey, apiSecret, settings }: {
  readonly apiKey: string
  readonly apiSecret: string
  readonly settings: Ref.Ref<Settings>
}): Effect.Effect<AlpacaTokens> =>
  Effect.map(Ref.make<ReadonlyMap<string, number>>(new Map()), (expiries) => ({
    isValid: (token) =>
      Effect.zipWith(
        Ref.get(expiries),
        Clock.currentTimeMillis,
        (all, now) => now < (all.get(token) ?? 0)
      ),
    issue: Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const form = new URLSearchParams(yield* Effect.orElseSucceed(request.text, () => ""))
      if (form.get("grant_type") !== "client_credentials") {
        return yield* refused(400, "unsupported_grant_type", "grant_type must be client_credentials")
      }
      if (form.get("client_id") !== apiKey || form.get("client_secret") !== apiSecret) {
        return yield* refused(401, "invalid_client", "client authentication failed")
      }
      const { tokenSeconds } = (yield* Ref.get(settings)).wire
      const token = randomUUID()
      const now = yield* Clock.currentTimeMillis
      yield* Ref.update(expiries, (all) => new Map(all).set(token, now + tokenSeconds * 1000))
      return HttpServerResponse.unsafeJson({ access_token: token, expires_in: tokenSeconds, token_type: "Bearer" })
    })
  }))
