/**
 * Rain's decimal floating point number: coefficient x 10^exponent, exact. It comes from a contract, where the same number
 * has many encodings and an exponent can be anything of 32 bits: compare values, never bytes; no work here grows with the
 * exponent. Source: LibDecimalFloat, external-apis 4.6.
 */
import { Data, Either, Order } from "effect"
import type { Hex } from "./Hex.ts"

export interface Float {
  /** An int224. */
  readonly coefficient: bigint
  /** An int32. */
  readonly exponent: bigint
}

/** A number that the other form cannot hold. */
export class FloatOutOfRange extends Data.TaggedError("FloatOutOfRange")<{
  readonly reason:
    /** Not an int224. */
    | "Coefficient"
    /** Not an int32. */
    | "Exponent"
    /** Below zero, where an amount is wanted. */
    | "Negative"
    /** Not a uint256, where an amount is wanted. */
    | "TooLarge"
    /** Not 32 bytes. */
    | "Length"
  readonly shown: string
}> {
  override get message(): string {
    switch (this.reason) {
      case "Coefficient":
        return `the coefficient of ${this.shown} does not fit a Float's 224 bits`
      case "Exponent":
        return `the exponent of ${this.shown} does not fit a Float's 32 bits`
      case "Negative":
        return `expected an amount, got the negative Float ${this.shown}`
      case "TooLarge":
        return `the Float ${this.shown} is larger than any amount of a token`
      case "Length":
        return `expected a Float of 32 bytes, got ${this.shown}`
    }
  }
}

const bits = { coefficient: 224, exponent: 32 }
const maxAmount = 2n ** 256n - 1n
/** The digits of the largest amount. */
const maxAmountDigits = 78n

const isInt = (value: bigint, width: number): boolean => BigInt.asIntN(width, value) === value

const magnitude = (value: bigint): bigint => value < 0n ? -value : value

/** `1500000e-6`. */
export const print = ({ coefficient, exponent }: Float): string => `${coefficient}e${exponent}`

const outOfRange = (reason: FloatOutOfRange["reason"], shown: string): Either.Either<never, FloatOutOfRange> =>
  Either.left(new FloatOutOfRange({ reason, shown: shown.slice(0, 200) }))

/** The word of a contract's answer. */
export const fromHex = (word: Hex): Either.Either<Float, FloatOutOfRange> => {
  if (!/^0x[0-9a-fA-F]{64}$/.test(word)) return outOfRange("Length", word)
  const packed = BigInt(word)
  return Either.right({
    coefficient: BigInt.asIntN(bits.coefficient, packed),
    exponent: BigInt.asIntN(bits.exponent, packed >> BigInt(bits.coefficient))
  })
}

/** As it is, not normalised. */
export const toHex = (float: Float): Either.Either<Hex, FloatOutOfRange> => {
  const { coefficient, exponent } = float
  if (!isInt(coefficient, bits.coefficient)) return outOfRange("Coefficient", print(float))
  if (!isInt(exponent, bits.exponent)) return outOfRange("Exponent", print(float))
  const packed = BigInt.asUintN(bits.exponent, exponent) << BigInt(bits.coefficient) |
    BigInt.asUintN(bits.coefficient, coefficient)
  return Either.right<Hex>(`0x${packed.toString(16).padStart(64, "0")}`)
}

/** An amount of a token in its smallest units, exactly as Rain packs it: (units, -decimals), and zero as zero. */
export const fromFixed = (units: bigint, decimals: number): Float =>
  units === 0n ? { coefficient: 0n, exponent: 0n } : { coefficient: units, exponent: -BigInt(decimals) }

const digits = ({ coefficient }: Float): bigint => BigInt(magnitude(coefficient).toString().length)

/** How many digits stand before the decimal point: the value is less than 10 to this power. */
const height = (float: Float): bigint => digits(float) + float.exponent

const sign = ({ coefficient }: Float) => Order.bigint(coefficient, 0n)

const compareMagnitudes: Order.Order<Float> = (a, b) => {
  const byHeight = Order.bigint(height(a), height(b))
  if (byHeight !== 0) return byHeight
  // Equally high: their exponents are no further apart than a coefficient has digits.
  const common = Order.min(Order.bigint)(a.exponent, b.exponent)
  const scaled = ({ coefficient, exponent }: Float) => magnitude(coefficient) * 10n ** (exponent - common)
  return Order.bigint(scaled(a), scaled(b))
}

/** By value. */
export const compare: Order.Order<Float> = Order.make((a, b) => {
  const signs = Order.bigint(BigInt(sign(a)), BigInt(sign(b)))
  if (signs !== 0 || sign(a) === 0) return signs
  return sign(a) < 0 ? compareMagnitudes(b, a) : compareMagnitudes(a, b)
})

/** By value. */
export const equals = (a: Float, b: Float): boolean => compare(a, b) === 0

/** Into smallest units of a token, rounded down to what its decimals can express. Fails with `Negative` or `TooLarge`. */
export const toFixedFloor = (float: Float, decimals: number): Either.Either<bigint, FloatOutOfRange> => {
  const { coefficient, exponent } = float
  const shift = exponent + BigInt(decimals)
  if (coefficient < 0n) return outOfRange("Negative", print(float))
  if (coefficient === 0n || digits(float) + shift <= 0n) return Either.right(0n)
  if (digits(float) + shift > maxAmountDigits) return outOfRange("TooLarge", print(float))
  const units = shift < 0n ? coefficient / 10n ** -shift : coefficient * 10n ** shift
  return units > maxAmount ? outOfRange("TooLarge", print(float)) : Either.right(units)
}

/** Whether it has more decimals than that: such an amount cannot be moved exactly. */
export const isLossy = (float: Float, decimals: number): boolean => {
  const excess = -(float.exponent + BigInt(decimals))
  if (float.coefficient === 0n || excess <= 0n) return false
  return excess >= digits(float) || float.coefficient % 10n ** excess !== 0n
}
