/** The storage format: fields are added with a new version and an upcaster, never changed or removed. */
import { Schema } from "effect"
import { reconciliation, retry } from "../Ending.ts"
import * as EventCodec from "../EventCodec.ts"
import { Failure } from "../Failure.ts"
import { tagged } from "../Tagged.ts"
import { TokenizationRequestId } from "../TokenizationRequest.ts"
import { acceptance, further, order, receipt } from "./State.ts"

const at = { at: Schema.DateTimeUtc }

/** The order, before Alpaca was asked. */
export const MintRequested = tagged("MintRequested", { ...order, ...at })
/** Alpaca has taken the order, under ids of its own. */
export const MintAccepted = tagged("MintAccepted", { ...acceptance, ...at })
/** The tokens are in the wallet, by the chain's word. */
export const TokensReceived = tagged("TokensReceived", { ...receipt, ...at })
/** Alpaca says that the request is completed. */
export const MintCompleted = tagged("MintCompleted", at)
/** It goes on no further by itself; the failure says where the shares or tokens are. */
export const MintFailed = tagged("MintFailed", { ...Failure.fields, ...at })
/** A person gave it up before Alpaca had taken it. */
export const MintCancelled = tagged("MintCancelled", { ...Failure.fields, ...at })
/** A failed mint stands well after all. */
export const MintRecovered = tagged("MintRecovered", {
  tokenizationRequestId: TokenizationRequestId,
  ...at
})
/** It is ordered anew, under a key of its own; nothing of the earlier try can still happen. */
export const MintRetried = tagged("MintRetried", { ...further, ...retry, ...at })
/** A person has settled by hand what had become of a failed one. */
export const MintReconciled = tagged("MintReconciled", { ...reconciliation, ...at })

/** What can have happened, as it is stored. */
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

/** How its events become rows, and rows events again. */
export const codec = EventCodec.make(Event)
