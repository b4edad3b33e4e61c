/** Shares at the broker: a bigint of 1e-9 shares, the finest that Alpaca accepts. In JSON a decimal string, `"10.5"`. */
import { Either, Schema } from "effect"
import * as Decimal from "./Decimal.ts"
import * as TokenAmount from "./TokenAmount.ts"

/** Decimals of one unit: amounts are counted in 1e-9 shares. */
export const decimals = 9

const Units = Schema.NonNegativeBigIntFromSelf.pipe(Schema.brand("Shares"))

/** An amount of shares, not negative: a bigint of 1e-9 shares. In JSON a decimal string. */
export const Shares = Decimal.scaled(Units, decimals)
export type Shares = typeof Shares.Type

/** What can be ordered: more than nothing. */
export const PositiveShares = Shares.pipe(
  Schema.filter((shares) => shares > 0n, { message: () => "expected more than zero shares" })
)

/** From a count of 1e-9 shares; throws on a negative one. */
export const fromUnits = (units: bigint): Shares => Units.make(units)

/** From a decimal string; Left where it is none, or has more decimals than a unit can tell. */
export const parse = (text: string): Either.Either<Shares, Decimal.InvalidDecimal> =>
  Either.map(Decimal.parse(text, decimals), fromUnits)

/** The shortest decimal string. */
export const print = (shares: Shares): string => Decimal.print(shares, decimals)

/** One token stands for one share; exact, or an error when the token has too few decimals to express it. */
export const toTokenAmount = (
  shares: Shares,
  tokenDecimals: number
): Either.Either<TokenAmount.TokenAmount, Decimal.InexactConversion> =>
  Either.map(
    Decimal.rescaleExactly(shares, decimals, tokenDecimals),
    (units) => TokenAmount.make({ units, decimals: tokenDecimals })
  )

/** What a token amount is worth in whole units of 1e-9 share, rounded down: Alpaca cannot book less. */
export const fromTokenAmountFloor = (amount: TokenAmount.TokenAmount): Shares =>
  fromUnits(Decimal.rescaleFloor(amount.units, amount.decimals, decimals))
