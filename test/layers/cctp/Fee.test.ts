import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc, Option } from "effect"
import * as Usdc from "../../../src/domain/Usdc.ts"
import * as Fee from "../../../src/layers/cctp/Fee.ts"

const usdc = Usdc.fromUnits

describe("Circle's fee", () => {
  const rates: ReadonlyArray<readonly [text: string, rate: bigint | undefined]> = [
    ["0", 0n],
    ["1", 1_000_000n],
    ["1.3", 1_300_000n],
    ["0.0000001", 1n],
    ["1.30000000000000004", 1_300_001n],
    ["1.4e1", 14_000_000n],
    ["5e-1", 500_000n],
    ["-1", undefined],
    ["1e99", undefined],
    ["NaN", undefined],
    ["", undefined],
    ["one", undefined],
    ["1234567", undefined]
  ]
  for (const [text, rate] of rates) {
    it(`is read from ${JSON.stringify(text)}`, () => {
      expect(Option.getOrUndefined(Fee.parseRate(text))).toBe(rate)
    })
  }

  it("is rounded up", () => {
    expect(Fee.of(usdc(1_000_000_000n), 1_000_000n)).toBe(100_000n)
    expect(Fee.of(usdc(1n), 1_000_000n)).toBe(1n)
    expect(Fee.of(usdc(100_000_001n), 1_300_000n)).toBe(13_001n)
    expect(Fee.of(usdc(100n), 0n)).toBe(0n)
  })

  it("is offered with its margin, which never makes it less", () => {
    expect(Fee.withMargin(usdc(1_000_000_000n), 1_000_000n, 200_000n)).toBe(120_000n)
    fc.assert(fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 15n }),
      fc.bigInt({ min: 0n, max: 10n ** 9n }),
      fc.bigInt({ min: 0n, max: 10n ** 6n }),
      (amount, rate, margin) => {
        expect(Fee.withMargin(usdc(amount), rate, margin) >= Fee.of(usdc(amount), rate)).toBe(true)
      }
    ))
  })
})
