/** What today's configuration makes of a symbol and a number of shares, or why it is not taken on. */
import { Effect, Either, Option } from "effect"
import type { EquitySymbol } from "../domain/EquitySymbol.ts"
import * as Shares from "../domain/Shares.ts"
import type { TokenAmount } from "../domain/TokenAmount.ts"
import { TokenizedEquities, type TokenizedEquity } from "../services/TokenizedEquities.ts"
import { Refused } from "./Refused.ts"

export interface EquityOrder extends TokenizedEquity {
  readonly issuer: string
  readonly network: string
  /** The shares as tokens: exact, and so a multiple of 1e-9 share. */
  readonly amount: TokenAmount
}

export const withinLimit = (
  { quantity, symbol }: { readonly symbol: EquitySymbol; readonly quantity: Shares.Shares }
): Effect.Effect<void, Refused, TokenizedEquities> =>
  Effect.gen(function*() {
    const { maxPerOperation } = yield* TokenizedEquities
    if (!Option.exists(maxPerOperation, (max) => quantity > max)) return
    return yield* new Refused({
      reason: "AboveLimit",
      detail: `${Shares.print(quantity)} ${symbol} is above BALLAST_EQUITY_MAX_PER_OPERATION, ${
        Option.match(maxPerOperation, { onNone: () => "none", onSome: Shares.print })
      }`
    })
  })

export const make = (
  { quantity, symbol }: { readonly symbol: EquitySymbol; readonly quantity: Shares.Shares }
): Effect.Effect<EquityOrder, Refused, TokenizedEquities> =>
  Effect.gen(function*() {
    const { equities, issuer, network } = yield* TokenizedEquities
    const equity = equities.get(symbol)
    if (equity === undefined) {
      return yield* new Refused({
        reason: "UnknownEquity",
        detail: `no token is configured for ${symbol} (BALLAST_EQUITIES has ${[...equities.keys()].join(", ")})`
      })
    }
    yield* withinLimit({ quantity, symbol })
    const amount = yield* Either.mapLeft(
      Shares.toTokenAmount(quantity, equity.decimals),
      (inexact) => new Refused({ reason: "Inexpressible", detail: `${symbol}: ${inexact.message}` })
    )
    return { ...equity, issuer, network, amount }
  })
