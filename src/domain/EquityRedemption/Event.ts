/** The storage format: fields are added with a new version and an upcaster, never changed or removed. */
import { Schema } from "effect"
import { reconciliation, retry } from "../Ending.ts"
import * as EventCodec from "../EventCodec.ts"
import { Failure } from "../Failure.ts"
import { tagged } from "../Tagged.ts"
import { detection, order, sent, transfer } from "./State.ts"

const at = { at: Schema.DateTimeUtc }

/** The order, before anything was sent. */
export const RedemptionRequested = tagged("RedemptionRequested", { ...order, ...at })
/** The tokens have left our wallet: their transfer is mined, at depth. */
export const TokensSent = tagged("TokensSent", { ...transfer, ...at })
/** Alpaca has seen the transfer, and made a request of its own for it. */
export const Detected = tagged("Detected", { ...detection, ...at })
/** Alpaca has credited the shares. */
export const RedemptionCompleted = tagged("RedemptionCompleted", at)
/** It goes on no further by itself; the failure says where the tokens or shares are. */
export const RedemptionFailed = tagged("RedemptionFailed", { ...Failure.fields, ...at })
/** A person gave it up before the tokens left. */
export const RedemptionCancelled = tagged("RedemptionCancelled", { ...Failure.fields, ...at })
/** Says itself what was sent: a failure may have come before that. */
export const RedemptionRecovered = tagged("RedemptionRecovered", { ...detection, ...sent, ...at })
/** It is tried anew; nothing of the earlier try can still happen. */
export const RedemptionRetried = tagged("RedemptionRetried", { ...retry, ...at })
/** A person has settled by hand what had become of a failed one. */
export const RedemptionReconciled = tagged("RedemptionReconciled", { ...reconciliation, ...at })

/** What can have happened, as it is stored. */
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

/** How its events become rows, and rows events again. */
export const codec = EventCodec.make(Event)
