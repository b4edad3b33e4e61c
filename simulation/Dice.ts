/** Chance that can be told again: everything that happens by chance in a simulation comes from its seed through these. */
import { Utils } from "effect"

export interface Dice {
  /** A whole number from 0 on, below `limit`. */
  readonly below: (limit: number) => number
  /** A whole number, both ends included. */
  readonly between: (least: number, most: number) => number
  /** True so often: 0 is never, 1 is always. */
  readonly chance: (probability: number) => boolean
  readonly pick: <A>(from: readonly [A, ...ReadonlyArray<A>]) => A
  /** Dice of their own for one part of the world, so that what is drawn there does not shift what is drawn elsewhere. */
  readonly fork: (name: string) => Dice
}

const hash = (text: string): number => {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  return value >>> 0
}

const of = (seed: number, name: string): Dice => {
  const random = new Utils.PCGRandom(seed, hash(name))
  const below = (limit: number) => random.integer(limit)
  return {
    below,
    between: (least, most) => least + below(most - least + 1),
    chance: (probability) => probability > 0 && random.number() < probability,
    pick: ([first, ...others]) => {
      const at = below(others.length + 1)
      return at === 0 ? first : others[at - 1] ?? first
    },
    fork: (part) => of(seed, `${name}/${part}`)
  }
}

export const make = (seed: number): Dice => of(seed, "")
