/** Where everything is in the test world, as the chains and the others' books have it. */
import { Effect, Ref } from "effect"
import * as Address from "../../domain/Address.ts"
import { EquitySymbol } from "../../domain/EquitySymbol.ts"
import type { Place } from "../../domain/Failure.ts"
import type { OperationId } from "../../domain/OperationId.ts"
import * as Shares from "../../domain/Shares.ts"
import * as TokenAmount from "../../domain/TokenAmount.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import * as Usdc from "../../domain/Usdc.ts"
import { AlpacaTokenizationControl } from "./AlpacaTokenizationControl.ts"
import * as AlpacaWalletTest from "./AlpacaWalletTest.ts"
import { ChainControl } from "./ChainControl.ts"
import * as MemoryChain from "./MemoryChain.ts"

const address = (digits: string) => Address.make(`0x${digits.padStart(40, "0")}`)

/** USDC, on both chains. */
export const usdc = MemoryChain.token

/** Who has addresses of their own in this world. */
export const places = {
  vault: address("a0117"),
  messenger: address("cc791"),
  transmitter: address("cc792"),
  /** Where Circle takes its fees, on the chain that it mints on. */
  fees: address("cc793"),
  redemptionWallet: address("155e7"),
  depositAddress: AlpacaWalletTest.depositAddress
} as const

/** A token with 18 decimals for each symbol. */
export const tokensOf = (symbols: ReadonlyArray<string>): ReadonlyMap<EquitySymbol, Address.Address> =>
  new Map(
    symbols.map((symbol, index) => [EquitySymbol.make(symbol), address(`e${index.toString(16).padStart(3, "0")}`)])
  )

/** One token stands for one share. */
export const equityDecimals = 18

/** A burn that has happened, as the ledger of this world has it. */
export interface LedgerBurn {
  readonly operation: OperationId
  readonly burnTx: TxHash
  readonly amount: Usdc.Usdc
  /** Unix milliseconds. */
  readonly at: number
  /** Whether what has been burned has come to Base. */
  readonly isMinted: boolean
}

/** USDC by place. What is in transit has left one place and has not come to the next. */
export type UsdcBalances =
  & {
    readonly [place in Exclude<Place, "IssuerInTransit">]: Usdc.Usdc
  }
  & {
    /** What Circle has taken for itself. */
    readonly fees: Usdc.Usdc
    readonly total: Usdc.Usdc
  }

/** Shares, and the tokens that stand for shares, of one symbol. */
export interface EquityBalances {
  readonly Alpaca: Shares.Shares
  readonly IssuerInTransit: Shares.Shares
  readonly BaseWallet: Shares.Shares
  readonly total: Shares.Shares
}

/** Where everything is. The totals change only when the test gives or takes: nothing is made or lost on the way. */
export interface Balances {
  readonly usdc: UsdcBalances
  readonly equities: { readonly [symbol: string]: EquityBalances }
}

const sum = (amounts: ReadonlyArray<bigint>) => amounts.reduce((total, amount) => total + amount, 0n)

const usdcBalances = (wallet: Address.Address, burns: Ref.Ref<ReadonlyArray<LedgerBurn>>) =>
  Effect.gen(function*() {
    const { base, ethereum } = yield* ChainControl
    const alpaca = yield* AlpacaWalletTest.AlpacaWalletControl
    const leaving = (yield* alpaca.transfers).filter(({ direction, transfer }) =>
      direction === "OUTGOING" && transfer.status === "Processing"
    )
    const burned = (yield* Ref.get(burns)).filter(({ isMinted }) => !isMinted)
    const by = {
      Alpaca: yield* alpaca.available,
      AlpacaInTransit: sum(leaving.map(({ transfer }) => transfer.amount)) +
        (yield* ethereum.holding(usdc, places.depositAddress)),
      EthereumWallet: yield* ethereum.holding(usdc, wallet),
      CctpInTransit: sum(burned.map(({ amount }) => amount)),
      BaseWallet: yield* base.holding(usdc, wallet),
      Vault: yield* base.holding(usdc, places.vault),
      fees: (yield* base.holding(usdc, places.fees)) + (yield* ethereum.holding(usdc, places.fees))
    }
    return {
      Alpaca: by.Alpaca,
      AlpacaInTransit: Usdc.fromUnits(by.AlpacaInTransit),
      EthereumWallet: Usdc.fromUnits(by.EthereumWallet),
      CctpInTransit: Usdc.fromUnits(by.CctpInTransit),
      BaseWallet: Usdc.fromUnits(by.BaseWallet),
      Vault: Usdc.fromUnits(by.Vault),
      fees: Usdc.fromUnits(by.fees),
      total: Usdc.fromUnits(sum(Object.values(by)))
    }
  })

const equityBalances = (wallet: Address.Address, symbol: EquitySymbol, token: Address.Address) =>
  Effect.gen(function*() {
    const { base } = yield* ChainControl
    const alpaca = yield* AlpacaTokenizationControl
    const sharesIn = (owner: Address.Address) =>
      Effect.map(
        base.holding(token, owner),
        (units) => Shares.fromTokenAmountFloor(TokenAmount.make({ units, decimals: equityDecimals }))
      )
    const minting = (yield* alpaca.requests).filter(({ request, returned, type }) =>
      type === "mint" && request.status === "Pending" && request.symbol === symbol && returned.Rejected > 0n
    )
    const by = {
      Alpaca: yield* alpaca.shares(symbol),
      IssuerInTransit: Shares.fromUnits(
        sum(minting.map(({ request }) => request.quantity)) + (yield* sharesIn(places.redemptionWallet))
      ),
      BaseWallet: yield* sharesIn(wallet)
    }
    return { ...by, total: Shares.fromUnits(sum(Object.values(by))) }
  })

/** The sum of all places, and each of them. */
export const balances = (
  wallet: Address.Address,
  tokens: ReadonlyMap<EquitySymbol, Address.Address>,
  burns: Ref.Ref<ReadonlyArray<LedgerBurn>>
) =>
  Effect.gen(function*() {
    const equities = yield* Effect.forEach(tokens, ([symbol, token]) =>
      Effect.map(equityBalances(wallet, symbol, token), (found) => [symbol, found] as const))
    return { usdc: yield* usdcBalances(wallet, burns), equities: Object.fromEntries(equities) }
  })
