import { Context, type DateTime, type Effect, type Either, Schema } from "effect"
import type { Aggregate, View } from "../domain/Aggregate.ts"
import type { EncodedEvent } from "../domain/EventCodec.ts"
import type { OperationId } from "../domain/OperationId.ts"
import type { FailureKind } from "./FailureKind.ts"
import type { Lease, LeaseLost } from "./Leases.ts"
import type { StoreError } from "./StoreError.ts"

/** Somebody appended in between: reload and look. */
export class VersionConflict extends Schema.TaggedError<VersionConflict>()("VersionConflict", {
  type: Schema.String,
  id: Schema.String,
  expected: Schema.Int,
  actual: Schema.Int
}) {
  readonly kind: FailureKind = "transient"
  override get message(): string {
    return `${this.type} ${this.id} is at version ${this.actual}, not ${this.expected}: somebody else recorded something in between`
  }
}

/** An event that cannot be read or cannot follow the one before it. This operation stops; others are not affected. */
export class CorruptStream extends Schema.TaggedError<CorruptStream>()("CorruptStream", {
  type: Schema.String,
  id: Schema.String,
  sequence: Schema.Int,
  detail: Schema.String
}) {
  readonly kind: FailureKind = "permanent"
  override get message(): string {
    return `${this.type} ${this.id}, event ${this.sequence}: ${this.detail}. Nothing more is done for this operation; its money is where event ${
      this.sequence - 1
    } left it`
  }
}

/** A folded stream. `version` is the sequence of its last event, 0 when there is none. */
export interface Loaded<State> {
  readonly state: State
  readonly version: number
}

/**
 * A condition on all operations of the same kind that are not settled, looked at in the transaction that appends: what holds
 * there still holds when the events are in the log.
 */
export interface Guard<E> {
  /** Shows it also those that have settled, if they began then or later. */
  readonly since?: DateTime.Utc
  /** Left is why nothing is to be appended. */
  readonly admits: (operations: ReadonlyArray<Operation>) => Either.Either<void, E>
}

/** Events to append, with the state they lead to, from which the view is written in the same transaction. */
export interface Commit<State, Event, G = never> {
  readonly expectedVersion: number
  readonly events: ReadonlyArray<Event>
  readonly state: State
  /** The command that caused them. */
  readonly causation: string
  readonly lease: Lease
  /** Further leases, without which what is recorded may not be true any more: each must still be held as well. */
  readonly alongside?: ReadonlyArray<Lease>
  readonly guard?: Guard<G>
}

/** An event as it stands in the log. */
export interface RecordedEvent extends EncodedEvent {
  /** Place in the whole log: grows, never reused, may have gaps. */
  readonly position: number
  readonly aggregate: string
  readonly id: OperationId
  /** Place in its stream, from 1. */
  readonly sequence: number
  readonly metadata: {
    readonly correlationId: string
    readonly causation: string
    readonly recordedAt: string
    readonly softwareVersion: string
  }
}

/** One operation as its view shows it. */
export interface Operation extends View {
  readonly type: string
  readonly id: OperationId
  readonly version: number
  readonly startedAt: DateTime.Utc
  readonly updatedAt: DateTime.Utc
}

/** Which operations are wanted: those of which all that is given holds. Nothing given is all. */
export interface OperationFilter {
  readonly id?: OperationId
  readonly live?: true
  readonly orSince?: DateTime.Utc
  readonly updatedSince?: DateTime.Utc
}

/** The log of what happened, and the views derived from it. */
export class EventStore extends Context.Tag("ballast/services/EventStore")<EventStore, {
  /** An empty stream loads as the initial state at version 0. */
  readonly load: <Id extends OperationId, C extends Tagged, S extends Tagged, E extends Tagged, R>(
    aggregate: Aggregate<Id, C, S, E, R>,
    id: Id
  ) => Effect.Effect<Loaded<S>, CorruptStream | StoreError>
  /** All or nothing, and the view with it. Answers the new version. */
  readonly append: <Id extends OperationId, C extends Tagged, S extends Tagged, E extends Tagged, R, G = never>(
    aggregate: Aggregate<Id, C, S, E, R>,
    id: Id,
    commit: Commit<S, E, G>
  ) => Effect.Effect<number, VersionConflict | LeaseLost | StoreError | G>
  /**
   * Operations, oldest first: one, those not settled (`live`) and those that began at `orSince` or later, or all; of these,
   * those of which something was recorded at `updatedSince` or later.
   */
  readonly operations: (filter?: OperationFilter) => Effect.Effect<ReadonlyArray<Operation>, StoreError>
  /** One operation's events in order. */
  readonly history: (id: OperationId) => Effect.Effect<ReadonlyArray<RecordedEvent>, StoreError>
  /** At most `limit` events after `position`, in the order of the log. */
  readonly events: (
    after: { readonly position: number; readonly limit: number }
  ) => Effect.Effect<ReadonlyArray<RecordedEvent>, StoreError>
  /**
   * What is wrong beneath what can be read: damaged pages, an index that says otherwise than its table, a log that has lost
   * its end. Empty where nothing is. Reads everything.
   */
  readonly integrity: Effect.Effect<ReadonlyArray<string>, StoreError>
  /** Drops all views and writes them again from the log; answers how many operations were written. */
  readonly rebuildViews: Effect.Effect<number, CorruptStream | StoreError>
}>() {}

interface Tagged {
  readonly _tag: string
}
