/** Attestations: signatures of 65 bytes, one after the other, in ascending order of their signers. */
import { secp256k1 } from "@noble/curves/secp256k1"
import { concat, type Hex, hexToBytes, keccak256, numberToHex } from "viem"
import * as Places from "../Places.ts"

const signature = (digest: Uint8Array, key: Hex): Hex => {
  const { r, recovery, s } = secp256k1.sign(digest, key.slice(2), { lowS: true })
  return concat([numberToHex(r, { size: 32 }), numberToHex(s, { size: 32 }), numberToHex(27 + recovery, { size: 1 })])
}

const signed = (message: Hex, keys: ReadonlyArray<Hex>): Hex => {
  const digest = keccak256(message, "bytes")
  return concat(keys.map((key) => signature(digest, key)))
}

export const good = (message: Hex): Hex => signed(message, Places.attesterKeys)

export type Flaw = "stranger" | "short" | "descending" | "tampered"

export const flawed = (message: Hex, flaw: Flaw): Hex => {
  const [first, second] = Places.attesterKeys
  switch (flaw) {
    case "stranger":
      return signed(message, [Places.strangeAttesterKey, ...Places.attesterKeys.slice(1)])
    case "short":
      return signed(message, Places.attesterKeys.slice(0, 1))
    case "descending":
      return signed(message, Places.attesterKeys.toReversed())
    case "tampered": {
      const bytes = hexToBytes(signed(message, [first, second].flatMap((key) => key ?? [])))
      bytes[40] = (bytes[40] ?? 0) ^ 1
      return `0x${Buffer.from(bytes).toString("hex")}`
    }
  }
}
