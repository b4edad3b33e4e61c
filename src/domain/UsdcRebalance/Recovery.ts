/** Where a failed rebalance is taken up again, with all that its state knows: what was looked up may be new. */
import { Schema } from "effect"
import { retry } from "../Ending.ts"
import { known } from "../Known.ts"
import { tagged } from "../Tagged.ts"
import { references } from "./State.ts"

export const Requested = tagged("Requested", references.Requested)
export const Withdrawing = tagged("Withdrawing", references.Withdrawing)
export const WithdrawalComplete = tagged("WithdrawalComplete", references.WithdrawalComplete)
export const Bridging = tagged("Bridging", references.Bridging)
export const Attested = tagged("Attested", references.Attested)
export const Bridged = tagged("Bridged", references.Bridged)
export const DepositInitiated = tagged("DepositInitiated", references.DepositInitiated)
export const DepositConfirmed = tagged("DepositConfirmed", references.DepositConfirmed)

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
