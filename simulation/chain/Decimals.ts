/** Rain's decimal numbers, as packed words, with the arithmetic of a vault: contracts/Float.sol. */
import { pack, unpack } from "../../src/layers/local/VaultFloat.ts"
import * as Words from "./Words.ts"

/** A packed number. */
export type Float = bigint

interface Decimal {
  readonly coefficient: bigint
  readonly exponent: number
}

/** So many powers of ten fit an int256. */
const digits = 76
const largest = 2n ** 255n - 1n

const read = (float: Float): Decimal => unpack(Words.hex(Words.ofNumber(float)))

/** Loses the last digits of what is too long. */
const write = ({ coefficient, exponent }: Decimal): Float => {
  let [short, power] = [coefficient, exponent]
  while (BigInt.asIntN(224, short) !== short) {
    short /= 10n
    power++
  }
  return BigInt(pack(short, power))
}

/** The same number with as many digits as fit. */
const maximized = ({ coefficient, exponent }: Decimal): Decimal => {
  let [long, power] = [coefficient, exponent]
  for (let step = 38; step > 0;) {
    const factor = 10n ** BigInt(step)
    const most = largest / factor
    if (long <= most && long >= -most) {
      long *= factor
      power -= step
    } else {
      step = step >> 1
    }
  }
  return { coefficient: long, exponent: power }
}

export const add = (one: Float, other: Float): Float => {
  const [a, b] = [read(one), read(other)]
  if (a.coefficient === 0n) return other
  if (b.coefficient === 0n) return one
  const [high, low] = [maximized(a), maximized(b)].toSorted((a, b) => b.exponent - a.exponent)
  if (high === undefined || low === undefined) return 0n
  const distance = high.exponent - low.exponent
  if (distance > digits) return write(high)
  // A digit less, so that the sum fits.
  return write({
    coefficient: high.coefficient / 10n + low.coefficient / 10n ** BigInt(distance) / 10n,
    exponent: high.exponent + 1
  })
}

export const subtract = (one: Float, other: Float): Float => {
  const { coefficient, exponent } = read(other)
  return add(one, write({ coefficient: -coefficient, exponent }))
}

export const isPositive = (float: Float): boolean => read(float).coefficient > 0n

export const least = (one: Float, other: Float): Float => read(subtract(one, other)).coefficient < 0n ? one : other

/** Into smallest units of a token, rounded down; none above what a token can have. */
export const toUnits = (float: Float, decimals: number): bigint | undefined => {
  const { coefficient, exponent } = read(float)
  const scale = exponent + decimals
  if (coefficient === 0n || scale < -digits) return 0n
  if (scale <= 0) return coefficient / 10n ** BigInt(-scale)
  const units = scale > digits ? undefined : coefficient * 10n ** BigInt(scale)
  return units === undefined || units >= 2n ** 256n ? undefined : units
}

export const toUnitsUp = (float: Float, decimals: number): bigint | undefined => {
  const units = toUnits(float, decimals)
  if (units === undefined) return undefined
  const { coefficient, exponent } = read(float)
  const scale = exponent + decimals
  const isLossless = coefficient === 0n || scale >= 0 ||
    (scale >= -digits && coefficient % 10n ** BigInt(-scale) === 0n)
  return isLossless ? units : units + 1n
}

export const fromUnits = (units: bigint, decimals: number): Float => write({ coefficient: units, exponent: -decimals })
