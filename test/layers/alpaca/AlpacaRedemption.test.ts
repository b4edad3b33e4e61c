import { describe, expect, it } from "@effect/vitest"
import { DateTime, Effect, Option } from "effect"
import { hash, key, order, redemption, requestId, secret, sent, withStub } from "./Live.ts"
import { json, refusal, reply } from "./StubServer.ts"

const other = `0x${"cd".repeat(32)}`
const capitals = `0x${"AB".repeat(32)}`

/** Over a server that answers this list. */
const find = (rows: unknown) => withStub([json(rows)], ({ alpaca }) => alpaca.findRedemption(sent))

const foundId = (rows: ReadonlyArray<unknown>) =>
  Effect.map(find(rows), (found) => Option.getOrUndefined(Option.map(found, ({ id }) => id)))

const failure = (rows: unknown) => Effect.flip(find(rows))

const at = (id: string, created_at: string, changes: object = {}) => ({
  ...redemption,
  tokenization_request_id: id,
  created_at,
  ...changes
})

describe("what is sent", () => {
  it.live("one request, of the redemptions since the transfer, with an hour for the clocks", () =>
    withStub([json([])], ({ alpaca, stub }) =>
      Effect.gen(function*() {
        yield* alpaca.findRedemption(sent)
        expect(stub.received.map(({ body, method, url }) => [method, url, body])).toEqual([[
          "GET",
          "/v1/accounts/904837e3/tokenization/requests?type=redeem&after=2026-09-12T20%3A28%3A00.250Z",
          ""
        ]])
        expect(stub.received[0]?.headers).toMatchObject({ "apca-api-key-id": key, "apca-api-secret-key": secret })
      })))

  it.live("the time as RFC 3339, whatever its fraction", () =>
    withStub([json([])], ({ alpaca, stub }) =>
      Effect.gen(function*() {
        yield* alpaca.findRedemption({ ...sent, sentAt: DateTime.unsafeMake("2026-01-01T00:30:00Z") })
        const [received] = stub.received
        expect(new URL(received?.url ?? "", stub.url).searchParams.get("after")).toBe("2025-12-31T23:30:00.000Z")
      })))
})

describe("what is found", () => {
  const whole = {
    id: requestId,
    status: "Pending",
    symbol: "AAPL",
    quantity: 10_500_000_000n,
    wallet: Option.some(order.wallet),
    txHash: Option.some(hash),
    issuerRequestId: Option.some("iss-1")
  }
  const { issuer: _, issuer_request_id: __, network: ___, type: ____, wallet_address: _____, ...bare } = redemption
  const table: ReadonlyArray<readonly [name: string, row: object, understood: object]> = [
    ["a row as documented", redemption, whole],
    ["a row without what may be missing", bare, { ...whole, wallet: Option.none(), issuerRequestId: Option.none() }],
    [
      "\"\" for null",
      { ...redemption, wallet_address: "", issuer: "", network: "", type: "", issuer_request_id: "" },
      { ...whole, wallet: Option.none(), issuerRequestId: Option.none() }
    ],
    ["a hash in capitals", { ...redemption, tx_hash: capitals }, whole],
    ["words in capitals", { ...redemption, type: "REDEEM", issuer: "ST0X", network: "Base" }, whole],
    ["a wallet in lower case", { ...redemption, wallet_address: order.wallet.toLowerCase() }, whole],
    ["a quantity that is a number", { ...redemption, qty: 10.5 }, whole],
    ["less than was sent", { ...redemption, qty: "10.499999999" }, { ...whole, quantity: 10_499_999_999n }],
    ["nothing of what was sent", { ...redemption, qty: "0" }, { ...whole, quantity: 0n }],
    ["a completed one", { ...redemption, status: "completed" }, { ...whole, status: "Completed" }],
    ["a rejected one", { ...redemption, status: "rejected" }, { ...whole, status: "Rejected" }],
    ["a status that nobody knows", { ...redemption, status: "journaling" }, { ...whole, status: "Other" }],
    ["a label, which proves nothing", { ...redemption, client_request_id: "somebody's" }, whole]
  ]
  for (const [name, row, understood] of table) {
    it.live(name, () =>
      Effect.gen(function*() {
        expect(yield* find([row])).toEqual(Option.some(understood))
      }))
  }

  it.live("nothing, in a list of others' or in none", () =>
    Effect.gen(function*() {
      expect(yield* find([])).toEqual(Option.none())
      expect(yield* find([{ ...redemption, tx_hash: other }, { ...redemption, tx_hash: null }])).toEqual(Option.none())
    }))

  it.live("ours among rows that make no sense", () =>
    Effect.gen(function*() {
      const nonsense = [
        null,
        7,
        "row",
        [],
        {},
        { tx_hash: 7 },
        { tx_hash: { hash } },
        [hash],
        { ...redemption, tx_hash: "0x" },
        { ...redemption, tx_hash: other, qty: "?" },
        { ...redemption, tx_hash: "5J8H9L", wallet_address: "So11111111111111111111111111111111111111112" },
        { ...redemption, tx_hash: null, underlying_symbol: null, note: hash }
      ]
      expect(yield* find(nonsense)).toEqual(Option.none())
      expect(yield* foundId([...nonsense, at("ours", "")])).toBe("ours")
    }))
})

