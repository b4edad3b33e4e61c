/** Faults that are planted in the program, to see that the simulation finds them. */
import * as Chains from "./broken/Chains.ts"
import * as Leases from "./broken/Leases.ts"
import * as NaiveOutbox from "./broken/NaiveOutbox.ts"
import * as Ports from "./broken/Ports.ts"
import type { Plant } from "./Program.ts"

export interface Broken {
  readonly plant: Plant
  /** Found within so many seeds, from this one on. */
  readonly from: number
  readonly within: number
  /** What it is planted in, where that is not Ballast itself: it gets through the seed that shows the fault. */
  readonly without?: Plant
}

const naive = (mistake: NaiveOutbox.Mistake) => ({
  plant: NaiveOutbox.plant(mistake),
  without: NaiveOutbox.plant("none")
})

export const all: Readonly<Record<string, Broken>> = {
  "post-without-looking": { plant: Ports.postWithoutLooking, from: 21, within: 10 },
  "timeout-is-failure": { plant: Ports.timeoutIsFailure, from: 21, within: 10 },
  "claim-anothers-withdrawal": { plant: Ports.claimAnothers, from: 52, within: 10 },
  "new-label-for-each-try": { plant: Ports.newLabelForEachTry, from: 1, within: 10 },
  "asked-instead-of-arrived": { plant: Ports.askedInsteadOfArrived, from: 10, within: 10 },
  "lose-an-event": { plant: Ports.loseAnEvent, from: 3, within: 10 },
  "accept-a-foreign-attestation": { plant: Ports.acceptAForeignAttestation, from: 12, within: 10 },
  "broadcast-before-storing": { ...naive("broadcastBeforeStoring"), from: 165, within: 10 },
  "new-nonce-on-retry": { ...naive("newNonceOnRetry"), from: 5, within: 10 },
  "believe-a-reverted-receipt": { ...naive("believeAReverted"), from: 34, within: 10 },
  "believe-a-moved-nonce": { ...naive("believeAMovedNonce"), from: 5, within: 10 },
  "ignore-the-lease": { plant: Leases.ignoreTheLease, from: 122, within: 10 },
  "believe-the-first-block": { plant: Chains.believeTheFirstBlock, from: 94, within: 10 }
}
