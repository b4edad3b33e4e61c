/** The nodes that the program asks, and how far each of them is behind. */
import type { Dice } from "../Dice.ts"

export interface Nodes {
  /** By how many blocks. */
  readonly behind: (node: number) => number
  /** A block was put on the chain. */
  readonly advance: (lag: number) => void
}

const count = 2

interface Node {
  behind: number
  /** It does not get further behind than that. */
  most: number
  /** For so many blocks. */
  left: number
}

export const make = (dice: Dice): Nodes => {
  const nodes = Array.from({ length: count }, (): Node => ({ behind: 0, most: 0, left: 0 }))
  return {
    behind: (node) => nodes[node]?.behind ?? 0,
    advance: (lag) => {
      for (const node of nodes) {
        if (lag === 0) node.left = 0
        else if (node.left > 0) node.left--
        else if (dice.chance(lag)) Object.assign(node, { most: dice.between(1, 3), left: dice.between(3, 40) })
        // It stands still until it is so far behind, and never goes back.
        node.behind = node.left > 0 ? Math.min(node.behind + 1, node.most) : 0
      }
    }
  }
}
