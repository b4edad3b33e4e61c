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

/** The order, before anything was sent. */
export const RebalanceRequested = tagged("RebalanceRequested", { ...order, ...at })
/** The withdrawal is on its way. */
export const Initiated = tagged("Initiated", { ...references.Withdrawing, ...at })
/** The USDC are in our wallet on the source chain, by the chain's word. */
export const WithdrawalConfirmed = tagged("WithdrawalConfirmed", { ...withdrawn, ...at })
/** They are burned: mined, at depth. */
export const BridgingInitiated = tagged("BridgingInitiated", { ...Cctp.burn, ...at })
/** Circle has signed the message of the burn; again where it had expired. */
export const AttestationReceived = tagged("AttestationReceived", { ...Cctp.attestation, ...at })
/** They are minted to our wallet on the other chain, by whomever. */
export const Bridged = tagged("Bridged", { ...Cctp.mint, ...at })
/** The transaction that deposits them is known. */
export const DepositInitiated = tagged("DepositInitiated", {
  deposit: references.DepositInitiated.deposit,
  ...at
})
/** They are credited by the vault or by Alpaca. */
export const DepositConfirmed = tagged("DepositConfirmed", {
  credited: references.DepositConfirmed.credited,
  ...at
})
/** Nothing usable has come from the source; the failure says where the USDC are. */
export const WithdrawalFailed = tagged("WithdrawalFailed", {
  ...Failure.fields,
  withdrawn: known(Withdrawn),
  ...at
})
/** It is stuck before the burn, or between the chains; the failure says where the USDC are. */
export const BridgingFailed = tagged("BridgingFailed", { ...Failure.fields, ...at })
/** What was minted was not credited; the failure says where the USDC are. */
export const DepositFailed = tagged("DepositFailed", { ...Failure.fields, ...at })
/** A failed rebalance stands well after all, and where. */
export const RebalanceRecovered = tagged("RebalanceRecovered", { to: Recovery, ...recovery, ...at })
/** A person gave it up before anything had left its source. */
export const RebalanceCancelled = tagged("RebalanceCancelled", { ...Failure.fields, ...at })
/** A person has settled by hand what had become of a failed one. */
export const RebalanceReconciled = tagged("RebalanceReconciled", { ...reconciliation, ...at })

/** What can have happened, as it is stored. */
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

/** How its events become rows, and rows events again. */
export const codec = EventCodec.make(Event)
