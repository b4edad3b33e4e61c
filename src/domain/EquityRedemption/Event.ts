/** The storage format: fields are added with a new version and an upcaster, never changed or removed. */
import { Schema } from "effect"
import { reconciliation, retry } from "../Ending.ts"
import * as EventCodec from "../EventCodec.ts"
import { Failure } from "../Failure.ts"
import { detection, order, sent, transfer } from "./State.ts"

const at = { at: Schema.DateTimeUtc }

export const RedemptionRequested = Schema.TaggedStruct("RedemptionRequested", { ...order, ...at })
export const TokensSent = Schema.TaggedStruct("TokensSent", { ...transfer, ...at })
export const Detected = Schema.TaggedStruct("Detected", { ...detection, ...at })
export const RedemptionCompleted = Schema.TaggedStruct("RedemptionCompleted", at)
export const RedemptionFailed = Schema.TaggedStruct("RedemptionFailed", { ...Failure.fields, ...at })
export const RedemptionCancelled = Schema.TaggedStruct("RedemptionCancelled", { ...Failure.fields, ...at })
/** Says itself what was sent: a failure may have come before that. */
export const RedemptionRecovered = Schema.TaggedStruct("RedemptionRecovered", { ...detection, ...sent, ...at })
export const RedemptionRetried = Schema.TaggedStruct("RedemptionRetried", { ...retry, ...at })
export const RedemptionReconciled = Schema.TaggedStruct("RedemptionReconciled", { ...reconciliation, ...at })

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
