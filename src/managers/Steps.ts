/**
 * A manager is a table with one row per state that has work outstanding. The driver runs the row of the current state,
 * records the command that the row answers, and goes on until a state has no row. Start, retry and resume are this path.
 */
import { DateTime, Duration, Effect, FiberRef, GlobalValue, Option, Record, type Scope } from "effect"
import type { Aggregate } from "../domain/Aggregate.ts"
import * as Decider from "../domain/Decider.ts"
import type { OperationId } from "../domain/OperationId.ts"
import { Alerts } from "../services/Alerts.ts"
import {
  type Commit,
  type CorruptStream,
  EventStore,
  type Guard,
  type Loaded,
  VersionConflict
} from "../services/EventStore.ts"
import type { Classified } from "../services/FailureKind.ts"
import { type Lease, type LeaseHeld, LeaseLost, type Leases } from "../services/Leases.ts"
import { StoreError } from "../services/StoreError.ts"
import { isTransient, Policies, retrying } from "./Policies.ts"
import * as Progress from "./Progress.ts"
import * as UnderLease from "./UnderLease.ts"
import * as Waiting from "./Waiting.ts"

interface Tagged {
  readonly _tag: string
}

/** What a row may know besides its state. */
export interface Try {
  /** No process has ever run this row for this operation before: nothing can have been sent yet. */
  readonly first: boolean
  /** The right to drive this operation, to be checked where something is stored for it. */
  readonly lease: Lease
}

/** What to record before any row, and on what condition. */
export interface Opening<Command, G = never> {
  readonly command: Command
  readonly guard?: Guard<G>
}

/**
 * One row per state that waits for something: do it, answer with the command that records it, or with what is to be done
 * later. `Rest` are the states without work: not started, and finished. A row runs uninterruptibly up to and including its
 * record; what only reads inside a row is marked interruptible there. What a row acquires in its Scope it holds until its
 * command is recorded, or until it pauses.
 */
export type Steps<State extends Tagged, Command, Rest extends State["_tag"]> = {
  readonly [S in Exclude<State["_tag"], Rest>]: (
    state: Extract<State, { readonly _tag: S }>,
    attempt: Try
  ) => Waiting.Turn<Command, any, any>
}

/** What a row holds besides the operation's own lease. */
const alongside = GlobalValue.globalValue(
  "ballast/managers/Steps/alongside",
  () => FiberRef.unsafeMake<ReadonlyArray<Lease>>([])
)

/** What the row answers was found out under this lease too: it is recorded only while that is still held. */
export const recordedUnder = (lease: Lease): Effect.Effect<void> =>
  FiberRef.update(alongside, (leases) => [...leases, lease])

type RowError = Classified & { readonly _tag: string; readonly reason?: string; readonly message: string }
type Row<Command> = Waiting.Turn<Command, RowError, any>
type Rows<Command> = { readonly [state: string]: (state: any, attempt: Try) => Row<Command> }
type RowEffect<T> = T extends { readonly [state: string]: (state: any, attempt: any) => infer Row } ? Row : never

/** Errors of the driver itself. */
export type DriverError = CorruptStream | StoreError | LeaseHeld | LeaseLost

export interface Drive<
  Id extends OperationId,
  Command extends Tagged,
  State extends Tagged,
  Event extends Tagged,
  Rejection,
  T,
  EO,
  RO,
  GO
> {
  /** The manager's name, for spans: `MintManager`. */
  readonly name: string
  readonly aggregate: Aggregate<Id, Command, State, Event, Rejection>
  readonly id: Id
  readonly steps: T
  /** Looks at the state found under the lease and says what to record first, if anything. */
  readonly open: (state: State, lease: Lease) => Effect.Effect<Option.Option<Opening<Command, GO>>, EO, RO>
}

/** A folded stream, and whether it was this driver that appended its last event. */
interface Current<State> extends Loaded<State> {
  readonly ours: boolean
}

/**
 * Holds the operation's lease and runs rows until a state has none, in turns: whoever has nothing else to do runs them
 * with `Waiting.patiently`. Answers that state.
 */
export const drive = <
  Id extends OperationId,
  Command extends Tagged,
  State extends Tagged,
  Event extends Tagged,
  Rejection,
  T extends Rows<Command>,
  EO,
  RO,
  GO extends Classified = never
