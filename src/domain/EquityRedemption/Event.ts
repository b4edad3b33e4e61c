/** The storage format: fields are added with a new version and an upcaster, never changed or removed. */
import { Schema } from "effect"
import { reconciliation, retry } from "../Ending.ts"
import * as EventCodec from "../EventCodec.ts"
import { Failure } from "../Failure.ts"
import { tagged } from "../Tagged.ts"
import { detection, order, sent, transfer } from "./State.ts"

const at = { at: Schema.DateTimeUtc }

export const RedemptionRequested = tagged("RedemptionRequested", { ...order, ...at })
export const TokensSent = tagged("TokensSent", { ...transfer, ...at })
export const Detected = tagged("Detected", { ...detection, ...at })
export const RedemptionCompleted = tagged("RedemptionCompleted", at)
export const RedemptionFailed = tagged("RedemptionFailed", { ...Failure.fields, ...at })
export const RedemptionCancelled = tagged("RedemptionCancelled", { ...Failure.fields, ...at })
/** Says itself what was sent: a failure may have come before that. */
export const RedemptionRecovered = tagged("RedemptionRecovered", { ...detection, ...sent, ...at })
export const RedemptionRetried = tagged("RedemptionRetried", { ...retry, ...at })
export const RedemptionReconciled = tagged("RedemptionReconciled", { ...reconciliation, ...at })

export const Event = Schema.Union(
  RedemptionRequested,
  TokensSent,
  Detected,
  RedemptionCompleted,
  RedemptionFailed,
  RedemptionCancelled,
  RedemptionRecovered,
  RedemptionRetried,
  RedemptionReconciled
)
export type Event = typeof Event.Type

export const codec = EventCodec.make(Event)