describe("of several with our hash", () => {
  const newest = at("newest", "2026-09-12T10:00:01Z")
  const older = at("older", "2026-09-12T11:00:00+02:00")
  const undated = at("undated", "")
  const rejected = at("rejected", "2026-10-12T10:00:00Z", { status: "rejected" })
  const orders = (rows: ReadonlyArray<unknown>) => [rows, rows.toReversed()]

  for (const [index, rows] of orders([older, newest, undated]).entries()) {
    it.live(`the newest, in whatever order they come (${index})`, () =>
      Effect.gen(function*() {
        expect(yield* foundId(rows)).toBe("newest")
      }))
  }

  for (const [index, rows] of orders([rejected, undated]).entries()) {
    it.live(`one that was not turned down, however old (${index})`, () =>
      Effect.gen(function*() {
        expect(yield* foundId(rows)).toBe("undated")
      }))
  }

  it.live("one that is over or that nobody understands counts as not turned down", () =>
    Effect.gen(function*() {
      for (const status of ["completed", "journaling"]) {
        expect(yield* foundId([rejected, { ...older, status }])).toBe("older")
      }
    }))

  it.live("the newest of those that were turned down, if all were", () =>
    Effect.gen(function*() {
      const all = [older, newest, undated].map((row) => ({ ...row, status: "rejected" }))
      expect(yield* foundId(all)).toBe("newest")
    }))
})

describe("what was sent and what Alpaca shows under its hash", () => {
  const table: ReadonlyArray<readonly [name: string, changes: Partial<Record<keyof typeof redemption, string>>]> = [
    ["another symbol", { underlying_symbol: "MSFT" }],
    ["another wallet", { wallet_address: "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359" }],
    ["another issuer", { issuer: "ondo" }],
    ["another network", { network: "ethereum" }],
    // A mint names the issuer's transaction, which ours is not: the filter was ignored, and something is very wrong.
    ["a mint", { type: "mint" }],
    ["a type that nobody knows", { type: "transfer" }]
  ]
  for (const [name, changes] of table) {
    it.live(`${name}: a mismatch, in whatever case and status`, () =>
      Effect.gen(function*() {
        for (const more of [{}, { tx_hash: capitals }, { status: "rejected" }]) {
          const error = yield* failure([at("theirs", "2026-10-12T10:00:00Z", { ...changes, ...more })])
          expect([error.reason, error.kind]).toEqual(["Mismatch", "unknown"])
          for (const word of ["theirs", ...Object.values(changes)]) expect(error.detail).toContain(word)
          expect(error.message).toContain(hash)
          expect(error.message).toContain("AAPL")
        }
      }))

    it.live(`${name}: not taken for ours, which is found beside it`, () =>
      Effect.gen(function*() {
        const theirs = at("theirs", "2026-10-12T10:00:00Z", changes)
        expect(yield* foundId([theirs, at("ours", ""), theirs])).toBe("ours")
      }))
  }
})

describe("what makes no sense", () => {
  const table: ReadonlyArray<readonly [name: string, changes: object, word: string]> = [
    ["a quantity that is none", { qty: "?" }, "qty"],
    ["a negative quantity", { qty: "-1" }, "qty"],
    ["ten decimals", { qty: "10.0000000001" }, "qty"],
    ["no status", { status: null }, "status"],
    ["no id", { tokenization_request_id: "" }, "tokenization_request_id"],
    ["no symbol", { underlying_symbol: null }, "underlying_symbol"],
    ["a wallet with a wrong checksum", { wallet_address: order.wallet.replace("A", "a") }, "checksum"]
  ]
  for (const [name, changes, word] of table) {
    it.live(`${name}, under our hash: the look-up can be repeated`, () =>
      Effect.gen(function*() {
        for (const tx_hash of [hash, capitals]) {
          const error = yield* failure([at("ours", ""), { ...redemption, ...changes, tx_hash }])
          expect([error.reason, error.kind]).toEqual(["Unavailable", "transient"])
          expect(error.detail).toContain(word)
        }
      }))
  }

  for (const [name, body] of [["an object", "{}"], ["null", "null"], ["a row alone", JSON.stringify(redemption)]]) {
    it.live(`${name} instead of a list`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(withStub([reply(200, body)], ({ alpaca }) => alpaca.findRedemption(sent)))
        expect([error.reason, error.detail]).toEqual(["Unavailable", "malformed answer: not a list"])
      }))
  }

  it.live("a list that is not there proves nothing", () =>
    withStub([refusal(404, "request not found")], ({ alpaca }) =>
      Effect.gen(function*() {
        expect((yield* Effect.flip(alpaca.findRedemption(sent))).reason).toBe("Unavailable")
      })))
})
