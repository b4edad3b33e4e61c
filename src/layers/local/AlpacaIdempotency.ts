/** Keys under which mint requests were accepted (facts: external-apis.md 1.3). Kept as long as the world lives. */
import { Effect, Option, Ref } from "effect"
import { type AlpacaProblem, invalid, malformed } from "./AlpacaProblem.ts"

interface Accepted {
  /** The bytes that came. Whether the provider compares bytes or meaning is unknown; bytes are stricter. */
  readonly body: string
  readonly requestId: string
  /** The bytes that were answered. */
  readonly answer: string
}

export interface AlpacaIdempotency {
  /** None for a key that is new. Fails if it was used for something else. */
  readonly find: (key: string, body: string) => Effect.Effect<Option.Option<Accepted>, AlpacaProblem>
  readonly keep: (key: string, accepted: Accepted) => Effect.Effect<void>
}

const wellFormed = /^[\x21-\x7e]{1,128}$/

export const make: Effect.Effect<AlpacaIdempotency> = Effect.map(
  Ref.make<ReadonlyMap<string, Accepted>>(new Map()),
  (keys) => ({
    find: (key, body) =>
      Effect.gen(function*() {
        if (!wellFormed.test(key)) {
          return yield* malformed("Idempotency-Key must be 1 to 128 printable ASCII characters without spaces")
        }
        const known = (yield* Ref.get(keys)).get(key)
        if (known !== undefined && known.body !== body) {
          return yield* invalid("Idempotency-Key was already used with a different request body")
        }
        return Option.fromNullable(known)
      }),
    keep: (key, accepted) => Ref.update(keys, (all) => new Map(all).set(key, accepted))
  })
)
