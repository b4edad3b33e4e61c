/** Faults that are planted in the program, to see that the simulation finds them. */
import { Context } from "effect"
import { BaseChain, EthereumChain } from "../src/services/Chain.ts"
import * as Below from "./Below.ts"
import * as NaiveOutbox from "./broken/NaiveOutbox.ts"
import * as Ports from "./broken/Ports.ts"
import type { Plant } from "./Program.ts"

/** Depends on a transaction as soon as it is mined. */
const believeTheFirstBlock: Plant = (parts, plan) => {
  const changed = parts.pipe(
    Context.add(EthereumChain, { ...Context.get(parts, EthereumChain), confirmations: 1 }),
    Context.add(BaseChain, { ...Context.get(parts, BaseChain), confirmations: 1 })
  )
  return Below.rebuilt(changed, plan, Below.outbox(plan))
}

export interface Broken {
  readonly plant: Plant
  /** Found within so many seeds, from this one on. */
  readonly from: number
  readonly within: number
}

export const all: Readonly<Record<string, Broken>> = {
  "post-without-looking": { plant: Ports.postWithoutLooking, from: 1, within: 40 },
  "timeout-is-failure": { plant: Ports.timeoutIsFailure, from: 1, within: 40 },
  "claim-anothers-withdrawal": { plant: Ports.claimAnothers, from: 52, within: 40 },
  "new-label-for-each-try": { plant: Ports.newLabelForEachTry, from: 1, within: 40 },
  "asked-instead-of-arrived": { plant: Ports.askedInsteadOfArrived, from: 12, within: 40 },
  "lose-an-event": { plant: Ports.loseAnEvent, from: 3, within: 20 },
  "accept-a-foreign-attestation": { plant: Ports.acceptAForeignAttestation, from: 13, within: 40 },
  "broadcast-before-storing": { plant: NaiveOutbox.plant("broadcastBeforeStoring"), from: 1, within: 60 },
  "new-nonce-on-retry": { plant: NaiveOutbox.plant("newNonceOnRetry"), from: 1, within: 60 },
  "believe-a-reverted-receipt": { plant: NaiveOutbox.plant("believeAReverted"), from: 1, within: 60 },
  "believe-a-moved-nonce": { plant: NaiveOutbox.plant("believeAMovedNonce"), from: 1, within: 60 },
  "believe-the-first-block": { plant: believeTheFirstBlock, from: 1, within: 60 }
}
