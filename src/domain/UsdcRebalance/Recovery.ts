/** Where a failed rebalance is taken up again, with all that its state knows: what was looked up may be new. */
import { Schema } from "effect"
import { retry } from "../Ending.ts"
import { known } from "../Known.ts"
import { references } from "./State.ts"

export const Requested = Schema.TaggedStruct("Requested", references.Requested)
export const Withdrawing = Schema.TaggedStruct("Withdrawing", references.Withdrawing)
export const WithdrawalComplete = Schema.TaggedStruct("WithdrawalComplete", references.WithdrawalComplete)
export const Bridging = Schema.TaggedStruct("Bridging", references.Bridging)
export const Attested = Schema.TaggedStruct("Attested", references.Attested)
export const Bridged = Schema.TaggedStruct("Bridged", references.Bridged)
export const DepositInitiated = Schema.TaggedStruct("DepositInitiated", references.DepositInitiated)
export const DepositConfirmed = Schema.TaggedStruct("DepositConfirmed", references.DepositConfirmed)

export const Recovery = Schema.Union(
  Requested,
  Withdrawing,
  WithdrawalComplete,
  Bridging,
  Attested,
  Bridged,
  DepositInitiated,
  DepositConfirmed
)
export type Recovery = typeof Recovery.Type

/** Why; logs that were written before it was said do not tell. */
export const recovery = { reason: known(retry.reason) }
