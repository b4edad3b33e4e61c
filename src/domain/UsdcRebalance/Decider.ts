import { Either } from "effect"
import * as Decider from "../Decider.ts"
import * as Usdc from "../Usdc.ts"
import * as Checks from "./Checks.ts"
import type * as Command from "./Command.ts"
import * as Event from "./Event.ts"
import type { Recovery } from "./Recovery.ts"
import * as State from "./State.ts"

/** The state diagram: which event may follow which state, and where it leads. */
export type Transitions = {
  readonly NotStarted: { readonly RebalanceRequested: "Requested" }
  readonly Requested: {
    readonly Initiated: "Withdrawing"
    readonly WithdrawalFailed: "WithdrawalFailed"
    readonly RebalanceCancelled: "WithdrawalFailed"
  }
  readonly Withdrawing: {
    readonly WithdrawalConfirmed: "WithdrawalComplete"
    readonly WithdrawalFailed: "WithdrawalFailed"
  }
  readonly WithdrawalComplete: { readonly BridgingInitiated: "Bridging"; readonly BridgingFailed: "BridgingFailed" }
  readonly Bridging: { readonly AttestationReceived: "Attested"; readonly BridgingFailed: "BridgingFailed" }
  readonly Attested: {
    readonly AttestationReceived: "Attested"
    readonly Bridged: "Bridged"
    readonly BridgingFailed: "BridgingFailed"
  }
  readonly Bridged: { readonly DepositInitiated: "DepositInitiated"; readonly DepositFailed: "DepositFailed" }
  readonly DepositInitiated: { readonly DepositConfirmed: "DepositConfirmed"; readonly DepositFailed: "DepositFailed" }
  readonly DepositConfirmed: {}
  readonly WithdrawalFailed: {
    readonly RebalanceRecovered: Recovery["_tag"]
    readonly RebalanceReconciled: "Reconciled"
  }
  readonly BridgingFailed: {
    readonly RebalanceRecovered: Recovery["_tag"]
    readonly RebalanceReconciled: "Reconciled"
  }
  readonly DepositFailed: {
    readonly RebalanceRecovered: Recovery["_tag"]
    readonly RebalanceReconciled: "Reconciled"
  }
  readonly Reconciled: {}
}

const emit = <const E extends ReadonlyArray<Event.Event>>(...events: E): Either.Either<E> => Either.right(events)

/** What a failure is about: all that the state before it has to move. */
const failWithdrawal = (
  { _tag, ...fail }: typeof Command.FailWithdrawal.Type,
  { amount }: Pick<State.Order, "amount">
) => emit(Event.WithdrawalFailed.make({ ...fail, amount: Usdc.print(fail.withdrawn?.received ?? amount) }))

const failBridging = ({ _tag, ...fail }: typeof Command.FailBridging.Type, amount: Usdc.Usdc) =>
  emit(Event.BridgingFailed.make({ ...fail, amount: Usdc.print(amount) }))

const failDeposit = (
  { _tag, ...fail }: typeof Command.FailDeposit.Type,
  { minted }: Pick<typeof State.Bridged.Type, "minted">
) => emit(Event.DepositFailed.make({ ...fail, amount: Usdc.print(minted.received) }))

const recover = ({ _tag, ...recovery }: typeof Command.Recover.Type, failed: Checks.Failed) =>
  Either.andThen(Checks.recovery(failed, recovery.to), emit(Event.RebalanceRecovered.make(recovery)))

const reconcile = ({ _tag, ...reconciliation }: typeof Command.Reconcile.Type) =>
  emit(Event.RebalanceReconciled.make(reconciliation))

/** A withdrawal that is given up stays known, so that nobody ever takes it for another one. */
const abandoned = ({ abandoned = [], withdrawal }: Checks.Failed) =>
  withdrawal?._tag === "AlpacaTransfer" ? { abandoned: [...abandoned, withdrawal.id] } : {}

