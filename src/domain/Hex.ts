/** `0x` and hex digits, typed to fit viem. */
import { Schema } from "effect"

export const Hex = Schema.TemplateLiteral(Schema.Literal("0x"), Schema.String).pipe(
  Schema.filter((text) => /^0x(?:[0-9a-fA-F]{2})*$/.test(text), { message: () => "expected 0x and pairs of hex digits" })
)
export type Hex = typeof Hex.Type

/** Exactly so many bytes. */
export const ofBytes = (bytes: number) =>
  Hex.pipe(Schema.filter((text) => text.length === 2 + 2 * bytes, { message: () => `expected 0x and ${2 * bytes} hex digits` }))
