import { Schema } from "effect"
import { Address } from "../Address.ts"
import { Reconciliation } from "../Ending.ts"
import { EquitySymbol } from "../EquitySymbol.ts"
import { Failure } from "../Failure.ts"
import { known } from "../Known.ts"
import { MintId } from "../OperationId.ts"
import { PositiveShares } from "../Shares.ts"
import { tagged } from "../Tagged.ts"
import { Decimals, TokenAmount } from "../TokenAmount.ts"
import { IssuerRequestId, TokenizationRequestId } from "../TokenizationRequest.ts"
import { TxHash } from "../TxHash.ts"

/** What was ordered, and all that is needed to finish it: a changed configuration does not bend a running mint. */
export const order = {
  symbol: EquitySymbol,
  quantity: PositiveShares,
  /** Receives the tokens. */
  wallet: Address,
  token: Address,
  decimals: Decimals,
  issuer: Schema.NonEmptyString,
  network: Schema.NonEmptyString
}
/** What was asked for, and all that is needed to finish it. */
export const Order = Schema.Struct(order)
export type Order = typeof Order.Type

/** A try after the first one. */
export const further = {
  /** From 1. An order whose fate nobody knows is made again under its own key, and so is no other try. */
  attempt: Schema.Int.pipe(Schema.positive()),
  /** The key and the label of this try at Alpaca. */
  clientRequestId: MintId
}

const requested = {
  ...order,
  requestedAt: Schema.DateTimeUtc,
  /** Absent as long as nobody has ordered a further try. */
  retried: known(Schema.Struct({ ...further, at: Schema.DateTimeUtc }))
}

/** What is known once Alpaca has taken the order. */
export const acceptance = {
  tokenizationRequestId: TokenizationRequestId,
  issuerRequestId: known(IssuerRequestId)
}
const accepted = { ...requested, ...acceptance, acceptedAt: Schema.DateTimeUtc }

/** What is known once the tokens have come. */
export const receipt = {
  txHash: TxHash,
  /** What the Transfer logs say, not what was asked. */
  sharesMinted: TokenAmount,
  receiptId: known(Schema.NonEmptyString)
}
const received = { ...accepted, ...receipt, receivedAt: Schema.DateTimeUtc }

/** Every reference gathered before the failure is kept. */
const failed = {
  ...requested,
  ...acceptance,
  tokenizationRequestId: known(acceptance.tokenizationRequestId),
  ...receipt,
  txHash: known(receipt.txHash),
  sharesMinted: known(receipt.sharesMinted),
  failure: Failure,
  failedAt: Schema.DateTimeUtc
}

/** Nothing was recorded of it. */
export const NotStarted = tagged("NotStarted", {})
/** Recorded; Alpaca may have been asked. */
export const MintRequested = tagged("MintRequested", requested)
/** Alpaca has taken the shares; the tokens have not come yet. */
export const MintAccepted = tagged("MintAccepted", accepted)
/** The tokens are in the wallet; Alpaca has not said that the request is completed. */
export const TokensReceived = tagged("TokensReceived", received)
/** The tokens are in the wallet, and both sides say so. Closed. */
export const Completed = tagged("Completed", { ...received, completedAt: Schema.DateTimeUtc })
/** It goes on no further by itself; all references gathered before are kept. */
export const Failed = tagged("Failed", failed)
/** Had failed, and a person has settled by hand what had become of its money. Closed. */
export const Reconciled = tagged("Reconciled", {
  ...failed,
  reconciliation: Reconciliation,
  reconciledAt: Schema.DateTimeUtc
})

/** Where it stands, with the references that lead to its money. */
export const State = Schema.Union(
  NotStarted,
  MintRequested,
  MintAccepted,
  TokensReceived,
  Completed,
  Failed,
  Reconciled
)
export type State = typeof State.Type
