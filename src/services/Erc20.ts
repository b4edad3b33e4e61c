import { Context, Data, type DateTime, type Effect } from "effect"
import type { Address } from "../domain/Address.ts"
import type { TokenAmount } from "../domain/TokenAmount.ts"
import type { TxHash } from "../domain/TxHash.ts"
import type { ChainError, ChainName } from "./Chain.ts"
import type { Lease } from "./Leases.ts"
import type { SubmitError, TransactionKey } from "./TransactionOutbox.ts"

/** Which token, on which chain; its decimals are known from the operation's first event. */
export interface Token {
  readonly chain: ChainName
  readonly address: Address
  readonly decimals: number
}

/** What one transaction brought to one recipient, as far as the chain can be believed by now. */
export type Received = Data.TaggedEnum<{
  /** The node knows no receipt. It proves nothing: nodes lag, and a hash may be wrong. */
  NotMined: {}
  /** Mined, but the block could still be reorganised away. */
  Unconfirmed: { readonly confirmations: number; readonly required: number }
  /** Mined, at depth, and without effect. */
  Reverted: {}
  /** The sum of this token's Transfer logs to the recipient; zero when there is none. */
  Confirmed: { readonly amount: TokenAmount }
}>

export const Received = Data.taggedEnum<Received>()

/** What has become of a transfer of ours. */
export type Transferred = Data.TaggedEnum<{
  /** On its way: `waitingFor` says what it takes to go on. */
  Pending: { readonly waitingFor: string }
  /** Mined, at depth. `amount` is what the Transfer logs say has reached the recipient; it may be zero. */
  Sent: { readonly txHash: TxHash; readonly amount: TokenAmount }
  /** Mined, at depth, and nothing moved. */
  Reverted: { readonly txHash: TxHash; readonly why: string }
  /** Nothing moved, and nothing of this attempt ever will: another transaction has used its nonce. */
  Dead: { readonly isOurs: boolean; readonly why: string }
}>

export const Transferred = Data.taggedEnum<Transferred>()

/** Whether a spender may take what he is to take. */
export type Allowance = Data.TaggedEnum<{
  /** The node has it: the dependent call can be simulated. */
  Enough: {}
  Pending: { readonly waitingFor: string }
  /** The approval had no effect. */
  Refused: { readonly why: string }
}>

export const Allowance = Data.taggedEnum<Allowance>()

/** Under which key a transaction is sent, and by what right. */
export interface Sending {
  readonly key: TransactionKey
  readonly lease: Lease
}

/** ERC-20 tokens on both chains. */
export class Erc20 extends Context.Tag("ballast/services/Erc20")<Erc20, {
  /**
   * Sends `amount` from our wallet, once for this key, and answers how far it is. Waits for nothing: call it again after a
   * while until the answer is final.
   */
  readonly transfer: (
    token: Token,
    transfer: { readonly recipient: Address; readonly amount: TokenAmount },
    sending: Sending
  ) => Effect.Effect<Transferred, SubmitError>
  readonly received: (
    token: Token,
    transfer: { readonly txHash: TxHash; readonly recipient: Address }
  ) => Effect.Effect<Received, ChainError>
  /** As of the latest block. */
  readonly balance: (token: Token, owner: Address) => Effect.Effect<TokenAmount, ChainError>
  /** As of the youngest block that can be depended on. */
  readonly confirmedBalance: (token: Token, owner: Address) => Effect.Effect<TokenAmount, ChainError>
  /**
   * A standing approval of our wallet: raised to the maximum when it is below `amount`, and left alone otherwise, since
   * operations that run side by side share it. A token may lower even the maximum as it is used. Call it again after a
   * while until the answer is `Enough`. What was approved in vain before `since` is approved anew.
   */
  readonly ensureAllowance: (
    token: Token,
    allowance: { readonly spender: Address; readonly amount: TokenAmount },
    sending: {
      readonly operation: TransactionKey["operation"]
      readonly lease: Lease
      /** When this try of the step that needs it began. */
      readonly since: DateTime.Utc
    }
  ) => Effect.Effect<Allowance, SubmitError>
}>() {}
