/** Replays the whole log and holds every view and every transaction of ours against it. */
import { Array, DateTime, Duration, Effect, Either, Option } from "effect"
import type { Foldable, Sent } from "../domain/Aggregate.ts"
import * as Aggregates from "../domain/Aggregates.ts"
import type { OperationId } from "../domain/OperationId.ts"
import * as Outcome from "../domain/Outcome.ts"
import { BaseChain, EthereumChain, type Receipt } from "../services/Chain.ts"
import { EventStore, type Operation, type RecordedEvent } from "../services/EventStore.ts"
import type { StoreError } from "../services/StoreError.ts"
import { isEnded, isFruitless, isOver, type OutboxTransaction, Transactions } from "../services/TransactionOutbox.ts"

/** Something in the database that is not as the log says it must be; without an id it is about the database as a whole. */
export interface Fault {
  readonly type: string
  readonly id?: OperationId
  readonly detail: string
}

/** What has been looked at, and what is wrong with it. */
export interface Verified {
  readonly events: number
  readonly operations: number
  readonly transactions: number
  readonly faults: ReadonlyArray<Fault>
}

/** A read that came upon damage: a fault like any other, and the rest is looked at all the same. */
const readable = <A, R>(
  reading: Effect.Effect<A, StoreError, R>,
  found: (detail: string) => void
): Effect.Effect<Option.Option<A>, StoreError, R> =>
  reading.pipe(
    Effect.map(Option.some),
    Effect.catchIf(
      ({ reason }) => reason === "Corrupt",
      ({ detail }) =>
        Effect.sync(() => {
          found(detail)
          return Option.none()
        })
    )
  )

/** A fault of the database as a whole. */
export const damage = (detail: string): Fault => ({ type: "Database", detail })

/** Holds the log against itself, and against the chains where they are given. */
export const verify = Effect.gen(function*() {
  const store = yield* EventStore
  const faults = (yield* store.integrity).map(damage)
  const damaged = (detail: string) => void faults.push(damage(detail))
  const streams = new Map<OperationId, string>()
  const isWhole = Option.isSome(yield* readable(started(streams), damaged))
  const views = Option.map(
    yield* readable(store.operations(), damaged),
    (operations) => new Map(operations.map((operation) => [operation.id, operation]))
  )
  const transactions = yield* readable(Effect.flatMap(Transactions, ({ list }) => list()), damaged)
  const byOperation = Option.map(
    transactions,
    (all) => new Map(Object.entries(Array.groupBy(all, ({ key }) => key.operation)))
  )
  let events = 0
  for (const [id, type] of streams) {
    const found = (detail: string) => void faults.push({ type, id, detail })
    const history = (yield* readable(store.history(id), found)).pipe(
      Option.map(Array.filter(({ aggregate }) => aggregate === type))
    )
    if (Option.isNone(history)) continue
    events += history.value.length
    replayed(type, history.value, Option.map(views, (all) => all.get(id))).forEach(found)
    if (Option.isSome(byOperation)) sent(type, history.value, byOperation.value.get(id) ?? []).forEach(found)
  }
  // What is of no operation can be told only by a log that could be read to its end.
  for (const orphan of Option.getOrElse(transactions, () => [])) {
    const { operation: id } = orphan.key
    if (isWhole && !streams.has(id)) {
      faults.push({ type: "Outbox", id, detail: `${nameOf(orphan)} belongs to no operation` })
    }
  }
  for (const { id, type } of Option.match(views, { onNone: () => [], onSome: (all) => [...all.values()] })) {
    if (isWhole && !streams.has(id)) faults.push({ type, id, detail: "there is a view but not one event" })
  }
  return {
    events,
    operations: streams.size,
    transactions: Option.match(transactions, { onNone: () => 0, onSome: ({ length }) => length }),
    faults
  } satisfies Verified
})

/** Nodes forget receipts; from then on that one is not there says nothing. */
const receiptsAreKept = Duration.days(30)

/** Asks the chains again about every transaction of ours that is recorded as ended. */
export const onChain = Effect.gen(function*() {
  const chains = { ethereum: yield* EthereumChain, base: yield* BaseChain }
  // That they cannot be read `verify` has told.
  const listed = yield* readable(Effect.flatMap(Transactions, ({ list }) => list()), () => {})
  const transactions = Array.filter(Option.getOrElse(listed, () => []), isEnded)
  const now = yield* DateTime.now
  const faults = yield* Effect.forEach(
    transactions,
    (one) =>
      chains[one.chain].look((view) =>
        Effect.map(
          Effect.forEach(one.signatures, ({ hash }) => view.receipt(hash)),
          (receipts) =>
            shown(one, receipts.flatMap(Option.toArray), now).map((detail): Fault => ({
              type: "Outbox",
              id: one.key.operation,
              detail: `${nameOf(one)} ${detail}`
            }))
        )
      ),
    { concurrency: 8 }
  )
  return faults.flat()
})

