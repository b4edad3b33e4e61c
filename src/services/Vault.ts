import { Context, type Effect } from "effect"
import type { Address } from "../domain/Address.ts"
import type { TxHash } from "../domain/TxHash.ts"
import type { Usdc } from "../domain/Usdc.ts"
import type { Vault as VaultRef } from "../domain/UsdcRebalance/State.ts"
import type { ChainError } from "./Chain.ts"
import type { Received, Sending, Transferred } from "./Erc20.ts"
import type { SubmitError } from "./TransactionOutbox.ts"

/** USDC that moves between our wallet on Base and a vault. */
export interface VaultMove {
  readonly vault: VaultRef
  /** USDC on Base. */
  readonly token: Address
  readonly amount: Usdc
}

/**
 * A vault of Rain's orderbook on Base, directly or behind an inventory. Success of a transaction proves nothing here: the
 * orderbook pays what it has, which may be less than asked or nothing. Source: external-apis 4.
 */
export class Vault extends Context.Tag("ballast/services/Vault")<Vault, {
  /**
   * Moves USDC from our wallet into the vault, once for this key, and answers how far it is; the spender must have been
   * approved before. `Sent.amount` is what has left our wallet. Waits for nothing: call it again until the answer is final.
   */
  readonly deposit: (move: VaultMove, sending: Sending) => Effect.Effect<Transferred, SubmitError>
  /** Moves USDC from the vault to our wallet, in the same way. `Sent.amount` is what has come, which may be nothing. */
  readonly withdraw: (move: VaultMove, sending: Sending) => Effect.Effect<Transferred, SubmitError>
  /** What a transaction has moved from `wallet` into whatever vault: the token's Transfer logs out of it less those into it. */
  readonly deposited: (
    deposit: { readonly txHash: TxHash; readonly token: Address; readonly wallet: Address }
  ) => Effect.Effect<Received, ChainError>
  /** What is in the vault, rounded down to what USDC can express. As of the latest block. */
  readonly balance: (vault: VaultRef, token: Address) => Effect.Effect<Usdc, ChainError>
}>() {}
