/** Takes up again whatever is not settled: after a crash, after an outage, and late successes on a slow schedule. */
import { Effect, FiberHandle, FiberMap } from "effect"
import * as EquityRedemption from "../domain/EquityRedemption.ts"
import { MintId, type OperationId, RebalanceId, RedemptionId } from "../domain/OperationId.ts"
import * as TokenizedEquityMint from "../domain/TokenizedEquityMint.ts"
import * as UsdcRebalance from "../domain/UsdcRebalance.ts"
import { EventStore, type Operation } from "../services/EventStore.ts"
import { TransactionOutbox } from "../services/TransactionOutbox.ts"
import * as MintManager from "./MintManager.ts"
import { Policies } from "./Policies.ts"
import * as RedemptionManager from "./RedemptionManager.ts"
import { Refused } from "./Refused.ts"
import * as UsdcRebalanceManager from "./UsdcRebalanceManager.ts"

/** Which manager drives which aggregate. */
const managers = {
  [TokenizedEquityMint.aggregate.type]: {
    resume: (id: OperationId) => MintManager.resume(MintId.make(id)),
    recheck: (id: OperationId) => MintManager.recheck(MintId.make(id))
  },
  [EquityRedemption.aggregate.type]: {
    resume: (id: OperationId) => RedemptionManager.resume(RedemptionId.make(id)),
    recheck: (id: OperationId) => RedemptionManager.recheck(RedemptionId.make(id))
  },
  [UsdcRebalance.aggregate.type]: {
    resume: (id: OperationId) => UsdcRebalanceManager.resume(RebalanceId.make(id)),
    recheck: (id: OperationId) => UsdcRebalanceManager.recheck(RebalanceId.make(id))
  }
}

type Verb = "resume" | "recheck"

/** One operation as its view shows it. */
export const operation = (id: OperationId) =>
  Effect.gen(function*() {
    const store = yield* EventStore
    const [found] = yield* store.operations({ id })
    return found ??
      (yield* new Refused({ reason: "UnknownOperation", detail: `there is no operation ${id} in this database` }))
  })

/** Drives one operation of whatever kind until it has finished, and answers how it then stands. */
const drive = (verb: Verb, { id, type }: Pick<Operation, "id" | "type">) =>
  Effect.gen(function*() {
    const manager = managers[type]
    if (manager === undefined) {
      return yield* new Refused({
        reason: "UnknownOperation",
        detail: `operation ${id} is a ${type}, which this release does not know`
      })
    }
    yield* manager[verb](id)
    return yield* operation(id)
  })

/** Continues one operation; a failed one that is not settled is looked at again. */
export const resume = (id: OperationId) => Effect.flatMap(operation(id), (found) => drive("resume", found))

/** Asks the provider about one failed operation and adopts a late success. */
export const recheck = (id: OperationId) => Effect.flatMap(operation(id), (found) => drive("recheck", found))

/** Sees to their end the transactions that no operation waits for any more, such as one that has filled a gap of nonces. */
const tend = Effect.flatMap(TransactionOutbox, (outbox) => outbox.tend)

/** Resumes all that is not settled, side by side; what goes wrong with one does not touch the others. */
export const resumeAll = Effect.gen(function*() {
  const store = yield* EventStore
  const live = yield* store.operations({ live: true })
  const resumed = yield* Effect.forEach(
    live,
    (found) => Effect.map(Effect.either(drive("resume", found)), (result) => ({ operation: found, result })),
    { concurrency: "unbounded" }
  )
  yield* tend
  return resumed
})

/**
 * The process: resumes all that is not settled, now and on the recheck schedule, each operation at most once at a time.
 * Ends by interruption alone, which falls between the rows of each operation and releases its lease.
 */
export const run = Effect.gen(function*() {
  const store = yield* EventStore
  const policies = yield* Policies
  const driven = yield* FiberMap.make<OperationId>()
  // Beside the rounds: whatever it waits for, such as a signer, no operation waits for it.
  const tending = yield* FiberHandle.make()
  const attend = (found: Operation) =>
    drive("resume", found).pipe(
      Effect.catchAll((error) => Effect.logWarning(`left for the next round: ${error.message}`)),
      Effect.catchAllDefect((defect) => Effect.logError("left for the next round after a defect", defect)),
      Effect.annotateLogs({ operation: found.id, type: found.type })
    )
  const round = Effect.gen(function*() {
    const live = yield* store.operations({ live: true })
    yield* Effect.logInfo(`${live.length} operation${live.length === 1 ? "" : "s"} not settled`)
    yield* Effect.forEach(live, (found) => FiberMap.run(driven, found.id, attend(found), { onlyIfMissing: true }), {
      discard: true
    })
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
