import { describe, expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import type { Patch } from "../../../src/layers/local/AlpacaWalletSettings.ts"
import * as Chain from "../../../src/layers/local/Chain.ts"
import { type Answer, authentic, call, control, text, until } from "./Client.ts"
import { become, books, get, path, scripted, send, usdc, withdraw, withdrawn } from "./WalletClient.ts"
import { layer as server, WalletServer } from "./WalletServer.ts"

const stranger = Chain.wallet("stranger").address
const selfHosted = { beneficiary_is_self_hosted: true, beneficiary_entity_name: "Acme" }

const whitelist = (fields: object = {}) =>
  Effect.flatMap(WalletServer, (to) =>
    send(to, "POST", "/whitelists", {
      address: stranger,
      asset: "USDC",
      chain: "ETH",
      travel_rule_info: selfHosted,
      ...fields
    }))

layer(server(false, { withdraw: { outcome: "hold" } }), { excludeTestServices: true })("the wallets' routes", (it) => {
  describe("refuse a withdrawal, and take no money", () => {
    const { address } = Chain.wallet("own")
    const refusals: ReadonlyArray<readonly [string, object, number, Patch?]> = [
      ["the amount is missing", { amount: undefined }, 400],
      ["the amount is a number", { amount: 100 }, 400],
      ["the amount is zero", { amount: "0" }, 400],
      ["the amount is negative", { amount: "-100" }, 400],
      ["the amount has an exponent", { amount: "1e2" }, 400],
      ["there are more than six decimals", { amount: "100.0000001" }, 400],
      ["the amount is below the minimum", { amount: "49.999999" }, 400],
      ["the address is in lower case", { address: address.toLowerCase() }, 400],
      [
        "the address has a wrong checksum",
        { address: address.replace(/[a-f]/, (letter) => letter.toUpperCase()) },
        400
      ],
      ["the address is none", { address: "0x12" }, 400],
      ["the asset is missing", { asset: undefined }, 400],
      ["the asset is unknown", { asset: "DOGE" }, 400],
      ["the chain is not of the documented ones", { chain: "BASE" }, 400],
      ["the chain has no USDC here", { chain: "SOL" }, 400],
      ["the address is not whitelisted", { address: stranger }, 403],
      ["it is not, with the other status", { address: stranger }, 400, { rules: { notWhitelistedStatus: 400 } }],
      ["its approval is pending", {}, 403, { rules: { ownStatus: "PENDING" } }],
      ["its approval was refused", {}, 403, { rules: { ownStatus: "REJECTED" } }],
      ["it is approved for another chain", {}, 403, { rules: { ownChain: "ARB" } }],
      ["it was never whitelisted", {}, 403, { rules: { ownStatus: null } }],
      ["there is not so much", { amount: "10000.000001" }, 403],
      ["there is not, with the other status", { amount: "1000000" }, 400, { rules: { insufficientBalanceStatus: 400 } }]
    ]
    for (const [name, fields, status, patch = {}] of refusals) {
      it.effect(`when ${name}`, () =>
        Effect.gen(function*() {
          const to = yield* WalletServer
          const before = yield* to.alpaca.history
          const answer = yield* scripted(to, patch, withdraw(to, "100", { ...fields }))
          expect(answer.status).toBe(status)
          // Only the wallets' own 400 has no code.
          expect(Object.keys(answer.body)).toEqual(status === 400 ? ["message"] : ["code", "message"])
          expect(yield* to.alpaca.history).toEqual(before)
        }))
    }

    it.effect("when the travel rule asks for more", () =>
      Effect.gen(function*() {
        const to = yield* WalletServer
        const rules = { travelRule: "TRAVEL_RULE_ACTION_REQUIRED" } as const
        const answer = yield* scripted(to, { rules }, withdraw(to, "100"))
        expect(answer.status).toBe(400)
        expect(answer.body).toMatchObject({ error_code: "TRAVEL_RULE_ACTION_REQUIRED" })
        expect(Object.keys(answer.body)).toEqual(["error_code", "message", "next_actions"])
      }))

    it.effect("when the body is no JSON", () =>
      Effect.gen(function*() {
        const to = yield* WalletServer
        expect((yield* send(to, "POST", "/transfers", "{\"amount\":")).status).toBe(400)
      }))

    it.effect("when it comes from nobody, or for another account", () =>
      Effect.gen(function*() {
        const to = yield* WalletServer
        expect((yield* call(path(to, "/transfers"), { method: "POST" })).status).toBe(401)
        const other = path(to, "/transfers").replace(/accounts\/[^/]+/, "accounts/other")
        expect((yield* call(other, { headers: authentic(to) })).status).toBe(403)
      }))
  })

  it.effect("take a withdrawal of all there is, and of the smallest, without a chain", () =>
    Effect.gen(function*() {
      const to = yield* WalletServer
      const available = Effect.map(books(to), (all) => all.available)
      const before = yield* available
      const smallest = yield* withdraw(to, "50.000000", { chain: undefined })
      expect(smallest.body).toMatchObject({ amount: "50", chain: "ETH" })
      yield* to.alpaca.wallets.settle(text(smallest.body, "id"), { outcome: "fail" })
      const all = yield* withdrawn(to, String(before / usdc))
      expect(yield* available).toBe(0n)
      yield* to.alpaca.wallets.settle(all, { outcome: "fail" })
      expect(yield* available).toBe(before)
    }))

  it.effect("tell of a hash once it is sent, and of the end once it is mined", () =>
    Effect.gen(function*() {
      const to = yield* WalletServer
      const id = yield* scripted(to, { withdraw: { outcome: "complete" } }, withdrawn(to, "100"))
      const { body } = yield* until(get(to, `/transfers/${id}`), (answer) => answer.body["tx_hash"] !== null)
      expect(body["status"]).toBe("PROCESSING")
      expect((yield* books(to)).outgoing).toBe(100n * usdc)
      yield* to.mine
      expect((yield* become(to, id, "COMPLETE"))["tx_hash"]).toBe(body["tx_hash"])
      expect((yield* books(to)).outgoing).toBe(0n)
    }))

  it.effect("know the end before the payment is mined, when they are told to", () =>
    Effect.gen(function*() {
      const to = yield* WalletServer
      for (const outcome of ["failSent", "failThenComplete"] as const) {
        const id = yield* scripted(to, { withdraw: { outcome } }, withdrawn(to, "100"))
        expect((yield* become(to, id, "FAILED"))["tx_hash"]).toBeTypeOf("string")
        expect((yield* books(to)).outgoing).toBe(100n * usdc)
        yield* to.mine
        yield* until(books(to), ({ outgoing }) => outgoing === 0n)
        const { body } = yield* get(to, `/transfers/${id}`)
        expect(body["status"]).toBe(outcome === "failSent" ? "FAILED" : "COMPLETE")
      }
    }))

  it.effect("give one deposit address, and always the same", () =>
    Effect.gen(function*() {
      const to = yield* WalletServer
      const first = yield* get(to, "?asset=USDC&network=ethereum")
      expect(Object.keys(first.body)).toEqual(["asset_id", "address", "created_at"])
      expect(first.body["address"]).toBe(to.alpaca.wallets.depositAddress)
      expect(first.body["address"]).not.toBe(to.wallet.address)
      expect((yield* get(to, "?asset=USDC")).body).toEqual(first.body)
      for (const asked of ["", "?asset=BTC", "?asset=USDC&network=base"]) {
        expect((yield* get(to, asked)).status).toBe(422)
      }
    }))

  it.effect("know no transfer but their own", () =>
    Effect.gen(function*() {
      const to = yield* WalletServer
      for (const id of [randomUUID(), "42", "%20"]) {
        expect((yield* get(to, `/transfers/${id}`)).status).toBe(404)
      }
    }))

  it.effect("estimate the fee that the settings have", () =>
    Effect.gen(function*() {
      const to = yield* WalletServer
      const asked = "/fees/estimate?asset=USDC&from_address=0x1&to_address=0x2&amount=100"
      const { body } = yield* scripted(to, { withdraw: { networkFee: 302_500n } }, get(to, asked))
      expect(body).toEqual({ fee: "0.3025" })
      expect((yield* get(to, "/fees/estimate?asset=USDC&amount=x")).status).toBe(400)
    }))

  it.effect("whitelist an address, which can be used once it is approved, and let go of it", () =>
    Effect.gen(function*() {
      const to = yield* WalletServer
      const { body: entry } = yield* whitelist()
      expect(entry).toMatchObject({
        address: stranger,
        asset: "USDC",
        chain: "ETH",
        status: "PENDING",
        travel_rule_info: selfHosted
      })
      expect((yield* get(to, "/whitelists")).rows.map(({ address, status }) => ({ address, status }))).toEqual([
        { address: stranger, status: "PENDING" },
        { address: to.wallet.address, status: "APPROVED" }
      ])
      const theirs = withdraw(to, "100", { address: stranger })
      expect((yield* theirs).status).toBe(403)
      yield* scripted(
        to,
        { rules: { approvalMillis: 0 } },
        Effect.gen(function*() {
          expect((yield* get(to, "/whitelists")).rows[0]?.["status"]).toBe("APPROVED")
          expect((yield* theirs).status).toBe(200)
        })
      )
      const remove = send(to, "DELETE", `/whitelists/${text(entry, "id")}`)
      expect((yield* remove).status).toBe(204)
      expect((yield* remove).status).toBe(404)
      expect((yield* get(to, "/whitelists")).rows).toHaveLength(1)
    }))

  it.effect("refuse to whitelist what is known, wrong, or nobody's", () =>
    Effect.gen(function*() {
      const to = yield* WalletServer
      const before = (yield* get(to, "/whitelists")).rows
      const code = ({ body, status }: Answer) => [status, body["error_code"]]
      expect(code(yield* whitelist({ address: to.wallet.address }))).toEqual([400, undefined])
      expect(code(yield* whitelist({ address: stranger.toLowerCase() }))).toEqual([400, undefined])
      const owners: ReadonlyArray<readonly [object | undefined, string]> = [
        [undefined, "INVALID_DATA"],
        [{}, "INVALID_DATA"],
        [{ beneficiary_vasp_id: "did:1", beneficiary_manual_entry: {} }, "INVALID_DATA"],
        [{ beneficiary_is_self_hosted: true }, "BENEFICIARY_NAME_REQUIRED"],
        [{ beneficiary_is_self_hosted: true, beneficiary_given_name: "A" }, "BENEFICIARY_NAME_REQUIRED"],
        [
          { ...selfHosted, beneficiary_given_name: "A", beneficiary_family_name: "B" },
          "BENEFICIARY_NAME_REQUIRED"
        ]
      ]
      for (const [travel_rule_info, expected] of owners) {
        expect(code(yield* whitelist({ travel_rule_info }))).toEqual([400, expected])
      }
      expect((yield* get(to, "/whitelists")).rows).toEqual(before)
    }))

  it.effect("are counted and struck by faults, each by its name", () =>
    Effect.gen(function*() {
      const to = yield* WalletServer
      const calls: ReadonlyArray<readonly [string, string, string]> = [
        ["wallets.address", "GET", "?asset=USDC"],
        ["wallets.transfers", "GET", "/transfers"],
        ["wallets.transfer", "GET", `/transfers/${randomUUID()}`],
        ["wallets.withdraw", "POST", "/transfers"],
        ["wallets.whitelists", "GET", "/whitelists"],
        ["wallets.whitelist", "POST", "/whitelists"],
        ["wallets.unwhitelist", "DELETE", "/whitelists/1"],
        ["wallets.fees", "GET", "/fees/estimate"]
      ]
      for (const [on, method, tail] of calls) {
        const before = yield* to.alpaca.counts.of(on)
        yield* control(to, "POST", "/faults", { on, fault: { _tag: "FailBefore", status: 599 } })
        expect((yield* send(to, method, tail)).status).toBe(599)
        expect((yield* to.alpaca.counts.of(on)) - before).toBe(1)
      }
    }))
})

const quirky = server(true, {
  withdraw: { outcome: "hold" },
  wire: { listLagMillis: 0, hiddenMillis: 0, strangeStatus: null }
})

layer(quirky, { excludeTestServices: true })("with its bad habits Alpaca", (it) => {
  it.effect("writes one transfer in several ways", () =>
    Effect.gen(function*() {
      const to = yield* WalletServer
      const { body: answered } = yield* withdraw(to, "1000.5")
      const id = text(answered, "id")
      expect(answered).toMatchObject({ status: "PENDING", amount: "1000.5", tx_hash: "" })
      const { body: looked } = yield* get(to, `/transfers/${id}`)
      expect(looked).toEqual({
        ...answered,
        amount: "1000.500000",
        usd_value: "1000.500000",
        network_fee: "0.000000",
        fees: "0.000000"
      })
      const { rows } = yield* get(to, "/transfers")
      expect(rows[0]).toEqual({ ...answered, amount: 1000.5, usd_value: 1000.5, network_fee: 0, fees: 0 })
      yield* to.mine
      yield* to.alpaca.wallets.settle(id, { outcome: "complete" })
      const hash = text((yield* get(to, `/transfers/${id}`)).body, "tx_hash")
      expect((yield* get(to, "/transfers")).rows[0]?.["tx_hash"]).toBe(`0x${hash.slice(2).toUpperCase()}`)
    }))

  it.effect("has a clock that is behind ours", () =>
    Effect.gen(function*() {
      const to = yield* WalletServer
      const asked = Date.now()
      const { body } = yield* scripted(to, { wire: { skewMillis: -60_000 } }, withdraw(to, "60"))
      expect(Date.parse(text(body, "created_at"))).toBeLessThan(asked - 50_000)
    }))

  it.effect("says words that no document knows, for a while", () =>
    Effect.gen(function*() {
      const to = yield* WalletServer
      const strangeStatus = { word: "AWAITING_APPROVAL", millis: 100 }
      const { body } = yield* scripted(to, { wire: { strangeStatus } }, withdraw(to, "60"))
      expect(body["status"]).toBe("AWAITING_APPROVAL")
      yield* become(to, text(body, "id"), "PENDING")
    }))

  it.effect("lists transfers that are not ours, one of them long ago to our wallet", () =>
    Effect.gen(function*() {
      const to = yield* WalletServer
      const { rows } = yield* get(to, "/transfers")
      const own = (yield* to.alpaca.history).wallets.transfers.map(({ id }) => id)
      const foreign = rows.filter((row) => !own.some((id) => id === row["id"]))
      expect(rows.slice(0, own.length).map((row) => row["id"])).toEqual(own.toReversed())
      expect(foreign.some((row) => typeof row["id"] !== "string")).toBe(true)
      expect(foreign.some((row) => row["amount"] === null)).toBe(true)
      expect(foreign.some((row) => row["tx_hash"] === "")).toBe(true)
      expect(foreign.filter((row) => row["to_address"] === to.wallet.address)).toMatchObject([
        { direction: "OUTGOING", asset: "USDC", created_at: "2026-01-02T03:04:05Z" }
      ])
    }))

  it.effect("answers an array to one new address, and lists addresses of others", () =>
    Effect.gen(function*() {
      const to = yield* WalletServer
      const answer = yield* whitelist()
      expect(answer.text).toMatch(/^\[/)
      expect(answer.rows).toHaveLength(1)
      expect((yield* get(to, "/whitelists")).rows.some((row) => typeof row["id"] !== "string")).toBe(true)
    }))
})
