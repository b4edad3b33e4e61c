import { expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { call, text } from "./Client.ts"
import { path } from "./WalletClient.ts"
import { layer as server, WalletServer } from "./WalletServer.ts"

layer(server(false), { excludeTestServices: true })("a bearer token", (it) => {
  const form = { "content-type": "application/x-www-form-urlencoded" }
  const ask = (fields: Readonly<Record<string, string>> = {}) =>
    Effect.flatMap(WalletServer, ({ alpaca: { credentials, url } }) =>
      call(`${url}/v1/oauth2/token`, {
        method: "POST",
        headers: form,
        body: new URLSearchParams({
          grant_type: "client_credentials",
          client_id: credentials.apiKey,
          client_secret: credentials.apiSecret,
          ...fields
        }).toString()
      }))
  const use = (authorization: string) =>
    Effect.flatMap(
      WalletServer,
      (to) => Effect.map(call(path(to, "/transfers"), { headers: { authorization } }), ({ status }) => status)
    )

  it.effect("is given for the credentials, and opens the account", () =>
    Effect.gen(function*() {
      const { body } = yield* ask()
      expect(body).toMatchObject({ expires_in: 899, token_type: "Bearer" })
      expect(yield* use(`Bearer ${text(body, "access_token")}`)).toBe(200)
      expect(yield* use(`Bearer ${randomUUID()}`)).toBe(401)
    }))

  it.effect("is not given for others", () =>
    Effect.gen(function*() {
      const wrong = yield* ask({ client_secret: "wrong" })
      expect([wrong.status, wrong.body["error"]]).toEqual([401, "invalid_client"])
      const other = yield* ask({ grant_type: "password" })
      expect([other.status, other.body["error"]]).toEqual([400, "unsupported_grant_type"])
    }))

  it.effect("expires", () =>
    Effect.gen(function*() {
      const { alpaca } = yield* WalletServer
      yield* alpaca.change({ wire: { tokenSeconds: 0 } })
      const { body } = yield* ask()
      yield* alpaca.change({ wire: { tokenSeconds: 899 } })
      expect(yield* use(`Bearer ${text(body, "access_token")}`)).toBe(401)
      expect(yield* alpaca.counts.of("oauth.token")).toBeGreaterThan(0)
    }))

  it.effect("is not needed with the credentials themselves", () =>
    Effect.gen(function*() {
      const { apiKey, apiSecret } = (yield* WalletServer).alpaca.credentials
      expect(yield* use(`Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString("base64")}`)).toBe(200)
    }))
})
