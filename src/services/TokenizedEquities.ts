import { Context, type Option } from "effect"
import type { Address } from "../domain/Address.ts"
import type { EquitySymbol } from "../domain/EquitySymbol.ts"
import type { Shares } from "../domain/Shares.ts"

/** How one symbol is tokenized. */
export interface TokenizedEquity {
  /** The ERC-20 on Base that stands for one share. */
  readonly token: Address
  readonly decimals: number
}

/** What may be tokenized, by whom, and how much at once: configuration, read once at start. */
export class TokenizedEquities extends Context.Tag("ballast/services/TokenizedEquities")<TokenizedEquities, {
  readonly issuer: string
  readonly network: string
  readonly equities: ReadonlyMap<EquitySymbol, TokenizedEquity>
  readonly maxPerOperation: Option.Option<Shares>
  /** The issuer's, where tokens are sent to be redeemed. */
  readonly redemptionWallet: Option.Option<Address>
}>() {}
