/** Where every share and every unit of USDC of the local world is, and where the log says that it must be. */
import { Effect } from "effect"
import type { Address } from "../domain/Address.ts"
import * as Decimal from "../domain/Decimal.ts"
import type { EquitySymbol } from "../domain/EquitySymbol.ts"
import * as Shares from "../domain/Shares.ts"
import * as Usdc from "../domain/Usdc.ts"
import type * as Rebalance from "../domain/UsdcRebalance.ts"
import type * as Live from "../layers/Live.ts"
import type * as LocalWorld from "../layers/local/LocalWorld.ts"
import { Erc20 } from "../services/Erc20.ts"

/** In the smallest unit that the place counts, by its name. */
export type Balances = ReadonlyMap<string, { readonly units: bigint; readonly decimals: number }>

/** What the log says has been added to each place; less, if negative. */
export type Changes = ReadonlyArray<readonly [place: string, units: bigint]>

const alpaca = "Alpaca USDC"
const ethereum = "Ethereum wallet USDC"
const base = "Base wallet USDC"
const vault = "Vault USDC"
const alpacaFees = "Alpaca's fees USDC"
const cctpFees = "CCTP's fees USDC"
const broker = (symbol: string) => `Alpaca ${symbol}`
const wallet = (symbol: string) => `Base wallet ${symbol}`

/** From the broker's own books and from the chains, not from what Ballast recorded. */
export const read = (
  world: Pick<LocalWorld.World, "alpaca" | "circle">,
  { equities }: Live.Configuration,
  owner: Address
) =>
  Effect.gen(function*() {
    const erc20 = yield* Erc20
    const positions = yield* world.alpaca.ledger.positions
    const books = yield* world.alpaca.wallets.ledger.books
    const { balances } = yield* world.circle.history
    const tokens = yield* Effect.forEach(equities.equities, ([symbol, { decimals, token }]) =>
      Effect.map(
        erc20.balance({ chain: "base", address: token, decimals }, owner),
        (balance) => [wallet(symbol), Shares.fromTokenAmountFloor(balance)] as const
      ))
    const shares = Object.entries(positions).map(([symbol, { available }]) => [broker(symbol), available] as const)
    const dollars = [
      [alpaca, books.available],
      [ethereum, balances.ethereumWallet],
      [base, balances.baseWallet],
      [vault, balances.vault],
      [alpacaFees, books.fees],
      [cctpFees, balances.cctpFees]
    ] as const
    return new Map<string, { readonly units: bigint; readonly decimals: number }>([
      ...[...shares, ...tokens].map(([place, units]) => [place, { units, decimals: Shares.decimals }] as const),
      ...dollars.map(([place, units]) => [place, { units, decimals: Usdc.decimals }] as const)
    ])
  })

export const minted = (symbol: EquitySymbol, quantity: Shares.Shares): Changes => [
  [broker(symbol), -quantity],
  [wallet(symbol), quantity]
]

export const redeemed = (symbol: EquitySymbol, quantity: Shares.Shares): Changes => [
  [wallet(symbol), -quantity],
  [broker(symbol), quantity]
]

/** Every step of a finished rebalance by itself: what has come, what has gone on, and what was kept on the way. */
export const rebalanced = (
  { amount, burn, credited, direction, minted, withdrawn }: typeof Rebalance.State.DepositConfirmed.Type
): Changes =>
  direction === "AlpacaToBase"
    ? [
      [alpaca, -amount],
      [alpacaFees, amount - withdrawn.received],
      [ethereum, withdrawn.received - burn.burned],
      [cctpFees, minted.feeCollected],
      [base, minted.received - credited],
      [vault, credited]
    ]
    : [
      [vault, -withdrawn.received],
      [base, withdrawn.received - burn.burned],
      [cctpFees, minted.feeCollected],
      [alpacaFees, minted.received - credited],
      [alpaca, credited]
    ]

/** One row for each place: as it was, as it is, and as it must be by the log. */
export const table = (before: Balances, after: Balances, changes: Changes) =>
  [...before].map(([place, { decimals, units }]) => {
    const change = changes.filter(([of]) => of === place).reduce((sum, [, units]) => sum + units, 0n)
    return {
      place,
      before: Decimal.print(units, decimals),
      after: Decimal.print(after.get(place)?.units ?? 0n, decimals),
      expected: Decimal.print(units + change, decimals)
    }
  })
