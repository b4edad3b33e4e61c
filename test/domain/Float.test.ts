/** Rain's numbers, held against the words that its own contract answers, and against plain bigints. */
import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Float from "../../src/domain/Float.ts"
import type { Hex } from "../../src/domain/Hex.ts"
import { left, right } from "../support/spec.ts"

const int224 = fc.bigInt({ min: -(2n ** 223n), max: 2n ** 223n - 1n })
const int32 = fc.bigInt({ min: -(2n ** 31n), max: 2n ** 31n - 1n })
const anyFloat = fc.record({ coefficient: int224, exponent: int32 })
const units = fc.bigInt({ min: 0n, max: 2n ** 223n - 1n })
const decimals = fc.integer({ min: 0, max: 36 })
/** Small enough to be written out in full. */
const small = fc.record({
  coefficient: fc.oneof(fc.bigInt({ min: -1000n, max: 1000n }), int224),
  exponent: fc.bigInt({ min: -80n, max: 80n })
})
const written = ({ coefficient, exponent }: Float.Float) => coefficient * 10n ** (exponent + 80n)

const word = (top: string, bottom: string): Hex => `0x${top}${bottom.padStart(56, "0")}`

describe("the words of the contract", () => {
  const words: ReadonlyArray<readonly [units: bigint, decimals: number, word: Hex]> = [
    [0n, 6, `0x${"0".repeat(64)}`],
    [0n, 0, `0x${"0".repeat(64)}`],
    [1n, 0, word("00000000", "1")],
    [1n, 6, word("fffffffa", "1")],
    [1_000_000n, 6, "0xfffffffa000000000000000000000000000000000000000000000000000f4240"],
    [1_500_000n, 6, word("fffffffa", "16e360")],
    [100_000_000n, 6, word("fffffffa", "5f5e100")],
    [123_456_789n, 6, word("fffffffa", "75bcd15")],
    [10n ** 18n, 18, word("ffffffee", "de0b6b3a7640000")],
    [2n ** 223n - 1n, 6, word("fffffffa", `7${"f".repeat(55)}`)]
  ]
  for (const [units, decimals, word] of words) {
    it(`${units} units of ${decimals} decimals`, () => {
      const float = Float.fromFixed(units, decimals)
      assert.strictEqual(right(Float.toHex(float)), word)
      assert.deepStrictEqual(right(Float.fromHex(word)), float)
      assert.strictEqual(right(Float.toFixedFloor(float, decimals)), units)
    })
  }

  it("negative numbers", () => {
    assert.deepStrictEqual(right(Float.fromHex(word("ffffffff", "f".repeat(56)))), { coefficient: -1n, exponent: -1n })
    const least = { coefficient: -(2n ** 223n), exponent: -(2n ** 31n) }
    assert.strictEqual(right(Float.toHex(least)), word("80000000", `8${"0".repeat(55)}`))
  })

  it("in any case", () => assert.deepStrictEqual(right(Float.fromHex(word("FFFFFFFA", "F"))).coefficient, 15n))

  it.prop("every number survives the way there and back", [anyFloat], ([float]) => {
    const there = right(Float.toHex(float))
    assert.lengthOf(there, 66)
    assert.deepStrictEqual(right(Float.fromHex(there)), float)
  })

  it.prop("every amount is packed as it is", [units, decimals], ([units, decimals]) => {
    const float = Float.fromFixed(units, decimals)
    assert.strictEqual(right(Float.toFixedFloor(right(Float.fromHex(right(Float.toHex(float)))), decimals)), units)
    assert.isFalse(Float.isLossy(float, decimals))
  })

  for (const data of ["0x", "0x00", `0x${"0".repeat(62)}`, `0x${"0".repeat(66)}`, `0x${"g".repeat(64)}`] as const) {
    it(`${data.slice(0, 6)} of ${data.length - 2} digits is no Float`, () =>
      assert.strictEqual(left(Float.fromHex(data)).reason, "Length"))
  }

  const outside: ReadonlyArray<readonly [bigint, bigint, Float.FloatOutOfRange["reason"]]> = [
    [2n ** 223n, 0n, "Coefficient"],
    [-(2n ** 223n) - 1n, 0n, "Coefficient"],
    [1n, 2n ** 31n, "Exponent"],
    [1n, -(2n ** 31n) - 1n, "Exponent"]
  ]
  for (const [coefficient, exponent, reason] of outside) {
    it(`${coefficient}e${exponent} is none`, () => {
      const error = left(Float.toHex({ coefficient, exponent }))
      assert.strictEqual(error.reason, reason)
      assert.include(error.message, `${coefficient}e${exponent}`)
    })
  }
})

