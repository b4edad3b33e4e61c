/** What kind of day Alpaca and its issuer have. */
import type { Dice } from "../Dice.ts"

/** Probabilities, and times in milliseconds. */
export interface Mood {
  /** The longest that a step takes as a rule. */
  readonly usual: number
  /** Per step: that it takes much longer, up to `slowest`, which may be beyond any deadline. */
  readonly slow: number
  readonly slowest: number
  /** Per request, and per transfer: that it is not shown for a while, by its id up to `invisibleFor`. */
  readonly invisible: number
  readonly invisibleFor: number
  /** For so long at most a withdrawal is not in the list: together with what a request may be late, below the settling time. */
  readonly unlistedFor: number
  /** Per mint and withdrawal: that it is said to be over before anything is sent, or mined. */
  readonly early: number
  /** That the transaction is not named for a while after that. */
  readonly lateHash: number
  /** That at first another transaction is named, which nobody ever mines: its fee was too low. */
  readonly otherHash: number
  /** How long such a lie lasts at most. */
  readonly lieFor: number
  /** Per transfer: that it is FAILED, with its hash, and arrives all the same. A withdrawal stays FAILED or becomes COMPLETE. */
  readonly failedThenSent: number
  /** Per withdrawal: that it is FAILED without a hash. The money is in the account again, which is final. */
  readonly failedNoHash: number
  /** Per mint: that it is rejected after all. The shares are in the account again, which is final. */
  readonly rejected: number
  /** Per POST: that it is refused, in one of the documented ways. Nothing has happened then. */
  readonly refused: number
  /** Per request and transfer: that its status is a word of which no document knows, for a while. */
  readonly strangeWord: number
  /** Per mint, withdrawal and deposit: that something is kept of it. */
  readonly fee: number
  /** Per list: that rows of others are among ours, some of them like ours, some of them nonsense. */
  readonly foreign: number
  /** Per mint: that somebody gives the same label to something else. */
  readonly relabelled: number
  /** Per answer: that it is written with bad habits. */
  readonly quirks: number
  /** Per list of transfers: that it comes in pages. */
  readonly pages: number
  /** By how much `created_at` is wrong at most, in either direction. */
  readonly skew: number
  /** So long at most takes whatever is on its way when this mood begins. */
  readonly longest: number
}

/** How long what is strange may last, where there is any. */
const times = { slowest: 5_400_000, invisibleFor: 2_400_000, unlistedFor: 55_000, lieFor: 1_200_000 }

/** Everything as the documents say; what is on its way gets done. */
export const calm: Mood = {
  ...times,
  usual: 30_000,
  slow: 0,
  invisible: 0,
  early: 0,
  lateHash: 0,
  otherHash: 0,
  failedThenSent: 0,
  failedNoHash: 0,
  rejected: 0,
  refused: 0,
  strangeWord: 0,
  fee: 0,
  foreign: 0,
  relabelled: 0,
  quirks: 0,
  pages: 0,
  skew: 0,
  longest: 60_000
}

/** Some of everything. */
export const wild: Mood = {
  ...times,
  usual: 240_000,
  slow: 0.15,
  invisible: 0.3,
  early: 0.25,
  lateHash: 0.2,
  otherHash: 0.1,
  failedThenSent: 0.12,
  failedNoHash: 0.08,
  rejected: 0.08,
  refused: 0.05,
  strangeWord: 0.25,
  fee: 0.3,
  foreign: 0.3,
  relabelled: 0.1,
  quirks: 0.5,
  pages: 0.3,
  skew: 90_000,
  longest: Infinity
}

/** How long a step takes. */
export const duration = (dice: Dice, { slow, slowest, usual }: Mood): number =>
  dice.chance(slow) ? dice.between(usual, slowest) : dice.between(1_000, usual)

/** How long a lie lasts; 0 where there is none. */
export const lie = (dice: Dice, probability: number, most: number): number =>
  dice.chance(probability) ? dice.below(most + 1) : 0
