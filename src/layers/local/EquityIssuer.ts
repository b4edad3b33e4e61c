/** The tokenization issuer: owns the equity tokens on Base and mints them, once per request, with transactions of its own. */
import { Effect, Option, Ref } from "effect"
import {
  type Address,
  encodeDeployData,
  encodeFunctionData,
  getAbiItem,
  getAddress,
  type Hex,
  isAddressEqual,
  zeroAddress
} from "viem"
import type * as Chain from "./Chain.ts"
import { type Artifact, equityTokenAbi } from "./Contracts.ts"
import { LocalWorldError } from "./LocalWorldError.ts"

export interface Token {
  /** Of the share: `AAPL`. */
  readonly symbol: string
  /** Of its token: `tAAPL`. */
  readonly tokenSymbol: string
  readonly address: Address
  readonly decimals: number
}

/** What the issuer did on chain for a request. */
export interface IssuerTransaction {
  readonly requestId: string
  readonly hash: Hex
  /** Symbol of the share whose token it mints. */
  readonly symbol: string
  readonly to: Address
  /** In the token's smallest units. */
  readonly amount: bigint
  readonly status: "signed" | "sent" | "mined" | "reverted"
}

/** Tokens that came to the redemption wallet. */
export interface RedemptionTransfer {
  readonly hash: Hex
  /** Of the share. */
  readonly symbol: string
  readonly from: Address
  /** In the token's smallest units. */
  readonly amount: bigint
  readonly block: number
}

export interface MintOrder {
  readonly requestId: string
  readonly symbol: string
  readonly to: Address
  readonly amount: bigint
  /** Send a transaction that the token refuses instead. */
  readonly isReverting: boolean
}

export interface EquityIssuer {
  readonly wallet: Chain.Wallet
  readonly tokens: Readonly<Record<string, Token>>
  readonly transactions: Effect.Effect<ReadonlyArray<IssuerTransaction>>
  /** Signs the mint; nothing is sent yet. */
  readonly prepareMint: (order: MintOrder) => Effect.Effect<Chain.Signed, LocalWorldError>
  /** Sends what was prepared and waits until it is mined. */
  readonly send: (signed: Chain.Signed) => Effect.Effect<"mined" | "reverted", LocalWorldError>
  /** Creates tokens that no request asked for. */
  readonly grant: (symbol: string, to: Address, amount: bigint) => Effect.Effect<void, LocalWorldError>
  /** Oldest first, as the chain has them now. By default of all blocks. */
  readonly redemptionTransfers: (
    blocks?: { readonly fromBlock: number; readonly toBlock: number }
  ) => Effect.Effect<ReadonlyArray<RedemptionTransfer>, LocalWorldError>
  /** Stops every movement of a token, or allows it again. */
  readonly setPaused: (symbol: string, isPaused: boolean) => Effect.Effect<void, LocalWorldError>
}

export interface Options {
  readonly chain: Chain.Chain
  readonly wallet: Chain.Wallet
  readonly redemptionWallet: Address
  readonly artifact: Artifact
  readonly symbols: ReadonlyArray<string>
}

const transferEvent = getAbiItem({ abi: equityTokenAbi, name: "Transfer" })

/** As the equity tokens of the real issuers. */
export const tokenDecimals = 18

