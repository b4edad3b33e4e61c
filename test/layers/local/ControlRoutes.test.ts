import { describe, expect, layer } from "@effect/vitest"
import { Effect, Either, Schema } from "effect"
import { randomUUID } from "node:crypto"
import * as ControlJson from "../../../src/layers/local/ControlJson.ts"
import * as LocalWorld from "../../../src/layers/local/LocalWorld.ts"
import { change, control, get, minted, rpc } from "./Client.ts"
import { detected, send, token } from "./RedemptionClient.ts"

const { LocalWorld: world } = LocalWorld

const held = LocalWorld.layer({ blockTime: "50 millis", settings: { mint: { outcome: "hold" } } })

layer(held, { excludeTestServices: true })("the control API", (it) => {
  it.effect("tells what truly happened, in the form of its schema", () =>
    Effect.gen(function*() {
      const to = yield* world
      const label = randomUUID()
      const id = yield* minted(to, { client_request_id: label, qty: "10.5" })
      expect((yield* control(to, "POST", `/requests/${id}`, { status: "completed", fee: "0.5" })).status).toBe(200)
      const answer = yield* control(to, "GET", "/ledger")
      const ledger = yield* Schema.decodeUnknown(ControlJson.Ledger)(answer.body)
      expect(ledger).toEqual(yield* to.alpaca.history)
      expect(ledger.shares["AAPL"]).toEqual({ available: 89_500_000_000n, inTransit: 0n, journaled: 10_500_000_000n })
      expect(ledger.mintsByClientRequestId).toEqual({ [label]: 1 })
      expect(ledger.requests).toMatchObject([{ id, clientRequestId: label, status: "completed", fee: 500_000_000n }])
      expect(ledger.issuerTransactions).toMatchObject([
        { requestId: id, symbol: "AAPL", to: to.wallet.address, amount: 10n ** 19n, status: "mined" }
      ])
      expect(ledger.issuerTransactions[0]?.hash).toBe(ledger.requests[0]?.txHash)
    }))

  it.effect("ends a request as it is told, and only once", () =>
    Effect.gen(function*() {
      const to = yield* world
      const id = yield* minted(to)
      const end = (status: string) => control(to, "POST", `/requests/${id}`, { status })
      expect((yield* end("rejected")).body).toMatchObject({ id, status: "rejected", txHash: null })
      expect((yield* end("rejected")).status).toBe(200)
      expect((yield* end("completed")).status).toBe(409)
      expect((yield* get(to, `/requests/${id}`)).body["status"]).toBe("rejected")
      expect((yield* control(to, "POST", `/requests/${randomUUID()}`, { status: "rejected" })).status).toBe(404)
    }))

  it.effect("counts HTTP and JSON-RPC by server", () =>
    Effect.gen(function*() {
      const to = yield* world
      yield* rpc(to.ethereum.url, "eth_gasPrice")
      const counts = yield* Schema.decodeUnknown(ControlJson.Counts)((yield* control(to, "GET", "/counts")).body)
      expect(counts["ethereum"]).toEqual({ eth_gasPrice: 1 })
      expect(counts["alpaca"]).toEqual(yield* to.alpaca.counts.all)
    }))

  it.effect("adds, lists and removes faults of every server", () =>
    Effect.gen(function*() {
      const to = yield* world
      const add = (rule: object) => control(to, "POST", "/faults", rule)
      const isBroken = Effect.map(Effect.either(rpc(to.base.url, "eth_chainId")), Either.isLeft)
      const { body } = yield* add({ server: "base", fault: { _tag: "Down" } })
      expect(body).toEqual({ server: "base", id: 1 })
      expect(yield* isBroken).toBe(true)
      expect((yield* control(to, "DELETE", "/faults/base/1")).status).toBe(204)
      expect((yield* control(to, "DELETE", "/faults/base/1")).status).toBe(404)
      expect(yield* isBroken).toBe(false)

      yield* add({ on: "GET requests", times: "forever", fault: { _tag: "FailBefore" } })
      yield* add({ server: "base", on: "eth_chainId", skip: 3, fault: { _tag: "RpcResult", result: "0x1" } })
      expect((yield* get(to, "/requests")).status).toBe(503)
      expect((yield* control(to, "GET", "/faults")).body).toMatchObject({
        alpaca: [{ on: "GET requests", times: "forever", skip: 0, fault: { _tag: "FailBefore", status: 503 } }],
        base: [{ on: "eth_chainId", times: 1, skip: 3, fault: { _tag: "RpcResult", result: "0x1" } }],
        ethereum: []
      })
      yield* control(to, "DELETE", "/faults")
      expect((yield* control(to, "GET", "/faults")).body).toEqual({ alpaca: [], base: [], circle: [], ethereum: [] })
    }))

  it.effect("changes the settings it is given and keeps the others", () =>
    Effect.gen(function*() {
      const to = yield* world
      const before = yield* to.alpaca.settings
      const { body } = yield* change(to, {
        mint: { fee: "0.000000001" },
        redeem: { isDetected: false },
        wallets: { withdraw: { networkFee: "0.3025" }, rules: { ownStatus: null } },
        wire: { hasForeignRows: false }
      })
      expect(body).toMatchObject({
        mint: { outcome: "hold", fee: "0.000000001" },
        redeem: { outcome: "complete", isDetected: false, confirmations: 2 },
        wallets: { withdraw: { outcome: "complete", networkFee: "0.3025" }, rules: { minimum: "50", ownStatus: null } },
        wire: { hasForeignRows: false }
      })
      const expected = {
        mint: { ...before.mint, fee: 1n },
        redeem: { ...before.redeem, isDetected: false },
        wallets: {
          ...before.wallets,
          withdraw: { ...before.wallets.withdraw, networkFee: 302_500n },
          rules: { ...before.wallets.rules, ownStatus: null }
        },
        wire: { ...before.wire, hasForeignRows: false }
      }
      expect(yield* to.alpaca.settings).toEqual(expected)
      yield* to.alpaca.change(before)
    }))

  describe("refuses, changing nothing,", () => {
    const refusals: ReadonlyArray<readonly [string, string, unknown, number]> = [
      ["an unknown setting", "/settings", { mint: { dely: 1 } }, 422],
      ["an unknown word", "/settings", { mint: { outcome: "maybe" } }, 422],
      ["an unknown setting of the wallets", "/settings", { wallets: { withdraw: { fees: "1" } } }, 422],
      ["a negative fee", "/settings", { wallets: { withdraw: { fee: "-1" } } }, 422],
      ["a depth of no blocks", "/settings", { redeem: { confirmations: 0 } }, 422],
      ["what is no JSON", "/settings", "{", 422],
      ["an unknown fault", "/faults", { fault: { _tag: "Meteor" } }, 422],
      ["an unknown server", "/faults", { server: "bank", fault: { _tag: "Down" } }, 404],
      ["an unknown path", "/weather", {}, 404],
      ["an unknown token", "/tokens/GOLD", { paused: true }, 404],
      ["an unknown change to a token", "/tokens/AAPL", { pause: true }, 422]
    ]
    for (const [name, tail, body, status] of refusals) {
      it.effect(name, () =>
        Effect.gen(function*() {
          const to = yield* world
          const before = yield* to.alpaca.settings
          expect((yield* control(to, "POST", tail, body)).status).toBe(status)
          expect(yield* to.alpaca.settings).toEqual(before)
          expect(yield* to.alpaca.faults.pending).toEqual([])
        }))
    }
  })
})

