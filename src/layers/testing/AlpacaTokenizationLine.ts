/** The line between the callers and the Alpaca of the test layer: who called, and what is lost on the way. */
import { Clock, Duration, Effect, Fiber, Option, Ref } from "effect"
import { AlpacaError } from "../../services/AlpacaError.ts"
import * as AlpacaErrors from "../alpaca/AlpacaErrors.ts"
import type { Call } from "./AlpacaTokenizationControl.ts"
import type { Fault, Method } from "./AlpacaTokenizationWorld.ts"

export type Strike =
  | { readonly _tag: "Fault"; readonly fault: Fault }
  | { readonly _tag: "Fail"; readonly error: AlpacaError }
  | { readonly _tag: "Delay"; readonly duration: Duration.DurationInput; readonly late: boolean }

/** A call that is under way. */
export interface Exchange<A> extends Call {
  readonly action: string
  /** What Alpaca does and answers. */
  readonly work: Effect.Effect<A, AlpacaError>
  /** What a 404 means, if it is an answer. */
  readonly absent: Option.Option<A>
}

export interface Line {
  readonly call: <A>(exchange: Exchange<A>) => Effect.Effect<A, AlpacaError>
  /** Oldest first. */
  readonly calls: Effect.Effect<ReadonlyArray<Call>>
  /** Strikes the next call of the method that none before it strikes. */
  readonly push: (method: Method, strike: Strike) => Effect.Effect<void>
  readonly refuseFor: (duration?: Duration.DurationInput) => Effect.Effect<void>
}

const kindOf = (method: Method): AlpacaErrors.Method => method === "requestMint" ? "write" : "read"

/** What the live layer makes of this status and Alpaca's message. */
export const refused = (method: Method, action: string, status: number, message: string): AlpacaError => {
  const code = Option.some(String(status * 100_000 + 10_000))
  return new AlpacaError({ ...AlpacaErrors.classify(kindOf(method), { status, code, message }), action })
}

const lost = (method: Method, action: string, detail: string): AlpacaError =>
  new AlpacaError({ reason: AlpacaErrors.unanswered(kindOf(method)), action, detail })

const strikeWith = <A>({ absent, action, method, work }: Exchange<A>, fault: Fault): Effect.Effect<A, AlpacaError> => {
  const answer = (status: number, message: string): Effect.Effect<A, AlpacaError> =>
    status === 404 && Option.isSome(absent)
      ? Effect.succeed(absent.value)
      : Effect.fail(refused(method, action, status, message))
  switch (fault._tag) {
    case "Dropped":
      return Effect.fail(lost(method, action, "the connection failed: ECONNRESET"))
    case "AnswerLost":
      return Effect.zipRight(Effect.exit(work), Effect.fail(lost(method, action, "the connection failed: ECONNRESET")))
    case "Refused":
      return answer(fault.status, "refused by the script")
    case "FailedAfter":
      return Effect.zipRight(Effect.exit(work), answer(fault.status, "failed by the script"))
    case "RateLimited": {
      const { detail, reason } = refused(method, action, 429, "rate limit exceeded")
      const { retryAfterSeconds } = fault
      const wait = retryAfterSeconds === undefined ? {} : { retryAfter: Duration.seconds(retryAfterSeconds) }
      return Effect.fail(new AlpacaError({ reason, detail, action, ...wait }))
    }
  }
}

/** @param timeout how long a caller waits for an answer */
export const make = (timeout: Duration.DurationInput): Effect.Effect<Line> =>
  Effect.gen(function*() {
    const calls = yield* Ref.make<ReadonlyArray<Call>>([])
    const strikes = yield* Ref.make<ReadonlyArray<readonly [Method, Strike]>>([])
    const refusesUntil = yield* Ref.make(-Infinity)

    const take = (method: Method) =>
      Ref.modify(strikes, (all) => {
        const first = all.find(([struck]) => struck === method)
        return [Option.fromNullable(first?.[1]), all.filter((other) => other !== first)]
      })

    return {
      call: (exchange) =>
        Effect.gen(function*() {
          const { action, id, method, work } = exchange
          yield* Ref.update(calls, (all) => [...all, { method, id }])
          if ((yield* Clock.currentTimeMillis) < (yield* Ref.get(refusesUntil))) {
            return yield* new AlpacaError({ reason: "Unavailable", action, detail: "not sent: ECONNREFUSED" })
          }
          const strike = yield* take(method)
          if (Option.isNone(strike)) return yield* work
          switch (strike.value._tag) {
            case "Fault":
              return yield* strikeWith(exchange, strike.value.fault)
            case "Fail":
              return yield* strike.value.error
            case "Delay": {
              const { duration, late } = strike.value
              const slow = late ? Effect.delay(work, duration) : Effect.zipLeft(work, Effect.sleep(duration))
              // Alpaca goes on with what it has read, also when the caller hangs up.
              return yield* Effect.forkDaemon(slow).pipe(
                Effect.flatMap(Fiber.join),
                Effect.timeoutFail({ duration: timeout, onTimeout: () => lost(method, action, "no answer in time") })
              )
            }
          }
        }),
      calls: Ref.get(calls),
      push: (method, strike) => Ref.update(strikes, (all) => [...all, [method, strike] as const]),
      refuseFor: (duration = Duration.infinity) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => Ref.set(refusesUntil, now + Duration.toMillis(duration)))
    }
  })
