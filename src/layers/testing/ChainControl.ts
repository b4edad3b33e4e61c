import { Context, type Effect } from "effect"
import type { Address } from "../../domain/Address.ts"
import type { Hex } from "../../domain/Hex.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import type { ChainError, ChainName, Log } from "../../services/Chain.ts"
import type { ChainDriver } from "./ChainWorld.ts"

/** The methods of the port that ask a node. */
export type ChainMethod = "chainId" | "blockNumber" | "receipt" | "code" | "balance" | "call"

/** One chain of the test layer, with all that its node can be made to do. */
export interface ChainScript extends ChainDriver {
  /** A transaction with these logs, mined in a new block. Without a hash one is made up. */
  readonly addReceipt: (logs: ReadonlyArray<Log>, txHash?: TxHash) => Effect.Effect<TxHash>
  readonly setCode: (address: Address, code: Hex) => Effect.Effect<void>
  /** What a call with exactly this data answers. */
  readonly setAnswer: (to: Address, data: Hex, answer: Hex) => Effect.Effect<void>
  /** The node shows the chain as it was so many blocks ago. */
  readonly lag: (blocks: number) => Effect.Effect<void>
  /** As `lag`, for the block number alone: behind one URL stand two nodes, of which one is slower. */
  readonly lagHead: (blocks: number) => Effect.Effect<void>
  /** The next answer is this error. */
  readonly failNext: (error?: ChainError) => Effect.Effect<void>
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
