import { HttpClient, HttpClientResponse } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Layer, Redacted, Ref, TestClock } from "effect"
import * as AlpacaClient from "../../../src/layers/alpaca/AlpacaClient.ts"

const key = "PKCLIENT0123456789"
const secret = "client+secret/with=signs~(and!more)"

interface Asked {
  readonly path: string
  readonly authorization: string | undefined
  readonly body: string
}

type Reply = (asked: Asked) => Response

/** A server for both: tokens are numbered, and what else is asked is answered by `reply`. */
const serving = (reply: Reply, token: (number: number) => Response) =>
  Effect.gen(function*() {
    const all = yield* Ref.make<ReadonlyArray<Asked>>([])
    const http = HttpClient.make((request, url) =>
      Effect.gen(function*() {
        const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
        const asked = { path: url.pathname, authorization: request.headers["authorization"], body }
        const before = yield* Ref.getAndUpdate(all, (old) => [...old, asked])
        const tokens = before.filter(({ path }) => path === "/token").length
        // Others get their turn while this one is under way.
        yield* Effect.yieldNow()
        return HttpClientResponse.fromWeb(request, url.pathname === "/token" ? token(tokens + 1) : reply(asked))
      })
    )
    const client = yield* AlpacaClient.make({
      baseUrl: "https://broker.test",
      accountId: "account",
      key: Redacted.make(key),
      secret: Redacted.make(secret),
      auth: { tokenUrl: "https://auth.test/token" },
      timeout: "5 seconds"
    }).pipe(Effect.provide(Layer.succeed(HttpClient.HttpClient, http)))
    const tokens = Effect.map(Ref.get(all), (asked) => asked.filter(({ path }) => path === "/token"))
    const calls = Effect.map(Ref.get(all), (asked) => asked.filter(({ path }) => path !== "/token"))
    return { client, tokens, calls, get: client.read({ action: "test", path: "wallets" }) }
  })

const granted = (number: number, expires_in: unknown = 899) =>
  new Response(JSON.stringify({ access_token: `token-${number}-secret`, expires_in, token_type: "Bearer" }))
const yes: Reply = () => new Response("{}")

describe("access tokens", () => {
  it.effect("are asked for once, with the client's credentials, by however many calls at once", () =>
    Effect.gen(function*() {
      const { calls, get, tokens } = yield* serving(yes, granted)
      yield* Effect.all([get, get, get, get], { concurrency: "unbounded" })
      yield* get
      const [first, ...others] = yield* tokens
      expect(others).toEqual([])
      expect(Object.fromEntries(new URLSearchParams(first?.body))).toEqual({
        grant_type: "client_credentials",
        client_id: key,
        client_secret: secret
      })
      expect(first?.authorization).toBeUndefined()
      expect((yield* calls).map(({ authorization }) => authorization)).toEqual(
        Array.from({ length: 5 }, () => "Bearer token-1-secret")
      )
    }))

  it.effect("are renewed a minute before they end", () =>
    Effect.gen(function*() {
      const { calls, get, tokens } = yield* serving(yes, granted)
      yield* get
      yield* TestClock.adjust("838 seconds")
      yield* get
      expect((yield* tokens).length).toBe(1)
      yield* TestClock.adjust("1 second")
      yield* get
      expect((yield* tokens).length).toBe(2)
      expect((yield* calls).at(-1)?.authorization).toBe("Bearer token-2-secret")
    }))

  it.effect("that are not believed are replaced, once; a write that was not believed has done nothing", () =>
    Effect.gen(function*() {
      const { calls, client, tokens } = yield* serving(
        ({ authorization }) => new Response("{}", { status: authorization?.includes("token-1") === true ? 401 : 200 }),
        granted
      )
      yield* client.write({ action: "test", path: "wallets/transfers", body: "{}" })
      expect((yield* calls).map(({ authorization }) => authorization)).toEqual([
        "Bearer token-1-secret",
        "Bearer token-2-secret"
      ])
      expect((yield* tokens).length).toBe(2)
    }))

  it.effect("that are never believed end in Unauthenticated", () =>
    Effect.gen(function*() {
      const { calls, get } = yield* serving(() => new Response("{}", { status: 401 }), granted)
      expect(yield* Effect.flip(get)).toMatchObject({ reason: "Unauthenticated" })
      expect((yield* calls).length).toBe(2)
    }))

  const refusals = [
    ["401", new Response("{\"error\":\"invalid_client\"}", { status: 401 }), "Unauthenticated", "permanent"],
    ["400", new Response("{\"error\":\"invalid_request\"}", { status: 400 }), "Unauthenticated", "permanent"],
    ["503", new Response("", { status: 503 }), "Unavailable", "transient"],
    ["no JSON", new Response("<html>"), "Unavailable", "transient"],
    ["no token", new Response("{\"expires_in\":899}"), "Unavailable", "transient"],
    ["a token with a line break", new Response("{\"access_token\":\"a\\nb\"}"), "Unavailable", "transient"],
    ["a life of a century", granted(1, 3_153_600_000), "Unavailable", "transient"]
  ] as const
  for (const [name, answer, reason, kind] of refusals) {
    it.effect(`that are refused with ${name} make also a write ${reason}: it was not sent`, () =>
      Effect.gen(function*() {
        const { calls, client } = yield* serving(yes, () => answer.clone())
        const error = yield* Effect.flip(client.write({ action: "order", path: "wallets/transfers", body: "{}" }))
        expect(error).toMatchObject({ reason, kind })
        expect(yield* calls).toEqual([])
      }))
  }

  it.effect("are refused in the words of whoever refuses them", () =>
    Effect.gen(function*() {
      const told = { error: "invalid_client", error_description: "the secret has been revoked" }
      const { get } = yield* serving(yes, () => new Response(JSON.stringify(told), { status: 401 }))
      expect((yield* Effect.flip(get)).detail).toBe("401 invalid_client: the secret has been revoked")
    }))

  it.effect("tell for how long to stay away", () =>
    Effect.gen(function*() {
      const { get } = yield* serving(yes, () => new Response("", { status: 429, headers: { "retry-after": "30" } }))
      const error = yield* Effect.flip(get)
      expect(error.reason).toBe("RateLimited")
      expect(error.retryAfter).toEqual(Duration.seconds(30))
    }))

  it.effect("are never told, nor what they were asked for with, whoever repeats them", () =>
    Effect.gen(function*() {
      const { get } = yield* serving(
        ({ authorization }) =>
          new Response(JSON.stringify({ message: `you sent ${authorization}, ${secret}` }), { status: 403 }),
        granted
      )
      const error = yield* Effect.flip(get)
      expect(error.message).toContain("<redacted>")
      for (const word of ["token-1-secret", secret]) {
        expect(`${error.message}${JSON.stringify(error)}`).not.toContain(word)
      }
      const echoing = yield* serving(yes, () => new Response(`no client ${key} with ${secret}`, { status: 401 }))
      const refused = yield* Effect.flip(echoing.get)
      for (const word of [key, secret]) expect(refused.message).not.toContain(word)
      const form = new URLSearchParams({ client_secret: secret }).toString()
      const repeating = yield* serving(yes, () => new Response(form, { status: 500 }))
      expect((yield* Effect.flip(repeating.get)).detail).toBe("500: client_secret=<redacted>")
    }))
})
