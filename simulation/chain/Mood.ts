/** What kind of day a chain has. */

/** Probabilities. */
export interface Mood {
  /** Per block: that the newest blocks are taken off, and other ones put there. */
  readonly reorganisation: number
  /** So many blocks at most: below the confirmations that the program waits for. */
  readonly depth: number
  /** Per block: that all nodes forget a waiting transaction of ours. */
  readonly forget: number
  /** Per block: that others fill the blocks, so that the base fee climbs to between 3 and 20 times what it was, and stays there. */
  readonly spike: number
  /** Per block and node: that the node falls behind by 1 to 3 blocks, for some blocks. */
  readonly lag: number
  /** Per transaction and block: that it is left waiting though it pays enough. What it has outbid may be taken in its place. */
  readonly passOver: number
  /** Per transaction: that it takes more gas than was estimated and offered, and reverts. */
  readonly starve: number
  /** Per block: that a stranger trades with our vault. */
  readonly trade: number
}

/** What waits is mined in the next block. */
export const calm: Mood = { reorganisation: 0, depth: 1, forget: 0, spike: 0, lag: 0, passOver: 0, starve: 0, trade: 0 }

/** Some of everything. */
export const wild: Mood = {
  ...calm,
  reorganisation: 0.2,
  forget: 0.15,
  spike: 0.004,
  lag: 0.03,
  passOver: 0.9,
  starve: 0.05,
  trade: 0.005
}
