/**
 * Whoever writes on a connection shares one transaction, and its fsync, with all who wait at that moment. Each writes within
 * a savepoint of its own, so that who fails takes nothing of the others with him; nobody is answered before the commit.
 * Those who want the same of other rows have it done by the same statements, once for all of them.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import { SqlError } from "@effect/sql/SqlError"
import {
  Array as Arr,
  Cause,
  Context,
  Deferred,
  Effect,
  type Either,
  Exit,
  Fiber,
  FiberId,
  FiberRef,
  FiberRefs,
  Option
} from "effect"
import { StoreError } from "../../services/StoreError.ts"
import { isOurs } from "./SqlFailure.ts"

export interface Writing<A, E, R> {
  /** What is being done, for the error. */
  readonly action: string
  /** Whether it has to be on the disk before it is answered, whatever the database was opened with. */
  readonly isDurable: boolean
  readonly body: (connection: Connection) => Effect.Effect<A, E, R>
}

type Transact = <A, E, R>(writing: Writing<A, E, R>) => Effect.Effect<A, Exclude<E, SqlError> | StoreError, R>

/** What is done for many by the same statements; answers in the order of what it is given. Who is refused has changed nothing. */
export type InBulk<In, A, E> = (
  inputs: ReadonlyArray<In>
) => Effect.Effect<ReadonlyArray<Either.Either<A, E>>, SqlError>

export interface GroupCommit {
  /** Interrupted before its commit has begun it writes nothing; after that it waits for the end. */
  readonly write: Transact
  /** The same, for one of those for whom `run` does it together. */
  readonly bulk: <In, A, E>(
    run: InBulk<In, A, E>
  ) => (writing: Omit<Writing<A, E, never>, "body"> & { readonly input: In }) => Effect.Effect<A, E | StoreError>
}

interface Writer {
  readonly isDurable: boolean
  /** For all who brought this same function: what they answer is to be run once everything is committed. */
  readonly together: (
    connection: Connection,
    writers: ReadonlyArray<Writer>
  ) => Effect.Effect<ReadonlyArray<Effect.Effect<unknown>>, SqlError>
  /** In a transaction of its own. */
  readonly alone: Effect.Effect<unknown>
  readonly fail: (error: StoreError) => Effect.Effect<unknown>
}

/** So many share a transaction at most: others who only read have to wait for its end. */
const most = 256

/** What SQLite itself says is said to all: it may have rolled back more than this part. */
const inSavepoint = <A, E, R>(
  connection: Connection,
  body: Effect.Effect<A, E, R>
): Effect.Effect<Exit.Exit<A, Exclude<E, SqlError>>, SqlError, R> =>
  Effect.gen(function*() {
    const execute = (text: string) => connection.executeRaw(text, [])
    yield* execute("SAVEPOINT writer")
    const exit = yield* Effect.exit(
      Effect.catchAll(body, (error) => isOurs(error) ? Effect.fail(error) : Effect.die(error))
    )
    if (Exit.isFailure(exit)) {
      const defect = Cause.dieOption(exit.cause)
      if (Option.isSome(defect) && defect.value instanceof SqlError) return yield* defect.value
      yield* execute("ROLLBACK TO writer")
    }
    yield* execute("RELEASE writer")
    return exit
  })

