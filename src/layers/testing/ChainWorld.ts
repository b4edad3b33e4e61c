import { Context, type Effect } from "effect"
import type { Address } from "../../domain/Address.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import type { ChainName } from "../../services/Chain.ts"

/** One Transfer event of an ERC-20 token. */
export interface Transfer {
  readonly token: Address
  readonly from: Address
  readonly to: Address
  readonly units: bigint
}

/** What can be made to happen on one chain, whichever layer plays it. Blocks come when they are mined and not otherwise. */
export interface ChainDriver {
  readonly chainId: number
  /** Two ERC-20 tokens that answer `balanceOf`. */
  readonly token: Address
  readonly otherToken: Address
  /** An ERC-20 token of 18 decimals that can be sent and approved, and paused: then every transfer reverts. */
  readonly equity: Address
  /** A contract on which every call reverts. */
  readonly reverter: Address
  /** With whatever waits in the mempool and pays enough. */
  readonly mine: (blocks: number) => Effect.Effect<void>
  /** One transaction that emits all of these, mined in a new block. */
  readonly transfer: (...transfers: ReadonlyArray<Transfer>) => Effect.Effect<TxHash>
  /** A transaction without effect, mined in a new block. */
  readonly revert: Effect.Effect<TxHash>
  /** The last blocks are replaced by as many empty ones: their transactions have never been mined, nor are they in the mempool. */
  readonly reorganise: (depth: number) => Effect.Effect<void>
  /** The node forgets what waits to be mined. */
  readonly forgetPool: Effect.Effect<void>
  /** Wei per gas, of the next blocks. */
  readonly setBaseFee: (wei: bigint) => Effect.Effect<void>
  /** Wei. */
  readonly setBalance: (owner: Address, wei: bigint) => Effect.Effect<void>
  readonly setTokenBalance: (token: Address, owner: Address, units: bigint) => Effect.Effect<void>
  /** From now on the owner has so many units of `equity`; no block comes. */
  readonly giveEquity: (owner: Address, units: bigint) => Effect.Effect<void>
  /** From now on; no block comes. */
  readonly pauseEquity: (isPaused: boolean) => Effect.Effect<void>
  /** Every transfer of `equity` from this owner that is on the chain, oldest first: what truly happened. */
  readonly sent: (owner: Address) => Effect.Effect<ReadonlyArray<{ readonly to: Address; readonly units: bigint }>>
}

/** The other side of both chains, as the contract suites of what is built on them need it. */
export class ChainWorld
  extends Context.Tag("ballast/testing/ChainWorld")<ChainWorld, { readonly [name in ChainName]: ChainDriver }>()
{}
