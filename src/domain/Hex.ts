/** `0x` and hex digits, typed to fit viem. */
import { Schema } from "effect"

export const Hex = Schema.TemplateLiteral(Schema.Literal("0x"), Schema.String).pipe(
  Schema.filter((text) => /^0x(?:[0-9a-fA-F]{2})*$/.test(text), {
    message: () => "expected 0x and pairs of hex digits",
    // Without these two a generator waits for random text to be hex, which does not happen.
    arbitrary: () => (fc) => fc.uint8Array().map((bytes) => `0x${[...bytes].map(hexByte).join("")}` as const)
  })
)
export type Hex = typeof Hex.Type

const hexByte = (byte: number): string => byte.toString(16).padStart(2, "0")

/** Exactly so many bytes. */
export const ofBytes = (bytes: number) =>
  Hex.pipe(Schema.filter((text) => text.length === 2 + 2 * bytes, {
    message: () => `expected 0x and ${2 * bytes} hex digits`,
    arbitrary: () => (fc) =>
      fc.hexaString({ minLength: 2 * bytes, maxLength: 2 * bytes }).map((digits) => `0x${digits}` as const)
  }))
