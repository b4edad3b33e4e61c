import { Context, Data, type Effect } from "effect"
import type { Address } from "../domain/Address.ts"
import type { TokenAmount } from "../domain/TokenAmount.ts"
import type { TxHash } from "../domain/TxHash.ts"
import type { ChainError, ChainName } from "./Chain.ts"

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

/** ERC-20 tokens on both chains. */
export class Erc20 extends Context.Tag("ballast/services/Erc20")<Erc20, {
  readonly received: (
    token: Token,
    transfer: { readonly txHash: TxHash; readonly recipient: Address }
  ) => Effect.Effect<Received, ChainError>
  readonly balance: (token: Token, owner: Address) => Effect.Effect<TokenAmount, ChainError>
}>() {}
