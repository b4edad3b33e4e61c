/** A transaction's hash, in lower case: providers disagree about the case of what is one hash. */
import { Schema } from "effect"
import * as Hex from "./Hex.ts"

const LowerCase = Hex.ofBytes(32).pipe(
  Schema.filter((hash) => hash === hash.toLowerCase()),
  Schema.brand("TxHash")
)

/** The 32 bytes of a transaction's hash as hex, in lower case. */
export const TxHash = Schema.transform(Schema.String, LowerCase, {
  strict: false,
  decode: (text) => text.toLowerCase(),
  encode: (hash) => hash
}).annotations({ identifier: "TxHash" })
export type TxHash = typeof TxHash.Type

/** For literals; throws on what is no hash. */
export const make = Schema.decodeSync(TxHash)