export const make = (options: Options): Effect.Effect<EquityIssuer, LocalWorldError> =>
  Effect.gen(function*() {
    const { artifact, chain, redemptionWallet, symbols, wallet } = options
    const transactions = yield* Ref.make<ReadonlyArray<IssuerTransaction>>([])

    const deployed = yield* Effect.forEach(symbols, (symbol) =>
      Effect.gen(function*() {
        const signed = yield* chain.sign(wallet, {
          data: encodeDeployData({
            abi: equityTokenAbi,
            bytecode: artifact.bytecode,
            args: [`Tokenized ${symbol}`, `t${symbol}`, tokenDecimals]
          })
        })
        yield* chain.broadcast(signed)
        return { symbol, hash: signed.hash }
      }))
    yield* chain.mine
    const tokens = yield* Effect.forEach(deployed, ({ hash, symbol }) =>
      Effect.gen(function*() {
        const receipt = yield* chain.mined(hash)
        const address = receipt.contractAddress
        if (receipt.status === "reverted" || !address) {
          return yield* new LocalWorldError({ reason: "ChainFailed", detail: `deploying the ${symbol} token reverted` })
        }
        return { symbol, tokenSymbol: `t${symbol}`, address: getAddress(address), decimals: tokenDecimals }
      }))
    const bySymbol: Readonly<Record<string, Token>> = Object.fromEntries(tokens.map((token) => [token.symbol, token]))

    const token = (symbol: string) =>
      Effect.mapError(
        Option.fromNullable(bySymbol[symbol]),
        () => new LocalWorldError({ reason: "ChainFailed", detail: `there is no token of ${symbol}` })
      )

    /** A call that no request asked for. Answers its hash, before it is mined. */
    const submit = (symbol: string, data: Hex) =>
      Effect.gen(function*() {
        const { address } = yield* token(symbol)
        const signed = yield* chain.sign(wallet, { to: address, data })
        yield* chain.broadcast(signed)
        return signed.hash
      })

    const mark = (hash: Hex, status: IssuerTransaction["status"]) =>
      Ref.update(transactions, (all) => all.map((item) => item.hash === hash ? { ...item, status } : item))

    const settled = (hash: Hex) =>
      Effect.map(chain.mined(hash), (receipt) => receipt.status === "success" ? "mined" as const : "reverted" as const)

    return {
      wallet,
      tokens: bySymbol,
      transactions: Ref.get(transactions),
      prepareMint: ({ amount, isReverting, requestId, symbol, to }) =>
        Effect.gen(function*() {
          const { address } = yield* token(symbol)
          const data = encodeFunctionData({
            abi: equityTokenAbi,
            functionName: "mint",
            args: [isReverting ? zeroAddress : to, amount]
          })
          const signed = yield* chain.sign(wallet, { to: address, data })
          const record: IssuerTransaction = { requestId, hash: signed.hash, symbol, to, amount, status: "signed" }
          yield* Ref.update(transactions, (all) => [...all, record])
          return signed
        }),
      send: (signed) =>
        Effect.gen(function*() {
          yield* chain.broadcast(signed)
          yield* mark(signed.hash, "sent")
          const status = yield* settled(signed.hash)
          yield* mark(signed.hash, status)
          return status
        }),
      grant: (symbol, to, amount) =>
        Effect.gen(function*() {
          const data = encodeFunctionData({ abi: equityTokenAbi, functionName: "mint", args: [to, amount] })
          const hash = yield* submit(symbol, data)
          yield* chain.mine
          yield* settled(hash)
        }),
      redemptionTransfers: (blocks = { fromBlock: 0, toBlock: Number.MAX_SAFE_INTEGER }) =>
        chain.attempt("redemption transfers", () =>
          chain.client.getLogs({
            address: tokens.map(({ address }) => address),
            event: transferEvent,
            args: { to: redemptionWallet },
            strict: true,
            fromBlock: BigInt(blocks.fromBlock),
            toBlock: BigInt(blocks.toBlock)
          })).pipe(
            Effect.map((logs) =>
              logs.flatMap(({ address, args, blockNumber, transactionHash }) =>
                tokens.filter((token) => isAddressEqual(token.address, address)).map(({ symbol }) => ({
                  hash: transactionHash,
                  symbol,
                  from: args.from,
                  amount: args.value,
                  block: Number(blockNumber)
                }))
              )
            )
          ),
      setPaused: (symbol, isPaused) =>
        Effect.gen(function*() {
          const data = encodeFunctionData({ abi: equityTokenAbi, functionName: "setPaused", args: [isPaused] })
          yield* chain.mined(yield* submit(symbol, data))
        })
    }
  })
