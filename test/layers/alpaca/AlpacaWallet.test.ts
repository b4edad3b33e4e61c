/** What Alpaca's wallets were seen to answer, and what could be meant by it. */
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { DateTime, Effect, Either, Layer, Option, Redacted, Ref } from "effect"
import * as Address from "../../../src/domain/Address.ts"
import * as TxHash from "../../../src/domain/TxHash.ts"
import * as Usdc from "../../../src/domain/Usdc.ts"
import { WalletTransferId } from "../../../src/domain/WalletTransfer.ts"
import * as AlpacaWalletLive from "../../../src/layers/alpaca/AlpacaWallet.ts"
import { AlpacaWallet } from "../../../src/services/AlpacaWallet.ts"

const own = Address.make("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
const hash = TxHash.make(`0x${"ab".repeat(32)}`)
const id = WalletTransferId.make("0f9c7a52-3b1d-4c61-9c3e-6d2b7e1f4a05")
const amount = Usdc.fromUnits(55_000_000n)
const since = DateTime.unsafeMake("2026-10-01T12:00:00Z")
const sought = { amount, address: own, since, claimed: new Set<WalletTransferId>() }

/** As the documents show it (external-apis 2.2). */
const row = {
  id,
  tx_hash: hash,
  direction: "OUTGOING",
  status: "COMPLETE",
  amount: "55",
  usd_value: "55",
  network_fee: "20",
  fees: "0.3025",
  chain: "ETH",
  asset: "USDC",
  from_address: "0x00000000000000000000000000000000000000a1",
  to_address: own,
  created_at: "2026-10-01T12:00:01.5Z"
}

const answering = (...answers: ReadonlyArray<Response>) =>
  Effect.gen(function*() {
    const asked = yield* Ref.make<ReadonlyArray<string>>([])
    const http = HttpClient.make((request, url) =>
      Effect.map(
        Ref.getAndUpdate(asked, (all) => [
          ...all,
          `${request.method} ${url.pathname.replace("/v1/accounts/account/", "")}${url.search}${
            request.body._tag === "Uint8Array" ? ` ${new TextDecoder().decode(request.body.body)}` : ""
          }`
        ]),
        (before) => HttpClientResponse.fromWeb(request, (answers[before.length] ?? new Response("[]")).clone())
      )
    )
    const live = AlpacaWalletLive.layer({
      baseUrl: "https://broker.test",
      accountId: "account",
      key: Redacted.make("PKTESTKEY"),
      secret: Redacted.make("test-secret"),
      auth: "headers",
      timeout: "5 seconds"
    })
    const alpaca = yield* AlpacaWallet.pipe(
      Effect.provide(Layer.provide(live, Layer.succeed(HttpClient.HttpClient, http)))
    )
    return { alpaca, asked: Ref.get(asked) }
  })

const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status })

