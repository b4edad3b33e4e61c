import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, FastCheck, Option, Schema } from "effect"
import * as Encoder from "../../src/domain/Encoder.ts"
import * as EquityRedemption from "../../src/domain/EquityRedemption.ts"
import { TokenAmount } from "../../src/domain/TokenAmount.ts"
import * as TokenizedEquityMint from "../../src/domain/TokenizedEquityMint.ts"
import * as UsdcRebalance from "../../src/domain/UsdcRebalance.ts"

const encodesLikeSchema = <A, I>(schema: Schema.Schema<A, I>) => {
  const [fast, checked] = [Encoder.make(schema), Schema.encodeSync(schema)]
  FastCheck.assert(FastCheck.property(Arbitrary.make(schema), (value) => {
    assert.strictEqual(JSON.stringify(fast(value)), JSON.stringify(checked(value)))
  }))
}

describe("an encoder", () => {
  it("writes each state of each aggregate as its Schema does", () => {
    encodesLikeSchema(TokenizedEquityMint.State.State)
    encodesLikeSchema(EquityRedemption.State.State)
    encodesLikeSchema(UsdcRebalance.State.State)
  })

  it("writes what it does not know by itself as its Schema does", () => {
    encodesLikeSchema(Schema.Struct({
      either: Schema.Union(Schema.String, Schema.Struct({ inner: TokenAmount })),
      pair: Schema.Tuple(Schema.String, Schema.BigInt),
      table: Schema.Record({ key: Schema.String, value: Schema.BigInt }),
      none: Schema.NullOr(Schema.BigInt),
      maybe: Schema.Option(Schema.BigInt),
      filled: Schema.optionalWith(Schema.BigInt, { default: () => 0n })
    }))
    class Case extends Schema.Class<Case>("Case")({ amount: Schema.BigInt }) {}
    encodesLikeSchema(Schema.Struct({ item: Case }))
    const nullable = Schema.Struct({ maybe: Schema.OptionFromNullOr(Schema.BigInt) })
    assert.deepStrictEqual(Encoder.make(nullable)({ maybe: Option.some(1n) }), { maybe: "1" })
  })

  it("leaves out what a struct does not name", () => {
    const value = { amount: 1n, other: 2 }
    assert.deepStrictEqual(Encoder.make(Schema.Struct({ amount: Schema.BigInt }))(value), { amount: "1" })
  })
})
