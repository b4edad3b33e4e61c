import { Schema } from "effect"
import { Place, Reason } from "../Failure.ts"
import { TokenizationRequestId } from "../TokenizationRequest.ts"
import { acceptance, order, receipt } from "./State.ts"

const at = { at: Schema.DateTimeUtc }

export const RequestMint = Schema.TaggedStruct("RequestMint", { ...order, ...at })
export const AcknowledgeAcceptance = Schema.TaggedStruct("AcknowledgeAcceptance", { ...acceptance, ...at })
export const ReceiveTokens = Schema.TaggedStruct("ReceiveTokens", { ...receipt, ...at })
export const Finalize = Schema.TaggedStruct("Finalize", at)
export const Fail = Schema.TaggedStruct("Fail", { reason: Reason, detail: Schema.NonEmptyString, place: Place, ...at })
export const Cancel = Schema.TaggedStruct("Cancel", { reason: Schema.NonEmptyString, ...at })
export const RecoverMint = Schema.TaggedStruct("RecoverMint", { tokenizationRequestId: TokenizationRequestId, ...at })
export const Reconcile = Schema.TaggedStruct("Reconcile", {
  reason: Schema.NonEmptyString,
  note: Schema.NonEmptyString,
  ...at
})

export const Command = Schema.Union(
  RequestMint,
  AcknowledgeAcceptance,
  ReceiveTokens,
  Finalize,
  Fail,
  Cancel,
  RecoverMint,
  Reconcile
)
export type Command = typeof Command.Type
