import { Data, Schema } from "effect"
import { Cancel, Fail, Reconcile, retry } from "../Ending.ts"
import { tagged } from "../Tagged.ts"
import { TokenizationRequestId } from "../TokenizationRequest.ts"
import { acceptance, further, order, receipt } from "./State.ts"

export { Cancel, Fail, Reconcile }

const at = { at: Schema.DateTimeUtc }

/** Records the order, before Alpaca is asked. */
export const RequestMint = tagged("RequestMint", { ...order, ...at })
/** Records that Alpaca has taken the order, and its ids for it. */
export const AcknowledgeAcceptance = tagged("AcknowledgeAcceptance", { ...acceptance, ...at })
/** Records the tokens that the chain shows in the wallet. */
export const ReceiveTokens = tagged("ReceiveTokens", { ...receipt, ...at })
/** Records that Alpaca says that the request is completed. */
export const Finalize = tagged("Finalize", at)
/** Records that a failed mint stands well after all. */
export const RecoverMint = tagged("RecoverMint", { tokenizationRequestId: TokenizationRequestId, ...at })
/** Records a new try, under a key of its own, of a mint that came to nothing. */
export const RetryMint = tagged("RetryMint", { ...further, ...retry, ...at })

/** What can be asked to be recorded. */
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
