/**
 * What a burn, its attested message and the mint of it are to the log. Source: Circle's CCTP V2, external-apis 3.
 */
import { Schema } from "effect"
import * as Hex from "./Hex.ts"
import { TxHash } from "./TxHash.ts"
import { PositiveUsdc, Usdc } from "./Usdc.ts"

/** Of a chain. In JSON a decimal string. */
export const BlockNumber = Schema.NonNegativeBigInt
export type BlockNumber = typeof BlockNumber.Type

const LowerCase = Hex.ofBytes(32).pipe(
  Schema.filter((nonce) => nonce === nonce.toLowerCase()),
  Schema.brand("CctpNonce")
)

/** Circle's, filled into the message when it is attested: 32 bytes, in lower case. A burn has none on its own chain. */
export const Nonce = Schema.transform(Schema.String, LowerCase, {
  strict: false,
  decode: (text) => text.toLowerCase(),
  encode: (nonce) => nonce
}).annotations({ identifier: "CctpNonce" })
export type Nonce = typeof Nonce.Type

/** Whether Circle attests at once for a fee, or when the block of the burn is final. */
export const Finality = Schema.Literal("fast", "standard")
export type Finality = typeof Finality.Type

/** The fields of a burn. */
export const burn = {
  burnTx: TxHash,
  burned: PositiveUsdc,
  /** The most that Circle may keep. */
  maxFee: Usdc,
  /** Of the destination chain: no mint of this burn is in an earlier block. */
  destinationBlock: BlockNumber
}
/** USDC that no longer exist on their source chain, and may be minted once on the other. */
export const Burn = Schema.Struct(burn)
export type Burn = typeof Burn.Type

/** The fields of an attestation. */
export const attestation = {
  /** As Circle has completed it: the bytes that are minted. */
  message: Hex.Hex,
  attestation: Hex.Hex,
  nonce: Nonce
}
/** Circle's signature of the message of a burn: with both, anybody can mint it. */
export const Attestation = Schema.Struct(attestation)
export type Attestation = typeof Attestation.Type

/** The fields of a mint. */
export const mint = {
  /** Ours or anybody's. */
  mintTx: TxHash,
  /** Net of the fee. */
  received: Usdc,
  feeCollected: Usdc
}
/** USDC that exist on the destination chain; what is missing is the fee. */
export const Mint = Schema.Struct(mint)
export type Mint = typeof Mint.Type
