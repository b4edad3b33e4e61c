/** The storage format: fields are added with a new version and an upcaster, never changed or removed. */
import { Schema } from "effect"
import { reconciliation, retry } from "../Ending.ts"
import * as EventCodec from "../EventCodec.ts"
import { Failure } from "../Failure.ts"
import { tagged } from "../Tagged.ts"
import { TokenizationRequestId } from "../TokenizationRequest.ts"
import { acceptance, further, order, receipt } from "./State.ts"

const at = { at: Schema.DateTimeUtc }

export const MintRequested = tagged("MintRequested", { ...order, ...at })
export const MintAccepted = tagged("MintAccepted", { ...acceptance, ...at })
export const TokensReceived = tagged("TokensReceived", { ...receipt, ...at })
export const MintCompleted = tagged("MintCompleted", at)
export const MintFailed = tagged("MintFailed", { ...Failure.fields, ...at })
export const MintCancelled = tagged("MintCancelled", { ...Failure.fields, ...at })
export const MintRecovered = tagged("MintRecovered", {
  tokenizationRequestId: TokenizationRequestId,
  ...at
})
export const MintRetried = tagged("MintRetried", { ...further, ...retry, ...at })
export const MintReconciled = tagged("MintReconciled", { ...reconciliation, ...at })

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
