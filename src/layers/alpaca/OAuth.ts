/** An access token by client credentials (RFC 6749, 4.4): asked for once, and again before it ends. Source: external-apis 1.1. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Clock, type Duration, Effect, Either, MutableRef, Option, Redacted, Schema } from "effect"
import { AlpacaError } from "../../services/AlpacaError.ts"
import * as Exchange from "../http/Exchange.ts"
import * as Json from "../http/Json.ts"
import * as RetryAfter from "../http/RetryAfter.ts"
import * as AlpacaErrors from "./AlpacaErrors.ts"
import { headerNames, scrubber } from "./Credentials.ts"

export interface Options {
  readonly tokenUrl: string
  readonly key: Redacted.Redacted
  readonly secret: Redacted.Redacted
  readonly timeout: Duration.DurationInput
}

export interface OAuth {
  /** One at a time is asked for; who comes meanwhile waits for that one. */
  readonly token: Effect.Effect<Redacted.Redacted, AlpacaError>
  /** It was refused, whatever was said of its life. */
  readonly forget: (token: Redacted.Redacted) => Effect.Effect<void>
  /** Kept out of every text. */
  readonly known: () => ReadonlyArray<string>
}

/** Of a token's life the last minute is not used: the request with it has to arrive as well. */
const margin = 60
const longest = 86_400

const Answer = Schema.Struct({
  access_token: Schema.String.pipe(Schema.pattern(/^[\x21-\x7e]{1,8192}$/)),
  /** Seconds; Alpaca says 899. */
  expires_in: Schema.optionalWith(Schema.NumberFromString.pipe(Schema.between(1, longest)), { default: () => 899 })
})
const decode = Schema.decodeUnknownOption(Answer)

/** RFC 6749, 5.2. */
const Refusal = Schema.Struct({ error: Schema.String, error_description: Schema.optional(Schema.String) })
const decodeRefusal = Schema.decodeUnknownOption(Refusal)

const words = ({ body, status }: Exchange.Answer): string =>
  Option.match(Option.flatMap(Either.getRight(Json.parse(body)), decodeRefusal), {
    onNone: () => `${status}: ${body}`,
    onSome: ({ error, error_description }) =>
      error_description === undefined ? `${status}: ${error}` : `${status} ${error}: ${error_description}`
  })

interface Held {
  readonly token: Redacted.Redacted
  /** Unix milliseconds. */
  readonly until: number
}

const action = "access token"

export const make = (
  { key, secret, timeout, tokenUrl }: Options
): Effect.Effect<OAuth, never, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const held = MutableRef.make(Option.none<Held>())
    const known = MutableRef.make<ReadonlyArray<string>>([])
    const printable = AlpacaErrors.printable(scrubber({ key, secret }, () => MutableRef.get(known)))
    const exchange = yield* Exchange.make({ timeout, secretHeaders: headerNames, printable })
    const alone = yield* Effect.makeSemaphore(1)

    const failure = (reason: AlpacaError["reason"], detail: string) =>
      new AlpacaError({ reason, action, detail: printable(detail) })

    const request = HttpClientRequest.post(tokenUrl).pipe(
      HttpClientRequest.acceptJson,
      HttpClientRequest.bodyUrlParams({
        grant_type: "client_credentials",
        client_id: Redacted.value(key),
        client_secret: Redacted.value(secret)
      })
    )

    const refused = (answer: Exchange.Answer) =>
      Effect.gen(function*() {
        const { headers, status } = answer
        if (status === 400 || status === 401 || status === 403) {
          return yield* failure("Unauthenticated", words(answer))
        }
        if (status !== 429) {
          return yield* failure("Unavailable", words(answer))
        }
        const error = failure("RateLimited", words(answer))
        const wait = yield* RetryAfter.of(headers)
        return yield* Option.match(wait, {
          onNone: () => error,
          onSome: (retryAfter) => new AlpacaError({ reason: "RateLimited", action, detail: error.detail, retryAfter })
        })
      })

    /** Asking for a token changes nothing at Alpaca, so a lost answer only means to ask again. */
    const fetched = Effect.gen(function*() {
      const answer = yield* Effect.mapError(
        exchange(request, Exchange.objectLimit),
        ({ detail }) => failure("Unavailable", detail)
      )
      yield* Effect.logDebug(`Alpaca (${action}): ${answer.status}`)
      if (!Exchange.isSuccess(answer.status)) return yield* refused(answer)
      // What came may be a token even where it makes no sense as an answer: none of it is told.
      const granted = yield* Effect.mapError(
        Option.flatMap(Either.getRight(Json.parse(answer.body)), decode),
        () => failure("Unavailable", `${answer.status}: an answer that is no access token`)
      )
      const now = yield* Clock.currentTimeMillis
      const token = Redacted.make(granted.access_token)
      const seconds = Math.max(granted.expires_in - margin, granted.expires_in / 2)
      MutableRef.set(held, Option.some({ token, until: now + 1000 * seconds }))
      MutableRef.update(known, (all) => [granted.access_token, ...all].slice(0, 10))
      return token
    })

    return {
      token: alone.withPermits(1)(Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const good = Option.filter(MutableRef.get(held), ({ until }) => now < until)
        return Option.isSome(good) ? good.value.token : yield* fetched
      })),
      forget: (token) =>
        Effect.sync(() =>
          MutableRef.update(held, Option.filter((current) => Redacted.value(current.token) !== Redacted.value(token)))
        ),
      known: () => MutableRef.get(known)
    }
  })
