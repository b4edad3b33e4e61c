/** What Circle offers to everybody, by the hour: what a fast transfer costs, and how much of them there is. */
import type { Dice } from "../Dice.ts"
import type { Timeline } from "../Timeline.ts"
import type { Mood } from "./Mood.ts"

export interface Offers {
  /** In units of 1e-4 basis points. */
  readonly fee: () => bigint
  /** In units of 1e-6 USDC. */
  readonly allowance: () => bigint
}

const hour = 3_600_000
const usualFee = 10_000n
const plenty = 10_000_000_000_000n

/** Of 10000 basis points with their 4 decimals. */
const whole = 100_000_000n

/** Rounded up, in units of 1e-6 USDC. */
export const feeOf = (amount: bigint, fee: bigint): bigint => (amount * fee + whole - 1n) / whole

export const make = ({ dice, mood, timeline }: {
  readonly timeline: Timeline
  readonly dice: Dice
  readonly mood: () => Mood
}): Offers => {
  /** The same for everybody who asks within the hour. */
  const ofHour = (name: string) => dice.fork(`${name} of hour ${Math.floor(timeline.now() / hour)}`)
  return {
    fee: () => {
      const own = ofHour("fee")
      return own.chance(mood().feeChange) ? own.pick([0n, 13_000n, 25_000n, 140_000n, 199_000n, 400_000n]) : usualFee
    },
    allowance: () => {
      const own = ofHour("allowance")
      return own.chance(mood().notFast) ? own.pick([0n, 1n, 12_500_000n, 1_000_000_000n]) : plenty
    }
  }
}
