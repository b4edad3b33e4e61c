/** Why an operation failed and where its money is. */
import { Schema } from "effect"

/** Where the money of an operation can be. */
export const Place = Schema.Literal(
  "Alpaca",
  "AlpacaInTransit",
  "EthereumWallet",
  "CctpInTransit",
  "BaseWallet",
  "Vault",
  "IssuerInTransit"
)
export type Place = typeof Place.Type

/** Why an operation goes on no further by itself: a closed list, in the event log and on the command line. */
export const Reason = Schema.Literal(
  "Rejected",
  "TimedOut",
  "InsufficientPosition",
  "Unauthorized",
  "InvalidRequest",
  "NotWhitelisted",
  "TravelRule",
  "Reverted",
  "Short",
  "Unverifiable",
  "Cancelled"
)
export type Reason = typeof Reason.Type

/** `detail` is for people; `amount` is an exact decimal in the unit of the operation (shares, tokens or USDC). */
export const Failure = Schema.Struct({
  reason: Reason,
  detail: Schema.String,
  place: Place,
  amount: Schema.String
})
export type Failure = typeof Failure.Type
