import { Context, type Effect } from "effect"
import type { Address } from "../../domain/Address.ts"
import type { Hex } from "../../domain/Hex.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import type { Broadcast, ChainError, ChainName, ChainReads, Log } from "../../services/Chain.ts"
import type { ChainDriver, Transfer } from "./ChainWorld.ts"
import type * as MemoryChain from "./MemoryChain.ts"

/** The methods of the port that ask a node. */
export type ChainMethod = "chainId" | "broadcast" | keyof ChainReads

/** A transfer that is on the chain, and how deep. */
export interface MinedTransfer extends Transfer {
  readonly txHash: TxHash
  readonly confirmations: number
}

/** One chain of the test layer, with all that its node can be made to do. */
export interface ChainScript extends ChainDriver {
  /** A transaction with these logs, mined in a new block. Without a hash one is made up. */
  readonly addReceipt: (logs: ReadonlyArray<Log>, txHash?: TxHash) => Effect.Effect<TxHash>
  /**
   * One transaction of somebody else's that moves all of these, mined in a new block, and moves nothing if one of them
   * cannot be moved. From the zero address they are minted, to it burned.
   */
  readonly pay: (...transfers: ReadonlyArray<Transfer>) => Effect.Effect<TxHash, ChainError>
  /** All that is on the chain, of whatever token, oldest first: what truly happened. */
  readonly transfers: Effect.Effect<ReadonlyArray<MinedTransfer>>
  /** As of the latest block, whatever the node says. */
  readonly holding: (token: Address, owner: Address) => Effect.Effect<bigint>
  readonly setContract: (address: Address, contract: MemoryChain.Contract) => Effect.Effect<void>
  readonly setCode: (address: Address, code: Hex) => Effect.Effect<void>
  /** What a call with exactly this data answers. */
  readonly setAnswer: (to: Address, data: Hex, answer: Hex) => Effect.Effect<void>
  /** The node shows the chain as it was so many blocks ago. */
  readonly lag: (blocks: number) => Effect.Effect<void>
  /** The node has no state from before this block, as one that is no archive. */
  readonly forgetStateBefore: (block: bigint) => Effect.Effect<void>
  /** The node does not show receipts, though it counts what is mined. */
  readonly hideReceipts: (isHidden: boolean) => Effect.Effect<void>
  /** The next answer is this error. */
  readonly failNext: (error?: ChainError) => Effect.Effect<void>
  /** The next broadcast is answered so; `isTaken` says whether the node has the bytes all the same. */
  readonly answerBroadcast: (
    answer: Broadcast["answer"],
    options: { readonly isTaken: boolean }
  ) => Effect.Effect<void>
  /** No endpoint answers, until `available`. */
  readonly unavailable: Effect.Effect<void>
  readonly available: Effect.Effect<void>
  /** What the node was asked, oldest first. */
  readonly calls: Effect.Effect<ReadonlyArray<ChainMethod>>
}

/** The script of the test layer of both chains. */
export class ChainControl
  extends Context.Tag("ballast/testing/ChainControl")<ChainControl, { readonly [name in ChainName]: ChainScript }>()
{}
