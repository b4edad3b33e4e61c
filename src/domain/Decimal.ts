/**
 * Exact decimals as scaled integers: `units` counts the smallest unit, `decimals` says how many of them make one
 * (10^decimals). No floating point is involved anywhere.
 */
import { Data, Either, ParseResult, Schema } from "effect"
import { quoted } from "./Printable.ts"

/** A text that is no plain decimal, has too many decimals, or is too long. */
export class InvalidDecimal extends Data.TaggedError("InvalidDecimal")<{
  readonly reason: "NotADecimal" | "TooManyDecimals" | "TooLarge"
  readonly text: string
  readonly decimals: number
}> {
  override get message(): string {
    switch (this.reason) {
      case "NotADecimal":
        return `expected a plain decimal such as 10.5 (no sign, exponent or spaces), got ${quoted(this.text)}`
      case "TooManyDecimals":
        return `expected at most ${this.decimals} decimals, got ${quoted(this.text)}`
      case "TooLarge":
        return `expected at most ${maxDigits} digits, got ${this.text.length} characters`
    }
  }
}

/** A conversion asked to be exact that would have lost units. */
export class InexactConversion extends Data.TaggedError("InexactConversion")<{
  readonly units: bigint
  readonly from: number
  readonly to: number
}> {
  override get message(): string {
    return `${print(this.units, this.from)} cannot be expressed exactly with ${this.to} decimals`
  }
}

/** The digits of 2^256, the largest amount a chain can hold. */
const maxDigits = 78
const plain = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/

const power = (decimals: number): bigint => 10n ** BigInt(decimals)

/** Reads a plain, non-negative decimal. Trailing zeros beyond `decimals` carry no value and are accepted. */
export const parse = (text: string, decimals: number): Either.Either<bigint, InvalidDecimal> => {
  const invalid = (reason: InvalidDecimal["reason"]) =>
    Either.left(new InvalidDecimal({ reason, text: text.slice(0, 2 * maxDigits), decimals }))
  if (text.length > 2 * maxDigits) return invalid("TooLarge")
  const [, whole, fraction = ""] = plain.exec(text) ?? []
  if (whole === undefined) return invalid("NotADecimal")
  const significant = fraction.replace(/0+$/, "")
  if (significant.length > decimals) return invalid("TooManyDecimals")
  if (whole.length + decimals > maxDigits) return invalid("TooLarge")
  return Either.right(BigInt(whole + significant.padEnd(decimals, "0")))
}

/** Shortest form: `10.5`, `0.000001`, `100`. */
export const print = (units: bigint, decimals: number): string => {
  const fixed = printFixed(units, decimals)
  return decimals === 0 ? fixed : fixed.replace(/\.?0+$/, "")
}

/** All decimals written out, so that the text also tells how many there are: `10.500000`. */
export const printFixed = (units: bigint, decimals: number): string => {
  const digits = units.toString().padStart(decimals + 1, "0")
  const split = digits.length - decimals
  return decimals === 0 ? digits : `${digits.slice(0, split)}.${digits.slice(split)}`
}

/** The same value at another scale, or `InexactConversion` if units would be lost. */
export const rescaleExactly = (units: bigint, from: number, to: number): Either.Either<bigint, InexactConversion> => {
  if (to >= from) return Either.right(units * power(to - from))
  return units % power(from - to) === 0n
    ? Either.right(units / power(from - to))
    : Either.left(new InexactConversion({ units, from, to }))
}

/** The same value at another scale, rounded down to what that scale can express. */
export const rescaleFloor = (units: bigint, from: number, to: number): bigint =>
  to >= from ? units * power(to - from) : units / power(from - to)

/** In memory a bigint of smallest units, in JSON the shortest decimal string. */
export const scaled = <Units extends bigint, R>(units: Schema.Schema<Units, bigint, R>, decimals: number) =>
  Schema.transformOrFail(Schema.String, units, {
    strict: true,
    decode: (text, _options, ast) =>
      Either.mapLeft(parse(text, decimals), (invalid) => new ParseResult.Type(ast, text, invalid.message)),
    encode: (value) => Either.right(print(value, decimals))
  })
