/** The right to drive an operation: waited for, held over all its turns, and let go when nothing of them runs any more. */
import { DateTime, Effect, Exit, Fiber, Option, Schedule, Scope } from "effect"
import type { OperationId } from "../domain/OperationId.ts"
import { type Lease, type LeaseHeld, type LeaseLost, Leases } from "../services/Leases.ts"
import type { StoreError } from "../services/StoreError.ts"
import { Policies } from "./Policies.ts"
import * as Progress from "./Progress.ts"
import * as Waiting from "./Waiting.ts"

/**
 * What is done under the operation's lease, which is kept over the pauses. To be run uninterruptibly, lest a pause is lost
 * with the lease that goes with it; what of it can be interrupted is marked here.
 */
export const turns = <A, E, R>(
  type: string,
  id: OperationId,
  work: (lease: Lease) => Waiting.Turn<A, E, R>
): Waiting.Turn<A, E | LeaseHeld | LeaseLost | StoreError, R | Leases | Policies> =>
  Effect.flatMap(Scope.make(), (scope) => {
    const close = (exit: Exit.Exit<unknown, unknown>) => Scope.close(scope, exit)
    const begun = Effect.flatMap(
      Scope.extend(held(type, id), scope),
      (lease) =>
        Waiting.each(work(lease), (turn) =>
          // Lost in a pause, it is not even begun: a race would begin it.
          Effect.raceFirst(lease.lost, Effect.void).pipe(
            // When the lease is lost what only waits is cut short; a write under way is ended, and refused its record.
            Effect.zipRight(contained(Effect.raceFirst(turn, lease.lost)))
          ))
    )
    return Waiting.each(begun, (turn) =>
      Effect.interruptible(turn).pipe(
        Effect.onExit((exit) =>
          Exit.isSuccess(exit) && exit.value instanceof Waiting.Later ? Effect.void : close(exit)
        ),
        Effect.map((answer) =>
          answer instanceof Waiting.Later ? new Waiting.Later({ ...answer, leave: close(Exit.void) }) : answer
        )
      ))
  })

/**
 * Ends only when all that it began has ended. A race that is interrupted does not wait for its runners, and would let the
 * lease go while a row is still writing.
 */
const contained = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      Effect.fork(restore(effect)),
      (fiber) => restore(Fiber.join(fiber)).pipe(Effect.onInterrupt(() => Fiber.interrupt(fiber)))
    )
  )

/** The operation's lease, waited for as the policy says. Whoever has it and works moves its end on. */
const held = (
  type: string,
  id: OperationId
): Effect.Effect<Lease, LeaseHeld | StoreError, Leases | Policies | Scope.Scope> =>
  Effect.gen(function*() {
    const leases = yield* Leases
    const policies = yield* Policies
    const since = yield* DateTime.now
    const pauses = yield* Schedule.driver(policies.lease)
    let known = ""
    while (true) {
      const tried = yield* Effect.either(leases.hold(`${type}/${id}`))
      if (tried._tag === "Right") return tried.right
      if (tried.left._tag !== "LeaseHeld") return yield* tried.left
      const { holder, message, until } = tried.left
      if (holder !== known) yield* Effect.logInfo(message)
      known = holder
      yield* Progress.report({
        type,
        id,
        state: "Waiting",
        waitingFor: Option.some(`${holder}, which drives this operation`),
        since,
        until: Option.some(until)
      })
      yield* Effect.orElseFail(pauses.next(tried.left), () => tried.left)
    }
  })
