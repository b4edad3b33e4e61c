/** What kind of day Circle has. */

/** Probabilities, and times in milliseconds. */
export interface Mood {
  /** What a burn takes as a rule until it is signed, once enough blocks hold it. */
  readonly usual: number
  /** Per burn: that it takes much longer, up to `slowest`. */
  readonly slow: number
  readonly slowest: number
  /** Per burn: that Circle does not know of it for a while (404), or knows and says nothing (an empty list). */
  readonly notSeen: number
  /** Per burn, and per hour: that fast transfers are not to be had, for reasons of Circle's. */
  readonly notFast: number
  /** Per hour: that the fee is another one, up to twice what Ballast pays at most. */
  readonly feeChange: number
  /** Per fast burn: that it can be minted for some blocks only. */
  readonly expiry: number
  readonly expiryBlocks: number
  /** Per burn: that the message of another is listed before ours or instead of it, for a while. */
  readonly foreign: number
  /** Per burn: that it is signed by others at first, or by too few, or in the wrong order. */
  readonly badSignature: number
  /** How long such things last at most. */
  readonly lieFor: number
  /** Per burn: that a stranger mints it as soon as it is signed, or some time later. */
  readonly thirdParty: number
  readonly thirdPartyWithin: number
  /** Per answer: that it is written in the less usual of the ways. */
  readonly quirks: number
  /** So long at most takes whatever is on its way when this mood begins. */
  readonly longest: number
}

/** How long what is strange may last, where there is any. */
const times = { slowest: 9_000_000, expiryBlocks: 40, lieFor: 1_200_000, thirdPartyWithin: 300_000 }

/** Everything as the documents say; what is on its way gets done. */
export const calm: Mood = {
  ...times,
  usual: 10_000,
  slow: 0,
  notSeen: 0,
  notFast: 0,
  feeChange: 0,
  expiry: 0,
  foreign: 0,
  badSignature: 0,
  thirdParty: 0,
  quirks: 0,
  longest: 60_000
}

/** Some of everything. */
export const wild: Mood = {
  ...times,
  usual: 60_000,
  slow: 0.15,
  notSeen: 0.4,
  notFast: 0.2,
  feeChange: 0.4,
  expiry: 0.25,
  foreign: 0.25,
  badSignature: 0.25,
  thirdParty: 0.25,
  quirks: 0.5,
  longest: Infinity
}
