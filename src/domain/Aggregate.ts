/** All that the event store and the driver need to know of an aggregate. */
import { type DateTime, Either, Option } from "effect"
import type * as Decider from "./Decider.ts"
import type { EncodedEvent, EventCodec, UndecodableEvent } from "./EventCodec.ts"
import type { OperationId } from "./OperationId.ts"
import type { Outcome } from "./Outcome.ts"
import type { TxHash } from "./TxHash.ts"

interface Tagged {
  readonly _tag: string
}

/** A state as people and other programs see it. */
export interface View {
  readonly state: string
  readonly outcome: Outcome
  /** The state's fields as JSON. */
  readonly data: { readonly [field: string]: unknown }
}

/** A transaction of our own wallet that a state names: what it did, in the word of the outbox, and its hash. */
export interface Sent {
  readonly step: string
  readonly txHash: TxHash
}

/** An event of a stored stream that cannot be read or cannot follow: `index` counts from 0. */
export interface Unfoldable {
  readonly index: number
  readonly cause: UndecodableEvent | Decider.IllegalTransition
}

/** An aggregate whose types do not matter: its log can still be folded. */
export interface Foldable {
  /** The name in the event log: never changes once released. */
  readonly type: string
  readonly fold: (
    events: ReadonlyArray<EncodedEvent>
  ) => Either.Either<View & { readonly sent: ReadonlyArray<Sent> }, Unfoldable>
  /** The steps in which our own wallet moves the operation's money. */
  readonly sends: ReadonlyArray<string>
}

export interface Aggregate<
  Id extends OperationId,
  Command extends Tagged,
  State extends Tagged,
  Event extends Tagged,
  Rejection
> extends Foldable {
  readonly decider: Decider.Decider<Command, State, Event, Rejection>
  readonly codec: EventCodec<Event>
  readonly outcome: (state: State) => Outcome
  /** When the state was entered: deadlines count from here. None before anything happened. */
  readonly since: (state: State) => Option.Option<DateTime.Utc>
  readonly view: (state: State) => View
  /** The state that a view shows; left is what does not fit. */
  readonly restore: (view: Pick<View, "state" | "data">) => Either.Either<State, string>
  /** Says which ids belong to this aggregate; never called. */
  readonly Id?: (id: Id) => Id
}

/** Decodes and folds a stored stream, or what follows the state that has been reached. */
export const replay = <Id extends OperationId, C extends Tagged, S extends Tagged, E extends Tagged, R>(
  aggregate: Pick<Aggregate<Id, C, S, E, R>, "decider" | "codec">,
  events: ReadonlyArray<EncodedEvent>,
  reached: S = aggregate.decider.initial
): Either.Either<S, Unfoldable> => {
  let state = reached
  for (const [index, encoded] of events.entries()) {
    const next = Either.flatMap(aggregate.codec.decode(encoded), (event) => aggregate.decider.evolve(state, event))
    if (Either.isLeft(next)) return Either.left({ index, cause: next.left })
    state = next.right
  }
  return Either.right(state)
}

export const make = <Id extends OperationId, C extends Tagged, S extends Tagged, E extends Tagged, R>(spec: {
  readonly type: string
  readonly decider: Decider.Decider<C, S, E, R>
  readonly codec: EventCodec<E>
  readonly outcome: (state: S) => Outcome
  readonly since: (state: S) => Option.Option<DateTime.Utc>
  readonly data: (state: S) => View["data"]
  /** The state of such data, its tag among them. */
  readonly restore: (data: View["data"]) => Either.Either<S, string>
  /** By step; none by default. */
  readonly sends?: { readonly [step: string]: (state: S) => Option.Option<TxHash> }
}): Aggregate<Id, C, S, E, R> => {
  const sends = Object.entries(spec.sends ?? {})
  const sent = (state: S) =>
    sends.flatMap(([step, hashOf]) => Option.toArray(Option.map(hashOf(state), (txHash): Sent => ({ step, txHash }))))
  const view = (state: S): View => ({ state: state._tag, outcome: spec.outcome(state), data: spec.data(state) })
  return {
    type: spec.type,
    decider: spec.decider,
    codec: spec.codec,
    outcome: spec.outcome,
    since: spec.since,
    view,
    restore: ({ data, state }) => spec.restore({ ...data, _tag: state }),
    fold: (events) => Either.map(replay(spec, events), (state) => ({ ...view(state), sent: sent(state) })),
    sends: sends.map(([step]) => step)
  }
}
