import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, FastCheck as fc, Schema } from "effect"
import * as Decimal from "../../src/domain/Decimal.ts"
import * as Shares from "../../src/domain/Shares.ts"
import * as TokenAmount from "../../src/domain/TokenAmount.ts"
import * as Usdc from "../../src/domain/Usdc.ts"
import { left, right } from "../support/spec.ts"

const decimals = fc.integer({ min: 0, max: 36 })
const units = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })

describe("Decimal.parse", () => {
  const accepted: ReadonlyArray<readonly [text: string, decimals: number, units: bigint]> = [
    ["0", 6, 0n],
    ["0.0", 6, 0n],
    ["1", 0, 1n],
    ["10.5", 6, 10_500_000n],
    ["0.000001", 6, 1n],
    ["1000", 6, 1_000_000_000n],
    ["1.50000000000", 6, 1_500_000n],
    ["7.000", 0, 7n],
    [(2n ** 256n - 1n).toString(), 0, 2n ** 256n - 1n],
    ["9".repeat(72), 6, (10n ** 72n - 1n) * 10n ** 6n]
  ]
  for (const [text, decimals, units] of accepted) {
    it(`reads ${text} with ${decimals} decimals`, () => assert.strictEqual(right(Decimal.parse(text, decimals)), units))
  }

  const refused: Record<Decimal.InvalidDecimal["reason"], ReadonlyArray<string>> = {
    NotADecimal: [
      "",
      " ",
      ".",
      "10.",
      ".5",
      "-1",
      "+1",
      "-0",
      "1e6",
      "1E6",
      "0x10",
      "1_000",
      "1,000",
      "1,5",
      "NaN",
      "Infinity",
      " 1",
      "1 ",
      "1\n",
      "1.5\t",
      "01",
      "00",
      "00.5",
      "1.2.3",
      "1n",
      "\u0661",
      "\uff11",
      "1\u0000"
    ],
    TooManyDecimals: ["0.0000001", "1.0000000000001", `0.${"0".repeat(100)}1`],
    TooLarge: ["1".repeat(73), `1${"0".repeat(155)}`, `1.${"0".repeat(1_000_000)}`, "9".repeat(1_000_000)]
  }
  for (const [reason, texts] of Object.entries(refused)) {
    for (const text of texts) {
      it(`refuses ${JSON.stringify(text.slice(0, 30))} of ${text.length} characters: ${reason}`, () => {
        const invalid = left(Decimal.parse(text, 6))
        assert.strictEqual(invalid.reason, reason)
        assert.isBelow(invalid.message.length, 300)
      })
    }
  }

  it.prop("reads back what print and printFixed wrote", [units, decimals], ([units, decimals]) => {
    assert.strictEqual(right(Decimal.parse(Decimal.print(units, decimals), decimals)), units)
    assert.strictEqual(right(Decimal.parse(Decimal.printFixed(units, decimals), decimals)), units)
  })

  it.prop(
    "answers in the same way as arithmetic on the digits",
    [fc.nat(), fc.nat(999_999)],
    ([whole, millionths]) =>
      assert.strictEqual(
        right(Usdc.parse(`${whole}.${String(millionths).padStart(6, "0")}`)),
        BigInt(whole) * 1_000_000n + BigInt(millionths)
      )
  )
})

describe("Decimal.print", () => {
  const printed: ReadonlyArray<readonly [units: bigint, decimals: number, shortest: string, fixed: string]> = [
    [0n, 0, "0", "0"],
    [0n, 6, "0", "0.000000"],
    [1n, 6, "0.000001", "0.000001"],
    [10_500_000n, 6, "10.5", "10.500000"],
    [100_000_000n, 6, "100", "100.000000"],
    [100n, 0, "100", "100"],
    [120n, 1, "12", "12.0"]
  ]
  for (const [units, decimals, shortest, fixed] of printed) {
    it(`writes ${units} of ${decimals} decimals as ${shortest}`, () => {
      assert.strictEqual(Decimal.print(units, decimals), shortest)
      assert.strictEqual(Decimal.printFixed(units, decimals), fixed)
    })
  }
})

