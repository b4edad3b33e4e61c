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
  /** Found within so many seeds, from 1 on. */
  readonly within: number
}

export const all: Readonly<Record<string, Broken>> = {
  "post-without-looking": { plant: Ports.postWithoutLooking, within: 50 },
  "timeout-is-failure": { plant: Ports.timeoutIsFailure, within: 50 },
  "claim-anothers-withdrawal": { plant: Ports.claimAnothers, within: 200 },
  "new-label-for-each-try": { plant: Ports.newLabelForEachTry, within: 50 },
  "asked-instead-of-arrived": { plant: Ports.askedInsteadOfArrived, within: 50 },
  "lose-an-event": { plant: Ports.loseAnEvent, within: 20 },
  "ignore-the-lease": { plant: Ports.ignoreTheLease, within: 100 },
  "accept-a-foreign-attestation": { plant: Ports.acceptAForeignAttestation, within: 100 },
  "broadcast-before-storing": { plant: NaiveOutbox.plant("broadcastBeforeStoring"), within: 100 },
  "new-nonce-on-retry": { plant: NaiveOutbox.plant("newNonceOnRetry"), within: 100 },
  "believe-a-reverted-receipt": { plant: NaiveOutbox.plant("believeAReverted"), within: 200 },
  "believe-a-moved-nonce": { plant: NaiveOutbox.plant("believeAMovedNonce"), within: 100 },
  "believe-the-first-block": { plant: believeTheFirstBlock, within: 200 }
}