/** Leaves the order, and drops what the failure knew: the recovery says it again. */
const taken = (failed: Checks.Failed, { at, to }: typeof Event.RebalanceRecovered.Type) => {
  const { amount, cctp, depositAddress, direction, requestedAt, shortWithdrawal, usdc, vault, wallet } = failed
  const known = {
    amount,
    cctp,
    direction,
    requestedAt,
    shortWithdrawal,
    usdc,
    vault,
    wallet,
    ...(depositAddress === undefined ? {} : { depositAddress }),
    ...(failed.abandoned === undefined ? {} : { abandoned: failed.abandoned }),
    since: at
  }
  switch (to._tag) {
    case "Requested":
      return State.Requested.make({ ...to, ...known, ...abandoned(failed) })
    case "Withdrawing":
      return State.Withdrawing.make({ ...to, ...known })
    case "WithdrawalComplete":
      return State.WithdrawalComplete.make({ ...to, ...known })
    case "Bridging":
      return State.Bridging.make({ ...to, ...known })
    case "Attested":
      return State.Attested.make({ ...to, ...known })
    case "Bridged":
      return State.Bridged.make({ ...to, ...known })
    case "DepositInitiated":
      return State.DepositInitiated.make({ ...to, ...known })
    case "DepositConfirmed":
      return State.DepositConfirmed.make({ ...to, ...known })
  }
}

const reconciled = ({ _tag, ...failed }: Checks.Failed, { at, note, reason }: typeof Event.RebalanceReconciled.Type) =>
  State.Reconciled.make({ ...failed, reconciliation: { reason, note }, since: at })

const failedUnsent = (
  { _tag, ...known }: typeof State.Requested.Type | typeof State.Withdrawing.Type,
  { _tag: _, at, withdrawn, ...failure }: typeof Event.WithdrawalFailed.Type
) => State.WithdrawalFailed.make({ ...known, ...(withdrawn === undefined ? {} : { withdrawn }), failure, since: at })

const failedBridging = (
  { _tag, ...known }: typeof State.WithdrawalComplete.Type | typeof State.Bridging.Type | typeof State.Attested.Type,
  { _tag: _, at, ...failure }: typeof Event.BridgingFailed.Type
) => State.BridgingFailed.make({ ...known, failure, since: at })

const failedDeposit = (
  { _tag, ...known }: typeof State.Bridged.Type | typeof State.DepositInitiated.Type,
  { _tag: _, at, ...failure }: typeof Event.DepositFailed.Type
) => State.DepositFailed.make({ ...known, failure, since: at })

