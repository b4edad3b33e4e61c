/** What Circle keeps of a transfer, exactly: rates are units of 1e-6 basis points, shares units of 1e-6. Source: external-apis 3.8. */
import { BigDecimal, Option } from "effect"
import * as Usdc from "../../domain/Usdc.ts"

/** 10000 basis points are the whole. */
const whole = 10_000n * 1_000_000n
const one = 1_000_000n
export const rateDecimals = 6

const ceilDiv = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor

/** Circle writes basis points as a number, possibly a fraction such as 1.3; what is finer than a rate is rounded up. */
export const parseRate = (text: string): Option.Option<bigint> =>
  /^[0-9]{1,5}(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9])?$/.test(text)
    ? Option.map(BigDecimal.fromString(text), (bps) => {
      const finer = BigDecimal.scale(bps, Math.max(rateDecimals, bps.scale))
      return ceilDiv(finer.value, 10n ** BigInt(finer.scale - rateDecimals))
    })
    : Option.none()

/** The fee at a rate, rounded up. */
export const of = (amount: Usdc.Usdc, rate: bigint): Usdc.Usdc => Usdc.fromUnits(ceilDiv(amount * rate, whole))

/** What is offered, so that a fee which rises between quote and burn is still paid. */
export const withMargin = (amount: Usdc.Usdc, rate: bigint, margin: bigint): Usdc.Usdc =>
  Usdc.fromUnits(ceilDiv(amount * rate * (one + margin), whole * one))
