/** Takes up again whatever is not settled: after a crash, after an outage, and late successes on a slow schedule. */
import { Array, Effect, Fiber, FiberHandle, FiberMap, Option } from "effect"
import * as EquityRedemption from "../domain/EquityRedemption.ts"
import { MintId, type OperationId, RebalanceId, RedemptionId } from "../domain/OperationId.ts"
import * as TokenizedEquityMint from "../domain/TokenizedEquityMint.ts"
import * as UsdcRebalance from "../domain/UsdcRebalance.ts"
import type { WalletTransferId } from "../domain/WalletTransfer.ts"
import { EventStore, type Operation } from "../services/EventStore.ts"
import { TransactionOutbox } from "../services/TransactionOutbox.ts"
import * as MintManager from "./MintManager.ts"
import { Policies } from "./Policies.ts"
import * as RedemptionManager from "./RedemptionManager.ts"
import { Refused } from "./Refused.ts"
import * as UsdcRebalanceManager from "./UsdcRebalanceManager.ts"
import type { Reconciliation } from "./Verbs.ts"
import * as Waiting from "./Waiting.ts"
import * as WaitingRoom from "./WaitingRoom.ts"

type Known = Pick<Operation, "id" | "type">

/** What goes wrong with it is told, and is for the next round. */
const attended = <A, E extends { readonly message: string }, R>(
  { id, type }: Known,
  turn: Waiting.Turn<A, E, R>
): Waiting.Turn<void, never, R> =>
  Waiting.each(turn, (one) =>
    one.pipe(
      Effect.map((answer) => answer instanceof Waiting.Later ? answer : undefined),
      Effect.catchAll((error) => Effect.logWarning(`left for the next round: ${error.message}`)),
      Effect.catchAllDefect((defect) => Effect.logError("left for the next round after a defect", defect)),
      Effect.annotateLogs({ operation: id, type })
    ))

/** Which manager drives which aggregate, and what a person can order of each. */
const managers = {
  [TokenizedEquityMint.aggregate.type]: {
    attended: (one: Known) => attended(one, MintManager.resuming(MintId.make(one.id))),
    resume: (id: OperationId) => MintManager.resume(MintId.make(id)),
    recheck: (id: OperationId) => MintManager.recheck(MintId.make(id)),
    retry: (id: OperationId) => MintManager.retry(MintId.make(id)),
    cancel: (id: OperationId, reason: string) => MintManager.cancel(MintId.make(id), reason),
    reconcile: (id: OperationId, said: Reconciliation) => MintManager.reconcile(MintId.make(id), said)
  },
  [EquityRedemption.aggregate.type]: {
    attended: (one: Known) => attended(one, RedemptionManager.resuming(RedemptionId.make(one.id))),
    resume: (id: OperationId) => RedemptionManager.resume(RedemptionId.make(id)),
    recheck: (id: OperationId) => RedemptionManager.recheck(RedemptionId.make(id)),
    retry: (id: OperationId) => RedemptionManager.retry(RedemptionId.make(id)),
    cancel: (id: OperationId, reason: string) => RedemptionManager.cancel(RedemptionId.make(id), reason),
    reconcile: (id: OperationId, said: Reconciliation) => RedemptionManager.reconcile(RedemptionId.make(id), said)
  },
  [UsdcRebalance.aggregate.type]: {
    attended: (one: Known) => attended(one, UsdcRebalanceManager.resuming(RebalanceId.make(one.id))),
    resume: (id: OperationId) => UsdcRebalanceManager.resume(RebalanceId.make(id)),
    recheck: (id: OperationId) => UsdcRebalanceManager.recheck(RebalanceId.make(id)),
    retry: (id: OperationId) => UsdcRebalanceManager.retry(RebalanceId.make(id)),
    cancel: (id: OperationId, reason: string) => UsdcRebalanceManager.cancel(RebalanceId.make(id), reason),
    reconcile: (id: OperationId, said: Reconciliation) => UsdcRebalanceManager.reconcile(RebalanceId.make(id), said)
  }
}

/** One operation as its view shows it. */
export const operation = (id: OperationId) =>
  Effect.gen(function*() {
    const store = yield* EventStore
    const [found] = yield* store.operations({ id })
    return found ??
      (yield* new Refused({ reason: "UnknownOperation", detail: `there is no operation ${id} in this database` }))
  })

const managerOf = ({ id, type }: Known) =>
  Effect.fromNullable(managers[type]).pipe(
    Effect.mapError(() =>
      new Refused({
        reason: "UnknownOperation",
        detail: `operation ${id} is a ${type}, which this release does not know`
      })
    )
  )

/** Drives one operation of whatever kind until it has finished, and answers how it then stands. */
const drive = (verb: "resume" | "recheck", found: Known) =>
  Effect.gen(function*() {
    const manager = yield* managerOf(found)
    yield* manager[verb](found.id)
    return yield* operation(found.id)
  })

/** Continues one operation; a failed one that is not settled is looked at again. */
export const resume = (id: OperationId) => Effect.flatMap(operation(id), (found) => drive("resume", found))

/** Asks the provider about one failed operation and adopts a late success. */
export const recheck = (id: OperationId) => Effect.flatMap(operation(id), (found) => drive("recheck", found))

