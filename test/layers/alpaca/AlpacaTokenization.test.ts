import { describe, expect, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { TokenizationRequestId } from "../../../src/domain/TokenizationRequest.ts"
import type { AlpacaError } from "../../../src/services/AlpacaError.ts"
import { calls, hash, key, mintAnswer, mintId, order, requestId, row, secret, withStub } from "./Live.ts"
import { json, refusal, reply } from "./StubServer.ts"

const failing = <A>(effect: Effect.Effect<A, AlpacaError>) =>
  Effect.map(Effect.flip(effect), ({ detail, kind, message, reason, retryAfter }) => ({
    detail,
    kind,
    message,
    reason,
    retryAfter
  }))

describe("what is sent", () => {
  it.live("a mint: path, headers and the very bytes", () =>
    withStub([json(mintAnswer)], ({ alpaca, stub }) =>
      Effect.gen(function*() {
        yield* alpaca.requestMint(mintId, order)
        const [sent] = stub.received
        expect(stub.received.length).toBe(1)
        expect(sent?.method).toBe("POST")
        expect(sent?.url).toBe("/v1/accounts/904837e3/tokenization/mint")
        expect(sent?.headers).toMatchObject({
          "apca-api-key-id": key,
          "apca-api-secret-key": secret,
          "content-type": "application/json",
          accept: "application/json",
          "idempotency-key": mintId
        })
        expect(sent?.headers).not.toHaveProperty("authorization")
        expect(Object.keys(sent?.headers ?? {}).filter((name) => /^(b3|traceparent|x-b3)/.test(name))).toEqual([])
        expect(sent?.body).toBe(
          "{\"underlying_symbol\":\"AAPL\",\"qty\":\"10.5\",\"issuer\":\"st0x\",\"network\":\"base\"," +
            `"wallet_address":"${order.wallet}","client_request_id":"${mintId}"}`
        )
      })))

  it.live("basic authentication instead of the two headers", () =>
    withStub([json(mintAnswer)], ({ alpaca, stub }) =>
      Effect.gen(function*() {
        yield* alpaca.requestMint(mintId, order)
        const headers = stub.received[0]?.headers
        expect(headers?.authorization).toBe(`Basic ${Buffer.from(`${key}:${secret}`).toString("base64")}`)
        expect(headers).not.toHaveProperty("apca-api-key-id")
        expect(headers).not.toHaveProperty("apca-api-secret-key")
      }), { config: { auth: "basic" } }))

  it.live("the look-ups, below the path of the base URL, with everything encoded", () =>
    withStub([refusal(404, "none"), refusal(404, "none")], ({ alpaca, stub }) =>
      Effect.gen(function*() {
        yield* alpaca.getRequest(TokenizationRequestId.make("a/b?c#d%"))
        yield* alpaca.findMint(mintId, order)
        expect(stub.received.map(({ method, url }) => `${method} ${url}`)).toEqual([
          "GET /proxy/alpaca/v1/accounts/a%20b%2F..%3F/tokenization/requests/a%2Fb%3Fc%23d%25",
          `GET /proxy/alpaca/v1/accounts/a%20b%2F..%3F/tokenization/requests:by_client_request_id?client_request_id=${mintId}`
        ])
      }), { path: "/proxy/alpaca//", config: { accountId: "a b/..?" } }))

  it.live("no list, when the label shows ours", () =>
    withStub([json(row)], ({ alpaca, stub }) =>
      Effect.gen(function*() {
        expect(Option.map(yield* alpaca.findMint(mintId, order), ({ id }) => id)).toEqual(Option.some(requestId))
        expect(stub.received.length).toBe(1)
      })))

  it.live("the list, filtered, when the label shows somebody else's request", () =>
    withStub([json({ ...row, qty: "1" }), json([])], (fixture) =>
      Effect.gen(function*() {
        yield* Effect.flip(calls.findMint(fixture))
        expect(fixture.stub.received[1]?.url).toBe(
          "/v1/accounts/904837e3/tokenization/requests?type=mint&underlying_symbol=AAPL"
        )
      })))
})

describe("what is understood", () => {
  const whole = {
    id: requestId,
    status: "Pending",
    symbol: "AAPL",
    quantity: 10_500_000_000n,
    wallet: Option.some(order.wallet),
    txHash: Option.some(hash),
    issuerRequestId: Option.some("iss-1")
  }
  const { tx_hash: _, issuer_request_id: __, wallet_address: ___, type: ____, ...bare } = row
  const little = { ...whole, wallet: Option.none(), txHash: Option.none(), issuerRequestId: Option.none() }
  const table: ReadonlyArray<readonly [name: string, body: string, understood: unknown]> = [
    ["a row as documented", JSON.stringify(row), whole],
    ["a row without what may be missing", JSON.stringify(bare), little],
    [
      "\"\" for null",
      JSON.stringify({ ...bare, tx_hash: "", issuer_request_id: "", wallet_address: "", type: "", token_symbol: "" }),
      little
    ],
    ["null", JSON.stringify({ ...bare, tx_hash: null, issuer_request_id: null, wallet_address: null }), little],
    ["a hash in capitals", JSON.stringify({ ...row, tx_hash: `0x${"AB".repeat(32)}` }), whole],
    ["a wallet in lower case", JSON.stringify({ ...row, wallet_address: order.wallet.toLowerCase() }), whole],
    ["zeros at the end of the quantity", JSON.stringify({ ...row, qty: "10.500000000000" }), whole],
    ["a quantity that is a number", JSON.stringify(row).replace("\"10.5\"", "10.50"), whole],
    ["a quantity with an exponent", JSON.stringify(row).replace("\"10.5\"", "1.05e1"), whole],
    ["the smallest quantity", JSON.stringify(row).replace("\"10.5\"", "1e-9"), { ...whole, quantity: 1n }],
    [
      "a number of more digits than a double has",
      JSON.stringify(row).replace("\"10.5\"", "123456789012.123456789"),
      { ...whole, quantity: 123_456_789_012_123_456_789n }
    ],
    ["a finished mint", JSON.stringify({ ...row, status: "completed" }), { ...whole, status: "Completed" }],
    ["a rejected mint", JSON.stringify({ ...row, status: "rejected" }), { ...whole, status: "Rejected" }],
    ["a status that nobody knows", JSON.stringify({ ...row, status: "journaling" }), { ...whole, status: "Other" }],
    ["a status in capitals", JSON.stringify({ ...row, status: "COMPLETED" }), { ...whole, status: "Completed" }],
    ["fields that nobody knows", JSON.stringify({ ...row, account: 7, issuer_account: {}, fees: 0.1, x: [1] }), whole],
    ["an id in capitals", JSON.stringify({ ...row, tokenization_request_id: requestId.toUpperCase() }), {
      ...whole,
      id: requestId.toUpperCase()
    }]
  ]
  for (const [name, body, understood] of table) {
    it.live(name, () =>
      withStub([reply(200, body)], ({ alpaca }) =>
        Effect.gen(function*() {
          expect(yield* alpaca.getRequest(requestId)).toEqual(Option.some(understood))
        })))
  }

  it.live("the answer to a mint, also when it was turned down at once", () =>
    withStub(
      [json({ ...mintAnswer, status: "rejected", token_symbol: "", tx_hash: "" })],
      ({ alpaca }) =>
        Effect.gen(function*() {
          expect((yield* alpaca.requestMint(mintId, order)).status).toBe("Rejected")
        })
    ))
})

describe("what makes no sense", () => {
  const table: ReadonlyArray<readonly [name: string, body: string, word: string]> = [
    ["a quantity beyond all measure", JSON.stringify(row).replace("\"10.5\"", "1e999"), "qty"],
    ["a negative quantity", JSON.stringify({ ...row, qty: "-10.5" }), "qty"],
    ["ten decimals", JSON.stringify({ ...row, qty: "10.0000000001" }), "qty"],
    ["no quantity", JSON.stringify({ ...row, qty: "" }), "qty"],
    ["no status", JSON.stringify({ ...row, status: null }), "status"],
    ["no id", JSON.stringify({ ...row, tokenization_request_id: "" }), "tokenization_request_id"],
    ["half a hash", JSON.stringify({ ...row, tx_hash: "0xabc" }), "tx_hash"],
    [
      "a wallet with a wrong checksum",
      JSON.stringify({ ...row, wallet_address: order.wallet.replace("A", "a") }),
      "checksum"
    ],
    ["a list", JSON.stringify([row]), "not an object"],
    ["no JSON", "<html>Bad gateway</html>", "Bad gateway"],
    ["nothing", "", "not JSON"],
    ["half a body", JSON.stringify(row).slice(0, 100), "not JSON"]
  ]
  for (const [name, body, word] of table) {
    it.live(`${name}: a read can be repeated, of an order nobody knows`, () =>
      withStub([reply(200, body), reply(200, body), reply(200, body)], (fixture) =>
        Effect.gen(function*() {
          const read = yield* failing(calls.getRequest(fixture))
          const find = yield* failing(calls.findMint(fixture))
          const write = yield* failing(calls.requestMint(fixture))
          expect([read.reason, find.reason, write.reason]).toEqual(["Unavailable", "Unavailable", "OutcomeUnknown"])
          for (const { detail } of [read, find, write]) expect(detail).toContain(word)
          expect(write.message).toContain(mintId)
          expect(write.message).toContain("10.5 AAPL")
          expect(read.message).toContain(requestId)
        })))
  }

  it.live("bytes that are no UTF-8", () => {
    const [before = "", after = ""] = JSON.stringify({ ...row, note: "?" }).split("?")
    const body = Buffer.concat([Buffer.from(before), Buffer.from([0xff]), Buffer.from(after)])
    return withStub([reply(200, body), reply(200, body)], (fixture) =>
      Effect.gen(function*() {
        expect((yield* failing(calls.requestMint(fixture))).reason).toBe("OutcomeUnknown")
        expect((yield* failing(calls.getRequest(fixture))).detail).toContain("UTF-8")
      }))
  })

  it.live("a request by another id than was asked for", () =>
    withStub([json({ ...row, tokenization_request_id: "another" })], (fixture) =>
      Effect.gen(function*() {
        const { detail, reason } = yield* failing(calls.getRequest(fixture))
        expect(reason).toBe("Unavailable")
        expect(detail).toContain("another")
      })))
})

describe("the order and what Alpaca took", () => {
  const table: ReadonlyArray<readonly [name: string, changes: Partial<Record<keyof typeof row, string>>]> = [
    ["another symbol", { underlying_symbol: "MSFT" }],
    ["another quantity", { qty: "10.4" }],
    ["another wallet", { wallet_address: "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359" }],
    ["another issuer", { issuer: "ondo" }],
    ["another network", { network: "ethereum" }],
    ["another type", { type: "redeem" }],
    ["another label", { client_request_id: "11111111-1111-4111-8111-111111111111" }]
  ]
  for (const [name, changes] of table) {
    it.live(`${name}: a mismatch`, () =>
      withStub(
        [json({ ...mintAnswer, ...changes }), json({ ...row, ...changes }), json([{ ...row, ...changes }])],
        (fixture) =>
          Effect.gen(function*() {
            const taken = yield* failing(calls.requestMint(fixture))
            const found = yield* failing(calls.findMint(fixture))
            expect([taken.reason, found.reason, found.kind]).toEqual(["Mismatch", "Mismatch", "unknown"])
            const [value = ""] = Object.values(changes)
            expect(taken.detail).toContain(value)
            expect(found.detail).toContain(value)
            expect(found.detail).toContain(requestId)
          })
      ))
  }

  it.live("case is no difference", () =>
    withStub(
      [json({ ...mintAnswer, issuer: "ST0X", network: "Base", client_request_id: mintId.toUpperCase() })],
      (fixture) => calls.requestMint(fixture)
    ))

  it.live("a request without our label is not ours, whatever a look-up by label says", () =>
    withStub(
      [json({ ...row, client_request_id: "" }), json([{ ...row, client_request_id: null }])],
      (fixture) =>
        Effect.gen(function*() {
          expect((yield* failing(calls.findMint(fixture))).reason).toBe("Mismatch")
        })
    ))
})

describe("ours behind somebody else's under the same label", () => {
  const foreign = { ...row, tokenization_request_id: "foreign", qty: "1" }
  const at = (id: string, created_at: string) => ({ ...row, tokenization_request_id: id, created_at })
  const find = (rows: ReadonlyArray<unknown>) =>
    withStub([json(foreign), json(rows)], ({ alpaca }) => alpaca.findMint(mintId, order))

  it.live("is the newest that answers the order", () =>
    Effect.gen(function*() {
      const found = yield* find([
        foreign,
        at("old", "2026-09-12T10:00:00Z"),
        at("new", "2026-09-12T11:00:00+02:00"),
        at("newest", "2026-09-12T10:00:01Z"),
        at("undated", ""),
        { ...at("unlabelled", "2026-10-12T10:00:01Z"), client_request_id: "" },
        { ...at("redemption", "2026-10-12T10:00:01Z"), type: "redeem" }
      ])
      expect(Option.map(found, ({ id }) => id)).toEqual(Option.some("newest"))
    }))

  it.live("is found among rows that make no sense", () =>
    Effect.gen(function*() {
      const found = yield* find([
        null,
        7,
        "row",
        [],
        {},
        { ...row, client_request_id: "x", wallet_address: order.wallet.replace("A", "a") },
        { ...row, client_request_id: null, qty: "1e3" },
        {
          ...row,
          network: "solana",
          wallet_address: "So11111111111111111111111111111111111111112",
          client_request_id: 5
        },
        at("ours", "2026-09-12T10:00:00Z")
      ])
      expect(Option.map(found, ({ id }) => id)).toEqual(Option.some("ours"))
    }))

  for (const label of [mintId, mintId.toUpperCase()]) {
    it.live(`a row that makes no sense and bears our label ${label} is an error`, () =>
      Effect.gen(function*() {
        const error = yield* failing(
          find([at("ours", "2026-09-12T10:00:00Z"), { ...row, client_request_id: label, qty: "?" }])
        )
        expect(error.reason).toBe("Unavailable")
        expect(error.detail).toContain("qty")
      }))
  }

  it.live("a list that is none is an error", () =>
    Effect.gen(function*() {
      expect((yield* failing(withStub([json(foreign), json({})], calls.findMint))).reason).toBe("Unavailable")
      expect((yield* failing(withStub([json(foreign), refusal(404, "none")], calls.findMint))).reason).toBe(
        "Unavailable"
      )
    }))
})

describe("nothing there", () => {
  it.live("is none when Alpaca says so", () =>
    withStub(
      [refusal(404, "request not found"), refusal(404, "request not found")],
      ({ alpaca }) =>
        Effect.gen(function*() {
          expect(yield* alpaca.findMint(mintId, order)).toEqual(Option.none())
          expect(yield* alpaca.getRequest(requestId)).toEqual(Option.none())
        })
    ))

  it.live("is no answer when a gateway says so", () =>
    withStub(
      [reply(404, "<html>Not Found</html>"), reply(404, "{\"message\":\"no route\"}")],
      (fixture) =>
        Effect.gen(function*() {
          expect((yield* failing(calls.findMint(fixture))).reason).toBe("Unavailable")
          expect((yield* failing(calls.getRequest(fixture))).reason).toBe("Unavailable")
        })
    ))

  it.live("an id or a label that Alpaca refuses is an invalid request", () =>
    withStub([refusal(422, "not a UUID"), refusal(422, "invalid label")], (fixture) =>
      Effect.gen(function*() {
        expect((yield* failing(calls.getRequest(fixture))).reason).toBe("InvalidRequest")
        expect((yield* failing(calls.findMint(fixture))).reason).toBe("InvalidRequest")
      })))
})
