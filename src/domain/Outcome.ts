/**
 * What has become of an operation. `settled` is the one place that says whether somebody still has to care about it:
 * exit codes, `resume`, `list --live`, limits and alerts ask it and nothing else.
 */
import { Data } from "effect"
import type * as Failure from "./Failure.ts"

/** How an operation has ended, or that it has not. */
export type Outcome = Data.TaggedEnum<{
  /** The driver has a row for this state. */
  InProgress: {}
  Succeeded: {}
  Failed: { readonly failure: Failure.Failure }
  /** A person settled the money by hand. */
  Reconciled: {}
}>

/** Makes each of them, and tells them apart. */
export const { $is: is, $match: match, Failed, InProgress, Reconciled, Succeeded } = Data.taggedEnum<Outcome>()

const atRest: ReadonlySet<Failure.Place> = new Set(["Alpaca", "EthereumWallet", "BaseWallet", "Vault"])
const indefinite: ReadonlySet<Failure.Reason> = new Set(["TimedOut", "Unverifiable"])

/** The driver has nothing left to do. Not the same as settled: a failure may have left money in transit. */
export const finished = (outcome: Outcome): boolean => outcome._tag !== "InProgress"

/** Succeeded, reconciled, or failed for a definite reason with the money at rest in a place of ours. */
export const settled: (outcome: Outcome) => boolean = match({
  InProgress: () => false,
  Succeeded: () => true,
  Reconciled: () => true,
  Failed: ({ failure }) => atRest.has(failure.place) && !indefinite.has(failure.reason)
})
