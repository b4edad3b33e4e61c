import { Either } from "effect"
import * as Decider from "../Decider.ts"
import * as TokenAmount from "../TokenAmount.ts"
import * as Command from "./Command.ts"
import * as Event from "./Event.ts"
import * as State from "./State.ts"

/** The state diagram: which event may follow which state, and where it leads. */
export type Transitions = {
  readonly NotStarted: { readonly RedemptionRequested: "Requested" }
  readonly Requested: {
    readonly TokensSent: "TokensSent"
    readonly RedemptionFailed: "Failed"
    readonly RedemptionCancelled: "Failed"
  }
  readonly TokensSent: { readonly Detected: "Pending"; readonly RedemptionFailed: "Failed" }
  readonly Pending: { readonly RedemptionCompleted: "Completed"; readonly RedemptionFailed: "Failed" }
  readonly Completed: {}
  readonly Failed: {
    readonly RedemptionRecovered: "Pending"
    readonly RedemptionRetried: "Requested"
    readonly RedemptionReconciled: "Reconciled"
  }
  readonly Reconciled: {}
}

const emit = <const E extends ReadonlyArray<Event.Event>>(...events: E): Either.Either<E> => Either.right(events)

const redemptionFailed = ({ _tag, ...fail }: typeof Command.Fail.Type, amount: TokenAmount.TokenAmount) =>
  emit(Event.RedemptionFailed.make({ ...fail, amount: TokenAmount.print(amount) }))

type Failing = typeof Event.RedemptionFailed.Type | typeof Event.RedemptionCancelled.Type

const failUnsent = ({ _tag, ...known }: typeof State.Requested.Type, { _tag: _, at, ...failure }: Failing) =>
  State.Failed.make({ ...known, failure, failedAt: at })

/** Keeps every reference gathered so far. */
const failSent = (
  { _tag, amountSent, sentAt, txHash, ...known }: typeof State.TokensSent.Type | typeof State.Pending.Type,
  { _tag: _, at, ...failure }: Failing
) => State.Failed.make({ ...known, sent: { amountSent, sentAt, txHash }, failure, failedAt: at })

/** The rules: which events a command becomes in a state, and the state that an event leads to. */
export const decider = Decider.make<
  Command.Command,
  State.State,
  Event.Event,
  Command.TokensNotSent | Command.TokensAreSent,
  Transitions
>({
  initial: State.NotStarted.make({}),
  decide: {
    RequestRedemption: {
      NotStarted: ({ _tag, ...order }) => emit(Event.RedemptionRequested.make(order))
    },
    SendTokens: {
      Requested: ({ _tag, ...transfer }) => emit(Event.TokensSent.make(transfer))
    },
    Detect: {
      TokensSent: ({ _tag, ...detection }) => emit(Event.Detected.make(detection))
    },
    Complete: {
      Pending: ({ at }) => emit(Event.RedemptionCompleted.make({ at }))
    },
    Fail: {
      Requested: (fail, { amount }) => redemptionFailed(fail, amount),
      TokensSent: (fail, { amountSent }) => redemptionFailed(fail, amountSent),
      Pending: (fail, { amountSent }) => redemptionFailed(fail, amountSent)
    },
    Cancel: {
      Requested: ({ at, reason }, { amount }) =>
        emit(Event.RedemptionCancelled.make({
          reason: "Cancelled",
          detail: reason,
          place: "BaseWallet",
          amount: TokenAmount.print(amount),
          at
        }))
    },
    RecoverRedemption: {
      Failed: ({ _tag, ...recovery }, { sent }) =>
        sent === undefined
          ? Either.left(new Command.TokensNotSent({ tokenizationRequestId: recovery.tokenizationRequestId }))
          : emit(Event.RedemptionRecovered.make({ ...recovery, ...sent }))
    },
    RetryRedemption: {
      Failed: ({ _tag, ...retry }, { sent }) =>
        sent === undefined
          ? emit(Event.RedemptionRetried.make(retry))
          : Either.left(new Command.TokensAreSent({ txHash: sent.txHash }))
    },
    Reconcile: {
      Failed: ({ _tag, ...reconciliation }) => emit(Event.RedemptionReconciled.make(reconciliation))
    }
  },
  evolve: {
    NotStarted: {
      RedemptionRequested: (_, { _tag, at, ...order }) => State.Requested.make({ ...order, requestedAt: at })
    },
    Requested: {
      TokensSent: ({ _tag, ...requested }, { _tag: _, at, ...transfer }) =>
        State.TokensSent.make({ ...requested, ...transfer, sentAt: at }),
      RedemptionFailed: failUnsent,
      RedemptionCancelled: failUnsent
    },
    TokensSent: {
      Detected: ({ _tag, ...sent }, { _tag: _, at, ...detection }) =>
        State.Pending.make({ ...sent, ...detection, detectedAt: at }),
      RedemptionFailed: failSent
    },
    Pending: {
      RedemptionCompleted: ({ _tag, ...pending }, { at }) => State.Completed.make({ ...pending, completedAt: at }),
      RedemptionFailed: failSent
    },
    Completed: {},
    Failed: {
      RedemptionRecovered: (
        { _tag, failedAt, failure, issuerRequestId, sent, tokenizationRequestId, ...known },
        { _tag: _, at, ...recovery }
      ) => State.Pending.make({ ...known, ...recovery, detectedAt: at }),
      RedemptionRetried: (
        { _tag, failedAt, failure, issuerRequestId, sent, tokenizationRequestId, ...order },
        { at }
      ) => State.Requested.make({ ...order, retriedAt: at }),
      RedemptionReconciled: ({ _tag, ...failed }, { at, note, reason }) =>
        State.Reconciled.make({ ...failed, reconciliation: { reason, note }, reconciledAt: at })
    },
    Reconciled: {}
  }
})
