import { Data, Schema } from "effect"
import * as Cctp from "../Cctp.ts"
import { Cancel, Fail, Reconcile } from "../Ending.ts"
import { known } from "../Known.ts"
import { tagged } from "../Tagged.ts"
import { Recovery, recovery } from "./Recovery.ts"
import { order, references, Withdrawn, withdrawn } from "./State.ts"

export { Cancel, Reconcile }

const at = { at: Schema.DateTimeUtc }
const { _tag, ...failing } = Fail.fields

export const RequestRebalance = tagged("RequestRebalance", { ...order, ...at })
export const Initiate = tagged("Initiate", { ...references.Withdrawing, ...at })
export const ConfirmWithdrawal = tagged("ConfirmWithdrawal", { ...withdrawn, ...at })
export const InitiateBridging = tagged("InitiateBridging", { ...Cctp.burn, ...at })
export const ReceiveAttestation = tagged("ReceiveAttestation", { ...Cctp.attestation, ...at })
export const ConfirmBridging = tagged("ConfirmBridging", { ...Cctp.mint, ...at })
export const InitiateDeposit = tagged("InitiateDeposit", {
  deposit: references.DepositInitiated.deposit,
  ...at
})
export const ConfirmDeposit = tagged("ConfirmDeposit", {
  credited: references.DepositConfirmed.credited,
  ...at
})
export const FailWithdrawal = tagged("FailWithdrawal", {
  ...failing,
  /** Of a withdrawal that brought something, but too little: what came is what the failure is about. */
  withdrawn: known(Withdrawn)
})
export const FailBridging = tagged("FailBridging", failing)
export const FailDeposit = tagged("FailDeposit", failing)
export const Recover = tagged("Recover", { to: Recovery, ...recovery, ...at })

export const Command = Schema.Union(
  RequestRebalance,
  Initiate,
  ConfirmWithdrawal,
  InitiateBridging,
  ReceiveAttestation,
  ConfirmBridging,
  InitiateDeposit,
  ConfirmDeposit,
  FailWithdrawal,
  FailBridging,
  FailDeposit,
  Recover,
  Cancel,
  Reconcile
)
export type Command = typeof Command.Type

/** What is to be recorded contradicts what is recorded already. */
export class Contradiction extends Data.TaggedError("Contradiction")<{ readonly detail: string }> {
  override get message(): string {
    return this.detail
  }
}
