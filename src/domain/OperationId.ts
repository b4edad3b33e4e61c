/**
 * The id of one operation: a UUID in lower case, chosen by the caller before anything happens. One brand per workflow,
 * so that a mint's id cannot be handed to a redemption.
 */
import { Schema } from "effect"

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

const Uuid = Schema.String.pipe(
  Schema.pattern(uuid, {
    message: () => "expected a UUID such as 6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e, in lower case",
    arbitrary: () => (fc) => fc.uuid()
  })
)

/** The id of any operation. */
export const OperationId = Uuid.pipe(Schema.brand("OperationId"))
export type OperationId = typeof OperationId.Type

/** The id of a mint. */
export const MintId = OperationId.pipe(Schema.brand("MintId"))
export type MintId = typeof MintId.Type

/** The id of a redemption. */
export const RedemptionId = OperationId.pipe(Schema.brand("RedemptionId"))
export type RedemptionId = typeof RedemptionId.Type

/** The id of a rebalance of USDC, in either direction. */
export const RebalanceId = OperationId.pipe(Schema.brand("RebalanceId"))
export type RebalanceId = typeof RebalanceId.Type