/** Takes the transfer that a person names for the withdrawal of a rebalance from Alpaca, where several could be it. */
export const recheckWith = (id: OperationId, transfer: WalletTransferId) =>
  Effect.gen(function*() {
    const { type } = yield* operation(id)
    if (type !== UsdcRebalance.aggregate.type) {
      return yield* new Refused({
        reason: "NotOurs",
        detail: `operation ${id} is a ${type}, which withdraws nothing from Alpaca`
      })
    }
    yield* UsdcRebalanceManager.recheck(RebalanceId.make(id), Option.some(transfer))
    return yield* operation(id)
  })

/** Orders a new try of one failed operation, once nothing of the old one can still happen. */
export const retry = (id: OperationId) =>
  Effect.gen(function*() {
    const manager = yield* Effect.flatMap(operation(id), managerOf)
    yield* manager.retry(id)
    return yield* operation(id)
  })

/** Cancels one operation in its first state. */
export const cancel = (id: OperationId, reason: string) =>
  Effect.gen(function*() {
    const manager = yield* Effect.flatMap(operation(id), managerOf)
    yield* manager.cancel(id, reason)
    return yield* operation(id)
  })

/** Records that a person has settled by hand what had failed. */
export const reconcile = (id: OperationId, said: Reconciliation) =>
  Effect.gen(function*() {
    const manager = yield* Effect.flatMap(operation(id), managerOf)
    yield* manager.reconcile(id, said)
    return yield* operation(id)
  })

/** Sees to their end the transactions that no operation waits for any more, such as one that has filled a gap of nonces. */
const tend = Effect.flatMap(TransactionOutbox, (outbox) => outbox.tend)

/** Resumes all that is not settled, side by side; what goes wrong with one does not touch the others. */
export const resumeAll = Effect.gen(function*() {
  const store = yield* EventStore
  const live = yield* store.operations({ live: true })
  const resumed = yield* Effect.forEach(
    live,
    (found) =>
      Effect.map(
        Effect.either(drive("resume", found)),
        (result) => ({ operation: found, result })
      ),
    { concurrency: "unbounded" }
  )
  yield* tend
  return resumed
})

type Needed = Effect.Effect.Context<ReturnType<(typeof managers)[keyof typeof managers]["attended"]>>

/** So many are taken up at once; one that is not done with its first turn by then is not waited for. */
const takenUp = { atOnce: 16, patience: "1 second" } as const

/** So many whose pause is over are in their turn at once; the others' pauses are longer. */
const mostTurns = 512

/**
 * The process: resumes all that is not settled, now and on the recheck schedule, each operation at most once at a time.
 * Ends by interruption alone, which falls between the rows of each operation and releases its lease.
 */
export const run = Effect.gen(function*() {
  const store = yield* EventStore
  const policies = yield* Policies
  const room = yield* WaitingRoom.make<OperationId, void, never, Needed>()
  // Closes before the room: whoever is in the middle of a turn does not enter it any more.
  const driven = yield* FiberMap.make<OperationId>()
  // Beside the rounds: whatever it waits for, such as a signer, no operation waits for it.
  const tending = yield* FiberHandle.make()

  const goOn = (id: OperationId, turn: Waiting.Turn<void, never, Needed>) =>
    FiberMap.run(
      driven,
      id,
      Effect.uninterruptible(
        Effect.flatMap(turn, (answer) => answer instanceof Waiting.Later ? room.enter(id, answer) : Effect.void)
      )
    )
  const turns = yield* Effect.makeSemaphore(mostTurns)
  yield* Effect.forkScoped(
    room.attend((id, again) =>
      Effect.zipRight(Effect.interruptible(turns.take(1)), goOn(id, Effect.ensuring(again, turns.release(1))))
    )
  )

  const takeUp = ({ id, type }: Known) =>
    Effect.gen(function*() {
      if (room.has(id) || (yield* FiberMap.has(driven, id))) return
      const manager = yield* managerOf({ id, type })
      const turn = yield* goOn(id, manager.attended({ id, type }))
      yield* Effect.timeoutOption(Fiber.await(turn), takenUp.patience)
    }).pipe(
      Effect.catchAll((error) => Effect.logWarning(`left for the next round: ${error.message}`)),
      Effect.annotateLogs({ operation: id, type })
    )
  const round = Effect.gen(function*() {
    const live = Array.map(yield* store.operations({ live: true }), ({ id, type }): Known => ({ id, type }))
    yield* Effect.logInfo(`${live.length} operation${live.length === 1 ? "" : "s"} not settled`)
    yield* Effect.forEach(live, takeUp, { discard: true, concurrency: takenUp.atOnce })
    yield* FiberHandle.run(
      tending,
      tend.pipe(
        Effect.catchAll((error) => Effect.logWarning(`transactions are tended the next time: ${error.message}`)),
        Effect.catchAllDefect((defect) => Effect.logError("transactions are tended the next time", defect))
      ),
      { onlyIfMissing: true }
    )
  })
  yield* round.pipe(
    Effect.catchAll((error) => Effect.logWarning(`this round is skipped: ${error.message}`)),
    Effect.repeat(policies.recheck)
  )
})
