/** What Alpaca's custody does with USDC on Ethereum: pays withdrawals, once each, and sees what comes. */
import { Effect, Ref } from "effect"
import { type Address, encodeFunctionData, erc20Abi, getAbiItem, type Hex } from "viem"
import type * as Chain from "./Chain.ts"
import type { LocalWorldError } from "./LocalWorldError.ts"

/** What custody did on chain for a withdrawal. */
export interface Payment {
  readonly transferId: string
  readonly hash: Hex
  readonly to: Address
  /** In units of 1e-6 USDC. */
  readonly amount: bigint
  readonly status: "signed" | "sent" | "mined" | "reverted"
}

/** USDC that came. */
export interface Receipt {
  readonly hash: Hex
  /** The zero address when it was created. */
  readonly from: Address
  /** In units of 1e-6 USDC. */
  readonly amount: bigint
  readonly block: number
}

export interface Order {
  readonly transferId: string
  readonly to: Address
  readonly amount: bigint
}

export interface AlpacaWalletBank {
  /** Sends all withdrawals. Must hold what is withdrawn, and ether for gas. */
  readonly address: Address
  /** Oldest first. */
  readonly payments: Effect.Effect<ReadonlyArray<Payment>>
  /** Signs the payment; nothing is sent yet. Whatever is signed must be sent. */
  readonly prepare: (order: Order) => Effect.Effect<Chain.Signed, LocalWorldError>
  /** Safe to repeat. */
  readonly send: (signed: Chain.Signed) => Effect.Effect<void, LocalWorldError>
  /** Waits until it is mined. */
  readonly settled: (signed: Chain.Signed) => Effect.Effect<"mined" | "reverted", LocalWorldError>
  /** What the chain has now of USDC that came to `to`, oldest first. By default in all blocks. */
  readonly received: (
    to: Address,
    blocks?: { readonly fromBlock: number; readonly toBlock: number }
  ) => Effect.Effect<ReadonlyArray<Receipt>, LocalWorldError>
}

const transferEvent = getAbiItem({ abi: erc20Abi, name: "Transfer" })

export const make = ({ chain, usdc, wallet }: {
  readonly chain: Chain.Chain
  /** The token's contract. */
  readonly usdc: Address
  readonly wallet: Chain.Wallet
}): Effect.Effect<AlpacaWalletBank> =>
  Effect.gen(function*() {
    const payments = yield* Ref.make<ReadonlyArray<Payment>>([])
    const mark = (hash: Hex, status: Payment["status"]) =>
      Ref.update(payments, (all) => all.map((item) => item.hash === hash ? { ...item, status } : item))
    return {
      address: wallet.address,
      payments: Ref.get(payments),
      prepare: ({ amount, to, transferId }) =>
        Effect.gen(function*() {
          const data = encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [to, amount] })
          const signed = yield* chain.sign(wallet, { to: usdc, data })
          const payment: Payment = { transferId, hash: signed.hash, to, amount, status: "signed" }
          yield* Ref.update(payments, (all) => [...all, payment])
          return signed
        }),
      send: (signed) => Effect.zipRight(chain.broadcast(signed), mark(signed.hash, "sent")),
      settled: ({ hash }) =>
        Effect.map(chain.mined(hash), ({ status }) => status === "success" ? "mined" as const : "reverted" as const)
          .pipe(Effect.tap((status) => mark(hash, status))),
      received: (to, blocks = { fromBlock: 0, toBlock: Number.MAX_SAFE_INTEGER }) =>
        chain.attempt("USDC transfers", () =>
          chain.client.getLogs({
            address: usdc,
            event: transferEvent,
            args: { to },
            strict: true,
            fromBlock: BigInt(blocks.fromBlock),
            toBlock: BigInt(blocks.toBlock)
          })).pipe(
            Effect.map((logs) =>
              logs.map(({ args, blockNumber, transactionHash }) => ({
                hash: transactionHash,
                from: args.from,
                amount: args.value,
                block: Number(blockNumber)
              }))
            )
          )
    }
  })
