import { Context, type DateTime, type Effect, type Option, Schema } from "effect"
import type { Address } from "../domain/Address.ts"
import type { EquitySymbol } from "../domain/EquitySymbol.ts"
import type { MintId } from "../domain/OperationId.ts"
import type { TokenizationRequest, TokenizationRequestId } from "../domain/TokenizationRequest.ts"
import type { Order } from "../domain/TokenizedEquityMint/State.ts"
import type { TxHash } from "../domain/TxHash.ts"
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
  /** Fewer shares at Alpaca than ordered. */
  InsufficientPosition: "permanent",
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
    "InsufficientPosition",
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

/** Tokens that were sent to the issuer to be redeemed, and all that a request made of them must agree with. */
export interface SentTokens {
  /** Of the transfer, by which the request is known: nothing is ordered, so nothing carries a label of ours. */
  readonly txHash: TxHash
  readonly symbol: EquitySymbol
  /** The sender. */
  readonly wallet: Address
  readonly issuer: string
  readonly network: string
  /**
   * At the earliest: no request for them can be older, but for the difference between two clocks. What was recorded of the
   * transfer may be hours younger than the transfer and the request for it.
   */
  readonly sentAt: DateTime.Utc
}

/** Alpaca's Instant Tokenization Network, Authorized Participant side. Source: external-apis 1. */
export class AlpacaTokenization extends Context.Tag("ballast/services/AlpacaTokenization")<AlpacaTokenization, {
  /**
   * Orders the tokens. Safe to repeat: `id` is the `Idempotency-Key` and the `client_request_id`, and the body is a pure
   * function of the order. Alpaca may forget a key after some time: call `findMint` before any repetition.
   */
  readonly requestMint: (id: MintId, order: Order) => Effect.Effect<TokenizationRequest, AlpacaError>
  /**
   * The mint request that carries `id` as its `client_request_id`. The label is not unique: a request that carries it but
   * is not what was ordered is never taken for ours; if only such are found the error is `Mismatch`.
   */
  readonly findMint: (id: MintId, order: Order) => Effect.Effect<Option.Option<TokenizationRequest>, AlpacaError>
  /**
   * The request that the issuer made of these tokens, found by the hash of their transfer. None until the issuer has seen
   * them, which proves nothing. A request that names the hash but another symbol, wallet, issuer or network is never taken
   * for theirs; if only such are found the error is `Mismatch`. The issuer rounds down: the quantity is the caller's to
   * compare. Of several one that was not rejected is answered, and of those the newest.
   */
  readonly findRedemption: (sent: SentTokens) => Effect.Effect<Option.Option<TokenizationRequest>, AlpacaError>
  /** One request by Alpaca's id. None says that Alpaca does not show it, which proves nothing. */
  readonly getRequest: (id: TokenizationRequestId) => Effect.Effect<Option.Option<TokenizationRequest>, AlpacaError>
}>() {}
