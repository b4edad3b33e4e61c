/** What is said of a request or a transfer that is not so, each lie until its time. */
import { type Hex, keccak256, toHex } from "viem"
import type { Dice } from "../Dice.ts"
import * as Mood from "./Mood.ts"

export interface Lies {
  /** By its id it is found from then on, and listed from then on. Unix milliseconds, as all of these. */
  shownFrom: number
  listedFrom: number
  /** A word in the place of its status, until then. */
  readonly word: string
  wordUntil: number
  /** From then on its transaction is named, and until then it is another one. */
  hashFrom: number
  readonly otherHash: Hex
  otherUntil: number
}

const words = ["PENDING", "AWAITING_APPROVAL", "journaling", "SETTLING", "on hold"] as const

export const make = (dice: Dice, mood: Mood.Mood, { id, now, unlistedFor }: {
  readonly id: string
  readonly now: number
  readonly unlistedFor: number
}): Lies => ({
  shownFrom: now + Mood.lie(dice, mood.invisible, mood.invisibleFor),
  listedFrom: now + Mood.lie(dice, mood.invisible, unlistedFor),
  word: dice.pick(words),
  wordUntil: now + Mood.lie(dice, mood.strangeWord, mood.lieFor),
  hashFrom: 0,
  otherHash: keccak256(toHex(`nothing that is mined, of ${id}`)),
  otherUntil: 0
})

/** A transaction was sent: when it is named. */
export const sent = (lies: Lies, dice: Dice, mood: Mood.Mood, now: number): void => {
  lies.hashFrom = now + Mood.lie(dice, mood.lateHash, mood.lieFor)
  lies.otherUntil = now + Mood.lie(dice, mood.otherHash, mood.lieFor)
}

/** No lie lasts longer than that. */
export const hurry = (lies: Lies, latest: number): void => {
  lies.shownFrom = Math.min(lies.shownFrom, latest)
  lies.listedFrom = Math.min(lies.listedFrom, latest)
  lies.wordUntil = Math.min(lies.wordUntil, latest)
  lies.hashFrom = Math.min(lies.hashFrom, latest)
  lies.otherUntil = Math.min(lies.otherUntil, latest)
}

export const status = (lies: Lies, truth: string, now: number): string => now < lies.wordUntil ? lies.word : truth

export const hash = (lies: Lies, truth: Hex | undefined, now: number): Hex | undefined => {
  if (truth === undefined) return undefined
  if (now < lies.otherUntil) return lies.otherHash
  return now < lies.hashFrom ? undefined : truth
}
