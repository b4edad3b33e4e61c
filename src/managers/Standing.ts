/** What the outbox, and the chain behind it, know of the transactions of an operation that a person wants to change. */
import { Array, Data, type DateTime, Effect, Option } from "effect"
import type { Address } from "../domain/Address.ts"
import type { OperationId } from "../domain/OperationId.ts"
import type { TxHash } from "../domain/TxHash.ts"
import { Received } from "../services/Erc20.ts"
import type { Classified } from "../services/FailureKind.ts"
import type { Lease } from "../services/Leases.ts"
import {
  isFruitless,
  isOver,
  type OutboxTransaction,
  TransactionOutbox,
  Transactions
} from "../services/TransactionOutbox.ts"
import { isTransient, Policies, retrying } from "./Policies.ts"
import { Refused } from "./Refused.ts"
import * as Sending from "./Sending.ts"
import * as Waiting from "./Waiting.ts"

/** Whether a step of our own wallet has moved anything. */
export type Standing = Data.TaggedEnum<{
  /** Nothing has moved, and nothing of it can be mined any more. `last` has moved nothing though it was mined with success. */
  Over: { readonly why: string; readonly last: Option.Option<OutboxTransaction> }
  Done: { readonly why: string }
  /** Nobody can say yet. */
  Open: { readonly why: string }
}>
export const Standing = Data.taggedEnum<Standing>()

const named = ({ chain, key, nonce, signatures, status }: OutboxTransaction): string => {
  const hash = signatures.at(-1)?.hash
  return `transaction ${key.step}, attempt ${key.attempt} (${
    hash === undefined ? "" : `${hash}, `
  }nonce ${nonce} on ${chain}, ${status})`
}

const list = (operation: OperationId) =>
  Effect.flatMap(Transactions, (transactions) => transactions.list({ operation }))

/** Those that can still be mined, after a fresh look at them. */
const open = (operation: OperationId) =>
  Effect.gen(function*() {
    const outbox = yield* TransactionOutbox
    const isOpen = Effect.map(list(operation), Array.filter((one) => !isOver(one)))
    if ((yield* isOpen).length === 0) return []
    yield* outbox.tend
    return yield* isOpen
  })

/** Nothing is said of an operation while one of its transactions can still be mined. */
export const unlessOpen = (operation: OperationId) =>
  Effect.gen(function*() {
    const [first] = yield* open(operation)
    if (first === undefined) return
    return yield* stillPossible(`${named(first)} can still be mined`, operation)
  })

export const stillPossible = (why: string, operation: OperationId) =>
  new Refused({
    reason: "StillPossible",
    detail:
      `${why}. Once that is over: the same again; ballast run goes on looking, and so does ballast recheck ${operation}`
  })

/** The transaction that has had its effect, as far as the outbox can tell. */
const confirmed = (operation: OperationId, step: string) =>
  Effect.map(
    list(operation),
    Array.findLast((one) => one.key.step === step && one.status === "confirmed" && !isFruitless(one))
  )

/** @param moved what a transaction of the step has moved, whatever became of the operation */
export const of = <E extends Classified, R>(
  operation: OperationId,
  step: string,
  moved: (txHash: TxHash) => Effect.Effect<Received, E, R>
) =>
  Effect.gen(function*() {
    const policies = yield* Policies
    const [waiting] = (yield* open(operation)).filter(({ key }) => key.step === step)
    if (waiting !== undefined) return Standing.Open({ why: `${named(waiting)} can still be mined` })
    const last = yield* confirmed(operation, step)
    const hash = Option.flatMap(last, ({ mined }) => Option.map(mined, ({ hash }) => hash))
    if (Option.isNone(hash)) return Standing.Over({ why: `no transaction ${step} can still be mined`, last })
    const txHash = hash.value
    const received = yield* retrying(moved(txHash), { schedule: policies.retry, while: isTransient })
    return Received.$match(received, {
      NotMined: () => Standing.Open({ why: `no node shows the receipt of transaction ${txHash}` }),
      Unconfirmed: ({ confirmations, required }) =>
        Standing.Open({ why: `transaction ${txHash} has ${confirmations} of ${required} confirmations` }),
      Reverted: () => Standing.Open({ why: `transaction ${txHash} was confirmed, and a node shows it as reverted` }),
      Confirmed: ({ amount }) =>
        amount.units > 0n
          ? Standing.Done({ why: `transaction ${txHash} has had its effect` })
          : Standing.Over({ why: `transaction ${txHash} has moved nothing`, last })
    })
  })

/** A further attempt may follow. Without the event that orders it, it is found again the next time. */
export const giveUp = ({ last, why }: Extract<Standing, { readonly _tag: "Over" }>, lease: Lease) =>
  Effect.flatMap(TransactionOutbox, (outbox) =>
    Option.match(last, {
      onNone: () => Effect.void,
      onSome: ({ key }) => outbox.fruitless(key, why, lease)
    }))

/**
 * Puts an empty transaction in the place of each of the step that can still be mined, and waits until all are over. Whether
 * the step has had its effect all the same.
 */
export const cancelled = (options: {
  readonly operation: OperationId
  readonly wallet: Address
  readonly step: string
  readonly why: string
  readonly lease: Lease
  readonly onWait: (waitingFor: string, until: Option.Option<DateTime.Utc>) => Effect.Effect<void>
}) =>
  Effect.gen(function*() {
    const { lease, onWait, operation, step, wallet, why } = options
    const outbox = yield* TransactionOutbox
    const { transactions: { poll } } = yield* Policies
    yield* Sending.unlessOther(operation, wallet)
    const look = Effect.gen(function*() {
      const waiting = (yield* list(operation)).filter((one) => one.key.step === step && !isOver(one))
      yield* Effect.forEach(waiting, ({ key }) => outbox.cancel(key, why, lease), { discard: true })
      const [left] = (yield* list(operation)).filter((one) => one.key.step === step && !isOver(one))
      return left === undefined
        ? Waiting.Answer({ answer: Option.isSome(yield* confirmed(operation, step)) })
        : Waiting.NotYet({
          waitingFor: `an empty transaction in the place of ${named(left)}`,
          late: Option.none<never>()
        })
    })
    return yield* Waiting.patiently(Waiting.until({ look, poll, onWait }))
  })
