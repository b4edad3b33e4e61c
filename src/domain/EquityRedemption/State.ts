import { Schema } from "effect"
import { Address } from "../Address.ts"
import { Reconciliation } from "../Ending.ts"
import { EquitySymbol } from "../EquitySymbol.ts"
import { Failure } from "../Failure.ts"
import { known } from "../Known.ts"
import { PositiveShares } from "../Shares.ts"
import { tagged } from "../Tagged.ts"
import { TokenAmount } from "../TokenAmount.ts"
import { IssuerRequestId, TokenizationRequestId } from "../TokenizationRequest.ts"
import { TxHash } from "../TxHash.ts"

/** What was asked for, and all that is needed to finish it: a changed configuration does not bend a running redemption. */
export const order = {
  symbol: EquitySymbol,
  quantity: PositiveShares,
  token: Address,
  /** What is to be sent: the shares as tokens. */
  amount: TokenAmount,
  /** Ours, the sender. */
  wallet: Address,
  /** The issuer's. */
  redemptionWallet: Address,
  issuer: Schema.NonEmptyString,
  network: Schema.NonEmptyString
}
/** What was asked for, and all that is needed to finish it. */
export const Order = Schema.Struct(order)
export type Order = typeof Order.Type

const requested = {
  ...order,
  requestedAt: Schema.DateTimeUtc,
  /** Of the last try that a person has ordered; absent as long as there was none. */
  retriedAt: known(Schema.DateTimeUtc)
}

/** What is known of the transfer of the tokens. */
export const transfer = {
  txHash: TxHash,
  /** What the Transfer logs say, not what was asked. */
  amountSent: TokenAmount
}

/** A transfer that is on the chain. */
export const sent = { ...transfer, sentAt: Schema.DateTimeUtc }

/** What is known once Alpaca has seen the transfer. */
export const detection = {
  tokenizationRequestId: TokenizationRequestId,
  issuerRequestId: known(IssuerRequestId)
}
const pending = { ...requested, ...sent, ...detection, detectedAt: Schema.DateTimeUtc }

/** Every reference gathered before the failure is kept. */
const failed = {
  ...requested,
  /** Absent when nothing has left our wallet. */
  sent: known(Schema.Struct(sent)),
  ...detection,
  tokenizationRequestId: known(detection.tokenizationRequestId),
  failure: Failure,
  failedAt: Schema.DateTimeUtc
}

/** Nothing was recorded of it. */
export const NotStarted = tagged("NotStarted", {})
/** Recorded; the tokens are in our wallet, or their transfer waits to be mined. */
export const Requested = tagged("Requested", requested)
/** The tokens are the issuer's; Alpaca has not seen them yet. */
export const TokensSent = tagged("TokensSent", { ...requested, ...sent })
/** Alpaca has seen them; the shares are not credited yet. */
export const Pending = tagged("Pending", pending)
/** The shares are at Alpaca. Closed. */
export const Completed = tagged("Completed", { ...pending, completedAt: Schema.DateTimeUtc })
/** It goes on no further by itself; all references gathered before are kept. */
export const Failed = tagged("Failed", failed)
/** Had failed, and a person has settled by hand what had become of its money. Closed. */
export const Reconciled = tagged("Reconciled", {
  ...failed,
  reconciliation: Reconciliation,
  reconciledAt: Schema.DateTimeUtc
})

/** Where it stands, with the references that lead to its money. */
export const State = Schema.Union(NotStarted, Requested, TokensSent, Pending, Completed, Failed, Reconciled)
export type State = typeof State.Type
