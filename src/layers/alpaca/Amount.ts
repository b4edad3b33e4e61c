/** Numbers as Alpaca writes them: as text or as number, which arrives here as the digits that were written. */
import { BigDecimal, Option, Schema } from "effect"
import * as Decimal from "../../domain/Decimal.ts"

/** JSON writes small numbers as `1e-9`. The value is exact, so it is ours to read, unlike such a text of a person. */
const written = (text: string): string =>
  BigDecimal.fromString(text).pipe(
    Option.map(BigDecimal.normalize),
    Option.filter(({ scale, value }) => value >= 0n && Math.abs(scale) <= 36),
    Option.match({
      onNone: () => text,
      onSome: ({ scale, value }) => scale >= 0 ? Decimal.print(value, scale) : String(value * 10n ** BigInt(-scale))
    })
  )

/** What a schema of ours reads, with its exponent spelled out. */
export const of = <A, R>(amount: Schema.Schema<A, string, R>) =>
  Schema.compose(
    Schema.transform(Schema.String, Schema.String, {
      strict: true,
      decode: (text) => /^[0-9.]{1,100}[eE][-+]?[0-9]{1,3}$/.test(text) ? written(text) : text,
      encode: (text) => text
    }),
    amount
  )
