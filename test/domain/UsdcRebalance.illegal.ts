/** Must not compile: each line is a table that contradicts the state diagram, and tsc has to say so. */
import { Either } from "effect"
import type * as Decider from "../../src/domain/Decider.ts"
import * as Rebalance from "../../src/domain/UsdcRebalance.ts"
import { at } from "./Examples.ts"
import { toAlpaca, toBase } from "./UsdcRebalanceExamples.ts"

const { event, recovered, recovery, state } = toBase

type Evolve = Decider.EvolveTable<Rebalance.State.State, Rebalance.Event.Event, Rebalance.Transitions>
type Decide = Decider.DecideTable<
  Rebalance.Command,
  Rebalance.State.State,
  Rebalance.Event.Event,
  Rebalance.Transitions,
  Rebalance.Contradiction
>

/** The positive case: without it, a table type that refuses everything would pass all of the below. */
export const legal:
  & Pick<Evolve, "NotStarted" | "Attested" | "DepositFailed" | "Reconciled">
  & Pick<
    Decide,
    "ConfirmDeposit" | "Recover"
  > = {
    NotStarted: { RebalanceRequested: () => state.Requested },
    Attested: {
      AttestationReceived: () => state.AttestedAgain,
      Bridged: () => state.Bridged,
      BridgingFailed: () => state.BridgingFailed.Attested
    },
    DepositFailed: {
      RebalanceRecovered: () => recovered.Bridged,
      RebalanceReconciled: () => state.Reconciled.DepositFailed
    },
    Reconciled: {},
    ConfirmDeposit: { DepositInitiated: () => Either.right([event.DepositConfirmed]) },
    Recover: { BridgingFailed: () => Either.left(new Rebalance.Contradiction({ detail: "no" })) }
  }

export const burnedBeforeWithdrawn: Pick<Evolve, "Withdrawing"> = {
  Withdrawing: {
    WithdrawalConfirmed: () => state.WithdrawalComplete,
    WithdrawalFailed: () => state.WithdrawalFailed.Withdrawing,
    // @ts-expect-error nothing is burned before it came
    BridgingInitiated: () => state.Bridging
  }
}

export const cancelledOnceInitiated: Pick<Evolve, "Withdrawing"> = {
  Withdrawing: {
    WithdrawalConfirmed: () => state.WithdrawalComplete,
    WithdrawalFailed: () => state.WithdrawalFailed.Withdrawing,
    // @ts-expect-error a withdrawal that has begun cannot be cancelled
    RebalanceCancelled: () => state.Cancelled
  }
}

export const mintedUnattested: Pick<Evolve, "Bridging"> = {
  Bridging: {
    AttestationReceived: () => state.Attested,
    BridgingFailed: () => state.BridgingFailed.Bridging,
    // @ts-expect-error nothing is minted before it is attested
    Bridged: () => state.Bridged
  }
}

export const failedInTheWrongColumn: Pick<Evolve, "Attested"> = {
  Attested: {
    AttestationReceived: () => state.AttestedAgain,
    Bridged: () => state.Bridged,
    // @ts-expect-error a failed bridging is no failed deposit
    BridgingFailed: () => state.DepositFailed.Bridged
  }
}

export const recoveredToAFailure: Pick<Evolve, "BridgingFailed"> = {
  BridgingFailed: {
    // @ts-expect-error a recovery leads to a state that goes on, not to another failure
    RebalanceRecovered: () => state.DepositFailed.Bridged,
    RebalanceReconciled: () => state.Reconciled.BridgingFailed
  }
}

export const missingCell: Pick<Evolve, "DepositInitiated"> = {
  // @ts-expect-error DepositFailed may follow DepositInitiated and has no cell
  DepositInitiated: { DepositConfirmed: () => state.DepositConfirmed }
}

export const closedState: Pick<Evolve, "DepositConfirmed"> = {
  // @ts-expect-error nothing follows the end
  DepositConfirmed: { RebalanceReconciled: () => state.Reconciled.DepositFailed }
}

export const cancelOnceInitiated: Pick<Decide, "Cancel"> = {
  // @ts-expect-error RebalanceCancelled cannot follow Withdrawing
  Cancel: { Withdrawing: () => Either.right([event.RebalanceCancelled]) }
}

export const failDepositBeforeTheMint: Pick<Decide, "FailDeposit"> = {
  // @ts-expect-error DepositFailed cannot follow Attested
  FailDeposit: { Attested: () => Either.right([event.DepositFailed]) }
}

export const attestedAfterTheMint: Pick<Decide, "ReceiveAttestation"> = {
  // @ts-expect-error AttestationReceived cannot follow Bridged
  ReceiveAttestation: { Bridged: () => Either.right([event.AttestationReceived]) }
}

export const recoverWhatGoesOn: Pick<Decide, "Recover"> = {
  // @ts-expect-error RebalanceRecovered cannot follow Bridging
  Recover: { Bridging: () => Either.right([event.RebalanceRecovered]) }
}

export const commandInClosedState: Pick<Decide, "Reconcile"> = {
  // @ts-expect-error DepositConfirmed has no events at all
  Reconcile: { DepositConfirmed: () => Either.right([event.RebalanceReconciled]) }
}

const { burn: _, ...burnless } = recovery.Attested

// @ts-expect-error a recovery says all that its state knows
export const recoveryWithoutItsBurn = Rebalance.Recovery.Attested.make(burnless)

// @ts-expect-error a withdrawal by Alpaca has an id, not a hash
export const kind = Rebalance.State.AlpacaTransfer.make(toAlpaca.command.Initiate.withdrawal)

// @ts-expect-error what is deposited is a transaction of ours, whatever the direction
export const deposited = Rebalance.InitiateDeposit.make({ deposit: toBase.command.Initiate.withdrawal, at: at(7) })

// @ts-expect-error a rebalance's state is not made without its order
export const incomplete = Rebalance.State.Requested.make({})
