/** What every layer of `Leases` must do. */
import { Deferred, Duration, Effect, Exit, Fiber, Scope, TestClock } from "effect"
import { type LeaseHeld, type LeaseLost, Leases } from "../../../services/Leases.ts"
import type { StoreError } from "../../../services/StoreError.ts"
import { LeasesControl } from "../LeasesControl.ts"
import { type Case, type ContractViolation, equals, fails, holds } from "./Contract.ts"

type Failure = ContractViolation | LeaseHeld | LeaseLost | StoreError

const name = "TokenizedEquityMint/6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e"

const hold = (of = name) => Effect.flatMap(Leases, (leases) => leases.hold(of))
const holder = Effect.flatMap(Leases, (leases) => leases.holder(name))

const duration = Effect.map(LeasesControl, (control) => control.duration)

/** Three times as long as a lease lasts that nobody renews. */
const aLongTime = Effect.flatMap(duration, (lasts) => TestClock.adjust(Duration.times(lasts, 3)))

const seize = (lasts: Duration.DurationInput) => Effect.flatMap(LeasesControl, (control) => control.seize(name, lasts))

/** Whether the lease can be had at this moment; it is released at once. */
const isFree = Effect.scoped(hold()).pipe(
  Effect.as(true),
  Effect.catchTag("LeaseHeld", () => Effect.succeed(false))
)

