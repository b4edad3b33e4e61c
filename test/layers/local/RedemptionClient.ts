/** Tokens on their way to the redemption wallet, for the tests. */
import { Effect } from "effect"
import { encodeFunctionData } from "viem"
import { equityTokenAbi } from "../../../src/layers/local/Contracts.ts"
import type { World } from "../../../src/layers/local/LocalWorld.ts"
import { get, type Row, text, until } from "./Client.ts"

/** One share's token. */
export const token = 10n ** 18n

/** Signs a transfer to the redemption wallet, by default of ours. */
export const signed = (to: World, symbol: string, amount: bigint, from = to.wallet) =>
  to.base.sign(from, {
    to: to.tokens[symbol]?.address ?? "0x",
    data: encodeFunctionData({
      abi: equityTokenAbi,
      functionName: "transfer",
      args: [to.redemptionWallet.address, amount]
    })
  })

/** Sends it and waits until it is mined. */
export const send = (to: World, symbol: string, amount: bigint, from = to.wallet) =>
  Effect.gen(function*() {
    const transfer = yield* signed(to, symbol, amount, from)
    yield* to.base.broadcast(transfer)
    return yield* to.base.mined(transfer.hash)
  })

const isOf = (hash: string) => (row: Row) => row["tx_hash"] !== null && text(row, "tx_hash").toLowerCase() === hash

/** What Alpaca lists of this transfer. */
export const listed = (to: World, hash: string) =>
  Effect.map(get(to, "/requests?type=redeem"), ({ rows }) => rows.filter(isOf(hash)))

/** The request's id, once Alpaca lists one. */
export const detected = (to: World, hash: string) =>
  Effect.map(
    until(listed(to, hash), (rows) => rows.length > 0),
    ([row = {}]) => text(row, "tokenization_request_id")
  )

/** All requests that the books have of this transfer. */
export const booked = (to: World, hash: string) =>
  Effect.map(to.alpaca.history, ({ requests }) => requests.filter(({ txHash }) => txHash === hash))

/** Waits until so many more blocks are there. */
export const blocks = (to: World, count: number) =>
  Effect.flatMap(to.base.height, (height) => until(to.base.height, (now) => now >= height + count))
