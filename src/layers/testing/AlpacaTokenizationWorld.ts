import { Context, type Effect, Schema } from "effect"
import type { EquitySymbol } from "../../domain/EquitySymbol.ts"
import type { MintId } from "../../domain/OperationId.ts"
import type { Shares } from "../../domain/Shares.ts"
import type { TokenAmount } from "../../domain/TokenAmount.ts"
import type { TokenizationRequestId } from "../../domain/TokenizationRequest.ts"
import type { Order } from "../../domain/TokenizedEquityMint/State.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import type { AlpacaTokenization, SentTokens } from "../../services/AlpacaTokenization.ts"

/** What can go wrong with one call, in the terms of the wire, so that a server can play it as well. */
export const Fault = Schema.Union(
  /** The connection breaks before Alpaca does anything, which the caller cannot know. */
  Schema.TaggedStruct("Dropped", {}),
  /** Alpaca does it, then the connection breaks instead of an answer. */
  Schema.TaggedStruct("AnswerLost", {}),
  /** Alpaca does nothing and answers this status. */
  Schema.TaggedStruct("Refused", { status: Schema.Int }),
  /** Alpaca does it and answers this status all the same. */
  Schema.TaggedStruct("FailedAfter", { status: Schema.Int }),
  /** Alpaca does nothing and answers 429. */
  Schema.TaggedStruct("RateLimited", { retryAfterSeconds: Schema.optionalWith(Schema.Int, { exact: true }) })
)
export type Fault = typeof Fault.Type

/** The calls of the port, by name: for a script that fails one of them. */
export type Method = keyof AlpacaTokenization["Type"]

/** Tokens as the issuer sees them arrive. */
export interface ArrivedTokens extends Omit<SentTokens, "sentAt"> {
  readonly amount: TokenAmount
}

/**
 * The other side of the port `AlpacaTokenization`: Alpaca, seen from behind its counter. The contract suite needs it; a
 * layer that is to be tested brings one along.
 */
export class AlpacaTokenizationWorld extends Context.Tag("ballast/testing/AlpacaTokenizationWorld")<
  AlpacaTokenizationWorld,
  {
    /** What is available of this symbol. */
    readonly shares: (symbol: EquitySymbol) => Effect.Effect<Shares>
    /** All mint requests that bear this label, oldest first, whoever made them and whether or not they can be read. */
    readonly requestsOf: (label: MintId) => Effect.Effect<ReadonlyArray<TokenizationRequestId>>
    /** A mint request that somebody else made under this label: no idempotency key is used, nor any share of ours. */
    readonly place: (label: MintId, order: Order) => Effect.Effect<TokenizationRequestId>
    /**
     * The issuer tells Alpaca of these tokens; can be read once this is done. Alpaca books what they are worth, rounded
     * down, unless the issuer tells another quantity.
     */
    readonly redeem: (tokens: ArrivedTokens, quantity?: Shares) => Effect.Effect<TokenizationRequestId>
    /**
     * Ends a pending request well: a mint with tokens, a redemption with shares. Answers the hash that is reported from
     * now on, which is that of the transfer for a redemption.
     */
    readonly complete: (id: TokenizationRequestId) => Effect.Effect<TxHash>
    /** Ends a pending request badly: the shares of a mint come back, the tokens of a redemption do not. */
    readonly reject: (id: TokenizationRequestId) => Effect.Effect<void>
    /** Pending requests are reported with a word that no document knows. */
    readonly speakStrangely: Effect.Effect<void>
    /** Strikes the next call of this method; queued behind those that were told before. */
    readonly strike: (method: Method, fault: Fault) => Effect.Effect<void>
  }
>() {}
