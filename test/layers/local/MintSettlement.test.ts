import { expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import { equityTokenAbi } from "../../../src/layers/local/Contracts.ts"
import * as LocalWorld from "../../../src/layers/local/LocalWorld.ts"
import { change, ended, get, hex, mint, minted, text, until } from "./Client.ts"

const { LocalWorld: world } = LocalWorld

/** What our wallet holds of the share's token. */
const tokens = (to: LocalWorld.World, symbol: string) =>
  Effect.promise(() =>
    to.base.client.readContract({
      address: to.tokens[symbol]?.address ?? "0x",
      abi: equityTokenAbi,
      functionName: "balanceOf",
      args: [to.wallet.address]
    })
  )

const quick = (quirks: boolean) => LocalWorld.layer({ blockTime: "50 millis", mintDelay: 20, quirks })

layer(quick(false), { excludeTestServices: true })("a mint that is completed", (it) => {
  it.effect("has put the tokens on chain by then, and the books agree", () =>
    Effect.gen(function*() {
      const to = yield* world
      const had = yield* tokens(to, "AAPL")
      const { body } = yield* mint(to, { qty: "10.5" })
      const id = text(body, "tokenization_request_id")
      expect(body).toMatchObject({ status: "pending", type: "mint", qty: "10.5", token_symbol: null })
      const request = yield* ended(to, id)
      expect(request).toMatchObject({ status: "completed", token_symbol: "tAAPL", qty: "10.5", fees: "0" })
      expect(request["wallet_address"]).toBe(to.wallet.address)
      const receipt = yield* Effect.promise(() =>
        to.base.client.getTransactionReceipt({ hash: hex(request, "tx_hash") })
      )
      expect(receipt.status).toBe("success")
      expect((yield* tokens(to, "AAPL")) - had).toBe(10_500_000_000_000_000_000n)
      expect((yield* to.alpaca.history).shares["AAPL"]).toMatchObject({ inTransit: 0n, journaled: 10_500_000_000n })
    }))

  it.effect("may be one share short, for the issuer's fee", () =>
    Effect.gen(function*() {
      const to = yield* world
      yield* change(to, { mint: { fee: "1" } })
      const had = yield* tokens(to, "AAPL")
      const id = yield* minted(to, { qty: "3.000000001" })
      const request = yield* ended(to, id)
      yield* change(to, { mint: { fee: "0" } })
      expect(request).toMatchObject({ qty: "3.000000001", fees: "1" })
      expect((yield* tokens(to, "AAPL")) - had).toBe(2_000_000_001_000_000_000n)
    }))

  it.effect("may have brought the token of another share", () =>
    Effect.gen(function*() {
      const to = yield* world
      yield* change(to, { mint: { mintInstead: "MSFT" } })
      const had = yield* tokens(to, "MSFT")
      const id = yield* minted(to, { qty: "2" })
      const request = yield* ended(to, id)
      yield* change(to, { mint: { mintInstead: null } })
      expect(request["underlying_symbol"]).toBe("AAPL")
      expect((yield* tokens(to, "MSFT")) - had).toBe(2_000_000_000_000_000_000n)
    }))

  it.effect("may name a transaction that reverted, and then nothing was minted", () =>
    Effect.gen(function*() {
      const to = yield* world
      yield* change(to, { mint: { hash: "reverted" } })
      const had = yield* tokens(to, "AAPL")
      const id = yield* minted(to)
      const request = yield* ended(to, id)
      yield* change(to, { mint: { hash: "mint" } })
      const receipt = yield* Effect.promise(() =>
        to.base.client.getTransactionReceipt({ hash: hex(request, "tx_hash") })
      )
      expect([request["status"], receipt.status]).toEqual(["completed", "reverted"])
      expect(yield* tokens(to, "AAPL")).toBe(had)
    }))

  it.effect("may name no transaction at all", () =>
    Effect.gen(function*() {
      const to = yield* world
      yield* change(to, { mint: { hash: "missing" } })
      const id = yield* minted(to)
      const request = yield* ended(to, id)
      yield* change(to, { mint: { hash: "mint" } })
      expect(request).toMatchObject({ status: "completed", tx_hash: null })
    }))

  it.effect("may be so before the chain has seen the transaction", () =>
    Effect.gen(function*() {
      const to = yield* world
      yield* change(to, { mint: { completedBeforeMillis: 300 } })
      const id = yield* minted(to)
      const hash = hex(yield* ended(to, id), "tx_hash")
      yield* change(to, { mint: { completedBeforeMillis: 0 } })
      const seen = Effect.tryPromise(() => to.base.client.getTransaction({ hash }))
      expect((yield* Effect.either(seen))._tag).toBe("Left")
      yield* until(seen, () => true)
    }))

  it.effect("is rejected, with the shares back, when the token is paused", () =>
    Effect.gen(function*() {
      const to = yield* world
      const before = (yield* to.alpaca.history).shares["MSFT"]
      yield* to.issuer.setPaused("MSFT", true)
      const id = yield* minted(to, { underlying_symbol: "MSFT" })
      expect((yield* ended(to, id))["status"]).toBe("rejected")
      yield* to.issuer.setPaused("MSFT", false)
      expect((yield* to.alpaca.history).shares["MSFT"]).toEqual(before)
    }))
})

layer(quick(true), { excludeTestServices: true })("with its bad habits Alpaca", (it) => {
  it.effect("leaves out, empties, renames, capitalizes and turns into numbers", () =>
    Effect.gen(function*() {
      const to = yield* world
      yield* change(to, {
        mint: { delayMillis: 300, fee: "0.25" },
        wire: { strangeStatus: { word: "odd", millis: 100 } }
      })
      const { body: answer } = yield* mint(to, { qty: "10.5" })
      const id = text(answer, "tokenization_request_id")
      expect(answer).toMatchObject({ status: "odd", qty: "10.5", token_symbol: "", tx_hash: "" })
      expect(answer).not.toHaveProperty("type")
      yield* until(get(to, `/requests/${id}`), ({ body }) => body["status"] === "pending")
      const request = yield* ended(to, id)
      const { rows } = yield* get(to, "/requests")
      const listed = rows.find((row) => row["tokenization_request_id"] === id) ?? {}
      expect(request).toMatchObject({ qty: "10.5", fees: "0.25" })
      expect(listed).toMatchObject({ qty: 10.5, fees: 0.25 })
      expect(listed["tx_hash"]).not.toBe(request["tx_hash"])
      expect(text(listed, "tx_hash").toLowerCase()).toBe(request["tx_hash"])
    }))

  it.effect("lists rows that no schema foresees", () =>
    Effect.gen(function*() {
      const { rows } = yield* get(yield* world, "/requests")
      expect(rows.some((row) => typeof row["tokenization_request_id"] !== "string")).toBe(true)
      expect(rows.some((row) => row["wallet_address"] === undefined)).toBe(true)
    }))
})