describe("a withdrawal", () => {
  it.effect("is ordered with a checksummed address, the chain and plain decimals", () =>
    Effect.gen(function*() {
      const { alpaca, asked } = yield* answering(json({ ...row, status: "PROCESSING", tx_hash: null }))
      const ordered = yield* alpaca.orderWithdrawal({ amount, address: own })
      expect(ordered).toMatchObject({ id, status: "Processing", amount, txHash: Option.none() })
      expect(yield* asked).toEqual([
        `POST wallets/transfers {"amount":"55","address":"${own}","asset":"USDC","chain":"ETH"}`
      ])
    }))

  const unknown: ReadonlyArray<readonly [name: string, answer: Response, reason: string]> = [
    ["500", json({ message: "internal" }, 500), "OutcomeUnknown"],
    ["504", new Response("<html>gateway</html>", { status: 504 }), "OutcomeUnknown"],
    ["404", json({ message: "not found" }, 404), "OutcomeUnknown"],
    ["409", json({ message: "conflict" }, 409), "OutcomeUnknown"],
    ["no JSON", new Response("ok"), "OutcomeUnknown"],
    ["a row without an id", json({ ...row, id: null }), "OutcomeUnknown"],
    ["a row without an amount", json({ ...row, amount: "" }), "OutcomeUnknown"]
  ]
  for (const [name, answer, reason] of unknown) {
    it.effect(`answered with ${name} may have been made`, () =>
      Effect.gen(function*() {
        const { alpaca, asked } = yield* answering(answer)
        const error = yield* Effect.flip(alpaca.orderWithdrawal({ amount, address: own }))
        expect(error).toMatchObject({ reason, kind: "unknown" })
        expect((yield* asked).length).toBe(1)
      }))
  }

  const odd: ReadonlyArray<readonly [name: string, changes: Readonly<Record<string, unknown>>]> = [
    ["another amount", { amount: "54.6975" }],
    ["another address", { to_address: "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB" }],
    ["another chain", { chain: "SOL" }],
    ["another direction", { direction: "INCOMING" }]
  ]
  for (const [name, changes] of odd) {
    it.effect(`answered with ${name} has been taken all the same: its id is known`, () =>
      Effect.gen(function*() {
        const { alpaca } = yield* answering(json({ ...row, ...changes }))
        expect((yield* alpaca.orderWithdrawal({ amount, address: own })).id).toBe(id)
      }))
  }

  const refused: ReadonlyArray<readonly [body: unknown, status: number, reason: string]> = [
    [{ message: "amount must be at least 50" }, 400, "InvalidRequest"],
    [{ message: "address 0x.. is not whitelisted" }, 403, "NotWhitelisted"],
    [{ message: "whitelisted address has not been approved yet" }, 400, "NotWhitelisted"],
    [{ message: "insufficient balance" }, 403, "InsufficientPosition"],
    [{ message: "insufficient permissions" }, 403, "Forbidden"],
    ...["INVALID_DATA", "UNKNOWN_VASP", "ADDRESS_BELONGS_TO_VASP", "TRAVEL_RULE_ACTION_REQUIRED"].map((word) =>
      [{ error_code: word, message: "tell us more", next_actions: ["update"] }, 400, "TravelRule"] as const
    ),
    [{ error_code: "BENEFICIARY_NAME_REQUIRED", message: "insufficient name" }, 400, "TravelRule"],
    [{ code: 40110000, message: "unauthorized" }, 401, "Unauthenticated"]
  ]
  for (const [body, status, reason] of refused) {
    it.effect(`is refused: ${JSON.stringify(body)}`, () =>
      Effect.gen(function*() {
        const { alpaca } = yield* answering(json(body, status))
        const error = yield* Effect.flip(alpaca.orderWithdrawal({ amount, address: own }))
        expect(error).toMatchObject({ reason, kind: "permanent" })
      }))
  }
})

describe("the list of transfers", () => {
  const ours: ReadonlyArray<readonly [name: string, row: Readonly<Record<string, unknown>>]> = [
    ["as documented", row],
    ["with numbers", { ...row, amount: 55, fees: 0.3025 }],
    ["with all decimals", { ...row, amount: "55.000000" }],
    ["with an exponent", { ...row, amount: "5.5e1" }],
    ["with empty words for nothing", { ...row, tx_hash: "", from_address: "", usd_value: "" }],
    ["in lower case", { ...row, to_address: own.toLowerCase(), direction: "outgoing", asset: "usdc" }],
    ["without chain and direction", { ...row, chain: null, direction: undefined }],
    ["in words that are not documented", { ...row, chain: "ETHEREUM", direction: "WITHDRAWAL" }],
    ["just before it was intended, by Alpaca's clock", { ...row, created_at: "2026-10-01T11:58:30Z" }]
  ]
  for (const [name, shown] of ours) {
    it.effect(`shows ours ${name}`, () =>
      Effect.gen(function*() {
        const { alpaca } = yield* answering(json([{ id: 42 }, "nonsense", null, shown]))
        expect(Option.map(yield* alpaca.findWithdrawal(sought), (found) => found.id)).toEqual(Option.some(id))
      }))
  }

  const others: ReadonlyArray<readonly [name: string, row: Readonly<Record<string, unknown>>]> = [
    ["of another amount", { ...row, amount: "55.000001" }],
    ["on another chain", { ...row, chain: "ARB" }],
    ["of another asset", { ...row, asset: "BTC" }],
    ["that came", { ...row, direction: "INCOMING" }],
    ["to somebody else, malformed", { ...row, to_address: "0x00000000000000000000000000000000000000a1", amount: "?" }],
    ["to nobody knows where, of another amount", { ...row, to_address: null, amount: "54" }],
    ["that is older, malformed", { ...row, created_at: "2026-10-01T11:49:00Z", amount: "?" }]
  ]
  for (const [name, shown] of others) {
    it.effect(`shows one ${name}, which is none of ours`, () =>
      Effect.gen(function*() {
        const { alpaca } = yield* answering(json([shown]))
        expect(yield* alpaca.findWithdrawal(sought)).toEqual(Option.none())
      }))
  }

  it.effect("shows a smaller one, which may be ours after fees: a person must say", () =>
    Effect.gen(function*() {
      const { alpaca } = yield* answering(json([{ ...row, amount: "54.6975" }]))
      expect(yield* Effect.flip(alpaca.findWithdrawal(sought))).toMatchObject({ reason: "Ambiguous", kind: "unknown" })
      const claimed = new Set([id])
      const known = yield* answering(json([{ ...row, amount: "54.6975" }]))
      expect(yield* known.alpaca.findWithdrawal({ ...sought, claimed })).toEqual(Option.none())
      const nothing = yield* answering(json([{ ...row, amount: "54", status: "FAILED", tx_hash: null }]))
      expect(yield* nothing.alpaca.findWithdrawal(sought)).toEqual(Option.none())
    }))

  const malformed: ReadonlyArray<readonly [name: string, row: Readonly<Record<string, unknown>>]> = [
    ["amount", { ...row, amount: "fifty-five" }],
    ["id", { ...row, id: 42.5e-3, amount: null }],
    ["time", { ...row, created_at: "yesterday" }],
    ["hash", { ...row, tx_hash: "0x12" }],
    ["address, which is not there,", { ...row, to_address: "" }],
    ["address, which is not there, nor its amount,", { ...row, to_address: null, amount: "?" }]
  ]
  for (const [name, shown] of malformed) {
    it.effect(`shows one that may be ours and whose ${name} cannot be read: nothing is concluded`, () =>
      Effect.gen(function*() {
        const { alpaca } = yield* answering(json([shown]))
        expect(yield* Effect.flip(alpaca.findWithdrawal(sought))).toMatchObject({ reason: "Unavailable" })
      }))
  }

  it.effect("may be wrapped, and have pages", () =>
    Effect.gen(function*() {
      const { alpaca, asked } = yield* answering(
        json({ transfers: [{ ...row, amount: "100" }], next_page_token: "two" }),
        json({ transfers: [row], next_page_token: null })
      )
      expect(Option.isSome(yield* alpaca.findWithdrawal(sought))).toBe(true)
      expect(yield* asked).toEqual(["GET wallets/transfers", "GET wallets/transfers?page_token=two"])
    }))

  it.effect("that has no end, or is no list, is no answer", () =>
    Effect.gen(function*() {
      const endless = yield* answering(
        ...Array.from({ length: 101 }, () => json({ transfers: [], next_page_token: "again" }))
      )
      expect(yield* Effect.flip(endless.alpaca.findWithdrawal(sought))).toMatchObject({ reason: "Unavailable" })
      const none = yield* answering(json({ message: "maintenance" }))
      expect(yield* Effect.flip(none.alpaca.findWithdrawal(sought))).toMatchObject({ reason: "Unavailable" })
    }))
})