/** The rules: which events a command becomes in a state, and the state that an event leads to. */
export const decider = Decider.make<Command.Command, State.State, Event.Event, Command.Contradiction, Transitions>({
  initial: State.NotStarted.make({}),
  decide: {
    RequestRebalance: {
      NotStarted: ({ _tag, ...order }) => emit(Event.RebalanceRequested.make(order))
    },
    Initiate: {
      Requested: ({ _tag, ...initiation }, { direction }) =>
        Either.andThen(Checks.withdrawal(direction, initiation.withdrawal), emit(Event.Initiated.make(initiation)))
    },
    ConfirmWithdrawal: {
      Withdrawing: ({ _tag, ...withdrawn }) => emit(Event.WithdrawalConfirmed.make(withdrawn))
    },
    InitiateBridging: {
      WithdrawalComplete: ({ _tag, ...burn }, { withdrawn }) =>
        Either.andThen(Checks.burn(burn, withdrawn), emit(Event.BridgingInitiated.make(burn)))
    },
    ReceiveAttestation: {
      Bridging: ({ _tag, ...attestation }) => emit(Event.AttestationReceived.make(attestation)),
      Attested: ({ _tag, ...attestation }, { attested }) =>
        attestation.nonce === attested.nonce
          ? emit(Event.AttestationReceived.make(attestation))
          : Checks.contradicts(`nonce ${attestation.nonce} is not that of the burn, ${attested.nonce}`)
    },
    ConfirmBridging: {
      Attested: ({ _tag, ...mint }, { burn }) => Either.andThen(Checks.mint(mint, burn), emit(Event.Bridged.make(mint)))
    },
    InitiateDeposit: {
      Bridged: ({ _tag, ...deposit }) => emit(Event.DepositInitiated.make(deposit))
    },
    ConfirmDeposit: {
      DepositInitiated: ({ _tag, ...credit }) => emit(Event.DepositConfirmed.make(credit))
    },
    FailWithdrawal: {
      Requested: failWithdrawal,
      Withdrawing: failWithdrawal
    },
    FailBridging: {
      WithdrawalComplete: (fail, { withdrawn }) => failBridging(fail, withdrawn.received),
      Bridging: (fail, { burn }) => failBridging(fail, burn.burned),
      Attested: (fail, { burn }) => failBridging(fail, burn.burned)
    },
    FailDeposit: {
      Bridged: failDeposit,
      DepositInitiated: failDeposit
    },
    Recover: {
      WithdrawalFailed: recover,
      BridgingFailed: recover,
      DepositFailed: recover
    },
    Cancel: {
      Requested: ({ at, reason }, { amount, direction }) =>
        emit(Event.RebalanceCancelled.make({
          reason: "Cancelled",
          detail: reason,
          place: direction === "AlpacaToBase" ? "Alpaca" : "Vault",
          amount: Usdc.print(amount),
          at
        }))
    },
    Reconcile: {
      WithdrawalFailed: reconcile,
      BridgingFailed: reconcile,
      DepositFailed: reconcile
    }
  },
  evolve: {
    NotStarted: {
      RebalanceRequested: (_, { _tag, at, ...order }) => State.Requested.make({ ...order, requestedAt: at, since: at })
    },
    Requested: {
      Initiated: ({ _tag, ...known }, { at, withdrawal }) =>
        State.Withdrawing.make({ ...known, withdrawal, since: at }),
      WithdrawalFailed: failedUnsent,
      RebalanceCancelled: ({ _tag, ...known }, { _tag: _, at, ...failure }) =>
        State.WithdrawalFailed.make({ ...known, failure, since: at })
    },
    Withdrawing: {
      WithdrawalConfirmed: ({ _tag, ...known }, { _tag: _, at, ...withdrawn }) =>
        State.WithdrawalComplete.make({ ...known, withdrawn, since: at }),
      WithdrawalFailed: failedUnsent
    },
    WithdrawalComplete: {
      BridgingInitiated: ({ _tag, ...known }, { _tag: _, at, ...burn }) =>
        State.Bridging.make({ ...known, burn, since: at }),
      BridgingFailed: failedBridging
    },
    Bridging: {
      AttestationReceived: ({ _tag, ...known }, { _tag: _, at, ...attested }) =>
        State.Attested.make({ ...known, attested, since: at }),
      BridgingFailed: failedBridging
    },
    Attested: {
      AttestationReceived: (state, { _tag, at, ...attested }) => State.Attested.make({ ...state, attested, since: at }),
      Bridged: ({ _tag, ...known }, { _tag: _, at, ...minted }) => State.Bridged.make({ ...known, minted, since: at }),
      BridgingFailed: failedBridging
    },
    Bridged: {
      DepositInitiated: ({ _tag, ...known }, { at, deposit }) =>
        State.DepositInitiated.make({ ...known, deposit, since: at }),
      DepositFailed: failedDeposit
    },
    DepositInitiated: {
      DepositConfirmed: ({ _tag, ...known }, { at, credited }) =>
        State.DepositConfirmed.make({ ...known, credited, since: at }),
      DepositFailed: failedDeposit
    },
    DepositConfirmed: {},
    WithdrawalFailed: { RebalanceRecovered: taken, RebalanceReconciled: reconciled },
    BridgingFailed: { RebalanceRecovered: taken, RebalanceReconciled: reconciled },
    DepositFailed: { RebalanceRecovered: taken, RebalanceReconciled: reconciled },
    Reconciled: {}
  }
})
