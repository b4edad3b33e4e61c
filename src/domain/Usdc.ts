/** Dollars on chain: a bigint of 1e-6 USDC. In JSON a decimal string, `"1000.5"`. */
import { Either, Schema } from "effect"
import * as Decimal from "./Decimal.ts"

/** Decimals of one unit: amounts are counted in 1e-6 USDC. */
export const decimals = 6

const Units = Schema.NonNegativeBigIntFromSelf.pipe(Schema.brand("Usdc"))

/** An amount of USDC, not negative: a bigint of 1e-6 USDC. In JSON a decimal string. */
export const Usdc = Decimal.scaled(Units, decimals)
export type Usdc = typeof Usdc.Type

/** What can be moved: more than nothing. */
export const PositiveUsdc = Usdc.pipe(
  Schema.filter((amount) => amount > 0n, { message: () => "expected more than zero USDC" })
)

/** From a count of 1e-6 USDC; throws on a negative one. */
export const fromUnits = (units: bigint): Usdc => Units.make(units)

/** From a decimal string; Left where it is none, or has more decimals than a unit can tell. */
export const parse = (text: string): Either.Either<Usdc, Decimal.InvalidDecimal> =>
  Either.map(Decimal.parse(text, decimals), fromUnits)

/** The shortest decimal string. */
export const print = (amount: Usdc): string => Decimal.print(amount, decimals)