>(
  options: Drive<Id, Command, State, Event, Rejection, T, EO, RO, GO>
): Waiting.Turn<
  State,
  DriverError | EO | GO | Effect.Effect.Error<RowEffect<T>>,
  | Exclude<RO, Scope.Scope>
  | EventStore
  | Leases
  | Policies
  | Alerts
  | Exclude<Effect.Effect.Context<RowEffect<T>>, Scope.Scope>
> => {
  const { aggregate, id, name } = options
  const rows: Rows<Command> = options.steps

  type Turn = Waiting.Turn<State, any, any>

  /** Rows, until one has to wait or there is none. */
  const from = (lease: Lease, current: Current<State>): Turn =>
    Effect.suspend(() => {
      const { ours, state } = current
      const row = rows[state._tag]
      return Effect.zipRight(
        entered(aggregate, id, state),
        row === undefined ? Effect.succeed(state) : taken(lease, current, row(state, { first: ours, lease }))
      )
    })

  /** A turn of a row, and if it has an answer the record of it and what follows. */
  const taken = (lease: Lease, current: Current<State>, row: Row<Command>): Turn =>
    row.pipe(
      Effect.tapError((error) => stopped(id, current.state, error)),
      Effect.withSpan(`${name}.${current.state._tag}`, { attributes: { operation: id }, captureStackTrace: false }),
      Effect.flatMap((
        answer
      ): Effect.Effect<Current<State> | Waiting.Later<Command, RowError, any>, DriverError, any> =>
        answer instanceof Waiting.Later
          ? Effect.succeed(answer)
          : record(aggregate, id, lease, current, { command: answer })
      ),
      Effect.annotateLogs({ state: current.state._tag }),
      Effect.scoped,
      Effect.locally(alongside, []),
      Effect.uninterruptible,
      Effect.flatMap((next) =>
        next instanceof Waiting.Later
          ? Effect.succeed(
            new Waiting.Later({ ...next, again: Effect.suspend(() => taken(lease, current, next.again)) })
          )
          : from(lease, next)
      )
    )

  const begun = (lease: Lease): Turn =>
    Effect.gen(function*() {
      const store = yield* EventStore
      const before: Current<State> = { ...yield* store.load(aggregate, id), ours: false }
      // What it holds is held until its record, as with a row.
      const opened = yield* options.open(before.state, lease).pipe(
        Effect.flatMap(Option.match({
          onNone: () => Effect.succeed(before),
          onSome: (opening) => record(aggregate, id, lease, before, opening)
        })),
        Effect.scoped,
        Effect.locally(alongside, [])
      )
      return yield* from(lease, opened)
    })

  const named = <A, E, R>(turn: Effect.Effect<A, E, R>) =>
    turn.pipe(
      Effect.annotateLogs({ operation: id, type: aggregate.type }),
      // Where it is begun says nothing that its name does not.
      Effect.withSpan(name, { attributes: { operation: id }, captureStackTrace: false })
    )

  return Waiting.each(UnderLease.turns(aggregate.type, id, begun), named)
}

/** Decides, folds and appends one command; if somebody else appended meanwhile, answers what is there now instead. */
const record = <
  Id extends OperationId,
  Command extends Tagged,
  State extends Tagged,
  Event extends Tagged,
  Rejection,
  G extends Classified = never
