import { Context, type Effect } from "effect"
import type { TxHash } from "../../domain/TxHash.ts"
import type { Usdc } from "../../domain/Usdc.ts"
import type { WalletTransferId } from "../../domain/WalletTransfer.ts"
import type { AlpacaWallet, Whitelisting } from "../../services/AlpacaWallet.ts"

/** The calls of the port. */
export type Method = keyof AlpacaWallet["Type"]

/** The connection breaks before Alpaca does anything, which the caller cannot know; or after, instead of an answer. */
export type Fault = "Dropped" | "AnswerLost"

/** The other side of the port `AlpacaWallet`: Alpaca, seen from behind its counter, as the contract suite needs it. */
export class AlpacaWalletWorld extends Context.Tag("ballast/testing/AlpacaWalletWorld")<AlpacaWalletWorld, {
  /** What can be withdrawn. */
  readonly available: Effect.Effect<Usdc>
  /** All that were ever ordered, oldest first, whether or not they can be read. */
  readonly withdrawals: Effect.Effect<ReadonlyArray<WalletTransferId>>
  /** Sends it; answers the transaction. */
  readonly complete: (id: WalletTransferId) => Effect.Effect<TxHash>
  /** Before anything was sent. */
  readonly fail: (id: WalletTransferId) => Effect.Effect<void>
  /** USDC has come to the deposit address, and Alpaca has seen it; it is not credited yet. */
  readonly deposit: (of: { readonly amount: Usdc; readonly txHash: TxHash }) => Effect.Effect<WalletTransferId>
  readonly credit: (id: WalletTransferId) => Effect.Effect<void>
  /** Of our own wallet. */
  readonly setWhitelisting: (whitelisting: Whitelisting) => Effect.Effect<void>
  /** Strikes the next call of this method; queued behind those that were told before. */
  readonly strike: (method: Method, fault: Fault) => Effect.Effect<void>
}>() {}