/** To be run under a TestClock: no case waits for real time. */
export const cases: ReadonlyArray<Case<Failure, Leases | LeasesControl>> = [
  {
    name: "one holder at a time, also within one process",
    run: Effect.scoped(Effect.gen(function*() {
      yield* hold()
      const refused = yield* fails(Effect.scoped(hold()), "a second hold")
      yield* equals(refused._tag, "LeaseHeld", "the error")
      if (refused._tag !== "LeaseHeld") return
      yield* equals(refused.name, name, "the name in the error")
      yield* holds(refused.holder.length > 0, "the error names the holder", refused)
      const lasts = yield* duration
      yield* equals(refused.until.epochMillis, Duration.toMillis(lasts), "the expiry in the error")
    }))
  },
  {
    name: "of two that try at once one gets it",
    run: Effect.scoped(Effect.gen(function*() {
      const tries = yield* Effect.all([Effect.either(hold()), Effect.either(hold())], { concurrency: "unbounded" })
      yield* equals(tries.filter(({ _tag }) => _tag === "Right").length, 1, "the number of holders")
    }))
  },
  {
    name: "leases of different names do not touch each other",
    run: Effect.scoped(Effect.gen(function*() {
      const first = yield* hold()
      const other = yield* hold(`${name}-other`)
      yield* equals(first.name, name, "the name")
      yield* equals(other.name, `${name}-other`, "the other's name")
    }))
  },
  {
    name: "the lease is free once the scope closes, and each token is larger than the last",
    run: Effect.gen(function*() {
      const tokens: Array<number> = []
      for (let i = 0; i < 3; i++) tokens.push((yield* Effect.scoped(hold())).token)
      const grows = tokens.every((token, i) => i === 0 || token > (tokens[i - 1] ?? token))
      yield* holds(grows, "tokens grow", tokens)
    })
  },
  {
    name: "the lease is free once its holder failed",
    run: Effect.gen(function*() {
      yield* Effect.exit(Effect.scoped(Effect.zipRight(hold(), Effect.fail("the work failed"))))
      yield* equals(yield* isFree, true, "being free")
    })
  },
  {
    name: "the lease is free once its holder was interrupted",
    run: Effect.gen(function*() {
      const holding = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(
        Effect.scoped(hold().pipe(Effect.zipRight(Deferred.succeed(holding, undefined)), Effect.zipRight(Effect.never)))
      )
      yield* Deferred.await(holding)
      yield* equals(yield* isFree, false, "being free while held")
      yield* Fiber.interrupt(fiber)
      yield* equals(yield* isFree, true, "being free afterwards")
    })
  },
  {
    name: "a lease is renewed for as long as it is held",
    run: Effect.scoped(Effect.gen(function*() {
      const lease = yield* hold()
      const lost = yield* Effect.fork(lease.lost)
      yield* aLongTime
      yield* equals(yield* isFree, false, "being free")
      yield* equals((yield* Fiber.poll(lost))._tag, "None", "having lost it")
    }))
  },
  {
    name: "a lease taken inside an uninterruptible region is released all the same",
    run: Effect.gen(function*() {
      yield* Effect.uninterruptible(Effect.scoped(hold()))
      yield* equals(yield* isFree, true, "being free")
    })
  },
  {
    name: "the lease of a holder that no longer renews it is free when it expires, not before",
    run: Effect.gen(function*() {
      yield* Effect.scoped(hold())
      yield* seize("30 seconds")
      yield* TestClock.adjust("29999 millis")
      const refused = yield* fails(Effect.scoped(hold()), "a hold before the expiry")
      yield* equals(refused._tag, "LeaseHeld", "the error")
      yield* TestClock.adjust("1 millis")
      const { token } = yield* Effect.scoped(hold())
      yield* holds(token > 2, "the token is larger than that of the holder before", token)
    })
  },
  {
    name: "whoever was taken over is told, and cannot renew or release what is not his",
    run: Effect.gen(function*() {
      const scope = yield* Scope.make()
      const lease = yield* Scope.extend(hold(), scope)
      const lost = yield* Effect.fork(Effect.flip(lease.lost))
      yield* seize("1 hour")
      yield* aLongTime
      const error = yield* Fiber.join(lost)
      yield* equals(error.name, name, "the name in the error")
      yield* equals(error.token, lease.token, "the token in the error")
      yield* Scope.close(scope, Exit.void)
      yield* equals(yield* isFree, false, "being free")
    })
  },
  {
    name: "a holder that confirms its lease has it for its whole duration from then on",
    run: Effect.scoped(Effect.gen(function*() {
      const { confirm } = yield* Leases
      const lease = yield* hold()
      const millis = Duration.toMillis(yield* duration)
      yield* TestClock.adjust(millis / 6)
      yield* confirm(lease)
      yield* equals((yield* holder)?.until.epochMillis, millis + millis / 6, "until when")
    }))
  },
  {
    name: "whoever was taken over cannot confirm, takes nothing from the new holder, and is told who that is",
    run: Effect.scoped(Effect.gen(function*() {
      const { confirm } = yield* Leases
      const lease = yield* hold()
      yield* seize("30 seconds")
      const error = yield* fails(confirm(lease), "the confirmation")
      yield* equals(error._tag === "LeaseLost" && error.holder, "process 1 on elsewhere", "the new holder in the error")
      yield* equals((yield* holder)?.until.epochMillis, 30_000, "until when the new holder has it")
    }))
  },
  {
    name: "nobody is told of a loss that did not happen: a released lease is no lost one",
    run: Effect.gen(function*() {
      const lease = yield* Effect.scoped(hold())
      const lost = yield* Effect.fork(lease.lost)
      yield* Effect.scoped(hold())
      yield* aLongTime
      yield* equals((yield* Fiber.poll(lost))._tag, "None", "having lost it")
    })
  },
  {
    name: "one can ask who holds it",
    run: Effect.gen(function*() {
      yield* equals(yield* holder, undefined, "the holder at first")
      yield* Effect.scoped(Effect.gen(function*() {
        yield* hold()
        const held = yield* holder
        yield* holds((held?.holder.length ?? 0) > 0, "the holder is named", held)
        yield* equals(held?.until.epochMillis, Duration.toMillis(yield* duration), "until when")
      }))
      yield* equals(yield* holder, undefined, "the holder after the release")
      yield* seize("30 seconds")
      yield* holds((yield* holder) !== undefined, "another machine's process is a holder")
      yield* TestClock.adjust("30 seconds")
      yield* equals(yield* holder, undefined, "the holder after the expiry")
    })
  }
]
