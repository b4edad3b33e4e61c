/** Where a failed rebalance is taken up again, with all that its state knows: what was looked up may be new. */
import { Schema } from "effect"
import { retry } from "../Ending.ts"
import { known } from "../Known.ts"
import { tagged } from "../Tagged.ts"
import { references } from "./State.ts"

/** Nothing has left the source: it is withdrawn anew. */
export const Requested = tagged("Requested", references.Requested)
/** The withdrawal is on its way after all. */
export const Withdrawing = tagged("Withdrawing", references.Withdrawing)
/** The USDC have come to our wallet after all. */
export const WithdrawalComplete = tagged("WithdrawalComplete", references.WithdrawalComplete)
/** They were burned after all. */
export const Bridging = tagged("Bridging", references.Bridging)
/** Circle has signed the burn after all. */
export const Attested = tagged("Attested", references.Attested)
/** They were minted after all. */
export const Bridged = tagged("Bridged", references.Bridged)
/** The deposit is on its way after all. */
export const DepositInitiated = tagged("DepositInitiated", references.DepositInitiated)
/** They were credited after all. */
export const DepositConfirmed = tagged("DepositConfirmed", references.DepositConfirmed)

/** Where a failed rebalance stands in truth, with the references that show it. */
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
