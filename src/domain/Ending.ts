/** How every operation can be brought to an end that is no success: it fails, or a person cancels or reconciles it. */
import { Schema } from "effect"
import { Place, Reason } from "./Failure.ts"
import { tagged } from "./Tagged.ts"

const at = { at: Schema.DateTimeUtc }

/** What a person says who has settled the money by hand. */
export const reconciliation = { reason: Schema.NonEmptyString, note: Schema.NonEmptyString }
export const Reconciliation = Schema.Struct(reconciliation)

/** Why a failed operation is tried anew, and by what it is known that nothing of the old try can still happen. */
export const retry = { reason: Schema.NonEmptyString }

export const Fail = tagged("Fail", { reason: Reason, detail: Schema.NonEmptyString, place: Place, ...at })
export const Cancel = tagged("Cancel", { reason: Schema.NonEmptyString, ...at })
export const Reconcile = tagged("Reconcile", { ...reconciliation, ...at })
