import { Context, type Effect, Schema } from "effect"
import { OperationId } from "../domain/OperationId.ts"
import type { StoreError } from "./StoreError.ts"

/** Something that a person should know. `condition` names it: it is told once, however often it is seen. */
export const Alert = Schema.Struct({
  condition: Schema.NonEmptyString,
  operation: OperationId,
  message: Schema.NonEmptyString,
  raisedAt: Schema.DateTimeUtc
})
export type Alert = typeof Alert.Type

/** Tells an operator, once per condition, also across restarts and processes. */
export class Alerts extends Context.Tag("ballast/services/Alerts")<Alerts, {
  /** True when this call was the first to see the condition, and so the one that told it. */
  readonly raise: (alert: Omit<Alert, "raisedAt">) => Effect.Effect<boolean, StoreError>
  /** All that was ever raised, oldest first. */
  readonly raised: Effect.Effect<ReadonlyArray<Alert>, StoreError>
}>() {}
