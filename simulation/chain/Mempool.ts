/** What waits for a block. All nodes hear of it, sooner or later. */
import type { Hex } from "viem"
import type { Transaction } from "./Transaction.ts"

export interface Pooled {
  readonly tx: Transaction
  /** The head when it came: a node that is behind that one has not heard of it yet. */
  readonly arrived: number
  /** The nodes that it was handed to. */
  readonly handedTo: Set<number>
}

export interface Mempool {
  readonly find: (hash: Hex) => Pooled | undefined
  readonly at: (from: string, nonce: number) => Pooled | undefined
  readonly all: () => ReadonlyArray<Pooled>
  /** In the place of another one at its nonce, if there is one. */
  readonly add: (pooled: Pooled) => void
  readonly forget: (hash: Hex) => void
  /** Nothing of an account up to this nonce waits any more, unless a reorganisation sets it free. */
  readonly used: (from: string, nonce: number) => void
  /** Others at its nonce that a miner may still have, the latest first. */
  readonly others: (pooled: Pooled) => ReadonlyArray<Pooled>
  readonly reorder: (order: (all: ReadonlyArray<Pooled>) => ReadonlyArray<Pooled>) => void
}

const isAt = ({ tx }: Pooled, from: string, nonce: number): boolean => tx.nonce === nonce && tx.from === from

export const make = (): Mempool => {
  let waiting: ReadonlyArray<Pooled> = []
  let replaced: ReadonlyArray<Pooled> = []
  const at = (from: string, nonce: number) => waiting.find((one) => isAt(one, from, nonce))
  return {
    find: (hash) => waiting.find(({ tx }) => tx.hash === hash),
    at,
    all: () => waiting,
    add: (pooled) => {
      const other = at(pooled.tx.from, pooled.tx.nonce)
      if (other !== undefined) replaced = [...replaced, other]
      waiting = [...waiting.filter((one) => one !== other), pooled]
    },
    forget: (hash) => {
      waiting = waiting.filter(({ tx }) => tx.hash !== hash)
    },
    used: (from, nonce) => {
      const isOver = ({ tx }: Pooled) => tx.from === from && tx.nonce <= nonce
      replaced = [...replaced, ...waiting.filter(isOver)]
      waiting = waiting.filter((one) => !isOver(one))
    },
    others: (pooled) =>
      replaced.filter((one) => one !== pooled && isAt(one, pooled.tx.from, pooled.tx.nonce)).toReversed(),
    reorder: (order) => {
      waiting = order(waiting)
    }
  }
}

/** Whether it pays a tenth more than another one, as a node wants of a replacement. */
export const outbids = ({ offer }: Transaction, other: Transaction): boolean =>
  offer !== undefined && other.offer !== undefined &&
  offer.maxFee * 100n >= other.offer.maxFee * 110n && offer.tip * 100n >= other.offer.tip * 110n
