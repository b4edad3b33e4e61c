/** Every wait and every retry of Ballast, by name. All of it counts on Effect's Clock. */
import { Context, DateTime, Duration, Effect, Either, Layer, Option, Schedule } from "effect"
import type { Classified } from "../services/FailureKind.ts"
import type { LeaseHeld } from "../services/Leases.ts"

/** What an operator can set (design: BALLAST_RETRY_*, BALLAST_POLL_*, BALLAST_ATTESTATION_*, BALLAST_WITHDRAWAL_SETTLING_TIME, BALLAST_RECHECK_INTERVAL). */
export interface Settings {
  readonly retryBase: Duration.Duration
  readonly retryMax: Duration.Duration
  /** Tries in all, the first included. */
  readonly retryAttempts: number
  readonly pollInterval: Duration.Duration
  readonly pollTimeout: Duration.Duration
  readonly recheckInterval: Duration.Duration
  readonly attestationPollInterval: Duration.Duration
  readonly attestationTimeout: Duration.Duration
  readonly withdrawalSettlingTime: Duration.Duration
  /** Whether to wait for an operation that another process drives. */
  readonly waitForLease: boolean
}

/** What holds where nothing is configured. */
export const defaults: Settings = {
  retryBase: Duration.millis(500),
  retryMax: Duration.seconds(60),
  retryAttempts: 10,
  pollInterval: Duration.seconds(10),
  pollTimeout: Duration.minutes(30),
  recheckInterval: Duration.minutes(10),
  attestationPollInterval: Duration.seconds(5),
  attestationTimeout: Duration.hours(24),
  withdrawalSettlingTime: Duration.minutes(2),
  waitForLease: true
}

/** Every wait and every retry, by name: replace one of them in the layer, and the program waits so. */
export class Policies extends Context.Tag("ballast/managers/Policies")<Policies, {
  /** Between tries after a transient error: exponential with jitter and a ceiling, never sooner than we were asked. */
  readonly retry: Schedule.Schedule<unknown, Classified>
  readonly tokenization: {
    /** Between two looks at a tokenization request. */
    readonly poll: Schedule.Schedule<unknown>
    /** How long Alpaca and the issuer may take, from the state's own time. */
    readonly deadline: Duration.Duration
  }
  readonly wallet: {
    /** Between two looks at a transfer into or out of Alpaca's wallet. */
    readonly poll: Schedule.Schedule<unknown>
    /** How long Alpaca may take, from the state's own time. */
    readonly deadline: Duration.Duration
    /** After an order of which nothing is known so long nothing is ordered again: by then Alpaca shows what it has taken. */
    readonly settlingTime: Duration.Duration
  }
  readonly attestation: {
    /** Between two looks at what Circle says of one burn. */
    readonly poll: Schedule.Schedule<unknown>
    /** How long Circle may take, from the burn on. */
    readonly deadline: Duration.Duration
  }
  readonly transactions: {
    /** Between two looks at a transaction of ours. */
    readonly poll: Schedule.Schedule<unknown>
  }
  /** Between two tries to get a lease that somebody holds: until it ends, but he may let it go before. */
  readonly lease: Schedule.Schedule<unknown, LeaseHeld>
  /** Between two looks of `ballast run` at all that is not settled. */
  readonly recheck: Schedule.Schedule<unknown>
}>() {}

const untilItEnds = Schedule.identity<LeaseHeld>().pipe(
  Schedule.modifyDelayEffect(({ until }) =>
    Effect.map(
      DateTime.now,
      (now) =>
        Duration.clamp(Duration.millis(DateTime.distance(now, until)), { minimum: "100 millis", maximum: "2 seconds" })
    )
  )
)

/** The schedules that these settings stand for. */
export const make = (settings: Settings): Context.Tag.Service<Policies> => ({
  retry: Schedule.exponential(settings.retryBase).pipe(
    Schedule.union(Schedule.spaced(settings.retryMax)),
    Schedule.jittered,
    Schedule.intersect(Schedule.recurs(settings.retryAttempts - 1)),
    Schedule.intersect(Schedule.identity<Classified>()),
    Schedule.modifyDelay(([, error], delay) => Duration.max(delay, error.retryAfter ?? Duration.zero))
  ),
  tokenization: { poll: Schedule.spaced(settings.pollInterval), deadline: settings.pollTimeout },
  wallet: {
    poll: Schedule.spaced(settings.pollInterval),
    deadline: settings.pollTimeout,
    settlingTime: settings.withdrawalSettlingTime
  },
  attestation: { poll: Schedule.spaced(settings.attestationPollInterval), deadline: settings.attestationTimeout },
  transactions: { poll: Schedule.spaced(settings.pollInterval) },
  lease: settings.waitForLease ? untilItEnds : Schedule.stop,
  recheck: Schedule.spaced(settings.recheckInterval)
})

/** The same as a layer; what is not given is as in `defaults`. */
export const layer = (settings: Partial<Settings> = {}): Layer.Layer<Policies> =>
  Layer.succeed(Policies, make({ ...defaults, ...settings }))

/**
 * Tries again while `while` says so and the schedule allows it. The tries themselves keep the caller's interruptibility,
 * only the pauses between them can always be interrupted, unless `pausing` says otherwise: so a graceful stop never cuts a
 * write off from its record. A schedule is begun once it is needed: it costs more than most tries.
 */
export const retrying = <A, E, R>(effect: Effect.Effect<A, E, R>, options: {
  readonly schedule: Schedule.Schedule<unknown, E>
  readonly while: (error: E) => boolean
  readonly pausing?: <B, F>(pause: Effect.Effect<B, F>) => Effect.Effect<B, F>
}): Effect.Effect<A, E, R> =>
  Effect.gen(function*() {
    const { pausing = Effect.interruptible } = options
    let pauses: Schedule.ScheduleDriver<unknown, E> | undefined
    while (true) {
      const result = yield* Effect.either(effect)
      if (Either.isRight(result)) return result.right
      if (!options.while(result.left)) return yield* Effect.fail(result.left)
      pauses ??= yield* Schedule.driver(options.schedule)
      const paused = yield* Effect.option(pausing(pauses.next(result.left)))
      if (Option.isNone(paused)) return yield* Effect.fail(result.left)
    }
  })

/** Whether nothing happened and the same may go well the next time. */
export const isTransient = (error: Classified): boolean => error.kind === "transient"
