import { Schema } from "effect"
import { Cancel, Fail, Reconcile } from "../Ending.ts"
import { TokenizationRequestId } from "../TokenizationRequest.ts"
import { acceptance, order, receipt } from "./State.ts"

export { Cancel, Fail, Reconcile }

const at = { at: Schema.DateTimeUtc }

export const RequestMint = Schema.TaggedStruct("RequestMint", { ...order, ...at })
export const AcknowledgeAcceptance = Schema.TaggedStruct("AcknowledgeAcceptance", { ...acceptance, ...at })
export const ReceiveTokens = Schema.TaggedStruct("ReceiveTokens", { ...receipt, ...at })
export const Finalize = Schema.TaggedStruct("Finalize", at)
export const RecoverMint = Schema.TaggedStruct("RecoverMint", { tokenizationRequestId: TokenizationRequestId, ...at })

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
