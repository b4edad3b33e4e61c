import { describe, expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import * as LocalWorld from "../../../src/layers/local/LocalWorld.ts"
import { type Answer, authentic, call, change, ended, get, mint, mintBody, minted, path, text } from "./Client.ts"

const shares = 1_000_000_000n
const { LocalWorld: world } = LocalWorld

const expectError = (answer: Answer, status: number, code: number) => {
  expect({ status: answer.status, code: answer.body["code"] }).toEqual({ status, code })
  expect(answer.body["message"]).toBeTypeOf("string")
}

const held = LocalWorld.layer({ blockTime: "50 millis", mintDelay: 0, settings: { mint: { outcome: "hold" } } })

layer(held, { excludeTestServices: true })("a mint request", (it) => {
  describe("is refused, and takes no shares", () => {
    const refusals: ReadonlyArray<readonly [string, Record<string, unknown>, number, number]> = [
      ["a symbol is missing", { underlying_symbol: undefined }, 422, 42210001],
      ["a quantity is missing", { qty: undefined }, 422, 42210001],
      ["a wallet is missing", { wallet_address: undefined }, 422, 42210001],
      ["the issuer is missing", { issuer: undefined }, 422, 42210001],
      ["the network is missing", { network: undefined }, 422, 42210001],
      ["the quantity is a number", { qty: 1.5 }, 422, 42210001],
      ["the quantity is zero", { qty: "0" }, 422, 42210001],
      ["the quantity is negative", { qty: "-1" }, 422, 42210001],
      ["there are more than nine decimals", { qty: "1.0000000001" }, 400, 40010000],
      ["the symbol is unknown", { underlying_symbol: "ZZZZ" }, 422, 42210001],
      ["the issuer is unknown", { issuer: "acme" }, 422, 42210001],
      ["the network is unknown", { network: "dial-up" }, 422, 42210001],
      ["the issuer has no such token", { issuer: "ondo" }, 422, 42210001],
      ["the wallet is no address", { wallet_address: "0x12" }, 422, 42210001],
      ["the label has a space at its end", { client_request_id: "label " }, 422, 42210001],
      ["the position is too small", { qty: "100.000000001" }, 403, 40310000]
    ]
    for (const [name, fields, status, code] of refusals) {
      it.effect(`when ${name}`, () =>
        Effect.gen(function*() {
          const before = yield* (yield* world).alpaca.history
          expectError(yield* mint(yield* world, fields), status, code)
          expect(yield* (yield* world).alpaca.history).toEqual(before)
        }))
    }

    it.effect("when the body is no JSON", () =>
      Effect.gen(function*() {
        const to = yield* world
        const answer = yield* call(path(to, "/mint"), { method: "POST", headers: authentic(to), body: "{\"qty\":" })
        expectError(answer, 400, 40010000)
      }))

    it.effect("for want of shares with the other status that was seen", () =>
      Effect.gen(function*() {
        const to = yield* world
        yield* change(to, { wire: { insufficientPositionStatus: 400 } })
        const answer = yield* mint(to, { qty: "5000" })
        yield* change(to, { wire: { insufficientPositionStatus: 403 } })
        expectError(answer, 400, 40010000)
        expect(answer.body["message"]).toBe("insufficient position for AAPL")
      }))
  })

  describe("knows who is calling", () => {
    const basic = (secret: string) => `Basic ${Buffer.from(secret).toString("base64")}`
    const callers: ReadonlyArray<readonly [string, (to: LocalWorld.World) => Record<string, string>, number]> = [
      ["APCA headers", authentic, 200],
      ["Basic", ({ alpaca: { credentials } }) => ({
        authorization: basic(`${credentials.apiKey}:${credentials.apiSecret}`)
      }), 200],
      ["nothing", () => ({}), 401],
      ["a wrong secret", (to) => ({ ...authentic(to), "apca-api-secret-key": "guess" }), 401],
      ["a wrong Basic", () => ({ authorization: basic("key:guess") }), 401]
    ]
    for (const [name, headers, status] of callers) {
      it.effect(`by ${name}: ${status}`, () =>
        Effect.gen(function*() {
          const to = yield* world
          const answer = yield* call(path(to, "/requests"), { headers: headers(to) })
          expect(answer.status).toBe(status)
          if (status === 401) expectError(answer, 401, 40110000)
        }))
    }

    it.effect("and keeps other accounts from them", () =>
      Effect.gen(function*() {
        const to = yield* world
        const url = `${to.alpaca.url}/v1/accounts/${randomUUID()}/tokenization/requests`
        expectError(yield* call(url, { headers: authentic(to) }), 403, 40310000)
      }))
  })

  describe("with an Idempotency-Key", () => {
    it.effect("is accepted once; a repeat gets the very same bytes and says so", () =>
      Effect.gen(function*() {
        const to = yield* world
        const [key, label] = [randomUUID(), randomUUID()]
        const send = mint(to, { client_request_id: label }, { "idempotency-key": key })
        const answers = yield* Effect.all([send, send, send], { concurrency: 3 })
        expect(new Set(answers.map((answer) => answer.text)).size).toBe(1)
        expect(answers.filter(({ headers }) => headers.get("idempotent-replayed") === "true")).toHaveLength(2)
        expect((yield* to.alpaca.history).mintsByClientRequestId[label]).toBe(1)
      }))

    it.effect("is refused when the key was used for another body", () =>
      Effect.gen(function*() {
        const to = yield* world
        const headers = { "idempotency-key": randomUUID() }
        yield* mint(to, { qty: "1" }, headers)
        expectError(yield* mint(to, { qty: "2" }, headers), 422, 42210001)
      }))

    it.effect("is refused when the key is malformed", () =>
      Effect.gen(function*() {
        const to = yield* world
        for (const key of ["two words", "x".repeat(129), ""]) {
          expectError(yield* mint(to, {}, { "idempotency-key": key }), 400, 40010000)
        }
      }))

    it.effect("is refused when the request was rejected since", () =>
      Effect.gen(function*() {
        const to = yield* world
        const headers = { "idempotency-key": randomUUID() }
        const { body } = yield* mint(to, {}, headers)
        yield* to.alpaca.settle(text(body, "tokenization_request_id"), { outcome: "reject" })
        expectError(yield* mint(to, {}, headers), 400, 40010000)
      }))

    it.effect("can be sent again with the same key after a refusal", () =>
      Effect.gen(function*() {
        const to = yield* world
        const headers = { "idempotency-key": randomUUID() }
        expect((yield* mint(to, { qty: "5000" }, headers)).status).toBe(403)
        expect((yield* mint(to, { qty: "1" }, headers)).status).toBe(200)
      }))
  })

  it.effect("without a key is accepted as often as it comes; the newest answers to the label", () =>
    Effect.gen(function*() {
      const to = yield* world
      const label = randomUUID()
      yield* mint(to, { client_request_id: label })
      const second = yield* minted(to, { client_request_id: label })
      const found = yield* get(to, `/requests:by_client_request_id?client_request_id=${label}`)
      expect(found.body["tokenization_request_id"]).toBe(second)
      expect((yield* to.alpaca.history).mintsByClientRequestId[label]).toBe(2)
    }))

  it.effect("holds its shares in transit until it ends; rejected, they come back", () =>
    Effect.gen(function*() {
      const to = yield* world
      const before = (yield* to.alpaca.history).shares["MSFT"]
      const id = yield* minted(to, { underlying_symbol: "MSFT", qty: "7" })
      expect((yield* to.alpaca.history).shares["MSFT"]).toEqual({
        available: (before?.available ?? 0n) - 7n * shares,
        inTransit: (before?.inTransit ?? 0n) + 7n * shares,
        journaled: 0n
      })
      yield* to.alpaca.settle(id, { outcome: "reject" })
      const { issuerTransactions, shares: after } = yield* to.alpaca.history
      expect(after["MSFT"]).toEqual(before)
      expect(issuerTransactions.filter(({ requestId }) => requestId === id)).toEqual([])
    }))

  it.effect("is minted once however often it is ended", () =>
    Effect.gen(function*() {
      const to = yield* world
      const id = yield* minted(to)
      const complete = to.alpaca.settle(id, { outcome: "complete" })
      yield* Effect.all([complete, complete, to.alpaca.settle(id, { outcome: "reject" })], { concurrency: 3 })
      yield* complete
      const { issuerTransactions } = yield* to.alpaca.history
      expect(issuerTransactions.filter(({ requestId }) => requestId === id)).toHaveLength(1)
      expect((yield* ended(to, id))["status"]).toBe("completed")
    }))

  describe("can be looked up", () => {
    const lookUps: ReadonlyArray<readonly [string, string, number, number]> = [
      ["by an id that nobody has", `/requests/${randomUUID()}`, 404, 40410000],
      ["by what is no UUID", "/requests/latest", 422, 42210001],
      ["by a label that nobody used", "/requests:by_client_request_id?client_request_id=none", 404, 40410000],
      ["by no label", "/requests:by_client_request_id", 422, 42210001],
      ["from a time that is none", "/requests?after=yesterday", 422, 42210001],
      ["where there is nothing", "/positions", 404, 40410000]
    ]
    for (const [name, tail, status, code] of lookUps) {
      it.effect(`${name}: ${status}`, () =>
        Effect.gen(function*() {
          expectError(yield* get(yield* world, tail), status, code)
        }))
    }

    it.effect("in a list, by every filter", () =>
      Effect.gen(function*() {
        const to = yield* world
        const { body } = yield* mint(to)
        const [at, id] = [text(body, "created_at"), text(body, "tokenization_request_id")]
        const isListed = (query: string) =>
          Effect.map(get(to, `/requests?${query}`), ({ rows }) =>
            rows.some((row) => row["tokenization_request_id"] === id))
        const earlier = new Date(Date.parse(at) - 1).toISOString()
        const later = new Date(Date.parse(at) + 1).toISOString()
        for (
          const [yes, no] of [
            ["type=mint", "type=redeem"],
            ["status=pending", "status=completed"],
            ["underlying_symbol=AAPL", "underlying_symbol=MSFT"],
            ["issuer=st0x", "issuer=ondo"],
            ["network=base", "network=solana"],
            [`after=${earlier}`, `after=${at}`],
            [`before=${later}`, `before=${at}`]
          ] as const
        ) {
          expect([yes, yield* isListed(yes)]).toEqual([yes, true])
          expect([no, yield* isListed(no)]).toEqual([no, false])
        }
      }))
  })

  it.effect("is answered with the rate limit's headers, like everything else", () =>
    Effect.gen(function*() {
      const to = yield* world
      for (const answer of [yield* mint(to), yield* get(to, "/nothing"), yield* call(path(to, "/requests"))]) {
        expect(Number(answer.headers.get("x-ratelimit-limit"))).toBeGreaterThan(0)
        expect(Number(answer.headers.get("x-ratelimit-remaining"))).toBeGreaterThanOrEqual(0)
        expect(Number(answer.headers.get("x-ratelimit-reset"))).toBeGreaterThan(1.7e9)
      }
    }))

  it.effect("is counted by route", () =>
    Effect.gen(function*() {
      const to = yield* world
      const before = yield* to.alpaca.counts.of("POST mint")
      yield* mint(to)
      yield* call(path(to, "/mint"), { method: "POST", body: mintBody(to) })
      expect(yield* to.alpaca.counts.of("POST mint")).toBe(before + 2)
    }))
})