const redeeming = LocalWorld.layer({
  blockTime: "50 millis",
  redeemDelay: 0,
  tokens: { AAPL: "20" },
  settings: { redeem: { outcome: "hold" } }
})

layer(redeeming, { excludeTestServices: true })("the control API, where tokens are redeemed,", (it) => {
  it.effect("tells which tokens truly came, and ends their request as it is told", () =>
    Effect.gen(function*() {
      const to = yield* world
      const { blockNumber, transactionHash } = yield* send(to, "AAPL", 3n * token / 2n)
      const id = yield* detected(to, transactionHash)
      expect((yield* control(to, "POST", `/requests/${id}`, { status: "completed", fee: "0.5" })).status).toBe(422)
      const end = (status: string) => control(to, "POST", `/requests/${id}`, { status })
      expect((yield* end("completed")).body).toMatchObject({ id, status: "completed", txHash: transactionHash })
      expect((yield* end("completed")).status).toBe(200)
      expect((yield* end("rejected")).status).toBe(409)

      const answer = yield* control(to, "GET", "/ledger")
      const from = to.wallet.address
      expect(answer.body["redemptionTransfers"]).toEqual([
        { hash: transactionHash, symbol: "AAPL", from, amount: "1.5", block: Number(blockNumber) }
      ])
      const ledger = yield* Schema.decodeUnknown(ControlJson.Ledger)(answer.body)
      expect(ledger).toEqual(yield* to.alpaca.history)
      expect(ledger.shares["AAPL"]).toEqual({ available: 101_500_000_000n, inTransit: 0n, journaled: 18_500_000_000n })
      expect(ledger.requests).toMatchObject([{ id, type: "redeem", clientRequestId: null, fee: null }])
      expect(ledger.mintsByClientRequestId).toEqual({})
    }))

  it.effect("stops a token, so that transfers revert, and lets it move again", () =>
    Effect.gen(function*() {
      const to = yield* world
      const before = (yield* to.alpaca.history).redemptionTransfers
      const pause = (paused: boolean) => control(to, "POST", "/tokens/AAPL", { paused })
      expect((yield* pause(true)).body).toEqual({ paused: true })
      expect((yield* send(to, "AAPL", token)).status).toBe("reverted")
      expect((yield* to.alpaca.history).redemptionTransfers).toEqual(before)
      expect((yield* pause(false)).body).toEqual({ paused: false })
      expect((yield* send(to, "AAPL", token)).status).toBe("success")
      expect((yield* to.alpaca.history).redemptionTransfers).toHaveLength(before.length + 1)
    }))
})
