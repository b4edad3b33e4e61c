/**
 * An amount of an ERC-20 token together with that token's decimals. In JSON a decimal string with all decimals written
 * out (`"10.500000000000000000"`), so that the scale survives the round trip.
 */
import { Either, ParseResult, Schema } from "effect"
import * as Decimal from "./Decimal.ts"

/** An ERC-20 token's `decimals()` is a uint8; beyond 36 nobody has seen one and 2^256 would not hold a million. */
export const Decimals = Schema.Int.pipe(Schema.between(0, 36), Schema.annotations({ identifier: "Decimals" }))

const Units = Schema.Struct({ units: Schema.NonNegativeBigIntFromSelf, decimals: Decimals })

/** Units and decimals; in JSON a decimal string with all decimals written out. */
export const TokenAmount = Schema.transformOrFail(Schema.String, Units, {
  strict: true,
  decode: (text, _options, ast) => {
    const decimals = text.split(".")[1]?.length ?? 0
    return Either.mapBoth(Decimal.parse(text, decimals), {
      onLeft: (invalid) => new ParseResult.Type(ast, text, invalid.message),
      onRight: (units) => ({ units, decimals })
    })
  },
  encode: ({ decimals, units }) => Either.right(Decimal.printFixed(units, decimals))
})
export type TokenAmount = typeof TokenAmount.Type

/** From units and decimals; throws where they are negative, or the decimals beyond 36. */
export const make = (amount: { readonly units: bigint; readonly decimals: number }): TokenAmount => Units.make(amount)

/** Shortest form, `10.5`. */
export const print = ({ decimals, units }: TokenAmount): string => Decimal.print(units, decimals)
