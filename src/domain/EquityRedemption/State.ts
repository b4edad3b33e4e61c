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
export const Order = Schema.Struct(order)
export type Order = typeof Order.Type

const requested = {
  ...order,
  requestedAt: Schema.DateTimeUtc,
  /** Of the last try that a person has ordered; absent as long as there was none. */
  retriedAt: known(Schema.DateTimeUtc)
}

export const transfer = {
  txHash: TxHash,
  /** What the Transfer logs say, not what was asked. */
  amountSent: TokenAmount
}

/** A transfer that is on the chain. */
export const sent = { ...transfer, sentAt: Schema.DateTimeUtc }

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

export const NotStarted = tagged("NotStarted", {})
export const Requested = tagged("Requested", requested)
export const TokensSent = tagged("TokensSent", { ...requested, ...sent })
export const Pending = tagged("Pending", pending)
export const Completed = tagged("Completed", { ...pending, completedAt: Schema.DateTimeUtc })
export const Failed = tagged("Failed", failed)
export const Reconciled = tagged("Reconciled", {
  ...failed,
  reconciliation: Reconciliation,
  reconciledAt: Schema.DateTimeUtc
})

export const State = Schema.Union(NotStarted, Requested, TokensSent, Pending, Completed, Failed, Reconciled)
export type State = typeof State.Type