describe("numbers are compared by value", () => {
  it("what a vault holds after one deposit and after two is the same number in other words", () => {
    const once = { coefficient: 123_456_789n, exponent: -6n }
    const twice = { coefficient: 123_456_789n * 10n ** 59n, exponent: -65n }
    assert.notStrictEqual(right(Float.toHex(once)), right(Float.toHex(twice)))
    assert.isTrue(Float.equals(once, twice))
    assert.strictEqual(right(Float.toFixedFloor(twice, 6)), 123_456_789n)
  })

  it.prop("as what is written out in full", [small, small], ([a, b]) => {
    const [x, y] = [written(a), written(b)]
    assert.strictEqual(Float.compare(a, b), x < y ? -1 : x > y ? 1 : 0)
  })

  it.prop("zeros at the end say nothing", [small, fc.bigInt({ min: 0n, max: 40n })], ([float, zeros]) => {
    const longer = { coefficient: float.coefficient * 10n ** zeros, exponent: float.exponent - zeros }
    assert.isTrue(Float.equals(float, longer))
    assert.strictEqual(Float.isLossy(longer, 6), Float.isLossy(float, 6))
  })

  it.prop("however large they are", [anyFloat, anyFloat], ([a, b]) => {
    assert.strictEqual(Float.compare(a, b), 0 - Float.compare(b, a))
    assert.isTrue(Float.equals(a, a))
  })

  it("zero is zero with any exponent", () =>
    assert.isTrue(Float.equals({ coefficient: 0n, exponent: 2n ** 31n - 1n }, { coefficient: 0n, exponent: -5n })))
})

describe("an amount of a token", () => {
  const floors: ReadonlyArray<readonly [coefficient: bigint, exponent: bigint, units: bigint, isLossy: boolean]> = [
    [844_567_895n, -7n, 84_456_789n, true],
    [10_000_005n, -7n, 1_000_000n, true],
    [1n, -6n, 1n, false],
    [1n, -7n, 0n, true],
    [9n, -7n, 0n, true],
    [10n, -7n, 1n, false],
    [5n, 3n, 5_000_000_000n, false],
    [0n, 2n ** 31n - 1n, 0n, false],
    [0n, -(2n ** 31n), 0n, false],
    [2n ** 223n - 1n, -(2n ** 31n), 0n, true],
    [2n ** 223n - 1n, -74n, 0n, true],
    [2n ** 223n - 1n, -73n, 1n, true],
    [1n, 71n, 10n ** 77n, false],
    [2n ** 200n, 10n, 2n ** 200n * 10n ** 16n, false]
  ]
  for (const [coefficient, exponent, units, isLossy] of floors) {
    it(`${coefficient}e${exponent} is ${units} units of 6 decimals${isLossy ? ", rounded down" : ""}`, () => {
      assert.strictEqual(right(Float.toFixedFloor({ coefficient, exponent }, 6)), units)
      assert.strictEqual(Float.isLossy({ coefficient, exponent }, 6), isLossy)
    })
  }

  it.prop("is the largest that is not above it", [small], ([{ coefficient, exponent }]) => {
    const float = { coefficient: coefficient < 0n ? -coefficient : coefficient, exponent: exponent - 20n }
    fc.pre(Float.compare(float, { coefficient: 10n ** 50n, exponent: 0n }) < 0)
    const floor = right(Float.toFixedFloor(float, 6))
    assert.isAtMost(Float.compare(Float.fromFixed(floor, 6), float), 0)
    assert.strictEqual(Float.compare(float, Float.fromFixed(floor + 1n, 6)), -1)
    assert.strictEqual(Float.isLossy(float, 6), !Float.equals(Float.fromFixed(floor, 6), float))
  })

  const refused: ReadonlyArray<readonly [bigint, bigint, Float.FloatOutOfRange["reason"]]> = [
    [-1n, 0n, "Negative"],
    [-1n, -(2n ** 31n), "Negative"],
    [1n, 72n, "TooLarge"],
    [2n, 71n, "TooLarge"],
    [1n, 2n ** 31n - 1n, "TooLarge"],
    [2n ** 223n - 1n, 2n ** 31n - 1n, "TooLarge"]
  ]
  for (const [coefficient, exponent, reason] of refused) {
    it(`${coefficient}e${exponent} is none: ${reason}`, () => {
      const error = left(Float.toFixedFloor({ coefficient, exponent }, 6))
      assert.strictEqual(error.reason, reason)
      assert.include(error.message, `${coefficient}e${exponent}`)
    })
  }

  it("of as many units as a chain can hold is not too large", () => {
    const float = { coefficient: 2n ** 256n - 1n, exponent: -6n }
    assert.strictEqual(right(Float.toFixedFloor(float, 6)), 2n ** 256n - 1n)
    assert.strictEqual(left(Float.toFixedFloor({ ...float, coefficient: 2n ** 256n }, 6)).reason, "TooLarge")
  })
})
