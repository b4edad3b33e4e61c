import { expect, layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { encodeFunctionData, erc20Abi } from "viem"
import * as Chain from "../../../src/layers/local/Chain.ts"
import * as ControlJson from "../../../src/layers/local/ControlJson.ts"
import * as LocalWorld from "../../../src/layers/local/LocalWorld.ts"
import { control, rpc, text, until } from "./Client.ts"
import { books, credited, deposit, get, listed, scripted, signed, usdc } from "./WalletClient.ts"

const { LocalWorld: world } = LocalWorld

const quick = LocalWorld.layer({
  blockTime: "50 millis",
  walletDelay: 20,
  quirks: false,
  shares: {},
  usdc: { alpaca: "500" }
})

/** Blocks more on Ethereum. */
const deeper = (to: LocalWorld.World, count: number) =>
  Effect.flatMap(to.ethereum.height, (height) => until(to.ethereum.height, (now) => now >= height + count))

layer(quick, { excludeTestServices: true })("USDC that is sent to the deposit address", (it) => {
  it.effect("is one incoming transfer, and ours to withdraw", () =>
    Effect.gen(function*() {
      const to = yield* world
      expect((yield* books(to)).available).toBe(500n * usdc)
      yield* to.usdc.ethereum.mint(to.wallet.address, 10_000n * usdc)
      const { blockNumber, transactionHash } = yield* deposit(to, 250n * usdc + 1n)
      const row = yield* credited(to, transactionHash)
      expect(row).toMatchObject({
        direction: "INCOMING",
        status: "COMPLETE",
        amount: "250.000001",
        fees: "0",
        tx_hash: transactionHash,
        chain: "ETH",
        asset: "USDC",
        from_address: to.wallet.address,
        to_address: to.alpaca.wallets.depositAddress
      })
      expect((yield* get(to, `/transfers/${text(row, "id")}`)).body).toEqual(row)
      expect(yield* books(to)).toMatchObject({
        available: 750n * usdc + 1n,
        incoming: 0n,
        deposited: 250n * usdc + 1n
      })
      expect((yield* to.alpaca.history).wallets.receipts).toEqual([{
        hash: transactionHash,
        from: to.wallet.address,
        amount: 250n * usdc + 1n,
        block: Number(blockNumber)
      }])
    }))

  it.effect("is listed before it is credited", () =>
    Effect.gen(function*() {
      const to = yield* world
      const before = yield* books(to)
      const { transactionHash } = yield* scripted(
        to,
        { deposit: { outcome: "hold" } },
        Effect.tap(deposit(to, 100n * usdc), ({ transactionHash: hash }) => credited(to, hash, "PROCESSING"))
      )
      const [row = {}] = yield* listed(to, transactionHash)
      expect(yield* books(to)).toEqual({
        ...before,
        incoming: 100n * usdc,
        deposited: before.deposited + 100n * usdc
      })
      const { body } = yield* control(to, "POST", `/transfers/${text(row, "id")}`, { outcome: "complete", fee: "1.5" })
      expect(body).toMatchObject({ status: "COMPLETE", arrived: "98.5" })
      expect(yield* credited(to, transactionHash)).toEqual({ ...row, status: "COMPLETE", fees: "1.5" })
      const after = yield* books(to)
      expect(after.available - before.available).toBe(98_500_000n)
      expect(after.fees - before.fees).toBe(1_500_000n)
    }))

  it.effect("may be credited less a fee", () =>
    Effect.gen(function*() {
      const to = yield* world
      const before = yield* books(to)
      yield* scripted(
        to,
        { deposit: { fee: usdc } },
        Effect.gen(function*() {
          const { transactionHash } = yield* deposit(to, 100n * usdc)
          expect(yield* credited(to, transactionHash)).toMatchObject({ amount: "100", fees: "1" })
        })
      )
      expect((yield* books(to)).available - before.available).toBe(99n * usdc)
    }))

  it.effect("is never credited when it fails, and is still there", () =>
    Effect.gen(function*() {
      const to = yield* world
      const before = yield* books(to)
      yield* scripted(
        to,
        { deposit: { outcome: "fail" } },
        Effect.flatMap(deposit(to, 100n * usdc), ({ transactionHash }) => credited(to, transactionHash, "FAILED"))
      )
      expect(yield* books(to)).toEqual({
        ...before,
        incoming: before.incoming + 100n * usdc,
        deposited: before.deposited + 100n * usdc
      })
    }))

  it.effect("is not listed while Alpaca sees nothing, and then all of it", () =>
    Effect.gen(function*() {
      const to = yield* world
      const hashes = yield* scripted(
        to,
        { deposit: { isDetected: false } },
        Effect.gen(function*() {
          const sent = [yield* deposit(to, 60n * usdc), yield* deposit(to, 60n * usdc)]
          yield* deeper(to, 5)
          for (const { transactionHash } of sent) expect(yield* listed(to, transactionHash)).toEqual([])
          return sent.map(({ transactionHash }) => transactionHash)
        })
      )
      for (const hash of hashes) yield* credited(to, hash)
      yield* deeper(to, 3)
      for (const hash of hashes) expect(yield* listed(to, hash)).toHaveLength(1)
    }))

  it.effect("is believed at the depth that is asked for", () =>
    Effect.gen(function*() {
      const to = yield* world
      yield* scripted(
        to,
        { deposit: { confirmations: 12, detectDelayMillis: 0 } },
        Effect.gen(function*() {
          const { blockNumber, transactionHash } = yield* deposit(to, 60n * usdc)
          yield* until(listed(to, transactionHash), (rows) => rows.length > 0)
          expect((yield* to.ethereum.height) - Number(blockNumber) + 1).toBeGreaterThanOrEqual(12)
          // The cases share one world: the next one counts what is credited in it.
          yield* credited(to, transactionHash)
        })
      )
    }))

  it.effect("counts when somebody else sends it, and does not when it is created there or sent elsewhere", () =>
    Effect.gen(function*() {
      const to = yield* world
      const before = yield* books(to)
      const other = Chain.wallet("somebody else")
      yield* to.ethereum.fund(other.address, 10n ** 18n)
      yield* to.usdc.ethereum.mint(other.address, 100n * usdc)
      yield* to.usdc.ethereum.mint(to.alpaca.wallets.depositAddress, 70n * usdc)
      const elsewhere = yield* to.ethereum.sign(to.wallet, {
        to: to.usdc.ethereum.address,
        data: encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [other.address, usdc] })
      })
      yield* to.ethereum.broadcast(elsewhere)
      const { transactionHash } = yield* deposit(to, 80n * usdc, other)
      expect(yield* credited(to, transactionHash)).toMatchObject({ from_address: other.address })
      expect((yield* books(to)).available - before.available).toBe(80n * usdc)
      const { receipts } = (yield* to.alpaca.history).wallets
      expect(receipts.slice(-2).map(({ amount }) => amount)).toEqual([70n * usdc, 80n * usdc])
    }))

  it.effect("counts when it is created there, where Alpaca believes in that", () =>
    Effect.gen(function*() {
      const to = yield* world
      const before = yield* books(to)
      yield* scripted(
        to,
        { deposit: { creditsMints: true } },
        Effect.gen(function*() {
          yield* to.usdc.ethereum.mint(to.alpaca.wallets.depositAddress, 70n * usdc)
          yield* until(books(to), ({ available }) => available > before.available)
        })
      )
      expect((yield* books(to)).available - before.available).toBe(70n * usdc)
    }))

  it.effect("that a reorganisation takes away is none; mined again it is one", () =>
    Effect.gen(function*() {
      const to = yield* world
      const transfer = yield* signed(to, 90n * usdc)
      yield* scripted(
        to,
        { deposit: { confirmations: 1000 } },
        Effect.gen(function*() {
          yield* deeper(to, 12)
          yield* to.ethereum.broadcast(transfer)
          const { blockNumber } = yield* to.ethereum.mined(transfer.hash)
          const depth = (yield* to.ethereum.height) - Number(blockNumber) + 11
          yield* rpc(to.ethereum.client.transport.url ?? "", "anvil_reorg", [depth, []])
        })
      )
      yield* deeper(to, 5)
      expect(yield* listed(to, transfer.hash)).toEqual([])
      yield* to.ethereum.broadcast(transfer)
      yield* credited(to, transfer.hash)
      yield* deeper(to, 5)
      expect(yield* listed(to, transfer.hash)).toHaveLength(1)
    }))

  it.effect("never makes or loses a unit", () =>
    Effect.gen(function*() {
      const to = yield* world
      const { available, deposited, fees, incoming, outgoing, withdrawn } = yield* books(to)
      expect(available + outgoing + incoming + fees + withdrawn).toBe(500n * usdc + deposited)
      // All but what was created at the address without being believed.
      expect((yield* to.usdc.ethereum.balanceOf(to.alpaca.wallets.depositAddress)) - deposited).toBe(70n * usdc)
    }))

  it.effect("is told of by the control API, in the form of its schema", () =>
    Effect.gen(function*() {
      const to = yield* world
      const { body } = yield* control(to, "GET", "/ledger")
      expect(yield* Schema.decodeUnknown(ControlJson.Ledger)(body)).toEqual(yield* to.alpaca.history)
    }))
})