describe("one transfer", () => {
  const words = [["PROCESSING", "Processing"], ["COMPLETE", "Complete"], ["FAILED", "Failed"], ["PENDING", "Other"]]
  for (const [word, status] of words) {
    it.effect(`${word} is ${status}`, () =>
      Effect.gen(function*() {
        const { alpaca } = yield* answering(json({ ...row, status: word }))
        expect(Option.map(yield* alpaca.getTransfer(id), (found) => found.status)).toEqual(Option.some(status))
      }))
  }

  it.effect("that Alpaca says is not there is none; a gateway's 404 is no answer", () =>
    Effect.gen(function*() {
      const none = yield* answering(json({ code: 40410000, message: "transfer not found" }, 404))
      expect(yield* none.alpaca.getTransfer(id)).toEqual(Option.none())
      const gateway = yield* answering(new Response("not found", { status: 404 }))
      expect(yield* Effect.flip(gateway.alpaca.getTransfer(id))).toMatchObject({ kind: "transient" })
      const other = yield* answering(json({ ...row, id: "11111111-2222-4333-8444-555555555555" }))
      expect(yield* Effect.flip(other.alpaca.getTransfer(id))).toMatchObject({ reason: "Unavailable" })
    }))

  it.effect("is read from one list with all others that are asked for meanwhile; what that lacks, by itself", () =>
    Effect.gen(function*() {
      const ids = ["1", "2", "3", "4"].map((digit) => WalletTransferId.make(`${digit}${id.slice(1)}`))
      const [first, second, third, fourth] = ids.map((id) => ({ ...row, id }))
      const page = [{ ...third, amount: "some" }, second, { id: 7 }, "nonsense", row]
      const list = json({ transfers: page, next_page_token: "which is not read" })
      const { alpaca, asked } = yield* answering(json(first), list, json(third), json(fourth))
      const found = yield* Effect.forEach(ids, (one) => alpaca.getTransfer(one), { concurrency: "unbounded" })
      expect(found.map(Option.map((transfer) => transfer.id))).toEqual(ids.map(Option.some))
      const path = (at: number) => `GET wallets/transfers/${ids[at]}`
      expect(yield* asked).toEqual([path(0), "GET wallets/transfers", path(2), path(3)])
    }))
})

