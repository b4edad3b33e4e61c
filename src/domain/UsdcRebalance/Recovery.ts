/** Where a failed rebalance can be taken up again, each with what that state knows beyond the one before it. */
import { Schema } from "effect"
import * as Cctp from "../Cctp.ts"
import { credit, deposit, initiation, withdrawn } from "./State.ts"

export const Requested = Schema.TaggedStruct("Requested", {})
export const Withdrawing = Schema.TaggedStruct("Withdrawing", initiation)
export const WithdrawalComplete = Schema.TaggedStruct("WithdrawalComplete", { ...initiation, ...withdrawn })
export const Bridging = Schema.TaggedStruct("Bridging", Cctp.burn)
export const Attested = Schema.TaggedStruct("Attested", { ...Cctp.burn, ...Cctp.attestation })
export const Bridged = Schema.TaggedStruct("Bridged", { ...Cctp.burn, ...Cctp.attestation, ...Cctp.mint })
export const DepositInitiated = Schema.TaggedStruct("DepositInitiated", deposit)
export const DepositConfirmed = Schema.TaggedStruct("DepositConfirmed", { ...deposit, ...credit })

export const Recovery = Schema.Union(
  Requested,
  Withdrawing,
  WithdrawalComplete,
  Bridging,
  Attested,
  Bridged,
  DepositInitiated,
  DepositConfirmed
)
export type Recovery = typeof Recovery.Type
