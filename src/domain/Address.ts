/**
 * An EVM address in its EIP-55 form, typed to fit viem. Accepted: EIP-55, or all lower case (no checksum to check).
 * Anything else is refused, since a wrong checksum is a typing error on its way to lose money.
 */
import { keccak_256 } from "@noble/hashes/sha3"
import { bytesToHex } from "@noble/hashes/utils"
import { Either, ParseResult, Schema } from "effect"
import * as Hex from "./Hex.ts"
import { quoted } from "./Printable.ts"

/** An operation has the same few in each of its states, and a hash takes longer than all else that is checked there. */
const known = new Map<string, Hex.Hex>()
const mostKnown = 1_000

const checksum = (address: string): Hex.Hex => {
  const digits = address.slice(2).toLowerCase()
  const found = known.get(digits) ?? checksumOf(digits)
  if (known.size >= mostKnown) known.clear()
  known.set(digits, found)
  return found
}

const checksumOf = (digits: string): Hex.Hex => {
  const hash = bytesToHex(keccak_256(digits))
  return `0x${[...digits].map((digit, i) => hash.charAt(i) >= "8" ? digit.toUpperCase() : digit).join("")}`
}

const Checksummed = Hex.ofBytes(20).pipe(
  Schema.filter((address) => address === checksum(address), {
    arbitrary: () => (fc) => fc.hexaString({ minLength: 40, maxLength: 40 }).map((digits) => checksum(`0x${digits}`))
  }),
  Schema.brand("Address")
)

/** From its text; encoded as it is, with its checksum. */
export const Address = Schema.transformOrFail(Schema.String, Checksummed, {
  strict: true,
  decode: (text, _options, ast) => {
    if (!/^0x[0-9a-fA-F]{40}$/.test(text)) {
      const shown = quoted(text)
      return Either.left(new ParseResult.Type(ast, text, `expected an address (0x and 40 hex digits), got ${shown}`))
    }
    const expected = checksum(text)
    return text === expected || text === text.toLowerCase()
      ? Either.right(expected)
      : Either.left(
        new ParseResult.Type(
          ast,
          text,
          `${text} has a wrong EIP-55 checksum; if the digits are right it is ${expected}`
        )
      )
  },
  encode: (address) => Either.right(address)
}).annotations({ identifier: "Address" })
export type Address = typeof Address.Type

/** For literals; throws on what is no address. */
export const make = Schema.decodeSync(Address)

/** Nobody holds its key: what is sent there is gone. */
export const zero = make(`0x${"0".repeat(40)}`)
