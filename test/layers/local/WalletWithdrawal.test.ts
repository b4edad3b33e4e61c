import { expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import type * as AlpacaWalletSettings from "../../../src/layers/local/AlpacaWalletSettings.ts"
import * as LocalWorld from "../../../src/layers/local/LocalWorld.ts"
import { change, control, hex, until } from "./Client.ts"
import { become, books, get, held, payments, placed, scripted, usdc, withdraw, withdrawn } from "./WalletClient.ts"

const { LocalWorld: world } = LocalWorld

const quick = LocalWorld.layer({ blockTime: "50 millis", walletDelay: 20, quirks: false, shares: {} })

/** A withdrawal of 100 while this is the script; then its end, and what changed for us. */
const played = (withdrawal: AlpacaWalletSettings.Patch["withdraw"], status: string, place: string) =>
  Effect.gen(function*() {
    const to = yield* world
    const before = { held: yield* held(to), books: yield* books(to) }
    const id = yield* scripted(to, { withdraw: withdrawal ?? {} }, withdrawn(to, "100"))
    yield* placed(to, id, place)
    const row = yield* become(to, id, status)
    const after = yield* books(to)
    const [payment] = yield* payments(to, id)
    return {
      row,
      payment,
      received: (yield* held(to)) - before.held,
      /** The change of what is ours at Alpaca. */
      available: after.available - before.books.available,
      fees: after.fees - before.books.fees,
      outgoing: after.outgoing
    }
  })

const receipt = (hash: `0x${string}`) =>
  Effect.flatMap(world, (to) => Effect.promise(() => to.ethereum.client.getTransactionReceipt({ hash })))

layer(quick, { excludeTestServices: true })("a withdrawal of USDC", (it) => {
  it.effect("is paid once on Ethereum, and the books agree", () =>
    Effect.gen(function*() {
      const to = yield* world
      const before = { held: yield* held(to), books: yield* books(to) }
      const { body, status } = yield* withdraw(to, "1000.5")
      expect(status).toBe(200)
      const id = String(body["id"])
      const common = {
        id,
        direction: "OUTGOING",
        amount: "1000.5",
        usd_value: "1000.5",
        network_fee: "0",
        fees: "0",
        chain: "ETH",
        asset: "USDC",
        from_address: to.alpaca.wallets.bank.address,
        to_address: to.wallet.address
      }
      expect(body).toMatchObject({ ...common, status: "PROCESSING", tx_hash: null })
      expect((yield* books(to)).outgoing).toBe(1000_500_000n)
      const row = yield* become(to, id, "COMPLETE")
      expect(row).toMatchObject(common)
      expect((yield* receipt(hex(row, "tx_hash"))).status).toBe("success")
      expect((yield* held(to)) - before.held).toBe(1000_500_000n)
      expect(yield* books(to)).toEqual({
        ...before.books,
        available: before.books.available - 1000_500_000n,
        withdrawn: before.books.withdrawn + 1000_500_000n
      })
      expect(yield* payments(to, id)).toEqual([
        { transferId: id, hash: row["tx_hash"], to: to.wallet.address, amount: 1000_500_000n, status: "mined" }
      ])
      expect((yield* get(to, "/transfers")).rows[0]).toEqual(row)
    }))

  it.effect("is another one when it is asked for again: there is no key that tells", () =>
    Effect.gen(function*() {
      const to = yield* world
      const before = (yield* to.alpaca.history).wallets.transfers.length
      const first = yield* withdrawn(to, "60")
      const second = yield* withdrawn(to, "60")
      expect(first).not.toBe(second)
      yield* become(to, first, "COMPLETE")
      yield* become(to, second, "COMPLETE")
      expect((yield* get(to, "/transfers")).rows.slice(0, 2).map((row) => row["id"])).toEqual([second, first])
      expect((yield* to.alpaca.history).wallets.transfers).toHaveLength(before + 2)
    }))

  it.effect("brings less than was asked, as its fees say", () =>
    Effect.gen(function*() {
      const { available, fees, received, row } = yield* played(
        { networkFee: 302_500n, fee: usdc },
        "COMPLETE",
        "arrived"
      )
      expect(row).toMatchObject({ amount: "100", network_fee: "0.3025", fees: "1" })
      expect({ received, fees, available }).toEqual({
        received: 98_697_500n,
        fees: 1_302_500n,
        available: -100n * usdc
      })
    }))

  it.effect("may bring less without a word", () =>
    Effect.gen(function*() {
      const { fees, received, row } = yield* played({ shortBy: 5n * usdc }, "COMPLETE", "arrived")
      expect(row).toMatchObject({ amount: "100", network_fee: "0", fees: "0" })
      expect({ received, fees }).toEqual({ received: 95n * usdc, fees: 5n * usdc })
    }))

  it.effect("gives everything back when it fails without a transaction", () =>
    Effect.gen(function*() {
      const { row, ...rest } = yield* played({ outcome: "fail" }, "FAILED", "returned")
      expect(row["tx_hash"]).toBeNull()
      expect(rest).toEqual({ payment: undefined, received: 0n, available: 0n, fees: 0n, outgoing: 0n })
    }))

  it.effect("gives everything back when its transaction reverts", () =>
    Effect.gen(function*() {
      const { payment, row, ...rest } = yield* played({ outcome: "failReverted" }, "FAILED", "returned")
      expect((yield* receipt(hex(row, "tx_hash"))).status).toBe("reverted")
      expect(payment).toMatchObject({ hash: row["tx_hash"], status: "reverted" })
      expect(rest).toEqual({ received: 0n, available: 0n, fees: 0n, outgoing: 0n })
    }))

  it.effect("gives everything back when USDC refuses the payment", () =>
    Effect.gen(function*() {
      const to = yield* world
      const before = yield* books(to)
      yield* to.usdc.ethereum.setPaused(true)
      const id = yield* withdrawn(to, "100")
      yield* placed(to, id, "returned")
      yield* to.usdc.ethereum.setPaused(false)
      expect((yield* become(to, id, "FAILED"))["tx_hash"]).toBeTypeOf("string")
      expect(yield* books(to)).toEqual(before)
    }))

  it.effect("may have arrived although it is FAILED for good", () =>
    Effect.gen(function*() {
      const { available, received, row } = yield* played({ outcome: "failSent" }, "FAILED", "arrived")
      expect((yield* receipt(hex(row, "tx_hash"))).status).toBe("success")
      expect({ received, available }).toEqual({ received: 100n * usdc, available: -100n * usdc })
    }))

  it.effect("may be FAILED first and COMPLETE in the end", () =>
    Effect.gen(function*() {
      const to = yield* world
      const id = yield* scripted(
        to,
        { withdraw: { outcome: "failThenComplete", toldBeforeMillis: 500 } },
        withdrawn(to, "100")
      )
      const failed = yield* become(to, id, "FAILED")
      expect(failed["tx_hash"]).toBeTypeOf("string")
      expect(yield* become(to, id, "COMPLETE")).toEqual({ ...failed, status: "COMPLETE" })
      expect(yield* payments(to, id)).toHaveLength(1)
    }))

  it.effect("may be COMPLETE before anybody can see its transaction", () =>
    Effect.gen(function*() {
      const to = yield* world
      const id = yield* scripted(to, { withdraw: { toldBeforeMillis: 500 } }, withdrawn(to, "100"))
      const row = yield* become(to, id, "COMPLETE")
      const hash = hex(row, "tx_hash")
      const known = Effect.promise(() => to.ethereum.client.getTransaction({ hash }).catch(() => null))
      expect(yield* known).toBeNull()
      yield* placed(to, id, "arrived")
      expect(yield* known).not.toBeNull()
    }))

  it.effect("may name no transaction at all", () =>
    Effect.gen(function*() {
      const { received, row } = yield* played({ hash: "missing" }, "COMPLETE", "arrived")
      expect(row["tx_hash"]).toBeNull()
      expect(received).toBe(100n * usdc)
    }))

  it.effect("waits while it is held, and ends once, as it is told", () =>
    Effect.gen(function*() {
      const to = yield* world
      yield* change(to, { wallets: { withdraw: { outcome: "hold" } } })
      const [paid, failed] = yield* Effect.all([withdrawn(to, "100"), withdrawn(to, "100")])
      yield* change(to, { wallets: { withdraw: { outcome: "complete" } } })
      const end = (id: string, body: object) => control(to, "POST", `/transfers/${id}`, body)
      expect((yield* get(to, `/transfers/${paid}`)).body["status"]).toBe("PROCESSING")
      const before = yield* held(to)
      const complete = end(paid, { outcome: "complete", networkFee: "0.5" })
      for (const { body } of yield* Effect.all([complete, complete], { concurrency: 2 })) {
        expect(body).toMatchObject({ id: paid, status: "COMPLETE", place: "arrived", arrived: "99.5" })
      }
      expect((yield* end(paid, { outcome: "fail" })).status).toBe(409)
      expect((yield* held(to)) - before).toBe(99_500_000n)
      expect((yield* end(failed, { outcome: "fail" })).body).toMatchObject({ status: "FAILED", place: "returned" })
      expect((yield* end(randomUUID(), { outcome: "fail" })).status).toBe(404)
      expect((yield* end(failed, { outcome: "vanish" })).status).toBe(422)
    }))

  it.effect("can be held although it was to be paid by itself", () =>
    Effect.gen(function*() {
      const to = yield* world
      const id = yield* scripted(to, { withdraw: { delayMillis: 400 } }, withdrawn(to, "100"))
      expect((yield* control(to, "POST", `/transfers/${id}`, { outcome: "hold" })).body["place"]).toBe("underway")
      const later = yield* scripted(to, { withdraw: { delayMillis: 600 } }, withdrawn(to, "100"))
      yield* become(to, later, "COMPLETE")
      expect((yield* get(to, `/transfers/${id}`)).body["status"]).toBe("PROCESSING")
      expect(yield* payments(to, id)).toEqual([])
      yield* to.alpaca.wallets.settle(id, {})
    }))

  it.effect("is not to be seen by id at first, nor in the list", () =>
    Effect.gen(function*() {
      const to = yield* world
      const isListed = (id: string) =>
        Effect.map(get(to, "/transfers"), ({ rows }) => rows.some((row) => row["id"] === id))
      const look = (id: string) => Effect.map(get(to, `/transfers/${id}`), ({ status }) => status)
      yield* scripted(
        to,
        { withdraw: { outcome: "fail", delayMillis: 0 }, wire: { hiddenReads: 2, listLagMillis: 500 } },
        Effect.gen(function*() {
          const id = yield* withdrawn(to, "100")
          expect(yield* isListed(id)).toBe(false)
          expect(yield* Effect.all([look(id), look(id), look(id)])).toEqual([404, 404, 200])
          yield* until(isListed(id), (is) => is)
          yield* to.alpaca.change({ wallets: { wire: { hiddenReads: 0, hiddenMillis: 500 } } })
          const next = yield* withdrawn(to, "100")
          expect(yield* look(next)).toBe(404)
          yield* until(look(next), (status) => status === 200)
        })
      )
    }))

  it.effect("that was lost on its way back has happened once", () =>
    Effect.gen(function*() {
      const to = yield* world
      const count = Effect.map(to.alpaca.history, ({ wallets }) => wallets.transfers.length)
      const before = yield* count
      const post = Effect.either(withdraw(to, "75"))
      const outcome = (fault: object) =>
        Effect.gen(function*() {
          yield* control(to, "POST", "/faults", { on: "wallets.withdraw", fault })
          const answer = yield* post
          return [answer._tag === "Right" ? answer.right.status : "broken", (yield* count) - before]
        })
      expect(yield* outcome({ _tag: "DropBefore" })).toEqual(["broken", 0])
      expect(yield* outcome({ _tag: "DropAfter" })).toEqual(["broken", 1])
      expect(yield* outcome({ _tag: "FailBefore", status: 503 })).toEqual([503, 1])
      expect(yield* outcome({ _tag: "FailAfter", status: 502 })).toEqual([502, 2])
      expect(yield* outcome({ _tag: "RateLimited", retryAfter: 3 })).toEqual([429, 2])
      const posted = yield* to.alpaca.counts.of("wallets.withdraw")
      yield* post
      expect((yield* to.alpaca.counts.of("wallets.withdraw")) - posted).toBe(1)
    }))

  it.effect("never makes or loses a unit", () =>
    Effect.gen(function*() {
      const to = yield* world
      yield* until(
        books(to),
        ({ outgoing }) => outgoing === 0n
      )
      const { available, deposited, fees, incoming, outgoing, withdrawn: left } = yield* books(to)
      expect(available + outgoing + incoming + fees + left).toBe(10_000n * usdc + deposited)
      // What the books say has left is what our wallet holds.
      expect(yield* held(to)).toBe(left)
    }))
})