const shown = (
  { chain, mined, reservedAt, status }: OutboxTransaction,
  receipts: ReadonlyArray<Receipt>,
  now: DateTime.Utc
): ReadonlyArray<string> => {
  if (status === "displaced") {
    return receipts.map(({ txHash }) => `is recorded as never mined, but ${chain} shows the receipt of ${txHash}`)
  }
  const hash = Option.getOrUndefined(Option.map(mined, ({ hash }) => hash))
  const receipt = receipts.find(({ txHash }) => txHash === hash)
  if (receipt === undefined) {
    const isOld = Duration.greaterThan(DateTime.distanceDuration(reservedAt, now), receiptsAreKept)
    return isOld ? [] : [`is recorded as ${status} by ${hash}, but ${chain} shows no receipt of it`]
  }
  const expected = status === "reverted" ? "reverted" : "success"
  return receipt.status === expected
    ? []
    : [`is recorded as ${status}, but ${chain} shows ${hash} as ${receipt.status}`]
}

/** Notes every stream of the log and its aggregate, a page at a time: what was noted before a page cannot be read stays. */
const started = (streams: Map<OperationId, string>) =>
  Effect.gen(function*() {
    const store = yield* EventStore
    let position = 0
    while (true) {
      const page = yield* store.events({ position, limit: 1000 })
      for (const { aggregate, id, position: last } of page) {
        streams.set(id, aggregate)
        position = last
      }
      if (page.length === 0) return
    }
  })

/** `shown` is the view, if the views could be read. */
const replayed = (
  type: string,
  history: ReadonlyArray<RecordedEvent>,
  shown: Option.Option<Operation | undefined>
): ReadonlyArray<string> => {
  const aggregate = aggregateOf(type)
  if (aggregate === undefined) return [`this release knows no ${type}`]
  const gap = history.findIndex(({ sequence }, index) => sequence !== index + 1)
  if (gap !== -1) return [`event ${gap + 1} is missing`]
  const folded = aggregate.fold(history)
  if (Either.isLeft(folded)) return [`event ${folded.left.index + 1}: ${folded.left.cause.message}`]
  const { data, outcome, state } = folded.right
  return Option.match(shown, {
    onNone: () => [],
    onSome: (view) =>
      view === undefined
        ? ["the view is missing"]
        : differences({ state, version: history.length, outcome, data }, view)
  })
}

/** What the log says was sent, held against what the outbox says. */
const sent = (
  type: string,
  history: ReadonlyArray<RecordedEvent>,
  transactions: ReadonlyArray<OutboxTransaction>
): ReadonlyArray<string> => {
  const aggregate = aggregateOf(type)
  const folded = Option.flatMap(Option.fromNullable(aggregate), ({ fold }) => Either.getRight(fold(history)))
  if (aggregate === undefined || Option.isNone(folded)) return []
  const { outcome, sent } = folded.value
  const isOf = ({ step, txHash }: Sent) => (one: OutboxTransaction) =>
    one.key.step === step && one.status === "confirmed" && Option.exists(one.mined, ({ hash }) => hash === txHash)
  const finished = Outcome.finished(outcome) ? transactions : []
  return [
    ...sent.filter((one) => !transactions.some(isOf(one)))
      .map(({ step, txHash }) => `the log says that ${step} was done by ${txHash}, the outbox does not`),
    ...finished.filter((one) => !isOver(one))
      .map((one) => `${nameOf(one)} is ${one.status} and can still be mined, though the operation has finished`),
    ...finished.filter((one) =>
      one.status === "confirmed" && !isFruitless(one) && aggregate.sends.includes(one.key.step) &&
      !sent.some((named) => isOf(named)(one))
    ).map((one) => `${nameOf(one)} was mined, and the log does not name it`)
  ]
}

const nameOf = ({ key: { attempt, step } }: OutboxTransaction) => `transaction ${step}, attempt ${attempt},`

const aggregateOf = (type: string): Foldable | undefined => Aggregates.all.find((aggregate) => aggregate.type === type)

const differences = (expected: Pick<Operation, "state" | "version" | "outcome" | "data">, shown: Operation) =>
  (["state", "version", "outcome", "data"] as const).flatMap((field) => {
    const [says, shows] = [JSON.stringify(expected[field]), JSON.stringify(shown[field])]
    return says === shows ? [] : [`the view's ${field} is ${shows}, the log says ${says}`]
  })
