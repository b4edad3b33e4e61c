/**
 * What a node may answer, as Schemas. Requests go past viem's actions on purpose: these take an answer without `result`
 * for "no receipt", an unknown status for null, and follow the URLs of CCIP-Read.
 * Source: the Ethereum JSON-RPC specification, github.com/ethereum/execution-apis.
 */
import { Schema } from "effect"
import { Address } from "../../domain/Address.ts"
import { Hex, ofBytes } from "../../domain/Hex.ts"
import { TxHash } from "../../domain/TxHash.ts"

/** A number of at most 32 bytes. */
export const Quantity = Schema.transform(
  Schema.String.pipe(Schema.pattern(/^0x[0-9a-fA-F]{1,64}$/, { message: () => "expected a hex quantity" })),
  Schema.BigIntFromSelf,
  { strict: true, decode: (text) => BigInt(text), encode: (value) => `0x${value.toString(16)}` }
)

/** Node software writes addresses in any case; what it writes is no typing error of a person. */
const NodeAddress = Schema.compose(
  Schema.transform(Schema.String.pipe(Schema.maxLength(42)), Schema.String, {
    strict: true,
    decode: (text) => text.toLowerCase(),
    encode: (text) => text
  }),
  Address
)

const Log = Schema.Struct({
  address: NodeAddress,
  /** LOG0 to LOG4. */
  topics: Schema.Array(ofBytes(32)).pipe(Schema.maxItems(4)),
  data: Hex
})

/** Null in those of a block that is still being made. */
export const Logs = Schema.Array(Schema.Struct({
  ...Log.fields,
  transactionHash: Schema.NullOr(TxHash),
  blockNumber: Schema.NullOr(Quantity),
  removed: Schema.optional(Schema.NullOr(Schema.Boolean))
}))

/** Null is the answer for a transaction that the node has not seen mined; an absent answer is none. */
export const Receipt = Schema.NullOr(Schema.Struct({
  transactionHash: TxHash,
  status: Schema.Literal("0x0", "0x1"),
  /** Null from nodes that answer with a receipt for what still waits in their mempool. */
  blockNumber: Schema.NullOr(Quantity),
  logs: Schema.Array(Log)
}))
export type Receipt = typeof Receipt.Type

export const ChainId = Schema.compose(
  Quantity,
  Schema.transform(Schema.BigIntFromSelf, Schema.Int.pipe(Schema.positive()), {
    strict: true,
    decode: Number,
    encode: BigInt
  })
)

/** Null where a node has no latest block, which is a node that is not ready. A chain without a base fee is none of ours. */
export const Block = Schema.Struct({ number: Quantity, baseFeePerGas: Quantity })

/** A nonce is a uint64, and no wallet has sent so many that it would not be a safe integer. */
export const Count = Schema.compose(
  Quantity,
  Schema.transform(Schema.BigIntFromSelf, Schema.NonNegativeInt, { strict: true, decode: Number, encode: BigInt })
)

/** Of a block asked for with its transactions; null where there is none. */
export const Transactions = Schema.NullOr(Schema.Struct({
  transactions: Schema.Array(Schema.Struct({
    hash: TxHash,
    from: NodeAddress,
    nonce: Count,
    /** Null, or absent, where a contract is created. */
    to: Schema.optionalWith(Schema.NullOr(NodeAddress), { default: () => null }),
    input: Hex,
    value: Quantity
  }))
}))
