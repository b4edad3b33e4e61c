import { Data, Schema } from "effect"
import { Cancel, Fail, Reconcile, retry } from "../Ending.ts"
import { tagged } from "../Tagged.ts"
import { detection, order, transfer } from "./State.ts"

export { Cancel, Fail, Reconcile }

const at = { at: Schema.DateTimeUtc }

/** Records the order, before anything is sent. */
export const RequestRedemption = tagged("RequestRedemption", { ...order, ...at })
/** Records the transfer of the tokens to the issuer, mined at depth. */
export const SendTokens = tagged("SendTokens", { ...transfer, ...at })
/** Records that Alpaca has seen the transfer, and its request for it. */
export const Detect = tagged("Detect", { ...detection, ...at })
/** Records that Alpaca has credited the shares. */
export const Complete = tagged("Complete", at)
/** Records that a failed redemption stands well after all. */
export const RecoverRedemption = tagged("RecoverRedemption", { ...detection, ...at })
/** Records a new try of a redemption of which nothing was sent, or nothing can be mined any more. */
export const RetryRedemption = tagged("RetryRedemption", { ...retry, ...at })

/** What can be asked to be recorded. */
export const Command = Schema.Union(
  RequestRedemption,
  SendTokens,
  Detect,
  Complete,
  Fail,
  Cancel,
  RecoverRedemption,
  RetryRedemption,
  Reconcile
)
export type Command = typeof Command.Type

/** Nothing has left our wallet, so nothing can have been redeemed. */
export class TokensNotSent extends Data.TaggedError("TokensNotSent")<{ readonly tokenizationRequestId: string }> {
  override get message(): string {
    return `tokenization request ${this.tokenizationRequestId} cannot be of this redemption: its tokens were never sent`
  }
}

/** The tokens have left our wallet: another try would send them twice. */
export class TokensAreSent extends Data.TaggedError("TokensAreSent")<{ readonly txHash: string }> {
  override get message(): string {
    return `the tokens of this redemption were sent in transaction ${this.txHash}: they are not sent again`
  }
}
