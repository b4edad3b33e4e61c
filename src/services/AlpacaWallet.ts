import { Context, type DateTime, type Effect, type Option } from "effect"
import type { Address } from "../domain/Address.ts"
import type { TxHash } from "../domain/TxHash.ts"
import type { Usdc } from "../domain/Usdc.ts"
import type { WalletTransfer, WalletTransferId } from "../domain/WalletTransfer.ts"
import type { AlpacaError } from "./AlpacaError.ts"

/** USDC that is to leave Alpaca on Ethereum, and all that a transfer must agree with to be ours. */
export interface Withdrawal {
  readonly amount: Usdc
  /** Must be on the account's whitelist, approved. */
  readonly address: Address
  /** When it was intended: no transfer that is older, but for the difference between two clocks, is ours. */
  readonly since: DateTime.Utc
  /** Transfers that other operations have recorded as theirs. */
  readonly claimed: ReadonlySet<WalletTransferId>
}

/** USDC that we have sent to Alpaca's deposit address on Ethereum. */
export interface Deposit {
  readonly txHash: TxHash
  readonly address: Address
}

/** What the whitelist says of an address; any word that is not documented is `Other`. */
export type Whitelisting = "Approved" | "Pending" | "Absent" | "Other"

/** The crypto wallet that Alpaca keeps for the account: USDC on Ethereum. Broker API. Source: external-apis 2. */
export class AlpacaWallet extends Context.Tag("ballast/services/AlpacaWallet")<AlpacaWallet, {
  /** Where USDC is sent to be credited. Made at the first call; the same from then on. */
  readonly depositAddress: Effect.Effect<Address, AlpacaError>
  /** Whether USDC can be withdrawn to an address on Ethereum. A new entry takes a day to be approved. */
  readonly whitelisting: (address: Address) => Effect.Effect<Whitelisting, AlpacaError>
  /**
   * The transfer that was made of a withdrawal: outgoing, of the same asset, chain, address and amount, not older than the
   * intent, and claimed by nobody else. Alpaca knows no label of ours. None proves nothing within Alpaca's settling time.
   * Of several `Ambiguous` is the error, and of one that is smaller, from which fees may have been taken: a person has to say.
   */
  readonly findWithdrawal: (withdrawal: Withdrawal) => Effect.Effect<Option.Option<WalletTransfer>, AlpacaError>
  /**
   * Orders the transfer. NOT safe to repeat, since Alpaca knows no idempotency key: call `findWithdrawal` before, and again
   * for the settling time after any `OutcomeUnknown`. Answers what Alpaca has taken, whatever that is.
   */
  readonly orderWithdrawal: (
    withdrawal: Pick<Withdrawal, "amount" | "address">
  ) => Effect.Effect<WalletTransfer, AlpacaError>
  /** One transfer by Alpaca's id. None says that Alpaca does not show it, which proves nothing. */
  readonly getTransfer: (id: WalletTransferId) => Effect.Effect<Option.Option<WalletTransfer>, AlpacaError>
  /**
   * The incoming transfer that Alpaca made of a transaction of ours. None until Alpaca has seen it at a depth of its own,
   * which proves nothing.
   */
  readonly findDeposit: (deposit: Deposit) => Effect.Effect<Option.Option<WalletTransfer>, AlpacaError>
}>() {}
