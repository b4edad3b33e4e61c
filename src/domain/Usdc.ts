/** Dollars on chain: a bigint of 1e-6 USDC. In JSON a decimal string, `"1000.5"`. */
import { Either, Schema } from "effect"
import * as Decimal from "./Decimal.ts"

export const decimals = 6

const Units = Schema.NonNegativeBigIntFromSelf.pipe(Schema.brand("Usdc"))

export const Usdc = Decimal.scaled(Units, decimals)
export type Usdc = typeof Usdc.Type

/** What can be moved: more than nothing. */
export const PositiveUsdc = Usdc.pipe(
  Schema.filter((amount) => amount > 0n, { message: () => "expected more than zero USDC" })
)

export const fromUnits = (units: bigint): Usdc => Units.make(units)

export const parse = (text: string): Either.Either<Usdc, Decimal.InvalidDecimal> =>
  Either.map(Decimal.parse(text, decimals), fromUnits)

export const print = (amount: Usdc): string => Decimal.print(amount, decimals)
