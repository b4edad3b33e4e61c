import { Context, type DateTime, type Effect, type Option } from "effect"
import type { Address } from "../domain/Address.ts"
import type { EquitySymbol } from "../domain/EquitySymbol.ts"
import type { MintId } from "../domain/OperationId.ts"
import type { TokenizationRequest, TokenizationRequestId } from "../domain/TokenizationRequest.ts"
import type { Order } from "../domain/TokenizedEquityMint/State.ts"
import type { TxHash } from "../domain/TxHash.ts"
import type { AlpacaError } from "./AlpacaError.ts"

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