/** @param transact runs it in one transaction, and tries again for some seconds while another process writes */
export const make = (transact: Transact): GroupCommit => {
  // No longer than there are fibers that wait for their answer.
  let waiting: Array<Writer> = []
  let isLed = false

  const commit = (writers: ReadonlyArray<Writer>) =>
    transact({
      action: `write for ${writers.length} at once`,
      isDurable: writers.some(({ isDurable }) => isDurable),
      body: (connection) => {
        const alike = new Map<Writer["together"], Array<Writer>>()
        for (const writer of writers) alike.set(writer.together, [...alike.get(writer.together) ?? [], writer])
        return Effect.forEach(alike, ([together, members]) => together(connection, members))
      }
    }).pipe(
      Effect.flatMap((answers) => Effect.all(answers.flat(), { discard: true })),
      Effect.catchAllCause((cause) => {
        const failure = Cause.failureOption(cause)
        // One after the other they would wait for as long again, each.
        return Option.isSome(failure) && failure.value.reason === "Busy"
          ? Effect.forEach(writers, ({ fail }) => fail(failure.value), { discard: true })
          // Nothing of it was kept: whose fault it was shows when each has a transaction of its own.
          : Effect.forEach(writers, ({ alone }) => alone, { discard: true })
      })
    )

  const lead = Effect.gen(function*() {
    while (waiting.length > 0) {
      // Those who are about to write come to stand beside the first.
      yield* Effect.yieldNow()
      const writers = waiting.splice(0, most)
      const [first, ...others] = writers
      if (first !== undefined) yield* others.length === 0 ? first.alone : commit(writers)
    }
    isLed = false
    // A span for each statement costs a third of the throughput.
  }).pipe(Effect.withTracerEnabled(false))

  /** @param stop what is to be done about one who has begun and is not wanted any more; none before it has begun */
  const answered = <A, E>(
    answer: Deferred.Deferred<A, E>,
    writer: Writer,
    restore: <B, F, R>(effect: Effect.Effect<B, F, R>) => Effect.Effect<B, F, R>,
    stop: () => Effect.Effect<unknown> | undefined
  ) =>
    Effect.suspend(() => {
      waiting.push(writer)
      const led = isLed ? Effect.void : Effect.forkDaemon(lead)
      isLed = true
      return Effect.zipRight(led, restore(Deferred.await(answer)))
    }).pipe(
      Effect.onInterrupt(() =>
        Effect.suspend(() => {
          waiting = waiting.filter((one) => one !== writer)
          // What has not begun does not begin any more: it may have waited for another process.
          const stopping = stop()
          return stopping === undefined ? Effect.void : Effect.zipRight(stopping, Effect.exit(Deferred.await(answer)))
        })
      )
    )

  const failing = <A, E>(answer: Deferred.Deferred<A, E | StoreError>, action: string) => (error: StoreError) =>
    Deferred.fail(answer, new StoreError({ ...error, action }))

  const write: Transact = <A, E, R>({ action, body, isDurable }: Writing<A, E, R>) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        const own = yield* Effect.context<R>()
        // A caller that cleans up after its own interruption still writes: the release of a lease.
        const refs = FiberRefs.delete(yield* Effect.getFiberRefs, FiberRef.interruptedCause)
        const answer = yield* Deferred.make<A, Exclude<E, SqlError> | StoreError>()
        let isWanted = true
        let running: Fiber.Fiber<A, E> | undefined
        // In a fiber of its own: with its caller's clock and all else, and its caller can interrupt it, and nobody else with it.
        const ofCaller = (connection: Connection) =>
          Effect.suspend(() => {
            if (!isWanted) return Effect.interrupt
            const context = Context.add(own, SqlClient.TransactionConnection, [connection, 0])
            const provided = Effect.mapInputContext(
              body(connection),
              (outer: Context.Context<never>) => Context.merge(outer, context)
            )
            return Effect.flatMap(
              Effect.fork(
                Effect.zipRight(
                  Effect.setFiberRefs(refs),
                  Effect.interruptible(Effect.withTracerEnabled(provided, false))
                )
              ),
              (fiber) => {
                running = fiber
                return Effect.flatten(Fiber.await(fiber))
              }
            )
          })
        const writer: Writer = {
          isDurable,
          together: (connection) =>
            Effect.map(inSavepoint(connection, ofCaller(connection)), (exit) => [Deferred.done(answer, exit)]),
          alone: Effect.flatMap(
            Effect.exit(transact({ action, isDurable, body: ofCaller })),
            (exit) => Deferred.done(answer, exit)
          ),
          fail: failing(answer, action)
        }
        return yield* answered(answer, writer, restore, () => {
          isWanted = false
          return running === undefined ? undefined : Fiber.interrupt(running)
        })
      })
    )

  const bulk = <In, A, E>(run: InBulk<In, A, E>) => {
    interface Asked {
      readonly input: In
      readonly answer: Deferred.Deferred<A, E | StoreError>
      hasBegun: boolean
    }
    const asked = new Map<Writer, Asked>()
    const together: Writer["together"] = (_connection, writers) =>
      Effect.suspend(() => {
        // Those who are not among them any more were interrupted.
        const members = writers.map((writer) => asked.get(writer)).filter((member) => member !== undefined)
        for (const member of members) member.hasBegun = true
        return Effect.map(
          run(members.map(({ input }) => input)),
          (results) =>
            Arr.zipWith(members, results, ({ answer }, result) => Deferred.done(answer, Exit.fromEither(result)))
        )
      })
    return ({ action, input, isDurable }: Omit<Writing<A, E, never>, "body"> & { readonly input: In }) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.suspend(() => {
          const answer = Deferred.unsafeMake<A, E | StoreError>(FiberId.none)
          const writer: Writer = {
            isDurable,
            together,
            alone: transact({ action, isDurable, body: (connection) => together(connection, [writer]) }).pipe(
              Effect.flatMap((answers) => Effect.all(answers, { discard: true })),
              Effect.catchAllCause((cause) => Deferred.failCause(answer, cause))
            ),
            fail: failing(answer, action)
          }
          const one: Asked = { input, answer, hasBegun: false }
          asked.set(writer, one)
          return answered(answer, writer, restore, () => {
            asked.delete(writer)
            return one.hasBegun ? Effect.void : undefined
          }).pipe(Effect.ensuring(Effect.sync(() => asked.delete(writer))))
        })
      )
  }

  return { write, bulk }
}
