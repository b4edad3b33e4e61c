/** The storage format: fields are added with a new version and an upcaster, never changed or removed. */
import { Schema } from "effect"
import { reconciliation, retry } from "../Ending.ts"
import * as EventCodec from "../EventCodec.ts"
import { Failure } from "../Failure.ts"
import { TokenizationRequestId } from "../TokenizationRequest.ts"
import { acceptance, further, order, receipt } from "./State.ts"

const at = { at: Schema.DateTimeUtc }

export const MintRequested = Schema.TaggedStruct("MintRequested", { ...order, ...at })
export const MintAccepted = Schema.TaggedStruct("MintAccepted", { ...acceptance, ...at })
export const TokensReceived = Schema.TaggedStruct("TokensReceived", { ...receipt, ...at })
export const MintCompleted = Schema.TaggedStruct("MintCompleted", at)
export const MintFailed = Schema.TaggedStruct("MintFailed", { ...Failure.fields, ...at })
export const MintCancelled = Schema.TaggedStruct("MintCancelled", { ...Failure.fields, ...at })
export const MintRecovered = Schema.TaggedStruct("MintRecovered", {
  tokenizationRequestId: TokenizationRequestId,
  ...at
})
export const MintRetried = Schema.TaggedStruct("MintRetried", { ...further, ...retry, ...at })
export const MintReconciled = Schema.TaggedStruct("MintReconciled", { ...reconciliation, ...at })

export const Event = Schema.Union(
  MintRequested,
  MintAccepted,
  TokensReceived,
  MintCompleted,
  MintFailed,
  MintCancelled,
  MintRecovered,
  MintRetried,
  MintReconciled
)
export type Event = typeof Event.Type

export const codec = EventCodec.make(Event)