>(
  aggregate: Aggregate<Id, Command, State, Event, Rejection>,
  id: Id,
  lease: Lease,
  from: Loaded<State>,
  { command, guard }: Opening<Command, G>
): Effect.Effect<Current<State>, CorruptStream | StoreError | LeaseLost | G, EventStore | Policies> =>
  Effect.gen(function*() {
    const store = yield* EventStore
    const policies = yield* Policies
    // A row that answers what its own state does not accept is a mistake in the program, not in the world.
    const events = yield* Effect.orDie(aggregate.decider.decide(id, command, from.state))
    const state = yield* Effect.orDie(Decider.replay(aggregate.decider, events, from.state))
    const commit: Commit<State, Event, G> = {
      expectedVersion: from.version,
      events,
      state,
      causation: command._tag,
      lease,
      alongside: yield* FiberRef.get(alongside),
      ...(guard === undefined ? {} : { guard })
    }
    return yield* store.append(aggregate, id, commit).pipe(
      Effect.tapError((error) => isBusyStore(error) ? Effect.logWarning(unrecorded(command, error)) : Effect.void),
      // Not interruptible in its pauses either: what was done and not yet recorded is worth a slow stop.
      (append) => retrying(append, { schedule: policies.retry, while: isBusyStore, pausing: Effect.uninterruptible }),
      Effect.tap(() => transition(aggregate, from.state, state, events)),
      Effect.map((version) => ({ state, version, ours: true })),
      Effect.tapError((error) => error instanceof LeaseLost ? left(command, payloads(aggregate, events)) : Effect.void),
      Effect.catchIf(isConflict, (conflict) =>
        Effect.logInfo(conflict.message).pipe(
          Effect.zipRight(store.load(aggregate, id)),
          Effect.map((loaded) => ({ ...loaded, ours: false }))
        ))
    )
  })

/** What was done is done; only that it is cannot be written down yet. */
const unrecorded = ({ _tag }: Tagged, { message }: StoreError) =>
  `${_tag} could not be recorded, and until it is nothing further is done: ${message}`

// Beside the error of a guard, whatever that is.
const isConflict = (error: unknown): error is VersionConflict => error instanceof VersionConflict
const isBusyStore = (error: unknown): error is StoreError => error instanceof StoreError && isTransient(error)

/** The one log line of a transition: what happened, with the ids and amounts that the event carries, and how long it took. */
const transition = <Id extends OperationId, C extends Tagged, S extends Tagged, E extends Tagged, R>(
  aggregate: Aggregate<Id, C, S, E, R>,
  from: S,
  to: S,
  events: ReadonlyArray<E>
): Effect.Effect<void> => {
  const elapsed = Option.match(Option.zipWith(aggregate.since(from), aggregate.since(to), DateTime.distanceDuration), {
    onNone: () => ({}),
    onSome: (elapsed) => ({ elapsed: Duration.format(elapsed) })
  })
  return Effect.annotateLogs(
    Effect.logInfo(`${from._tag} -> ${to._tag}`),
    Object.assign({ from: from._tag, to: to._tag }, ...payloads(aggregate, events), elapsed)
  )
}

/** What events carry. Their own `at` would only say again when the line was written. */
const payloads = <Id extends OperationId, C extends Tagged, S extends Tagged, E extends Tagged, R>(
  aggregate: Aggregate<Id, C, S, E, R>,
  events: ReadonlyArray<E>
) => events.map((event) => Record.remove(aggregate.codec.encode(event).payload, "at"))

/** Whoever has taken over looks for what was done, and records it himself; a person may want to know what that was. */
const left = ({ _tag }: Tagged, carried: ReadonlyArray<object>) =>
  Effect.logWarning(`${_tag} is left to whoever has taken over the lease`).pipe(
    Effect.annotateLogs(Object.assign({}, ...carried))
  )

/** A row gave up. The state stays and can be resumed; what time alone will not mend is told to a person. */
const stopped = (id: OperationId, state: Tagged, error: RowError) =>
  Effect.gen(function*() {
    const alerts = yield* Alerts
    yield* Effect.logWarning(`stays in ${state._tag}: ${error.message}`)
    if (isTransient(error)) return
    yield* alerts.raise({
      condition: `${id}/${state._tag}/${error._tag}.${error.reason ?? "any"}`,
      operation: id,
      message: `operation ${id} stays in ${state._tag} and needs a person: ${error.message}`
    })
  }).pipe(
    Effect.catchTag("StoreError", (failed) => Effect.logError(`the alert could not be stored: ${failed.message}`))
  )

const entered = <Id extends OperationId, C extends Tagged, S extends Tagged, E extends Tagged, R>(
  aggregate: Aggregate<Id, C, S, E, R>,
  id: Id,
  state: S
) =>
  Option.match(aggregate.since(state), {
    onNone: () => Effect.void,
    onSome: (since) =>
      Progress.report({
        type: aggregate.type,
        id,
        state: state._tag,
        waitingFor: Option.none(),
        since,
        until: Option.none()
      })
  })
