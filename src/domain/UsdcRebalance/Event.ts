/** The storage format: fields are added with a new version and an upcaster, never changed or removed. */
import { Schema } from "effect"
import * as Cctp from "../Cctp.ts"
import { reconciliation } from "../Ending.ts"
import * as EventCodec from "../EventCodec.ts"
import { Failure } from "../Failure.ts"
import { known } from "../Known.ts"
import { Recovery, recovery } from "./Recovery.ts"
import { order, references, Withdrawn, withdrawn } from "./State.ts"

const at = { at: Schema.DateTimeUtc }

export const RebalanceRequested = Schema.TaggedStruct("RebalanceRequested", { ...order, ...at })
export const Initiated = Schema.TaggedStruct("Initiated", { ...references.Withdrawing, ...at })
export const WithdrawalConfirmed = Schema.TaggedStruct("WithdrawalConfirmed", { ...withdrawn, ...at })
export const BridgingInitiated = Schema.TaggedStruct("BridgingInitiated", { ...Cctp.burn, ...at })
export const AttestationReceived = Schema.TaggedStruct("AttestationReceived", { ...Cctp.attestation, ...at })
export const Bridged = Schema.TaggedStruct("Bridged", { ...Cctp.mint, ...at })
export const DepositInitiated = Schema.TaggedStruct("DepositInitiated", {
  deposit: references.DepositInitiated.deposit,
  ...at
})
export const DepositConfirmed = Schema.TaggedStruct("DepositConfirmed", {
  credited: references.DepositConfirmed.credited,
  ...at
})
export const WithdrawalFailed = Schema.TaggedStruct("WithdrawalFailed", {
  ...Failure.fields,
  withdrawn: known(Withdrawn),
  ...at
})
export const BridgingFailed = Schema.TaggedStruct("BridgingFailed", { ...Failure.fields, ...at })
export const DepositFailed = Schema.TaggedStruct("DepositFailed", { ...Failure.fields, ...at })
export const RebalanceRecovered = Schema.TaggedStruct("RebalanceRecovered", { to: Recovery, ...recovery, ...at })
export const RebalanceCancelled = Schema.TaggedStruct("RebalanceCancelled", { ...Failure.fields, ...at })
export const RebalanceReconciled = Schema.TaggedStruct("RebalanceReconciled", { ...reconciliation, ...at })

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
