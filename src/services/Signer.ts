import { Context, type Effect, Schema } from "effect"
import { Address } from "../domain/Address.ts"
import { Hex } from "../domain/Hex.ts"
import type { FailureKind } from "./FailureKind.ts"

/** A transaction (EIP-1559) that lacks nothing but its signature. */
export const PreparedTransaction = Schema.Struct({
  chainId: Schema.Int,
  nonce: Schema.NonNegativeInt,
  to: Address,
  data: Hex,
  /** Wei. */
  value: Schema.NonNegativeBigIntFromSelf,
  gas: Schema.NonNegativeBigIntFromSelf,
  /** Wei per gas. */
  maxFeePerGas: Schema.NonNegativeBigIntFromSelf,
  /** Wei per gas. */
  maxPriorityFeePerGas: Schema.NonNegativeBigIntFromSelf
})
export type PreparedTransaction = typeof PreparedTransaction.Type

const kinds = {
  /** It could not be asked, or has not answered. */
  Unavailable: "transient",
  /** Its policy or a person said no. */
  Refused: "permanent",
  /** It answered bytes that are not this transaction, signed by this address. */
  WrongSignature: "permanent"
} as const satisfies Record<string, FailureKind>

/** No signature. Nothing was sent: only signed bytes ever are. */
export class SignerError extends Schema.TaggedError<SignerError>()("SignerError", {
  reason: Schema.Literal("Unavailable", "Refused", "WrongSignature"),
  /** What was to be signed: `nonce 4 on chain 8453`. */
  action: Schema.String,
  /** Never a key. */
  detail: Schema.String,
  cause: Schema.optionalWith(Schema.Defect, { exact: true })
}) {
  get kind(): FailureKind {
    return kinds[this.reason]
  }
  override get message(): string {
    return `signer (${this.action}): ${this.reason}: ${this.detail}`
  }
}

/** Our wallet's key, wherever it is kept. One address, on both chains. */
export class Signer extends Context.Tag("ballast/services/Signer")<Signer, {
  readonly address: Address
  /**
   * Signs and sends nothing. May be asked again for the same transaction after a crash, and may then answer other bytes:
   * both have one nonce, so one of them can be mined. The answer is checked before it is used.
   */
  readonly sign: (transaction: PreparedTransaction) => Effect.Effect<Hex, SignerError>
}>() {}