describe("rescaling", () => {
  it.prop("to more decimals and back is exact", [units, decimals, decimals], ([units, a, b]) => {
    const [from, to] = [Math.min(a, b), Math.max(a, b)]
    const more = right(Decimal.rescaleExactly(units, from, to))
    assert.strictEqual(more, Decimal.rescaleFloor(units, from, to))
    assert.strictEqual(right(Decimal.rescaleExactly(more, to, from)), units)
  })

  it.prop(
    "floor is the largest amount of the new scale that is not more",
    [units, decimals, decimals],
    ([units, a, b]) => {
      const [from, to] = [Math.max(a, b), Math.min(a, b)]
      const step = 10n ** BigInt(from - to)
      const floor = Decimal.rescaleFloor(units, from, to)
      assert.isTrue(floor * step <= units && units < (floor + 1n) * step)
    }
  )

  it.prop("exact fails exactly where floor loses something", [units, decimals, decimals], ([units, from, to]) => {
    const floor = Decimal.rescaleFloor(units, from, to)
    const isLossless = Decimal.rescaleFloor(floor, to, from) === units
    const exact = Decimal.rescaleExactly(units, from, to)
    if (isLossless) assert.strictEqual(right(exact), floor)
    else {assert.include(
        left(exact).message,
        `${Decimal.print(units, from)} cannot be expressed exactly with ${to} decimals`
      )}
  })

  it("between shares and tokens", () => {
    const shares = right(Shares.parse("10.123456789"))
    assert.deepStrictEqual(right(Shares.toTokenAmount(shares, 18)), { units: 10_123456789_000000000n, decimals: 18 })
    assert.deepStrictEqual(left(Shares.toTokenAmount(shares, 8)).to, 8)
    assert.strictEqual(
      Shares.fromTokenAmountFloor(TokenAmount.make({ units: 10_123456789_999999999n, decimals: 18 })),
      shares
    )
    assert.strictEqual(
      Shares.print(Shares.fromTokenAmountFloor(TokenAmount.make({ units: 105n, decimals: 1 }))),
      "10.5"
    )
  })
})

describe("amounts in JSON", () => {
  const survives = <A extends bigint>(name: string, schema: Schema.Schema<A, string>) =>
    it.prop(`${name}: decode after encode is identity`, [Arbitrary.make(schema)], ([amount]) => {
      const text = Schema.encodeSync(schema)(amount)
      assert.match(text, /^[0-9]+(\.[0-9]*[1-9])?$/)
      assert.strictEqual(Schema.decodeSync(schema)(text), amount)
    })
  survives("Usdc", Usdc.Usdc)
  survives("Shares", Shares.Shares)
  survives("PositiveShares", Shares.PositiveShares)

  it.prop("TokenAmount: the scale survives, also that of a round amount", [units, decimals], ([units, decimals]) => {
    const amount = TokenAmount.make({ units, decimals })
    const text = Schema.encodeSync(TokenAmount.TokenAmount)(amount)
    assert.deepStrictEqual(Schema.decodeSync(TokenAmount.TokenAmount)(text), amount)
  })

  it.prop(
    "TokenAmount: generated ones too",
    [Arbitrary.make(TokenAmount.TokenAmount)],
    ([amount]) =>
      assert.deepStrictEqual(
        Schema.decodeSync(TokenAmount.TokenAmount)(Schema.encodeSync(TokenAmount.TokenAmount)(amount)),
        amount
      )
  )

  it("is a string, never a number", () => {
    assert.strictEqual(Schema.encodeSync(Usdc.Usdc)(right(Usdc.parse("1000.50"))), "1000.5")
    assert.strictEqual(Schema.encodeSync(TokenAmount.TokenAmount)({ units: 105n, decimals: 1 }), "10.5")
    assert.throws(() => Schema.decodeUnknownSync(Usdc.Usdc)(1000.5), /string/)
  })

  const refuses = <A>(what: string, schema: Schema.Schema<A, string>, text: string) =>
    it(`refuses ${what}`, () => assert.throws(() => Schema.decodeSync(schema)(text)))
  refuses("USDC with 7 decimals", Usdc.Usdc, "0.0000001")
  refuses("shares with 10 decimals", Shares.Shares, "0.0000000001")
  refuses("an order of no shares", Shares.PositiveShares, "0")
  refuses("a token with 37 decimals", TokenAmount.TokenAmount, `1.${"0".repeat(37)}`)
  refuses("a negative token amount", TokenAmount.TokenAmount, "-1.0")
  refuses("a token amount with two points", TokenAmount.TokenAmount, "1.0.0")

  it("refuses to hold a negative amount", () => {
    assert.throws(() => Usdc.fromUnits(-1n))
    assert.throws(() => Shares.fromUnits(-1n))
    assert.throws(() => TokenAmount.make({ units: -1n, decimals: 6 }))
    assert.throws(() => TokenAmount.make({ units: 1n, decimals: 37 }))
  })
})
