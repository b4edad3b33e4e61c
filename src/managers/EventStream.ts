/** The log as a stream: what has been recorded from a position on, and then what is recorded. Looks, and writes nothing. */
import { Chunk, type Duration, Effect, type Option, Stream } from "effect"
import { EventStore, type RecordedEvent } from "../services/EventStore.ts"
import type { StoreError } from "../services/StoreError.ts"
import { isTransient, Policies, retrying } from "./Policies.ts"

/** Where to begin, and how to look. */
export interface Options {
  /**
   * Of the last event that was dealt with: the first one delivered is the one after it. Default 0, from the beginning. Kept
   * in the same transaction as what was made of the events, it makes their effect happen exactly once.
   */
  readonly position?: number
  /** The most events that one look reads, and that are held in memory. Default 500. */
  readonly limit?: number
}

/** `Options`, and how often to look where there is nothing new. */
export interface FollowOptions extends Options {
  /** Between two looks that find nothing, by Effect's Clock. Default one second. */
  readonly poll?: Duration.DurationInput
}

const page = (position: number, limit: number): Effect.Effect<
  ReadonlyArray<RecordedEvent>,
  StoreError,
  EventStore | Policies
> =>
  Effect.gen(function*() {
    const store = yield* EventStore
    const policies = yield* Policies
    return yield* retrying(store.events({ position, limit }), { schedule: policies.retry, while: isTransient })
  }).pipe(
    // One event that cannot be read holds back none that stands before it.
    Effect.catchIf(({ reason }) => reason === "Corrupt" && limit > 1, () => page(position, 1))
  )

/** Pages from the position on; `none` says what a look is worth that has found nothing. */
const pages = <R>(
  { limit = 500, position = 0 }: Options,
  none: Effect.Effect<"again" | "end", never, R>
): Stream.Stream<RecordedEvent, StoreError, EventStore | Policies | R> => {
  type Page = Option.Option<readonly [Chunk.Chunk<RecordedEvent>, number]>
  const next = (after: number): Effect.Effect<Page, StoreError, EventStore | Policies | R> =>
    Effect.flatMap(page(after, limit), (events) => {
      const last = events.at(-1)
      return last === undefined
        ? Effect.flatMap(none, (word) => word === "again" ? next(after) : Effect.succeedNone)
        : Effect.succeedSome([Chunk.unsafeFromArray(events), last.position] as const)
    })
  return Stream.unfoldChunkEffect(position, next)
}

/**
 * Every event that is committed after `position`, in the order of the log: first those that are there, page by page, then
 * those that come, from whatever process writes to the database. None is left out and none is delivered twice. The next page
 * is read when the one before has been taken, so whoever is slow is waited for; between looks nothing is held, no lock, no
 * transaction. Ends by interruption alone.
 *
 * A look that fails in passing is made again on `Policies.retry`. What fails beyond that ends the stream, after all that
 * could be read has been delivered: begin again from the last position.
 *
 * @example
 * import { Effect, Stream } from "effect"
 * import { EventStream } from "ballast"
 *
 * const told = EventStream.follow({ position: 42 }).pipe(
 *   Stream.runForEach(({ id, position, type }) => Effect.log(`${position}: ${type} of ${id}`))
 * )
 */
export const follow = (
  { poll = "1 second", ...options }: FollowOptions = {}
): Stream.Stream<RecordedEvent, StoreError, EventStore | Policies> =>
  pages(options, Effect.as(Effect.sleep(poll), "again" as const))

/**
 * Every event that is committed after `position`, up to the moment at which a look finds no more: `follow` without the wait.
 *
 * @example
 * import { Stream } from "effect"
 * import { EventStream } from "ballast"
 *
 * const howMany = Stream.runCount(EventStream.recorded())
 */
export const recorded = (options: Options = {}): Stream.Stream<RecordedEvent, StoreError, EventStore | Policies> =>
  pages(options, Effect.succeed("end" as const))
