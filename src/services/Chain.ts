import { Context, type Effect, type Option, Schema } from "effect"
import type { Address } from "../domain/Address.ts"
import type { Hex } from "../domain/Hex.ts"
import type { TxHash } from "../domain/TxHash.ts"
import type { FailureKind } from "./FailureKind.ts"

/** The chains that Ballast works on. */
export const ChainName = Schema.Literal("ethereum", "base")
export type ChainName = typeof ChainName.Type

const kinds = {
  /** No endpoint answered, or it answered with an error of its own. */
  Unavailable: "transient",
  /** The endpoint serves another chain than configured. */
  WrongChain: "permanent",
  /** A call reverted, or the answer is not what the contract's interface says: no such contract there. */
  BadAnswer: "permanent"
} as const satisfies Record<string, FailureKind>

/** A chain could not be asked. Nothing was sent: these are reads. */
export class ChainError extends Schema.TaggedError<ChainError>()("ChainError", {
  reason: Schema.Literal("Unavailable", "WrongChain", "BadAnswer"),
  chain: ChainName,
  /** What was asked: `receipt of 0x..`. */
  action: Schema.String,
  detail: Schema.String,
  cause: Schema.optionalWith(Schema.Defect, { exact: true })
}) {
  get kind(): FailureKind {
    return kinds[this.reason]
  }
  override get message(): string {
    return `${this.chain} (${this.action}): ${this.reason}: ${this.detail}`
  }
}

export interface Log {
  readonly address: Address
  readonly topics: ReadonlyArray<Hex>
  readonly data: Hex
}

/** A mined transaction. `reverted` ones have no logs and moved nothing. */
export interface Receipt {
  readonly txHash: TxHash
  readonly status: "success" | "reverted"
  readonly blockNumber: bigint
  readonly logs: ReadonlyArray<Log>
}

/** What the layers above need to read of one chain. */
export interface Chain {
  readonly name: ChainName
  /** Blocks, counting the one it is in, after which a transaction is depended on. */
  readonly confirmations: number
  readonly chainId: Effect.Effect<number, ChainError>
  /** The latest block's number. */
  readonly blockNumber: Effect.Effect<bigint, ChainError>
  /** None: not mined as far as this node can see, which proves nothing. */
  readonly receipt: (txHash: TxHash) => Effect.Effect<Option.Option<Receipt>, ChainError>
  /** `0x` where no contract is. */
  readonly code: (address: Address) => Effect.Effect<Hex, ChainError>
  /** Native balance in wei. */
  readonly balance: (address: Address) => Effect.Effect<bigint, ChainError>
  /** `eth_call` on the latest block. */
  readonly call: (to: Address, data: Hex) => Effect.Effect<Hex, ChainError>
}

export class EthereumChain extends Context.Tag("ballast/services/EthereumChain")<EthereumChain, Chain>() {}

export class BaseChain extends Context.Tag("ballast/services/BaseChain")<BaseChain, Chain>() {}
