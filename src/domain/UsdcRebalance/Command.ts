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

/** Records the order, before anything is sent. */
export const RequestRebalance = tagged("RequestRebalance", { ...order, ...at })
/** Records that the withdrawal is on its way: Alpaca's transfer, or a transaction of ours at the vault. */
export const Initiate = tagged("Initiate", { ...references.Withdrawing, ...at })
/** Records what the chain shows of it in our wallet. */
export const ConfirmWithdrawal = tagged("ConfirmWithdrawal", { ...withdrawn, ...at })
/** Records the burn, mined at depth. */
export const InitiateBridging = tagged("InitiateBridging", { ...Cctp.burn, ...at })
/** Records the message of the burn, signed by Circle. */
export const ReceiveAttestation = tagged("ReceiveAttestation", { ...Cctp.attestation, ...at })
/** Records the mint on the other chain, by whomever. */
export const ConfirmBridging = tagged("ConfirmBridging", { ...Cctp.mint, ...at })
/** Records the transaction that deposits what was minted. */
export const InitiateDeposit = tagged("InitiateDeposit", {
  deposit: references.DepositInitiated.deposit,
  ...at
})
/** Records what the vault or Alpaca has credited. */
export const ConfirmDeposit = tagged("ConfirmDeposit", {
  credited: references.DepositConfirmed.credited,
  ...at
})
/** Records that nothing usable has come from the source. */
export const FailWithdrawal = tagged("FailWithdrawal", {
  ...failing,
  /** Of a withdrawal that brought something, but too little: what came is what the failure is about. */
  withdrawn: known(Withdrawn)
})
/** Records that it is stuck between the chains, or before the burn. */
export const FailBridging = tagged("FailBridging", failing)
/** Records that what was minted has not been credited. */
export const FailDeposit = tagged("FailDeposit", failing)
/** Records that a failed rebalance stands well after all, and where. */
export const Recover = tagged("Recover", { to: Recovery, ...recovery, ...at })

/** What can be asked to be recorded. */
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
