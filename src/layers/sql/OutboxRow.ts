/** One row of the outbox as it is read: decoded, and refused where it contradicts itself. */
import { type DateTime, Effect, Option, Schema } from "effect"
import { Address } from "../../domain/Address.ts"
import { Hex } from "../../domain/Hex.ts"
import { OperationId } from "../../domain/OperationId.ts"
import { TxHash } from "../../domain/TxHash.ts"
import { ChainName } from "../../services/Chain.ts"
import { isEnded, isOver, type OutboxTransaction, TransactionStatus } from "../../services/TransactionOutbox.ts"

/** Wei. */
const Wei = Schema.compose(Schema.BigInt, Schema.NonNegativeBigIntFromSelf)

/** It has ended without effect, and a reorganisation has freed its nonce again. */
const isReopened = (row: {
  readonly status: TransactionStatus
  readonly cancelling: Option.Option<string>
  readonly ended_at: Option.Option<DateTime.Utc>
}): boolean =>
  Option.isNone(row.ended_at) && Option.isSome(row.cancelling) &&
  (row.status === "reverted" || row.status === "displaced")

const Row = Schema.Struct({
  position: Schema.Int,
  operation: OperationId,
  step: Schema.NonEmptyString,
  attempt: Schema.Int.pipe(Schema.positive()),
  chain: ChainName,
  chain_id: Schema.Int,
  wallet: Address,
  nonce: Schema.NonNegativeInt,
  recipient: Address,
  data: Hex,
  gas: Wei,
  max_fee_per_gas: Wei,
  max_priority_fee_per_gas: Wei,
  status: TransactionStatus,
  cancelling: Schema.OptionFromNullOr(Schema.String),
  mined_hash: Schema.OptionFromNullOr(TxHash),
  mined_block: Schema.OptionFromNullOr(Wei),
  detail: Schema.OptionFromNullOr(Schema.String),
  reserved_at: Schema.DateTimeUtc,
  ended_at: Schema.OptionFromNullOr(Schema.DateTimeUtc)
}).pipe(Schema.filter((row) =>
  Option.isSome(row.ended_at) === isEnded(row) || isReopened(row) ||
  `it is ${row.status}, and has ${Option.isSome(row.ended_at) ? "an" : "no"} end`
))
const decodeRow = Schema.decodeUnknown(Row)

const SignatureRow = Schema.Struct({
  hash: TxHash,
  kind: Schema.Literal("call", "cancellation"),
  max_fee_per_gas: Wei,
  max_priority_fee_per_gas: Wei,
  raw: Hex,
  signed_at: Schema.DateTimeUtc
})
const decodeSignatures = Schema.decodeUnknown(Schema.Array(SignatureRow))

/** Wei per gas. */
export interface Fees {
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

export type Signature = OutboxTransaction["signatures"][number] & { readonly raw: Hex }

/** Of a signature that was adopted from the chain. */
export const noBytes: Hex = "0x"

/** Whether there is something to broadcast. */
export const hasBytes = ({ raw }: Signature): boolean => raw !== noBytes

/** A row, with what only the outbox itself needs. */
export interface Stored extends OutboxTransaction {
  readonly position: number
  readonly gas: bigint
  /** Of its first signature. */
  readonly fees: Fees
  /** Why its nonce is to be used up by an empty transaction. */
  readonly cancelling: Option.Option<string>
  readonly signatures: ReadonlyArray<Signature>
}

export { isOver }

export const decode = (row: unknown, signatureRows: unknown) =>
  Effect.gen(function*() {
    const found = yield* decodeRow(row)
    const signatures = yield* decodeSignatures(signatureRows)
    const { attempt, operation, step } = found
    const stored: Stored = {
      key: { operation, step, attempt },
      position: found.position,
      chain: found.chain,
      chainId: found.chain_id,
      wallet: found.wallet,
      nonce: found.nonce,
      to: found.recipient,
      data: found.data,
      gas: found.gas,
      fees: { maxFeePerGas: found.max_fee_per_gas, maxPriorityFeePerGas: found.max_priority_fee_per_gas },
      status: found.status,
      cancelling: found.cancelling,
      isReopened: isReopened(found),
      mined: Option.all({ hash: found.mined_hash, block: found.mined_block }),
      detail: found.detail,
      reservedAt: found.reserved_at,
      signatures: signatures.map((signature) => ({
        hash: signature.hash,
        kind: signature.kind,
        maxFeePerGas: signature.max_fee_per_gas,
        maxPriorityFeePerGas: signature.max_priority_fee_per_gas,
        raw: signature.raw,
        signedAt: signature.signed_at
      }))
    }
    return stored
  })
