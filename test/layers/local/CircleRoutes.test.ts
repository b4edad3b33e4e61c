/** What else the local Circle answers, how it fails, what strangers do, and how a test scripts and reads all of it. */
import { describe, expect, layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { encodeFunctionData, type Hex, slice, zeroHash } from "viem"
import * as Chain from "../../../src/layers/local/Chain.ts"
import type * as CircleSettings from "../../../src/layers/local/CircleSettings.ts"
import * as UsdcLedger from "../../../src/layers/local/UsdcLedger.ts"
import { become, burn, circle, complete, messages, mine, receive } from "./CircleClient.ts"
import * as Nodes from "./UsdcNodes.ts"

const { abi, stranger, usdc, wallet, word } = Nodes

const fees = "/v2/burn/USDC/fees/0/6"
const query = (hash: Hex) => `transactionHash=${hash}`

/** Calls an address twice with whatever it is called with. */
const twice = (to: string): Hex => `0x365f5f37${`5f5f365f5f73${to.slice(2)}5af150`.repeat(2)}00`

layer(Nodes.layer, { excludeTestServices: true })("the local Circle", (it) => {
  const given = (attesting: CircleSettings.Patch["attesting"] = {}, wire: CircleSettings.Patch["wire"] = {}) =>
    Effect.tap(Nodes.UsdcNodes, (nodes) => become(nodes, attesting, wire))

  const ledger = (nodes: Nodes.Nodes) =>
    Effect.flatMap(
      circle(nodes, "/_world/ledger"),
      ({ text }) => Schema.decode(Schema.parseJson(UsdcLedger.Ledger))(text)
    )

  const post = (nodes: Nodes.Nodes, path: string, body: unknown) =>
    Effect.map(circle(nodes, `/_world/${path}`, { method: "POST", body }), ({ body, status }) => ({ body, status }))

  describe("answers", () => {
    it.effect("what a fast transfer costs, in parts of a basis point; any other is free", () =>
      Effect.gen(function*() {
        const nodes = yield* given({ feeBps: 13_000n })
        const { headers, rows } = yield* circle(nodes, fees)
        expect(rows).toEqual([
          { finalityThreshold: 1000, minimumFee: 1.3 },
          { finalityThreshold: 2000, minimumFee: 0 }
        ])
        expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/)
        for (const domains of ["0/0", "0/3", "3/6", "x/6"]) {
          expect((yield* circle(nodes, `/v2/burn/USDC/fees/${domains}`)).status, domains).toBe(400)
        }
      }))

    it.effect("what may still be moved fast, and with which keys it signs", () =>
      Effect.gen(function*() {
        const nodes = yield* given({ allowance: 1_500_000n })
        expect((yield* circle(nodes, "/v2/fastBurn/USDC/allowance")).body)
          .toEqual({ allowance: 1.5, lastUpdated: expect.stringMatching(/^\d{4}-.*Z$/) })
        expect((yield* circle(nodes, "/v2/publicKeys")).rows)
          .toEqual(nodes.plan.attesters.map(({ account: { publicKey } }) => ({ publicKey, cctpVersion: 2 })))
        expect((yield* circle(nodes, "/v1/attestations/0x12")).status).toBe(404)
      }))

    it.effect("every burn of a transaction, in its order, each with a nonce of its own", () =>
      Effect.gen(function*() {
        const nodes = yield* given()
        const { chains: { ethereum }, plan, world } = nodes
        // A contract that burns twice needs USDC of its own; who has code can send no more.
        const { address: contract } = Chain.wallet("burns twice")
        yield* ethereum.fund(contract, 10n ** 18n)
        yield* world.usdc.ethereum.mint(contract, 14n * usdc)
        yield* Nodes.done(ethereum, { ...Nodes.approval(nodes, "ethereum", plan.messenger), from: contract })
        yield* Nodes.setCode(ethereum, contract, twice(plan.messenger))
        const args = [7n * usdc, 6, word(stranger), plan.usdc.ethereum, zeroHash, 20_000n, 2000] as const
        const { transactionHash } = yield* Nodes.mined(ethereum, {
          from: wallet,
          to: contract,
          data: encodeFunctionData({ abi, functionName: "depositForBurn", args })
        })
        yield* mine(nodes, "ethereum", 12)
        const sent = yield* world.cctp.ethereum.sentIn(transactionHash)
        expect(new Set(sent.map(({ nonce }) => nonce)).size).toBe(2)
        expect(yield* messages(nodes, query(transactionHash)))
          .toMatchObject(sent.map(({ nonce }) => ({ eventNonce: nonce, status: "complete" })))
      }))
  })

  describe("fails", () => {
    it.effect("who asks too often for a while, in whatever route", () =>
      Effect.gen(function*() {
        const nodes = yield* given({}, { rateLimit: { perSecond: 2, blockedMillis: 60_000 } })
        const statuses = yield* Effect.replicateEffect(circle(nodes, fees), 5)
        expect(statuses.map(({ status }) => status)).toEqual([200, 200, 429, 429, 429])
        expect(yield* messages(nodes, query(zeroHash))).toBe(429)
        yield* become(nodes)
        expect((yield* circle(nodes, fees)).status).toBe(200)
      }))

    it.effect("by route, counts what arrived, and can be down", () =>
      Effect.gen(function*() {
        const nodes = yield* given()
        const { counts, faults } = nodes.world.circle
        const before = yield* counts.of("circle.fees")
        yield* faults.add({ on: "circle.fees", fault: { _tag: "FailBefore", status: 502 } })
        expect(yield* messages(nodes, query(zeroHash))).toBe(404)
        const statuses = yield* Effect.replicateEffect(circle(nodes, fees), 2)
        expect(statuses.map(({ status }) => status)).toEqual([502, 200])
        expect((yield* counts.of("circle.fees")) - before).toBe(2)
        yield* faults.add({ on: "*", fault: { _tag: "Down" } })
        yield* Effect.flip(circle(nodes, fees))
        expect((yield* circle(nodes, "/_world/settings")).status).toBe(200)
        yield* become(nodes)
        expect((yield* circle(nodes, fees)).status).toBe(200)
      }))
  })

  describe("a stranger mints", () => {
    it.effect("every message before it is told of", () =>
      Effect.gen(function*() {
        const nodes = yield* given({ thirdPartyMints: true })
        const hash = yield* burn(nodes)
        yield* mine(nodes, "ethereum", 1)
        const told = yield* complete(nodes, hash)
        expect(yield* nodes.world.cctp.base.isUsed(slice(told.message, 12, 44))).toBe(true)
        expect(yield* Nodes.said(nodes.chains.base, receive(nodes, told))).toBe("Nonce already used")
        yield* complete(nodes, hash)
        const { burns, mints } = yield* ledger(nodes)
        const [minted, ...others] = mints.filter(({ nonce }) => nonce === told.eventNonce)
        expect(others).toEqual([])
        expect(minted).toMatchObject({ caller: Chain.wallet("stranger").address, recipient: stranger })
        expect(burns.find((burn) => burn.hash === hash)?.minted).toBe(minted?.hash)
      }))

    it.effect("when it is asked to, also what is not told of", () =>
      Effect.gen(function*() {
        const nodes = yield* given({ isOn: false })
        const transactionHash = yield* burn(nodes)
        expect(yield* post(nodes, "mints", { chain: "ethereum", transactionHash }))
          .toEqual({ status: 200, body: { burns: 1 } })
        // Once is enough, and asked again it is no failure.
        expect((yield* post(nodes, "mints", { chain: "ethereum", transactionHash })).status).toBe(200)
        const { burns, mints } = yield* ledger(nodes)
        const nonce = burns.find(({ hash }) => hash === transactionHash)?.nonce
        expect(mints.filter((mint) => mint.nonce === nonce)).toHaveLength(1)
        expect((yield* post(nodes, "mints", { chain: "base", transactionHash })).status).toBe(422)
      }))
  })

  it.effect("knows where every unit of USDC is", () =>
    Effect.gen(function*() {
      const nodes = yield* given({ feeBps: 10_000n })
      const before = yield* ledger(nodes)
      const hash = yield* burn(nodes)
      const between = yield* ledger(nodes)
      expect(between.balances.inTransit - before.balances.inTransit).toBe(100n * usdc)
      expect(between.supply).toEqual(before.supply)
      expect(between.transfers.slice(before.transfers.length).map(({ amount }) => amount))
        .toEqual(expect.arrayContaining([100n * usdc, 100n * usdc]))
      expect(between.burns.find((burn) => burn.hash === hash)).toMatchObject({
        chain: "ethereum",
        depositor: wallet,
        recipient: stranger,
        amount: 100n * usdc,
        maxFee: 20_000n,
        finality: 1000,
        minted: null
      })
      yield* mine(nodes, "ethereum", 1)
      yield* Nodes.done(nodes.chains.base, receive(nodes, yield* complete(nodes, hash)))
      const after = yield* ledger(nodes)
      expect(after.balances.inTransit).toBe(before.balances.inTransit)
      expect(after.balances.cctpFees - before.balances.cctpFees).toBe(10_000n)
      expect(after.supply.base - before.supply.base).toBe(100n * usdc)
      expect(after.mints.at(-1)).toMatchObject({ chain: "base", caller: wallet, amount: 99_990_000n, fee: 10_000n })
    }))

  describe("its control routes", () => {
    it.effect("change a vault as trading does, to any decimal", () =>
      Effect.gen(function*() {
        const nodes = yield* given()
        expect(yield* post(nodes, "vault", { trade: "84.4567895" }))
          .toEqual({ status: 200, body: { balance: "84.456789" } })
        expect(yield* post(nodes, "vault", { trade: "-80" })).toEqual({ status: 200, body: { balance: "4.456789" } })
        expect((yield* ledger(nodes)).balances.vault).toBe(4_456_789n)
      }))

    it.effect("change the token and CCTP on one chain alone", () =>
      Effect.gen(function*() {
        const nodes = yield* given()
        const { chains: { base, ethereum }, plan } = nodes
        const flag = (chain: Chain.Chain, to: Hex, data: Hex) => Effect.map(Nodes.read(chain, to, data), BigInt)
        const isPaused = encodeFunctionData({ abi, functionName: "paused" })
        yield* post(nodes, "cctp/base", { paused: true })
        expect(yield* flag(base, plan.transmitter, isPaused)).toBe(1n)
        expect(yield* flag(ethereum, plan.transmitter, isPaused)).toBe(0n)
        yield* post(nodes, "cctp/base", { paused: false })
        yield* post(nodes, "usdc/base", { blacklist: { account: stranger, isBlacklisted: true } })
        const isBlacklisted = encodeFunctionData({ abi, functionName: "isBlacklisted", args: [stranger] })
        expect(yield* flag(base, plan.usdc.base, isBlacklisted)).toBe(1n)
        expect(yield* flag(ethereum, plan.usdc.ethereum, isBlacklisted)).toBe(0n)
        yield* post(nodes, "usdc/base", {
          blacklist: { account: stranger, isBlacklisted: false },
          minterAllowance: "5"
        })
        expect(yield* flag(base, plan.usdc.base, isBlacklisted)).toBe(0n)
        const allowance = encodeFunctionData({ abi, functionName: "minterAllowance", args: [plan.minter] })
        expect(yield* flag(base, plan.usdc.base, allowance)).toBe(5n * usdc)
        yield* post(nodes, "usdc/base", { minterAllowance: "1000000000000" })
      }))

    it.effect("patch the settings, and refuse what they do not know", () =>
      Effect.gen(function*() {
        const nodes = yield* given()
        const { body } = yield* post(nodes, "settings", { attesting: { feeBps: "1.3" }, wire: { foreign: "before" } })
        expect(body).toMatchObject({ attesting: { feeBps: "1.3", fastDepth: 2 }, wire: { foreign: "before" } })
        expect((yield* circle(nodes, fees)).rows[0]).toMatchObject({ minimumFee: 1.3 })
        const refused = [
          yield* post(nodes, "settings", { attesting: { feebps: "1" } }),
          yield* post(nodes, "vault", { trade: "1e3" }),
          yield* post(nodes, "usdc/base", { mint: { account: "0x12", amount: "1" } }),
          yield* post(nodes, "cctp/solana", { paused: true }),
          yield* post(nodes, "nothing", {})
        ]
        expect(refused.map(({ status }) => status)).toEqual([422, 422, 422, 404, 404])
      }))
  })
})
