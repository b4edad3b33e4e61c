import { expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import type * as AlpacaSettings from "../../../src/layers/local/AlpacaSettings.ts"
import * as Chain from "../../../src/layers/local/Chain.ts"
import { equityTokenAbi } from "../../../src/layers/local/Contracts.ts"
import * as LocalWorld from "../../../src/layers/local/LocalWorld.ts"
import { change, ended, get, rpc, until } from "./Client.ts"
import { blocks, booked, detected, listed, send, signed, token } from "./RedemptionClient.ts"

const { LocalWorld: world } = LocalWorld

/** One share at the broker. */
const share = 1_000_000_000n

const quick = (quirks: boolean) =>
  LocalWorld.layer({ blockTime: "50 millis", redeemDelay: 40, quirks, tokens: { AAPL: "40", MSFT: "5" } })

/** Runs `body` while the issuer and Alpaca follow this script. */
const scripted = <A, E, R>(
  to: LocalWorld.World,
  redeem: AlpacaSettings.Patch["redeem"],
  body: Effect.Effect<A, E, R>
) =>
  Effect.gen(function*() {
    const before = yield* to.alpaca.settings
    yield* change(to, { redeem })
    return yield* Effect.ensuring(body, to.alpaca.change(before))
  })

layer(quick(false), { excludeTestServices: true })("tokens that are sent to the redemption wallet", (it) => {
  it.effect("become one request, and shares again when it is completed", () =>
    Effect.gen(function*() {
      const to = yield* world
      const before = yield* to.alpaca.history
      const { blockNumber, transactionHash } = yield* send(to, "AAPL", 21n * token / 2n)
      const id = yield* detected(to, transactionHash)
      const request = yield* ended(to, id)
      expect(request).toMatchObject({
        type: "redeem",
        status: "completed",
        underlying_symbol: "AAPL",
        token_symbol: "tAAPL",
        qty: "10.5",
        issuer: "st0x",
        network: "base",
        wallet_address: to.wallet.address,
        tx_hash: transactionHash,
        fees: null
      })
      expect(request).not.toHaveProperty("client_request_id")
      const { redemptionTransfers, requests, shares: after } = yield* to.alpaca.history
      expect(requests).toHaveLength(before.requests.length + 1)
      expect(after["AAPL"]).toEqual({
        available: (before.shares["AAPL"]?.available ?? 0n) + 10_500_000_000n,
        inTransit: 0n,
        journaled: (before.shares["AAPL"]?.journaled ?? 0n) - 10_500_000_000n
      })
      expect(redemptionTransfers.slice(before.redemptionTransfers.length)).toEqual([{
        hash: transactionHash,
        symbol: "AAPL",
        from: to.wallet.address,
        amount: 10_500_000_000_000_000_000n,
        block: Number(blockNumber)
      }])
    }))

  it.effect("are lost when it is rejected: neither tokens nor shares come back", () =>
    Effect.gen(function*() {
      const to = yield* world
      const before = (yield* to.alpaca.history).shares
      const held = Effect.promise(() =>
        to.base.client.readContract({
          address: to.tokens["AAPL"]?.address ?? "0x",
          abi: equityTokenAbi,
          functionName: "balanceOf",
          args: [to.wallet.address]
        })
      )
      const had = yield* held
      yield* scripted(
        to,
        { outcome: "reject" },
        Effect.gen(function*() {
          const { transactionHash } = yield* send(to, "AAPL", token)
          const request = yield* ended(to, yield* detected(to, transactionHash))
          expect(request).toMatchObject({ status: "rejected", qty: "1", tx_hash: transactionHash })
        })
      )
      expect((yield* to.alpaca.history).shares).toEqual(before)
      expect(had - (yield* held)).toBe(token)
    }))

  it.effect("wait at Alpaca while it is held, and end once", () =>
    Effect.gen(function*() {
      const to = yield* world
      const before = (yield* to.alpaca.history).shares["AAPL"]
      const [id, other] = yield* scripted(
        to,
        { outcome: "hold" },
        Effect.all([1n, 2n].map((amount) =>
          Effect.flatMap(send(to, "AAPL", amount * token), ({ transactionHash }) => detected(to, transactionHash))
        ))
      )
      yield* blocks(to, 5)
      expect((yield* get(to, `/requests/${id}`)).body["status"]).toBe("pending")
      expect((yield* to.alpaca.history).shares["AAPL"]).toEqual(before)

      const complete = to.alpaca.settle(id ?? "", { outcome: "complete" })
      yield* Effect.all([complete, complete, to.alpaca.settle(id ?? "", { outcome: "reject" })], { concurrency: 3 })
      // Told nothing else, it ends as the script says that all do now.
      yield* scripted(to, { outcome: "reject" }, to.alpaca.settle(other ?? "", {}))
      yield* to.alpaca.settle(other ?? "", { outcome: "complete" })
      expect((yield* get(to, `/requests/${id}`)).body["status"]).toBe("completed")
      expect((yield* get(to, `/requests/${other}`)).body["status"]).toBe("rejected")
      expect((yield* to.alpaca.history).shares["AAPL"]).toEqual({
        available: (before?.available ?? 0n) + share,
        inTransit: 0n,
        journaled: (before?.journaled ?? 0n) - share
      })
    }))

  it.effect("are not told of while the issuer sees nothing, and all of them when it does", () =>
    Effect.gen(function*() {
      const to = yield* world
      const hashes = yield* scripted(
        to,
        { isDetected: false },
        Effect.gen(function*() {
          const sent = [yield* send(to, "AAPL", token), yield* send(to, "MSFT", token)]
          yield* blocks(to, 5)
          const known = (yield* to.alpaca.history).redemptionTransfers.map(({ hash }) => hash)
          for (const { transactionHash } of sent) {
            expect(yield* listed(to, transactionHash)).toEqual([])
            expect(known).toContain(transactionHash)
          }
          return sent.map(({ transactionHash }) => transactionHash)
        })
      )
      for (const [index, hash] of hashes.entries()) {
        const request = yield* ended(to, yield* detected(to, hash))
        expect(request).toMatchObject({ status: "completed", underlying_symbol: ["AAPL", "MSFT"][index] })
        expect(yield* booked(to, hash)).toHaveLength(1)
      }
    }))

  it.effect("are rounded down to what Alpaca can book, and less than that is nothing", () =>
    Effect.gen(function*() {
      const to = yield* world
      const dust = yield* send(to, "AAPL", share - 1n)
      const { transactionHash } = yield* send(to, "AAPL", token + 2n * share - 1n)
      const request = yield* ended(to, yield* detected(to, transactionHash))
      expect(request["qty"]).toBe("1.000000001")
      expect(yield* booked(to, dust.transactionHash)).toEqual([])
    }))

  it.effect("are not ours when somebody else sent them", () =>
    Effect.gen(function*() {
      const to = yield* world
      const other = Chain.wallet("somebody else")
      yield* to.base.fund(other.address, token)
      yield* to.issuer.grant("AAPL", other.address, token)
      const theirs = yield* send(to, "AAPL", token, other)
      const ours = yield* send(to, "AAPL", token)
      yield* ended(to, yield* detected(to, ours.transactionHash))
      expect(yield* booked(to, theirs.transactionHash)).toEqual([])
      expect((yield* to.alpaca.history).redemptionTransfers.slice(-2)).toMatchObject([
        { hash: theirs.transactionHash, from: other.address },
        { hash: ours.transactionHash, from: to.wallet.address }
      ])
    }))

  it.effect("are redeemed for no more shares than the issuer was given", () =>
    Effect.gen(function*() {
      const to = yield* world
      const before = (yield* to.alpaca.history).shares["MSFT"]
      yield* to.issuer.grant("MSFT", to.wallet.address, 1000n * token)
      const { transactionHash } = yield* send(to, "MSFT", 1000n * token)
      expect((yield* ended(to, yield* detected(to, transactionHash)))["status"]).toBe("rejected")
      expect((yield* to.alpaca.history).shares["MSFT"]).toEqual(before)
    }))

  it.effect("are believed at the depth that is asked for", () =>
    Effect.gen(function*() {
      const to = yield* world
      yield* scripted(
        to,
        { confirmations: 12, detectDelayMillis: 0 },
        Effect.gen(function*() {
          const { blockNumber, transactionHash } = yield* send(to, "AAPL", token)
          yield* until(booked(to, transactionHash), (requests) => requests.length > 0)
          expect((yield* to.base.height) - Number(blockNumber) + 1).toBeGreaterThanOrEqual(12)
        })
      )
    }))

  it.effect("that a reorganisation takes away are no request; mined again they are one", () =>
    Effect.gen(function*() {
      const to = yield* world
      const transfer = yield* signed(to, "AAPL", token)
      const receipt = Effect.promise(() =>
        to.base.client.getTransactionReceipt({ hash: transfer.hash }).catch(() => null)
      )
      const known = Effect.map(to.alpaca.history, ({ redemptionTransfers }) =>
        redemptionTransfers.filter(({ hash }) => hash === transfer.hash).length)
      yield* scripted(
        to,
        { confirmations: 1000 },
        Effect.gen(function*() {
          // So that nothing else goes with it: the chain may grow by ten blocks before it is cut.
          yield* blocks(to, 12)
          yield* to.base.broadcast(transfer)
          const { blockNumber } = yield* to.base.mined(transfer.hash)
          expect(yield* known).toBe(1)
          const depth = (yield* to.base.height) - Number(blockNumber) + 11
          yield* rpc(to.base.client.transport.url ?? "", "anvil_reorg", [depth, []])
          expect(yield* receipt).toBeNull()
          expect(yield* known).toBe(0)
        })
      )
      yield* blocks(to, 5)
      expect(yield* booked(to, transfer.hash)).toEqual([])

      yield* to.base.broadcast(transfer)
      yield* ended(to, yield* detected(to, transfer.hash))
      yield* blocks(to, 5)
      expect(yield* known).toBe(1)
      expect(yield* booked(to, transfer.hash)).toHaveLength(1)
    }))
})

layer(quick(true), { excludeTestServices: true })("with its bad habits Alpaca", (it) => {
  it.effect("lists a redemption under a hash in capitals, and its quantity as a number", () =>
    Effect.gen(function*() {
      const to = yield* world
      const { transactionHash } = yield* send(to, "AAPL", token)
      const id = yield* detected(to, transactionHash)
      const [row = {}] = yield* listed(to, transactionHash)
      expect(row).toMatchObject({ type: "redeem", qty: 1, token_symbol: "tAAPL" })
      expect(row["tx_hash"]).toBe(`0x${transactionHash.slice(2).toUpperCase()}`)
      expect(row).not.toHaveProperty("client_request_id")
      expect(yield* ended(to, id)).toMatchObject({ qty: "1", tx_hash: transactionHash, fees: null })
      for (const label of [id, transactionHash]) {
        expect((yield* get(to, `/requests:by_client_request_id?client_request_id=${label}`)).status).toBe(404)
      }
    }))

  it.effect("lists foreign redemptions among ours, within the times that are asked for", () =>
    Effect.gen(function*() {
      const to = yield* world
      const foreign = (query: string) =>
        Effect.map(get(to, `/requests?type=redeem${query}`), ({ rows }) =>
          rows.filter((row) => row["wallet_address"] !== to.wallet.address))
      const all = yield* foreign("")
      expect(all.some((row) =>
        typeof row["tokenization_request_id"] !== "string"
      )).toBe(true)
      expect(all.some((row) => row["tx_hash"] === "" && row["status"] === "pending")).toBe(true)
      const [past, now] = [new Date(0).toISOString(), new Date().toISOString()]
      expect(yield* foreign(`&after=${past}`)).toEqual(all)
      expect(yield* foreign(`&before=${now}`)).toEqual(all)
      expect(yield* foreign(`&after=${now}`)).toEqual([])
      expect(yield* foreign(`&before=${past}`)).toEqual([])
    }))
})
