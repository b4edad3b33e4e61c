/** The decimals of Rain's vaults (facts: external-apis.md 4.6). Written for the world alone, so that it shares no mistake with the code that it tests. */
import { type Hex, numberToHex } from "viem"

const coefficientBits = 224n
const exponentBits = 32n

/** A coefficient and the power of ten that it is multiplied by. */
export const pack = (coefficient: bigint, exponent: number): Hex =>
  coefficient === 0n ? numberToHex(0n, { size: 32 }) : numberToHex(
    (BigInt.asUintN(Number(exponentBits), BigInt(exponent)) << coefficientBits) |
      BigInt.asUintN(Number(coefficientBits), coefficient),
    { size: 32 }
  )

export const unpack = (float: Hex): { readonly coefficient: bigint; readonly exponent: number } => ({
  coefficient: BigInt.asIntN(Number(coefficientBits), BigInt(float)),
  exponent: Number(BigInt.asIntN(Number(exponentBits), BigInt(float) >> coefficientBits))
})

/** In units of which 10^decimals make one, rounded down. Of what is not negative. */
export const toUnits = (float: Hex, decimals: number): bigint => {
  const { coefficient, exponent } = unpack(float)
  const scale = exponent + decimals
  return scale >= 0 ? coefficient * 10n ** BigInt(scale) : coefficient / 10n ** BigInt(-scale)
}
