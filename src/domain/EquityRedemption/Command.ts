import { Data, Schema } from "effect"
import { Cancel, Fail, Reconcile, retry } from "../Ending.ts"
import { detection, order, transfer } from "./State.ts"

export { Cancel, Fail, Reconcile }

const at = { at: Schema.DateTimeUtc }

export const RequestRedemption = Schema.TaggedStruct("RequestRedemption", { ...order, ...at })
export const SendTokens = Schema.TaggedStruct("SendTokens", { ...transfer, ...at })
export const Detect = Schema.TaggedStruct("Detect", { ...detection, ...at })
export const Complete = Schema.TaggedStruct("Complete", at)
export const RecoverRedemption = Schema.TaggedStruct("RecoverRedemption", { ...detection, ...at })
export const RetryRedemption = Schema.TaggedStruct("RetryRedemption", { ...retry, ...at })

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
