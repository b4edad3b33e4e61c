/**
 * An aggregate as two tables: `decide` (command x state) and `evolve` (state x event), both checked against one type,
 * `Transitions`, which is the state diagram. An absent cell is an illegal transition: nobody writes a default branch.
 */
import { Data, Either, Option } from "effect"

interface Tagged {
  readonly _tag: string
}
type Of<U extends Tagged, T extends U["_tag"]> = Extract<U, { readonly _tag: T }>

/** Which event may follow which state, and the state it leads to. */
export type Transitions<State extends Tagged, Event extends Tagged> = {
  readonly [S in State["_tag"]]: { readonly [E in Event["_tag"]]?: State["_tag"] }
}

type EventTags<T, S extends keyof T> = Extract<keyof T[S], string>

/** One cell per legal (state, event) pair; it must return the declared target state. */
export type EvolveTable<State extends Tagged, Event extends Tagged, T extends Transitions<State, Event>> = {
  readonly [
    // A plain `{}` for a closed state would accept extra cells, hence the index signature of never.
    S in State["_tag"]
  ]: [EventTags<T, S>] extends [never] ? { readonly [event: string]: never } : {
    readonly [E in EventTags<T, S>]: (
      state: Of<State, S>,
      event: Of<Event, Extract<E, Event["_tag"]>>
    ) => Of<State, Extract<T[S][E & keyof T[S]], State["_tag"]>>
  }
}

/** Rows are commands, columns the states that accept them. A cell can only emit events legal from its state. */
export type DecideTable<
  Command extends Tagged,
  State extends Tagged,
  Event extends Tagged,
  T extends Transitions<State, Event>,
  Rejection
> = {
  readonly [C in Command["_tag"]]: {
    readonly [S in State["_tag"]]?: (
      command: Of<Command, C>,
      state: Of<State, S>
    ) => Either.Either<ReadonlyArray<Of<Event, Extract<EventTags<T, S>, Event["_tag"]>>>, Rejection>
  }
}

/** The state diagram has no arrow for this command from this state. */
export class NotAccepted extends Data.TaggedError("NotAccepted")<{
  readonly id: string
  readonly command: string
  readonly state: string
}> {
  override get message(): string {
    return `${this.command} is not accepted by operation ${this.id} in state ${this.state}`
  }
}

/** The state diagram has no arrow for this event from this state: the stream is corrupt. */
export class IllegalTransition extends Data.TaggedError("IllegalTransition")<{
  readonly event: string
  readonly state: string
}> {
  override get message(): string {
    return `${this.event} cannot follow state ${this.state}`
  }
}

export interface Decider<Command extends Tagged, State extends Tagged, Event extends Tagged, Rejection> {
  readonly initial: State
  readonly decide: (
    id: string,
    command: Command,
    state: State
  ) => Either.Either<ReadonlyArray<Event>, Rejection | NotAccepted>
  readonly evolve: (state: State, event: Event) => Either.Either<State, IllegalTransition>
  /** Accepts nothing any more: no arrow leaves it. */
  readonly isClosed: (state: State) => boolean
  /** The commands that have a cell in this state. */
  readonly accepted: (state: State) => ReadonlyArray<Command["_tag"]>
}

export const make = <
  Command extends Tagged,
  State extends Tagged,
  Event extends Tagged,
  Rejection,
  T extends Transitions<State, Event>
>(spec: {
  readonly initial: State
  readonly decide: DecideTable<Command, State, Event, T, Rejection>
  readonly evolve: EvolveTable<State, Event, T>
}): Decider<Command, State, Event, Rejection> => {
  // The tables are checked cell by cell above; looked up by tags known only at run time they need one wide type each.
  type Decide = (command: Command, state: State) => Either.Either<ReadonlyArray<Event>, Rejection>
  type Evolve = (state: State, event: Event) => State
  const decide = spec.decide as unknown as Record<Command["_tag"], Partial<Record<State["_tag"], Decide>>>
  const evolve = spec.evolve as unknown as Record<State["_tag"], Partial<Record<Event["_tag"], Evolve>>>
  const commands = Object.keys(decide) as ReadonlyArray<Command["_tag"]>
  return {
    initial: spec.initial,
    decide: (id, command, state) =>
      Option.match(Option.fromNullable(decide[command._tag as Command["_tag"]][state._tag as State["_tag"]]), {
        onNone: () => Either.left(new NotAccepted({ id, command: command._tag, state: state._tag })),
        onSome: (cell) => cell(command, state)
      }),
    evolve: (state, event) =>
      Option.match(Option.fromNullable(evolve[state._tag as State["_tag"]][event._tag as Event["_tag"]]), {
        onNone: () => Either.left(new IllegalTransition({ event: event._tag, state: state._tag })),
        onSome: (cell) => Either.right(cell(state, event))
      }),
    isClosed: (state) => Object.keys(evolve[state._tag as State["_tag"]]).length === 0,
    accepted: (state) => commands.filter((command) => Object.hasOwn(decide[command], state._tag))
  }
}

/** Folds `events` onto `from`. */
export const replay = <C extends Tagged, S extends Tagged, E extends Tagged, R>(
  decider: Decider<C, S, E, R>,
  events: Iterable<E>,
  from: S = decider.initial
): Either.Either<S, IllegalTransition> => {
  let state: Either.Either<S, IllegalTransition> = Either.right(from)
  for (const event of events) state = Either.flatMap(state, (s) => decider.evolve(s, event))
  return state
}