describe("a deposit", () => {
  const incoming = { ...row, direction: "INCOMING", fees: "0" }

  it.effect("is what came less what Alpaca kept, in whatever case its hash is", () =>
    Effect.gen(function*() {
      for (const tx_hash of [hash, hash.toUpperCase().replace("0X", "0x"), hash.slice(2)]) {
        const { alpaca } = yield* answering(json([{ ...incoming, tx_hash, fees: "1.5" }]))
        const found = yield* alpaca.findDeposit({ txHash: hash, address: own })
        expect(Option.map(found, (deposit) => deposit.amount)).toEqual(Option.some(Usdc.fromUnits(53_500_000n)))
      }
    }))

  const fees: ReadonlyArray<readonly [fee: unknown, credited: bigint]> = [
    [null, 55_000_000n],
    [0, 55_000_000n],
    ["1e-2", 54_990_000n],
    ["0.0000001", 54_999_999n],
    ["56", 0n]
  ]
  for (const [fee, credited] of fees) {
    it.effect(`with a fee of ${fee} is credited with ${Usdc.print(Usdc.fromUnits(credited))}`, () =>
      Effect.gen(function*() {
        const { alpaca } = yield* answering(json([{ ...incoming, fees: fee }]))
        const found = yield* alpaca.findDeposit({ txHash: hash, address: own })
        expect(Option.map(found, (deposit) => deposit.amount)).toEqual(Option.some(credited))
      }))
  }

  it.effect("with a fee that cannot be read is credited with nobody knows what", () =>
    Effect.gen(function*() {
      for (const fee of ["a little", "-1", "1e-999999999"]) {
        const { alpaca } = yield* answering(json([{ ...incoming, fees: fee }]))
        const error = yield* Effect.flip(alpaca.findDeposit({ txHash: hash, address: own }))
        expect(error).toMatchObject({ reason: "Unavailable" })
      }
    }))

  it.effect("shown twice is the one that is over; two that are over are a matter for a person", () =>
    Effect.gen(function*() {
      const other = "11111111-2222-4333-8444-555555555555"
      const once = yield* answering(json([{ ...incoming, id: other, status: "PROCESSING" }, incoming]))
      const found = yield* once.alpaca.findDeposit({ txHash: hash, address: own })
      expect(Option.map(found, (deposit) => deposit.id)).toEqual(Option.some(id))
      const twice = yield* answering(json([{ ...incoming, id: other }, incoming]))
      expect(yield* Effect.flip(twice.alpaca.findDeposit({ txHash: hash, address: own }))).toMatchObject({
        reason: "Ambiguous"
      })
    }))

  it.effect("is read from one list with all others that are asked for meanwhile, each by itself", () =>
    Effect.gen(function*() {
      const hashes = ["1", "2", "3", "4"].map((digit) => TxHash.make(`0x${digit.repeat(64)}`))
      const [first, second, third, fourth] = hashes.map((tx_hash) => ({ ...incoming, tx_hash }))
      const list = json([second, { ...third, fees: "a little" }, fourth, {
        ...fourth,
        id: "11111111-2222-4333-8444-555555555555"
      }])
      const { alpaca, asked } = yield* answering(json([first]), list)
      const found = yield* Effect.forEach(
        hashes,
        (txHash) => Effect.either(alpaca.findDeposit({ txHash, address: own })),
        { concurrency: "unbounded" }
      )
      expect(found.map(Either.match({
        onLeft: ({ reason }) => reason,
        onRight: (deposit) => Option.getOrThrow(Option.flatMap(deposit, ({ txHash }) => txHash))
      }))).toEqual([hashes[0], hashes[1], "Unavailable", "Ambiguous"])
      expect(yield* asked).toEqual(["GET wallets/transfers", "GET wallets/transfers"])
    }))

  it.effect("has an address, which is one of Ethereum's", () =>
    Effect.gen(function*() {
      const good = yield* answering(json({ asset_id: "x", address: own.toLowerCase(), created_at: "now" }))
      expect(yield* good.alpaca.depositAddress).toBe(own)
      expect(yield* good.asked).toEqual(["GET wallets?asset=USDC&network=ethereum"])
      for (
        const body of [
          { address: "9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM" },
          { address: own, chain: "SOL" },
          { address: `0x${"0".repeat(40)}` },
          { address: own.replace("A", "a") },
          {}
        ]
      ) {
        const bad = yield* answering(json(body))
        expect(yield* Effect.flip(bad.alpaca.depositAddress)).toMatchObject({ reason: "Unavailable" })
      }
    }))
})
