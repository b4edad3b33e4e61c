/** One mint from its order to each of its ends: commands, events and states written out, for the examples. */
import { MintId } from "../../src/domain/OperationId.ts"
import * as TokenAmount from "../../src/domain/TokenAmount.ts"
import { IssuerRequestId, TokenizationRequestId } from "../../src/domain/TokenizationRequest.ts"
import * as Mint from "../../src/domain/TokenizedEquityMint.ts"
import * as TxHash from "../../src/domain/TxHash.ts"
import { at, equity } from "./Examples.ts"

const order = { ...equity, decimals: 18 }
const acceptance = {
  tokenizationRequestId: TokenizationRequestId.make("12345-678-90AB"),
  issuerRequestId: IssuerRequestId.make("issuer-1")
}
const receipt = {
  txHash: TxHash.make(`0x${"ab".repeat(32)}`),
  sharesMinted: TokenAmount.make({ units: 10_400_000_000_000_000_000n, decimals: 18 }),
  receiptId: "7"
}
const further = { attempt: 2, clientRequestId: MintId.make("0d0e3a5c-8f1b-8c5e-a1b2-1c2d3e4f5a6b") }
const reconciliation = { reason: "Settled", note: "Alpaca booked the shares back, ticket 12" }

export const command = {
  RequestMint: Mint.RequestMint.make({ ...order, at: at(0) }),
  AcknowledgeAcceptance: Mint.AcknowledgeAcceptance.make({ ...acceptance, at: at(1) }),
  ReceiveTokens: Mint.ReceiveTokens.make({ ...receipt, at: at(2) }),
  Finalize: Mint.Finalize.make({ at: at(3) }),
  Fail: Mint.Fail.make({ reason: "Rejected", detail: "the issuer said no", place: "Alpaca", at: at(4) }),
  Cancel: Mint.Cancel.make({ reason: "changed my mind", at: at(5) }),
  RecoverMint: Mint.RecoverMint.make({ tokenizationRequestId: TokenizationRequestId.make("late"), at: at(6) }),
  RetryMint: Mint.RetryMint.make({ ...further, reason: "Alpaca shows no request of it", at: at(8) }),
  Reconcile: Mint.Reconcile.make({ ...reconciliation, at: at(7) })
}

const failure = { reason: "Rejected", detail: "the issuer said no", place: "Alpaca" } as const

export const event = {
  MintRequested: Mint.Event.MintRequested.make({ ...order, at: at(0) }),
  MintAccepted: Mint.Event.MintAccepted.make({ ...acceptance, at: at(1) }),
  TokensReceived: Mint.Event.TokensReceived.make({ ...receipt, at: at(2) }),
  MintCompleted: Mint.Event.MintCompleted.make({ at: at(3) }),
  /** Before tokens came the amount is that of the order, then that of the receipt. */
  MintFailed: Mint.Event.MintFailed.make({ ...failure, amount: "10.5", at: at(4) }),
  MintFailedLate: Mint.Event.MintFailed.make({ ...failure, amount: "10.4", at: at(4) }),
  MintCancelled: Mint.Event.MintCancelled.make({
    reason: "Cancelled",
    detail: "changed my mind",
    place: "Alpaca",
    amount: "10.5",
    at: at(5)
  }),
  MintRecovered: Mint.Event.MintRecovered.make({
    tokenizationRequestId: TokenizationRequestId.make("late"),
    at: at(6)
  }),
  MintRetried: Mint.Event.MintRetried.make({ ...further, reason: "Alpaca shows no request of it", at: at(8) }),
  MintReconciled: Mint.Event.MintReconciled.make({ ...reconciliation, at: at(7) })
}

const requested = { ...order, requestedAt: at(0) }
const accepted = { ...requested, ...acceptance, acceptedAt: at(1) }
const received = { ...accepted, ...receipt, receivedAt: at(2) }
const rejected = { failure: { ...failure, amount: "10.5" }, failedAt: at(4) }

export const state = {
  NotStarted: Mint.State.NotStarted.make({}),
  MintRequested: Mint.State.MintRequested.make(requested),
  MintAccepted: Mint.State.MintAccepted.make(accepted),
  TokensReceived: Mint.State.TokensReceived.make(received),
  Completed: Mint.State.Completed.make({ ...received, completedAt: at(3) }),
  FailedRequested: Mint.State.Failed.make({ ...requested, ...rejected }),
  Cancelled: Mint.State.Failed.make({
    ...requested,
    failure: { reason: "Cancelled", detail: "changed my mind", place: "Alpaca", amount: "10.5" },
    failedAt: at(5)
  }),
  FailedAccepted: Mint.State.Failed.make({ ...accepted, ...rejected }),
  FailedReceived: Mint.State.Failed.make({ ...received, failure: { ...failure, amount: "10.4" }, failedAt: at(4) }),
  /** Of a mint that had been accepted, or had received tokens. */
  Recovered: Mint.State.MintAccepted.make({
    ...accepted,
    tokenizationRequestId: TokenizationRequestId.make("late"),
    acceptedAt: at(6)
  }),
  /** Of a mint that had been accepted, or not: nothing of the old try is left. */
  Retried: Mint.State.MintRequested.make({ ...requested, retried: { ...further, at: at(8) } }),
  Reconciled: Mint.State.Reconciled.make({
    ...received,
    failure: { ...failure, amount: "10.4" },
    failedAt: at(4),
    reconciliation,
    reconciledAt: at(7)
  })
}

/** What has happened before each state. */
export const history = {
  NotStarted: [],
  MintRequested: [event.MintRequested],
  MintAccepted: [event.MintRequested, event.MintAccepted],
  TokensReceived: [event.MintRequested, event.MintAccepted, event.TokensReceived],
  Completed: [event.MintRequested, event.MintAccepted, event.TokensReceived, event.MintCompleted],
  Failed: [event.MintRequested, event.MintAccepted, event.TokensReceived, event.MintFailedLate],
  Reconciled: [
    event.MintRequested,
    event.MintAccepted,
    event.TokensReceived,
    event.MintFailedLate,
    event.MintReconciled
  ]
} satisfies Record<Mint.State.State["_tag"], ReadonlyArray<Mint.Event.Event>>
