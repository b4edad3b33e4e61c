import { Data, Schema } from "effect"
import { Cancel, Fail, Reconcile, retry } from "../Ending.ts"
import { tagged } from "../Tagged.ts"
import { TokenizationRequestId } from "../TokenizationRequest.ts"
import { acceptance, further, order, receipt } from "./State.ts"

export { Cancel, Fail, Reconcile }

const at = { at: Schema.DateTimeUtc }

export const RequestMint = tagged("RequestMint", { ...order, ...at })
export const AcknowledgeAcceptance = tagged("AcknowledgeAcceptance", { ...acceptance, ...at })
export const ReceiveTokens = tagged("ReceiveTokens", { ...receipt, ...at })
export const Finalize = tagged("Finalize", at)
export const RecoverMint = tagged("RecoverMint", { tokenizationRequestId: TokenizationRequestId, ...at })
export const RetryMint = tagged("RetryMint", { ...further, ...retry, ...at })

export const Command = Schema.Union(
  RequestMint,
  AcknowledgeAcceptance,
  ReceiveTokens,
  Finalize,
  Fail,
  Cancel,
  RecoverMint,
  RetryMint,
  Reconcile
)
export type Command = typeof Command.Type

/** What was ordered has come: another try would bring it twice. */
export class TokensHaveCome extends Data.TaggedError("TokensHaveCome")<{ readonly txHash: string }> {
  override get message(): string {
    return `the tokens of this mint have come, in transaction ${this.txHash}: they are not ordered again`
  }
}
