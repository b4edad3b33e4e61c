/** What a block asks for gas: EIP-1559, with the traffic of others. */
import type { Dice } from "../Dice.ts"

/** Wei per gas. */
export interface Prices {
  /** The base fee on usual days. */
  readonly usual: bigint
  /** What a node suggests as a tip. */
  readonly tip: bigint
}

export interface Market {
  readonly baseFee: (block: number) => bigint
  /** The next block's. */
  readonly advance: (spike: number) => void
  /** The last blocks are put there anew. */
  readonly cut: (blocks: number) => void
}

/** A full block raises the fee by an eighth, and an empty one lowers it by as much. */
const most = 8n

/** How long a spike lasts, in minutes. */
const [shortest, longest] = [1, 8]

export const make = (
  dice: Dice,
  { usual }: Prices,
  { blockTime, first }: { readonly first: number; readonly blockTime: number }
): Market => {
  const blocksPerMinute = Math.ceil(60_000 / blockTime)
  const fees = [usual]
  let high = 0n
  let left = 0

  const latest = () => fees.at(-1) ?? usual
  const next = (fee: bigint): bigint => {
    if (left > 0 && fee < high) return fee + fee / most
    if (left > 0) return fee
    if (fee > 2n * usual) return fee - fee / most
    const moved = fee + (fee * BigInt(dice.between(-6, 6))) / 100n
    return moved < usual / 2n ? usual / 2n : moved
  }

  return {
    baseFee: (block) => fees[block - first] ?? usual,
    advance: (spike) => {
      if (spike === 0) left = 0
      else if (left > 0) left--
      else if (dice.chance(spike)) {
        high = latest() * BigInt(dice.between(3, 20))
        left = dice.between(shortest, longest) * blocksPerMinute
      }
      fees.push(next(latest()))
    },
    cut: (blocks) => {
      fees.length -= Math.min(blocks, fees.length - 1)
    }
  }
}
