/** The blocks that hold something. All others are like the one before them, so that they need not be kept. */
import type { Hex } from "viem"
import type { Address } from "../../src/domain/Address.ts"
import type { Deed, Log, Transfer } from "./Execution.ts"
import type { Pooled } from "./Mempool.ts"
import type { State } from "./State.ts"

export interface Mined {
  readonly hash: Hex
  readonly from: Address
  readonly nonce: number
  readonly to: Address
  readonly data: Hex
  readonly block: number
  readonly status: "success" | "reverted"
  readonly transfers: ReadonlyArray<Transfer>
  readonly logs: ReadonlyArray<Log>
  /** What it did beyond transfers, for the world's ledger. */
  readonly did: ReadonlyArray<Deed>
}

export interface Block {
  readonly number: number
  readonly mined: ReadonlyArray<Mined>
  /** The same as they waited, to wait again after a reorganisation. */
  readonly pooled: ReadonlyArray<Pooled>
  /** At its end. */
  readonly state: State
}

export interface Ledger {
  readonly add: (block: Block) => void
  /** Takes off all blocks from that number on, and answers what was in them. */
  readonly cut: (number: number) => ReadonlyArray<Pooled>
  readonly state: (at: number) => State
  /** Those from one number to another, both included. */
  readonly blocks: (from: number, to: number) => ReadonlyArray<Block>
  readonly mined: (hash: Hex) => Mined | undefined
  /** Oldest first. */
  readonly transactions: () => ReadonlyArray<Mined>
}

export const make = (genesis: State): Ledger => {
  const blocks: Array<Block> = []
  const transactions: Array<Mined> = []
  const places = new Map<Hex, Mined>()
  return {
    add: (block) => {
      blocks.push(block)
      for (const one of block.mined) {
        transactions.push(one)
        places.set(one.hash, one)
      }
    },
    cut: (number) => {
      const pooled: Array<Pooled> = []
      for (let last = blocks.at(-1); last !== undefined && last.number >= number; last = blocks.at(-1)) {
        blocks.pop()
        pooled.unshift(...last.pooled)
        transactions.length -= last.mined.length
        for (const { hash } of last.mined) places.delete(hash)
      }
      return pooled
    },
    state: (at) => blocks.findLast(({ number }) => number <= at)?.state ?? genesis,
    blocks: (from, to) => blocks.filter(({ number }) => number >= from && number <= to),
    mined: (hash) => places.get(hash),
    transactions: () => transactions
  }
}
