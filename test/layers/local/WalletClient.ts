/** The crypto wallets of the local Alpaca over HTTP, and USDC on its way there, for the tests. */
import { Effect } from "effect"
import { encodeFunctionData, erc20Abi } from "viem"
import type { Patch } from "../../../src/layers/local/AlpacaWalletSettings.ts"
import type * as Chain from "../../../src/layers/local/Chain.ts"
import type { World } from "../../../src/layers/local/LocalWorld.ts"
import { authentic, call, type Row, text, until } from "./Client.ts"

/** As much of a world as there needs to be to talk to Alpaca. */
export type Alpaca = Pick<World, "alpaca" | "wallet">

/** One USDC. */
export const usdc = 1_000_000n

export const path = ({ alpaca }: Alpaca, tail: string) =>
  `${alpaca.url}/v1/accounts/${encodeURIComponent(alpaca.credentials.accountId)}/wallets${tail}`

export const send = (world: Alpaca, method: string, tail: string, body?: unknown) =>
  call(path(world, tail), { method, headers: authentic(world), body })

export const get = (world: Alpaca, tail: string) => send(world, "GET", tail)

/** To our own wallet. */
export const withdraw = (world: Alpaca, amount: unknown, fields: Row = {}) =>
  send(world, "POST", "/transfers", { amount, address: world.wallet.address, asset: "USDC", chain: "ETH", ...fields })

/** A withdrawal that must be accepted. Answers its id. */
export const withdrawn = (world: Alpaca, amount: string) =>
  Effect.map(withdraw(world, amount), ({ body }) => text(body, "id"))

/** Runs `body` while the wallets behave so. */
export const scripted = <A, E, R>(world: Alpaca, wallets: Patch, body: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const before = yield* world.alpaca.settings
    yield* world.alpaca.change({ wallets })
    return yield* Effect.ensuring(body, world.alpaca.change(before))
  })

/** The transfer once Alpaca says that. */
export const become = (world: Alpaca, id: string, status: string) =>
  Effect.map(until(get(world, `/transfers/${id}`), ({ body }) => body["status"] === status), ({ body }) => body)

/** The same of the books, whatever Alpaca says. */
export const placed = (world: Alpaca, id: string, place: string) =>
  until(
    Effect.map(world.alpaca.history, ({ wallets }) => wallets.transfers.find((transfer) => transfer.id === id)),
    (transfer) => transfer?.place === place
  )

export const books = (world: Alpaca) => Effect.map(world.alpaca.history, ({ wallets }) => wallets.books)

export const payments = (world: Alpaca, id: string) =>
  Effect.map(world.alpaca.history, ({ wallets }) => wallets.payments.filter(({ transferId }) => transferId === id))

/** Of our own wallet, on chain. */
export const held = (world: World) => world.usdc.ethereum.balanceOf(world.wallet.address)

/** Signs a transfer of our USDC to the deposit address. */
export const signed = (world: World, units: bigint, from: Chain.Wallet = world.wallet) =>
  world.ethereum.sign(from, {
    to: world.usdc.ethereum.address,
    data: encodeFunctionData({
      abi: erc20Abi,
      functionName: "transfer",
      args: [world.alpaca.wallets.depositAddress, units]
    })
  })

/** Sends it and waits until it is mined. */
export const deposit = (world: World, units: bigint, from: Chain.Wallet = world.wallet) =>
  Effect.gen(function*() {
    const transfer = yield* signed(world, units, from)
    yield* world.ethereum.broadcast(transfer)
    return yield* world.ethereum.mined(transfer.hash)
  })

/** What Alpaca lists of this transaction. */
export const listed = (world: Alpaca, hash: string) =>
  Effect.map(
    get(world, "/transfers"),
    ({ rows }) => rows.filter((row) => String(row["tx_hash"]).toLowerCase() === hash && row["direction"] === "INCOMING")
  )

/** The one row of it once it says that. */
export const credited = (world: Alpaca, hash: string, status = "COMPLETE") =>
  Effect.map(
    until(listed(world, hash), (rows) => rows.length > 0 && rows.every((row) => row["status"] === status)),
    ([row = {}]) => row
  )
