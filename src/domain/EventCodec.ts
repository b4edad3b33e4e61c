/**
 * How an event becomes a row and comes back. The row names the event's type and the version of its payload; a payload
 * written by an older release is lifted, one version at a time, to the shape of today's Schema.
 */
import { Data, Either, Predicate, Schema } from "effect"
import * as Foreign from "./Foreign.ts"
import { printable } from "./Printable.ts"

export interface EncodedEvent {
  readonly type: string
  readonly version: number
  /** The event as JSON, without its tag. */
  readonly payload: unknown
}

type Payload = { readonly [field: string]: unknown }

/** Lifts one payload by one version; must be total, its result is checked by the Schema. */
export type Upcaster = (payload: Payload) => Payload

/** For each event type the steps from version 1 to 2, 2 to 3 ...; none for a type that never changed. */
export type Upcasters = { readonly [eventType: string]: ReadonlyArray<Upcaster> }

export class UndecodableEvent extends Data.TaggedError("UndecodableEvent")<{
  readonly type: string
  readonly version: number
  readonly detail: string
}> {
  override get message(): string {
    return `event ${printable(this.type)} version ${this.version} cannot be read: ${this.detail}`
  }
}

export interface EventCodec<Event> {
  readonly encode: (event: Event) => EncodedEvent & { readonly payload: Payload }
  readonly decode: (encoded: EncodedEvent) => Either.Either<Event, UndecodableEvent>
}

export const make = <Event extends { readonly _tag: string }, Encoded extends { readonly _tag: string }>(
  schema: Schema.Schema<Event, Encoded>,
  upcasters: Upcasters = {}
): EventCodec<Event> => {
  // Checks what it is given: nothing is stored that could not be read again.
  const encodeSync = Schema.encodeSync(schema)
  // An event is asked for more than once: to be stored, and to be logged.
  const encoded = new WeakMap<Event, EncodedEvent & { readonly payload: Payload }>()
  const decode = Foreign.decoder(schema)
  // Types come from rows: `constructor` is no event type, though every object has one.
  const steps = (type: string): ReadonlyArray<Upcaster> => Object.hasOwn(upcasters, type) ? upcasters[type] ?? [] : []
  const current = (type: string) => steps(type).length + 1
  return {
    encode: (event) => {
      const known = encoded.get(event)
      if (known !== undefined) return known
      const { _tag: type, ...payload } = encodeSync(event)
      const made = { type, version: current(type), payload }
      encoded.set(event, made)
      return made
    },
    decode: ({ payload, type, version }) => {
      const undecodable = (detail: string) => Either.left(new UndecodableEvent({ type, version, detail }))
      if (version > current(type)) {
        return undecodable(`this release knows versions up to ${current(type)}; upgrade Ballast`)
      }
      if (!Number.isSafeInteger(version) || version < 1) return undecodable("versions count from 1")
      if (!Predicate.isReadonlyRecord(payload)) return undecodable("the payload is no JSON object")
      const lifted = steps(type).slice(version - 1).reduce<Payload>((older, lift) => lift(older), payload)
      return Either.mapLeft(
        decode({ ...lifted, _tag: type }),
        (detail) => new UndecodableEvent({ type, version, detail })
      )
    }
  }
}
