import { Context, type Effect, type Option, Schema } from "effect"
import type { Address } from "../domain/Address.ts"
import type { Hex } from "../domain/Hex.ts"
import type { TxHash } from "../domain/TxHash.ts"
import type { FailureKind } from "./FailureKind.ts"

/** The chains that Ballast works on. */
export const ChainName = Schema.Literal("ethereum", "base")
export type ChainName = typeof ChainName.Type

const kinds = {
  /** No endpoint answered, or it answered with an error of its own, or none is as far as a block that was seen. */
  Unavailable: "transient",
  /** The endpoint serves another chain than configured. */
  WrongChain: "permanent",
  /** The call was executed and reverted; `revert` says why. */
  Reverted: "permanent",
  /** The answer is not what the contract's interface says: no such contract there. */
  BadAnswer: "permanent"
} as const satisfies Record<string, FailureKind>

/** A chain could not be asked. Nothing was sent: these are reads. */
export class ChainError extends Schema.TaggedError<ChainError>()("ChainError", {
  reason: Schema.Literal("Unavailable", "WrongChain", "Reverted", "BadAnswer"),
  chain: ChainName,
  /** What was asked: `receipt of 0x..`. */
  action: Schema.String,
  detail: Schema.String,
  /** Of a `Reverted`: the contract's own words, or its error and selector, or else what the node says of it. */
  revert: Schema.optionalWith(Schema.String, { exact: true }),
  /** Of an `Unavailable`: every node that was asked has dropped this piece of the past. None of them is an archive node. */
  isForgotten: Schema.optionalWith(Schema.Boolean, { exact: true }),
  cause: Schema.optionalWith(Schema.Defect, { exact: true })
}) {
  get kind(): FailureKind {
    return kinds[this.reason]
  }
  override get message(): string {
    return `${this.chain} (${this.action}): ${this.reason}: ${this.detail}`
  }
}

/** One event of a contract, as a receipt has it. */
export interface Log {
  readonly address: Address
  readonly topics: ReadonlyArray<Hex>
  readonly data: Hex
}

/** A log with its place on the chain. */
export interface MinedLog extends Log {
  readonly txHash: TxHash
  readonly blockNumber: bigint
}

/** Logs of one contract whose topics begin so; null stands for any. */
export interface LogFilter {
  readonly address: Address
  readonly topics: ReadonlyArray<Hex | null>
  readonly fromBlock: bigint
  /** The latest one unless told otherwise. */
  readonly toBlock?: bigint
}

/** A mined transaction. `reverted` ones have no logs and moved nothing. */
export interface Receipt {
  readonly txHash: TxHash
  readonly status: "success" | "reverted"
  readonly blockNumber: bigint
  readonly logs: ReadonlyArray<Log>
}

/** What is known of a block beside its transactions. */
export interface Block {
  readonly number: bigint
  /** Wei; the least that a transaction in the next block pays is within an eighth of it. */
  readonly baseFeePerGas: bigint
}

/** A transaction as a block names it. */
export interface Included {
  readonly txHash: TxHash
  readonly from: Address
  readonly nonce: number
  /** None where it creates a contract. */
  readonly to: Option.Option<Address>
  readonly data: Hex
  /** Wei. */
  readonly value: bigint
}

/** A message to a contract. */
export interface Call {
  readonly to: Address
  readonly data: Hex
  readonly from?: Address
  /** Wei. */
  readonly value?: bigint
}

/** What can be asked of a node. */
export interface ChainReads {
  /** The latest block. */
  readonly block: Effect.Effect<Block, ChainError>
  /** All transactions of a block. Empty for a block that is not there. */
  readonly transactions: (block: bigint) => Effect.Effect<ReadonlyArray<Included>, ChainError>
  /** None: not mined as far as this node can see, which proves nothing. */
  readonly receipt: (txHash: TxHash) => Effect.Effect<Option.Option<Receipt>, ChainError>
  /** In the order of the chain. That there are none proves nothing: nodes lag, and forget. */
  readonly logs: (filter: LogFilter) => Effect.Effect<ReadonlyArray<MinedLog>, ChainError>
  /**
   * How many transactions of this sender are mined (`latest`, or at the end of a block), or are mined or waiting in this
   * node's mempool without a gap (`pending`).
   */
  readonly nonce: (sender: Address, at: "latest" | "pending" | bigint) => Effect.Effect<number, ChainError>
  /** `0x` where no contract is. */
  readonly code: (address: Address) => Effect.Effect<Hex, ChainError>
  /** Native balance in wei. */
  readonly balance: (address: Address) => Effect.Effect<bigint, ChainError>
  /** `eth_call` on the latest block, or on the state after another one. */
  readonly call: (call: Call, at?: bigint) => Effect.Effect<Hex, ChainError>
  /** Gas that the call uses if it is executed now; fails with `Reverted` if it reverts. */
  readonly estimateGas: (call: Call) => Effect.Effect<bigint, ChainError>
  /** Wei per gas that the node suggests as a tip. */
  readonly priorityFee: Effect.Effect<bigint, ChainError>
}

/** One node, which is not behind any block that was seen before. */
export interface ChainView extends ChainReads {
  /** Its latest block, read before anything else. */
  readonly head: Block
}

/** What became of a broadcast. Only `Accepted` and `AlreadyKnown` say where the transaction is; none says where it is not. */
export interface Broadcast {
  readonly answer:
    | "Accepted"
    | "AlreadyKnown"
    /** Its nonce is mined, by whatever transaction: look for its hashes. */
    | "NonceTooLow"
    /** A nonce before it is missing in the mempool. */
    | "NonceGap"
    /** Below what the mempool takes. */
    | "Underpriced"
    /** The mempool has another transaction at this nonce, which this one does not pay enough to replace. */
    | "Occupied"
    | "InsufficientFunds"
    /** The node executed it and it reverted. */
    | "Reverted"
    /** No node of this chain will ever take these bytes. */
    | "Invalid"
    /** No answer, or one that says nothing: perhaps it is out. */
    | "Unknown"
  /** The node's own words. */
  readonly detail: string
}

/** One chain, behind one or several nodes. */
export interface Chain extends ChainReads {
  readonly name: ChainName
  /** Blocks, counting the one it is in, after which a transaction is depended on. */
  readonly confirmations: number
  readonly chainId: Effect.Effect<number, ChainError>
  /**
   * Several reads of one and the same node, so that they fit together. A node that is behind a block seen earlier is not
   * believed; if it stops answering, everything is read again from the next one.
   */
  readonly look: <A, E, R>(
    reads: (view: ChainView) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | ChainError, R>
  /** Hands the signed bytes to the nodes in turn, until one has them. Safe to repeat. */
  readonly broadcast: (raw: Hex) => Effect.Effect<Broadcast>
}

/** Ethereum, where Alpaca pays USDC out and takes it in. */
export class EthereumChain extends Context.Tag("ballast/services/EthereumChain")<EthereumChain, Chain>() {}

/** Base, where the tokens and the vault are. */
export class BaseChain extends Context.Tag("ballast/services/BaseChain")<BaseChain, Chain>() {}
