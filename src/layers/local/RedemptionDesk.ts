/**
 * The issuer's redemption desk: watches its wallet on Base and tells Alpaca of the tokens that come, of each transfer once
 * (facts: external-apis.md 1.5).
 */
import { type Duration, Effect, type Scope } from "effect"
import type { Address } from "viem"
import * as Decimal from "../../domain/Decimal.ts"
import type { AlpacaServer } from "./AlpacaServer.ts"
import { shareDecimals } from "./AlpacaSettings.ts"
import { issuerName, networkName } from "./AlpacaTokenizationRoutes.ts"
import type { Chain } from "./Chain.ts"
import { type EquityIssuer, type RedemptionTransfer, tokenDecimals } from "./EquityIssuer.ts"
import * as TransferWatch from "./TransferWatch.ts"

export interface Options {
  readonly chain: Pick<Chain, "height">
  readonly issuer: Pick<EquityIssuer, "redemptionTransfers">
  readonly alpaca: Pick<AlpacaServer, "settings" | "redeem">
  /** Whose tokens are redeemed for this account of Alpaca's. What others send is none of its business. */
  readonly account: Address
  /** Between two looks. */
  readonly interval: Duration.DurationInput
}

/** Watches until its scope closes. */
export const make = (
  { account, alpaca, chain, interval, issuer }: Options
): Effect.Effect<void, never, Scope.Scope> => {
  /** The issuer rounds down, and of what is less than Alpaca can book it tells nothing. */
  const tell = ({ amount, from, hash, symbol }: RedemptionTransfer) => {
    const quantity = Decimal.rescaleFloor(amount, tokenDecimals, shareDecimals)
    const draft = { symbol, quantity, issuer: issuerName, network: networkName, wallet: from, txHash: hash }
    return from === account && quantity > 0n ? alpaca.redeem(draft) : Effect.void
  }
  return TransferWatch.make({
    chain,
    interval,
    read: issuer.redemptionTransfers,
    rule: Effect.map(alpaca.settings, ({ redeem }) => redeem),
    tell
  })
}
