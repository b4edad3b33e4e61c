import { Context, Data, DateTime, type Effect, Option, Schema } from "effect"
import type { Address } from "../domain/Address.ts"
import type { Hex } from "../domain/Hex.ts"
import { OperationId } from "../domain/OperationId.ts"
import type { TxHash } from "../domain/TxHash.ts"
import type { ChainError, ChainName, Receipt } from "./Chain.ts"
import type { FailureKind } from "./FailureKind.ts"
import type { Lease, LeaseLost } from "./Leases.ts"
import type { SignerError } from "./Signer.ts"
import type { StoreError } from "./StoreError.ts"

/** What a transaction is known by, from before it has a hash. One key never has two nonces. */
export const TransactionKey = Schema.Struct({
  operation: OperationId,
  /** What it does for the operation: `transfer`, `burn`. */
  step: Schema.NonEmptyString,
  /** From 1. A further one is taken only when the one before it can never have an effect any more. */
  attempt: Schema.Int.pipe(Schema.positive())
})
export type TransactionKey = typeof TransactionKey.Type

/** From our own wallet. */
export interface OutboxCall {
  readonly chain: ChainName
  readonly to: Address
  readonly data: Hex
}

/** Where a transaction is, by the last look. */
export type Submitted = Data.TaggedEnum<{
  /** Signed and stored, and out as far as that can be known. `waitingFor` says what it takes to go on. */
  Pending: { readonly nonce: number; readonly waitingFor: string }
  /** Mined, but the block could still be reorganised away. */
  Unconfirmed: { readonly txHash: TxHash; readonly confirmations: number; readonly required: number }
  /** Mined at depth, with effect. */
  Confirmed: { readonly receipt: Receipt }
  /** Mined at depth, without effect. `why` is the contract's reason as far as it can be had. */
  Reverted: { readonly txHash: TxHash; readonly why: string }
  /** An empty transaction took its nonce, at depth: it can never be mined any more. */
  Cancelled: { readonly txHash: TxHash; readonly why: string }
  /** A transaction of ours that this outbox does not know took its nonce, at depth: it can never be mined any more. */
  Displaced: { readonly nonce: number }
}>
export const Submitted = Data.taggedEnum<Submitted>()

const kinds = {
  /** Less of the chain's own coin than gas can cost. Nothing was stored. */
  InsufficientFunds: "permanent",
  /** The call would revert now. Nothing was stored. */
  Reverts: "permanent",
  /** Gas costs more than the configured ceiling just now. Nothing was stored. */
  FeesTooHigh: "transient",
  /** Another process is taking a nonce of this wallet. Nothing was stored. */
  Busy: "transient",
  /** Too much that is not ours waits with our key, and would have to be mined first. Nothing was stored. */
  ForeignQueue: "transient",
  /** The key stands for another call, wallet or chain already. */
  OtherCall: "permanent",
  /** The attempt before can still be mined, or has been. */
  EarlierAttempt: "permanent",
  /** Nothing is stored under the key. */
  NotFound: "permanent"
} as const satisfies Record<string, FailureKind>

/** Why no transaction was taken on. */
export class OutboxError extends Schema.TaggedError<OutboxError>()("OutboxError", {
  reason: Schema.Literal(
    "InsufficientFunds",
    "Reverts",
    "FeesTooHigh",
    "Busy",
    "ForeignQueue",
    "OtherCall",
    "EarlierAttempt",
    "NotFound"
  ),
  key: TransactionKey,
  detail: Schema.String
}) {
  get kind(): FailureKind {
    return kinds[this.reason]
  }
  override get message(): string {
    const { attempt, operation, step } = this.key
    return `transaction ${step}, attempt ${attempt} of operation ${operation}: ${this.reason}: ${this.detail}`
  }
}

/** All that can keep a transaction from being taken on, or its standing from being told. */
export type SubmitError = OutboxError | ChainError | SignerError | StoreError | LeaseLost

