/** One redemption from its order to each of its ends: commands, events and states written out, for the examples. */
import * as Address from "../../src/domain/Address.ts"
import * as Redemption from "../../src/domain/EquityRedemption.ts"
import * as TokenAmount from "../../src/domain/TokenAmount.ts"
import { IssuerRequestId, TokenizationRequestId } from "../../src/domain/TokenizationRequest.ts"
import * as TxHash from "../../src/domain/TxHash.ts"
import { at, equity } from "./Examples.ts"

const order = {
  ...equity,
  amount: TokenAmount.make({ units: 10_500_000_000_000_000_000n, decimals: 18 }),
  redemptionWallet: Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")
}
/** Less than was asked. */
const transfer = {
  txHash: TxHash.make(`0x${"cd".repeat(32)}`),
  amountSent: TokenAmount.make({ units: 10_400_000_000_000_000_000n, decimals: 18 })
}
const detection = {
  tokenizationRequestId: TokenizationRequestId.make("12345-678-90AB"),
  issuerRequestId: IssuerRequestId.make("issuer-1")
}
const late = { tokenizationRequestId: TokenizationRequestId.make("late") }
const reconciliation = { reason: "Settled", note: "The issuer sent the tokens back, ticket 12" }

export const command = {
  RequestRedemption: Redemption.RequestRedemption.make({ ...order, at: at(0) }),
  SendTokens: Redemption.SendTokens.make({ ...transfer, at: at(1) }),
  Detect: Redemption.Detect.make({ ...detection, at: at(2) }),
  Complete: Redemption.Complete.make({ at: at(3) }),
  Fail: Redemption.Fail.make({
    reason: "Rejected",
    detail: "the issuer said no",
    place: "IssuerInTransit",
    at: at(4)
  }),
  Cancel: Redemption.Cancel.make({ reason: "changed my mind", at: at(5) }),
  RecoverRedemption: Redemption.RecoverRedemption.make({ ...late, at: at(6) }),
  RetryRedemption: Redemption.RetryRedemption.make({ reason: "nothing was sent", at: at(8) }),
  Reconcile: Redemption.Reconcile.make({ ...reconciliation, at: at(7) })
}

const failure = { reason: "Rejected", detail: "the issuer said no", place: "IssuerInTransit" } as const
const cancellation = { reason: "Cancelled", detail: "changed my mind", place: "BaseWallet", amount: "10.5" } as const
const sent = { ...transfer, sentAt: at(1) }

export const event = {
  RedemptionRequested: Redemption.Event.RedemptionRequested.make({ ...order, at: at(0) }),
  TokensSent: Redemption.Event.TokensSent.make({ ...transfer, at: at(1) }),
  Detected: Redemption.Event.Detected.make({ ...detection, at: at(2) }),
  RedemptionCompleted: Redemption.Event.RedemptionCompleted.make({ at: at(3) }),
  /** Before the tokens left the amount is that of the order, then that of the transfer. */
  RedemptionFailed: Redemption.Event.RedemptionFailed.make({ ...failure, amount: "10.5", at: at(4) }),
  RedemptionFailedLate: Redemption.Event.RedemptionFailed.make({ ...failure, amount: "10.4", at: at(4) }),
  RedemptionCancelled: Redemption.Event.RedemptionCancelled.make({ ...cancellation, at: at(5) }),
  RedemptionRecovered: Redemption.Event.RedemptionRecovered.make({ ...late, ...sent, at: at(6) }),
  RedemptionRetried: Redemption.Event.RedemptionRetried.make({ reason: "nothing was sent", at: at(8) }),
  RedemptionReconciled: Redemption.Event.RedemptionReconciled.make({ ...reconciliation, at: at(7) })
}

const requested = { ...order, requestedAt: at(0) }
const pending = { ...requested, ...sent, ...detection, detectedAt: at(2) }
const failedLate = { failure: { ...failure, amount: "10.4" }, failedAt: at(4) }

export const state = {
  NotStarted: Redemption.State.NotStarted.make({}),
  Requested: Redemption.State.Requested.make(requested),
  TokensSent: Redemption.State.TokensSent.make({ ...requested, ...sent }),
  Pending: Redemption.State.Pending.make(pending),
  Completed: Redemption.State.Completed.make({ ...pending, completedAt: at(3) }),
  FailedUnsent: Redemption.State.Failed.make({
    ...requested,
    failure: { ...failure, amount: "10.5" },
    failedAt: at(4)
  }),
  Cancelled: Redemption.State.Failed.make({ ...requested, failure: cancellation, failedAt: at(5) }),
  FailedSent: Redemption.State.Failed.make({ ...requested, sent, ...failedLate }),
  FailedDetected: Redemption.State.Failed.make({ ...requested, sent, ...detection, ...failedLate }),
  /** Of whatever redemption had sent its tokens: another request's issuer id is not this one's. */
  Recovered: Redemption.State.Pending.make({ ...requested, ...sent, ...late, detectedAt: at(6) }),
  /** Of one that had sent nothing. */
  Retried: Redemption.State.Requested.make({ ...requested, retriedAt: at(8) }),
  Reconciled: Redemption.State.Reconciled.make({
    ...requested,
    sent,
    ...detection,
    ...failedLate,
    reconciliation,
    reconciledAt: at(7)
  })
}

const detected = [event.RedemptionRequested, event.TokensSent, event.Detected] as const

/** What has happened before each state. */
export const history = {
  NotStarted: [],
  Requested: [event.RedemptionRequested],
  TokensSent: [event.RedemptionRequested, event.TokensSent],
  Pending: [...detected],
  Completed: [...detected, event.RedemptionCompleted],
  Failed: [...detected, event.RedemptionFailedLate],
  Reconciled: [...detected, event.RedemptionFailedLate, event.RedemptionReconciled]
} satisfies Record<Redemption.State.State["_tag"], ReadonlyArray<Redemption.Event.Event>>
