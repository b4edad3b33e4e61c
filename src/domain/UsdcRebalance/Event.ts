/** The storage format: fields are added with a new version and an upcaster, never changed or removed. */
import { Schema } from "effect"
import * as Cctp from "../Cctp.ts"
import { reconciliation } from "../Ending.ts"
import * as EventCodec from "../EventCodec.ts"
import { Failure } from "../Failure.ts"
import { known } from "../Known.ts"
import { tagged } from "../Tagged.ts"
import { Recovery, recovery } from "./Recovery.ts"
import { order, references, Withdrawn, withdrawn } from "./State.ts"

const at = { at: Schema.DateTimeUtc }

export const RebalanceRequested = tagged("RebalanceRequested", { ...order, ...at })
export const Initiated = tagged("Initiated", { ...references.Withdrawing, ...at })
export const WithdrawalConfirmed = tagged("WithdrawalConfirmed", { ...withdrawn, ...at })
export const BridgingInitiated = tagged("BridgingInitiated", { ...Cctp.burn, ...at })
export const AttestationReceived = tagged("AttestationReceived", { ...Cctp.attestation, ...at })
export const Bridged = tagged("Bridged", { ...Cctp.mint, ...at })
export const DepositInitiated = tagged("DepositInitiated", {
  deposit: references.DepositInitiated.deposit,
  ...at
})
export const DepositConfirmed = tagged("DepositConfirmed", {
  credited: references.DepositConfirmed.credited,
  ...at
})
export const WithdrawalFailed = tagged("WithdrawalFailed", {
  ...Failure.fields,
  withdrawn: known(Withdrawn),
  ...at
})
export const BridgingFailed = tagged("BridgingFailed", { ...Failure.fields, ...at })
export const DepositFailed = tagged("DepositFailed", { ...Failure.fields, ...at })
export const RebalanceRecovered = tagged("RebalanceRecovered", { to: Recovery, ...recovery, ...at })
export const RebalanceCancelled = tagged("RebalanceCancelled", { ...Failure.fields, ...at })
export const RebalanceReconciled = tagged("RebalanceReconciled", { ...reconciliation, ...at })

export const Event = Schema.Union(
  RebalanceRequested,
  Initiated,
  WithdrawalConfirmed,
  BridgingInitiated,
  AttestationReceived,
  Bridged,
  DepositInitiated,
  DepositConfirmed,
  WithdrawalFailed,
  BridgingFailed,
  DepositFailed,
  RebalanceRecovered,
  RebalanceCancelled,
  RebalanceReconciled
)
export type Event = typeof Event.Type

export const codec = EventCodec.make(Event)