/** Sends transactions from our wallet, each exactly once. */
export class TransactionOutbox extends Context.Tag("ballast/services/TransactionOutbox")<TransactionOutbox, {
  /** Our own wallet: the sender of all. */
  readonly wallet: Address
  /**
   * The first time under this key: simulates the call, reserves a nonce for it, signs it, stores the signed bytes and only
   * then broadcasts them; what is stored is out as far as anybody can know. Every further time, from whatever process:
   * goes on with what is stored, broadcasts again what a node has forgotten, replaces what is stuck, and answers where the
   * transaction is. Waits for nothing: call it again after a while until the answer is final.
   */
  readonly submitOnce: (
    key: TransactionKey,
    call: OutboxCall,
    lease: Lease
  ) => Effect.Effect<Submitted, SubmitError>
  /**
   * Puts an empty transaction in the place of one that can still be mined. Whichever of them is mined counts, so the answer
   * may become `Confirmed` all the same: call it again until it is final.
   */
  readonly cancel: (key: TransactionKey, why: string, lease: Lease) => Effect.Effect<Submitted, SubmitError>
  /**
   * Says of a transaction that was mined, with success and at depth, that it has moved nothing: a further attempt may follow.
   * It is for whoever has read the receipt. Refused with `EarlierAttempt` for any other.
   */
  readonly fruitless: (
    key: TransactionKey,
    why: string,
    lease: Lease
  ) => Effect.Effect<void, OutboxError | StoreError | LeaseLost>
  /**
   * Goes on with every transaction of our wallet that has not ended, whatever operation it belongs to, as `submitOnce`
   * does. Answers how many are left. What fails is told in the log and left for the next time.
   */
  readonly tend: Effect.Effect<number, StoreError>
}>() {}

/** A transaction as it is stored. */
export interface OutboxTransaction {
  readonly key: TransactionKey
  readonly chain: ChainName
  readonly chainId: number
  readonly wallet: Address
  readonly nonce: number
  readonly to: Address
  readonly data: Hex
  readonly status: TransactionStatus
  /** All that was ever signed for it, oldest first. */
  readonly signatures: ReadonlyArray<{
    readonly hash: TxHash
    /** An empty transaction to ourselves, which only uses the nonce up, is a `cancellation`. */
    readonly kind: "call" | "cancellation"
    /** Wei per gas. */
    readonly maxFeePerGas: bigint
    readonly maxPriorityFeePerGas: bigint
    readonly signedAt: DateTime.Utc
  }>
  /** Which of them was mined, and in which block. */
  readonly mined: Option.Option<{ readonly hash: TxHash; readonly block: bigint }>
  /** Why it reverted, was cancelled or displaced; of one that is confirmed why it was fruitless. */
  readonly detail: Option.Option<string>
  readonly reservedAt: DateTime.Utc
  /**
   * It was over, and is no more: a reorganisation has freed its nonce. It keeps the status that its operation has gone on
   * from until an empty transaction has used the nonce up.
   */
  readonly isReopened: boolean
}

/** `reserved`, `signed` and `mined` (not yet at depth) can still change, the others not. */
export const TransactionStatus = Schema.Literal(
  "reserved",
  "signed",
  "mined",
  "confirmed",
  "reverted",
  "cancelled",
  "displaced"
)
export type TransactionStatus = typeof TransactionStatus.Type

const ended: ReadonlySet<TransactionStatus> = new Set(["confirmed", "reverted", "cancelled", "displaced"])

/** Whether nothing can happen to it any more. */
export const isEnded = ({ status }: Pick<OutboxTransaction, "status">): boolean => ended.has(status)

/** Whether nothing can happen to it any more, as far as anybody knows. */
export const isOver = (one: Pick<OutboxTransaction, "status" | "isReopened">): boolean =>
  isEnded(one) && !one.isReopened

/** Mined with success, and known to have moved nothing. */
export const isFruitless = ({ detail, status }: Pick<OutboxTransaction, "detail" | "status">): boolean =>
  status === "confirmed" && Option.isSome(detail)

/**
 * The attempt that a step is at: one whose nonce was taken from it does not count, nor does one that was followed by another
 * before an empty transaction took its nonce, after a reorganisation, nor one that is known to have moved nothing. What had
 * reverted or was cancelled before `since`, when this try of the step began, was an earlier try's.
 */
export const attemptOf = (
  transactions: ReadonlyArray<Pick<OutboxTransaction, "key" | "status" | "detail" | "reservedAt">>,
  step: string,
  since?: DateTime.Utc
): number => {
  const ofStep = transactions.filter(({ key }) => key.step === step)
  const isFollowed = ({ attempt }: TransactionKey) => ofStep.some(({ key }) => key.attempt > attempt)
  const isEarlier = ({ reservedAt, status }: Pick<OutboxTransaction, "status" | "reservedAt">) =>
    since !== undefined && (status === "reverted" || status === "cancelled") && DateTime.lessThan(reservedAt, since)
  return 1 +
    ofStep.filter((one) =>
      one.status === "displaced" || (one.status === "cancelled" && isFollowed(one.key)) || isFruitless(one) ||
      isEarlier(one)
    ).length
}

/** What the outbox has stored. Needs the database alone. */
export class Transactions extends Context.Tag("ballast/services/Transactions")<Transactions, {
  /** In the order of their reservation: those of one operation, or all. */
  readonly list: (
    filter?: { readonly operation?: OperationId }
  ) => Effect.Effect<ReadonlyArray<OutboxTransaction>, StoreError>
}>() {}
