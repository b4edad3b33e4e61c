import { Schema } from "effect"
import type { FailureKind } from "./FailureKind.ts"

/** Why Alpaca gave no usable answer, and what that says about the effect. */
const kinds = {
  /** 429: stay away until `retryAfter`. */
  RateLimited: "transient",
  /** A read that got no answer, a 5xx, or a broken body. */
  Unavailable: "transient",
  /** A write that got no answer, a 5xx, or a broken body: the effect may have happened. */
  OutcomeUnknown: "unknown",
  /** What carries our label is not what we ordered: a person must look. */
  Mismatch: "unknown",
  /** Several things could be what we ordered: a person must say which. */
  Ambiguous: "unknown",
  /** Fewer shares, or less of an asset, at Alpaca than ordered. */
  InsufficientPosition: "permanent",
  /** The address is not on the account's whitelist, or not approved yet. */
  NotWhitelisted: "permanent",
  /** Alpaca wants to know more about the owner of the address before it sends anything there. */
  TravelRule: "permanent",
  /** 401: the credentials are wrong. */
  Unauthenticated: "permanent",
  /** 403: the account may not do this. */
  Forbidden: "permanent",
  /** 400 or 422: Alpaca refuses the parameters. */
  InvalidRequest: "permanent",
  /** The request was taken and then turned down. */
  Rejected: "permanent"
} as const satisfies Record<string, FailureKind>

/**
 * A call to Alpaca that did not end in a usable answer. Not retried by the layer: `kind` and `retryAfter` tell the caller
 * what he may do.
 */
export class AlpacaError extends Schema.TaggedError<AlpacaError>()("AlpacaError", {
  reason: Schema.Literal(
    "RateLimited",
    "Unavailable",
    "OutcomeUnknown",
    "Mismatch",
    "Ambiguous",
    "InsufficientPosition",
    "NotWhitelisted",
    "TravelRule",
    "Unauthenticated",
    "Forbidden",
    "InvalidRequest",
    "Rejected"
  ),
  /** What was being done, with the ids: `request mint 6f1b.. of 10.5 AAPL`. */
  action: Schema.String,
  /** What came back, in Alpaca's words where there are any; never a header or a key. */
  detail: Schema.String,
  retryAfter: Schema.optionalWith(Schema.DurationFromMillis, { exact: true }),
  cause: Schema.optionalWith(Schema.Defect, { exact: true })
}) {
  get kind(): FailureKind {
    return kinds[this.reason]
  }
  override get message(): string {
    return `Alpaca (${this.action}): ${this.reason}: ${this.detail}`
  }
}
