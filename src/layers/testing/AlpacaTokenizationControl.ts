import { Context, type Duration, type Effect } from "effect"
import type { EquitySymbol } from "../../domain/EquitySymbol.ts"
import type { MintId } from "../../domain/OperationId.ts"
import type { Shares } from "../../domain/Shares.ts"
import type { Status, TokenizationRequestId } from "../../domain/TokenizationRequest.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import type { AlpacaError } from "../../services/AlpacaError.ts"
import type { Taken } from "./AlpacaTokenizationBooks.ts"
import type { AlpacaTokenizationWorld, Method } from "./AlpacaTokenizationWorld.ts"

/** One call of the port, whatever became of it. */
export interface Call {
  readonly method: Method
  /** What it is about; the hash of the transfer for a redemption. */
  readonly id: MintId | TokenizationRequestId | TxHash
}

/** The script of the test layer: all that Alpaca can be told to do, and all that it saw. Time is Effect's Clock. */
export class AlpacaTokenizationControl extends Context.Tag("ballast/testing/AlpacaTokenizationControl")<
  AlpacaTokenizationControl,
  Omit<AlpacaTokenizationWorld["Type"], "complete"> & {
    readonly setShares: (symbol: EquitySymbol, shares: Shares) => Effect.Effect<void>
    /** All of either kind, oldest first, as they are in truth. */
    readonly requests: Effect.Effect<ReadonlyArray<Taken>>
    /** Ends a pending request well. Without a hash one is made up for a mint. */
    readonly complete: (id: TokenizationRequestId, txHash?: TxHash) => Effect.Effect<TxHash>
    /** Whatever it was before; neither shares nor the hash change. */
    readonly setStatus: (id: TokenizationRequestId, status: Status) => Effect.Effect<void>
    /** Reads do not show it for so long. */
    readonly hide: (id: TokenizationRequestId, duration: Duration.DurationInput) => Effect.Effect<void>
    /** The next request of either kind is not shown for so long after. */
    readonly hideNext: (duration: Duration.DurationInput) => Effect.Effect<void>
    /** Alpaca forgets which keys were used: a repetition is a second request. */
    readonly forgetKeys: Effect.Effect<void>
    /** The next mint request is taken, and nobody learns of it. Short for `strike("requestMint", AnswerLost)`. */
    readonly loseAnswer: Effect.Effect<void>
    /** The next call of this method does nothing and ends in this error. */
    readonly failNext: (method: Method, error: AlpacaError) => Effect.Effect<void>
    /**
     * The next call of this method takes so long; with `late`, Alpaca acts only at the end of it. Beyond the layer's
     * `timeout` the caller is told nothing, and what Alpaca does happens all the same.
     */
    readonly delayNext: (
      method: Method,
      duration: Duration.DurationInput,
      options?: { readonly late?: boolean }
    ) => Effect.Effect<void>
    /** Connections are refused: for so long, or until `available`. */
    readonly unavailable: (duration?: Duration.DurationInput) => Effect.Effect<void>
    readonly available: Effect.Effect<void>
    /** Oldest first. */
    readonly calls: Effect.Effect<ReadonlyArray<Call>>
  }
>() {}
