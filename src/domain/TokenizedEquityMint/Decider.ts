import { Either } from "effect"
import * as Decider from "../Decider.ts"
import * as Shares from "../Shares.ts"
import * as TokenAmount from "../TokenAmount.ts"
import * as Command from "./Command.ts"
import * as Event from "./Event.ts"
import * as State from "./State.ts"

/** The state diagram: which event may follow which state, and where it leads. */
export type Transitions = {
  readonly NotStarted: { readonly MintRequested: "MintRequested" }
  readonly MintRequested: {
    readonly MintAccepted: "MintAccepted"
    readonly MintFailed: "Failed"
    readonly MintCancelled: "Failed"
  }
  readonly MintAccepted: { readonly TokensReceived: "TokensReceived"; readonly MintFailed: "Failed" }
  readonly TokensReceived: { readonly MintCompleted: "Completed"; readonly MintFailed: "Failed" }
  readonly Completed: {}
  readonly Failed: {
    readonly MintRecovered: "MintAccepted"
    readonly MintRetried: "MintRequested"
    readonly MintReconciled: "Reconciled"
  }
  readonly Reconciled: {}
}

const emit = <const E extends ReadonlyArray<Event.Event>>(...events: E): Either.Either<E> => Either.right(events)

const mintFailed = ({ _tag, ...fail }: typeof Command.Fail.Type, amount: string) =>
  emit(Event.MintFailed.make({ ...fail, amount }))

/** Keeps every reference gathered so far. */
const fail = (
  { _tag, ...known }: Exclude<State.State, { _tag: "NotStarted" | "Completed" | "Failed" | "Reconciled" }>,
  { _tag: _, at, ...failure }: typeof Event.MintFailed.Type | typeof Event.MintCancelled.Type
) => State.Failed.make({ ...known, failure, failedAt: at })

/** The rules: which events a command becomes in a state, and the state that an event leads to. */
export const decider = Decider.make<Command.Command, State.State, Event.Event, Command.TokensHaveCome, Transitions>({
  initial: State.NotStarted.make({}),
  decide: {
    RequestMint: {
      NotStarted: ({ _tag, ...order }) => emit(Event.MintRequested.make(order))
    },
    AcknowledgeAcceptance: {
      MintRequested: ({ _tag, ...acceptance }) => emit(Event.MintAccepted.make(acceptance))
    },
    ReceiveTokens: {
      MintAccepted: ({ _tag, ...receipt }) => emit(Event.TokensReceived.make(receipt))
    },
    Finalize: {
      TokensReceived: ({ at }) => emit(Event.MintCompleted.make({ at }))
    },
    Fail: {
      MintRequested: (fail, { quantity }) => mintFailed(fail, Shares.print(quantity)),
      MintAccepted: (fail, { quantity }) => mintFailed(fail, Shares.print(quantity)),
      TokensReceived: (fail, { sharesMinted }) => mintFailed(fail, TokenAmount.print(sharesMinted))
    },
    Cancel: {
      MintRequested: ({ at, reason }, { quantity }) =>
        emit(Event.MintCancelled.make({
          reason: "Cancelled",
          detail: reason,
          place: "Alpaca",
          amount: Shares.print(quantity),
          at
        }))
    },
    RecoverMint: {
      Failed: ({ _tag, ...recovery }) => emit(Event.MintRecovered.make(recovery))
    },
    RetryMint: {
      Failed: ({ _tag, ...retry }, { txHash }) =>
        txHash === undefined
          ? emit(Event.MintRetried.make(retry))
          : Either.left(new Command.TokensHaveCome({ txHash }))
    },
    Reconcile: {
      Failed: ({ _tag, ...reconciliation }) => emit(Event.MintReconciled.make(reconciliation))
    }
  },
  evolve: {
    NotStarted: {
      MintRequested: (_, { _tag, at, ...order }) => State.MintRequested.make({ ...order, requestedAt: at })
    },
    MintRequested: {
      MintAccepted: ({ _tag, ...requested }, { _tag: _, at, ...acceptance }) =>
        State.MintAccepted.make({ ...requested, ...acceptance, acceptedAt: at }),
      MintFailed: fail,
      MintCancelled: fail
    },
    MintAccepted: {
      TokensReceived: ({ _tag, ...accepted }, { _tag: _, at, ...receipt }) =>
        State.TokensReceived.make({ ...accepted, ...receipt, receivedAt: at }),
      MintFailed: fail
    },
    TokensReceived: {
      MintCompleted: ({ _tag, ...received }, { at }) => State.Completed.make({ ...received, completedAt: at }),
      MintFailed: fail
    },
    Completed: {},
    Failed: {
      // The receipt is proven again: what made the operation fail may have been that receipt.
      MintRecovered: (
        { _tag, failedAt, failure, receiptId, sharesMinted, txHash, ...known },
        { at, tokenizationRequestId }
      ) => State.MintAccepted.make({ ...known, tokenizationRequestId, acceptedAt: at }),
      // What the old try was known by is in the log, and is none of the new one's.
      MintRetried: (
        { _tag, failedAt, failure, issuerRequestId, receiptId, sharesMinted, tokenizationRequestId, txHash, ...order },
        { at, attempt, clientRequestId }
      ) => State.MintRequested.make({ ...order, retried: { attempt, clientRequestId, at } }),
      MintReconciled: ({ _tag, ...failed }, { at, note, reason }) =>
        State.Reconciled.make({ ...failed, reconciliation: { reason, note }, reconciledAt: at })
    },
    Reconciled: {}
  }
})
