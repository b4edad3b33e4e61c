/** Circle's attestation API, Iris. It needs no credentials, and only tells. Source: external-apis 3.8. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Clock, Duration, Effect, Either, Option, RateLimiter, Ref, Schema, type Scope } from "effect"
import type * as Cctp from "../../domain/Cctp.ts"
import * as Foreign from "../../domain/Foreign.ts"
import { printable } from "../../domain/Printable.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import * as Usdc from "../../domain/Usdc.ts"
import { CctpError } from "../../services/CctpBridge.ts"
import type { ChainName } from "../../services/Chain.ts"
import * as Exchange from "../http/Exchange.ts"
import * as Json from "../http/Json.ts"
import { domains } from "./Abi.ts"
import * as Fee from "./Fee.ts"

export interface Options {
  /** `https://iris-api.circle.com`; a path is kept as a prefix. */
  readonly apiUrl: string
  readonly timeout: Duration.DurationInput
}

/** Circle blocks whoever asks more than 35 times in a second. */
const pause = Duration.millis(34)
/** And does not hear him for that long; every further request is one more in vain. */
const block = Duration.minutes(5)

const Text = Schema.optional(Schema.NullOr(Schema.String))

/** One message of a transaction, as far as it matters and whatever it says. */
const Message = Schema.Struct({
  status: Text,
  message: Text,
  attestation: Text,
  eventNonce: Text,
  delayReason: Text
})
export type Message = typeof Message.Type

const Messages = Schema.Struct({ messages: Schema.Array(Message).pipe(Schema.maxItems(1000)) })
const Fees = Schema.Array(Schema.Struct({ finalityThreshold: Schema.String, minimumFee: Schema.String }))
const Allowance = Schema.Struct({ allowance: Schema.String })

/** In basis points times 1e6; none where Circle does not offer it. */
export interface Rates {
  readonly fast: Option.Option<bigint>
  readonly standard: bigint
}

export interface CircleClient {
  /** None: Circle has not seen the transaction, which is normal for a while. */
  readonly messages: (
    source: ChainName,
    burnTx: TxHash
  ) => Effect.Effect<Option.Option<ReadonlyArray<Message>>, CctpError>
  readonly rates: (source: ChainName, destination: ChainName) => Effect.Effect<Rates, CctpError>
  /** What can be transferred fast just now, by all users of Circle together. */
  readonly fastAllowance: Effect.Effect<Usdc.Usdc, CctpError>
  readonly reattest: (nonce: Cctp.Nonce) => Effect.Effect<void, CctpError>
}

const plainNumber = /^[0-9]{1,40}(?:\.[0-9]{1,40})?$/

/** Circle's number of dollars, rounded down. */
const dollars = (text: string): Option.Option<Usdc.Usdc> => {
  const [whole = "", fraction = ""] = text.split(".")
  return plainNumber.test(text)
    ? Option.some(Usdc.fromUnits(BigInt(whole + fraction.slice(0, Usdc.decimals).padEnd(Usdc.decimals, "0"))))
    : Option.none()
}

export const make = (
  { apiUrl, timeout }: Options
): Effect.Effect<CircleClient, never, HttpClient.HttpClient | Scope.Scope> =>
  Effect.gen(function*() {
    const exchange = yield* Exchange.make({ timeout, secretHeaders: [], printable })
    const paced = yield* RateLimiter.make({ limit: 1, interval: pause })
    const blockedUntil = yield* Ref.make(0)
    const root = apiUrl.replace(/\/+$/, "")

    const failure = (reason: CctpError["reason"], action: string, detail: string) =>
      new CctpError({ reason, action, detail: printable(detail) })

    const blocked = (action: string, until: number, now: number) =>
      new CctpError({
        reason: "RateLimited",
        action,
        detail: "Circle has had too many requests and hears none for five minutes",
        retryAfter: Duration.millis(until - now)
      })

    const welcome = (action: string) =>
      Effect.gen(function*() {
        const [until, now] = yield* Effect.all([Ref.get(blockedUntil), Clock.currentTimeMillis])
        if (now < until) return yield* blocked(action, until, now)
      })

    /** Whoever waited for his turn may have become unwelcome meanwhile. */
    const send = (action: string, request: HttpClientRequest.HttpClientRequest, limit: number) =>
      Effect.gen(function*() {
        yield* welcome(action)
        const answer = yield* paced(Effect.zipRight(
          welcome(action),
          Effect.mapError(
            exchange(HttpClientRequest.acceptJson(request), limit),
            ({ detail }) => failure("Unavailable", action, detail)
          )
        ))
        yield* Effect.logDebug(`Circle (${action}): ${answer.status}`)
        if (answer.status !== 429) return answer
        const now = yield* Clock.currentTimeMillis
        const until = now + Duration.toMillis(block)
        yield* Ref.set(blockedUntil, until)
        return yield* blocked(action, until, now)
      })

    const refused = (action: string, { body, status }: Exchange.Answer) =>
      failure("Unavailable", action, `${status}: ${body}`)

    const decode = <A, I>(schema: Schema.Schema<A, I>, action: string, body: string) =>
      Json.parse(body).pipe(
        Either.flatMap((json) => Foreign.decoder(schema)(json)),
        Either.mapLeft((problem) => failure("Unavailable", action, `an answer that makes no sense: ${problem}`))
      )

    const get = <A, I>(action: string, path: string, schema: Schema.Schema<A, I>, limit = Exchange.objectLimit) =>
      Effect.flatMap(
        send(action, HttpClientRequest.get(`${root}/${path}`), limit),
        (answer) =>
          answer.status === 404
            ? Effect.succeedNone
            : Exchange.isSuccess(answer.status)
            ? Effect.asSome(decode(schema, action, answer.body))
            : Effect.fail(refused(action, answer))
      )

    const must = <A>(action: string, found: Option.Option<A>, what: string) =>
      Effect.mapError(found, () => failure("Unavailable", action, what))

    return {
      messages: (source, burnTx) =>
        Effect.map(
          get(
            `attestation of burn ${burnTx}`,
            `v2/messages/${domains[source]}?transactionHash=${burnTx}`,
            Messages,
            Exchange.listLimit
          ),
          Option.map(({ messages }) => messages)
        ),
      rates: (source, destination) =>
        Effect.gen(function*() {
          const action = `fees from ${source} to ${destination}`
          const path = `v2/burn/USDC/fees/${domains[source]}/${domains[destination]}`
          const fees = yield* Effect.flatMap(
            get(action, path, Fees),
            (found) => must(action, found, "404: Circle knows no such route")
          )
          const rate = (threshold: string) =>
            Option.fromNullable(fees.find(({ finalityThreshold }) => finalityThreshold === threshold))
          const parsed = (threshold: string) =>
            Effect.transposeMapOption(
              rate(threshold),
              ({ minimumFee }) =>
                must(action, Fee.parseRate(minimumFee), `a fee of ${minimumFee} basis points makes no sense`)
            )
          const standard = yield* parsed("2000")
          return {
            fast: yield* parsed("1000"),
            standard: yield* must(action, standard, "there is no fee for a standard transfer")
          }
        }),
      fastAllowance: Effect.gen(function*() {
        const action = "allowance of fast transfers"
        const found = yield* get(action, "v2/fastBurn/USDC/allowance", Allowance)
        const { allowance } = yield* must(action, found, "404")
        return yield* must(action, dollars(allowance), `an allowance of ${allowance} makes no sense`)
      }),
      reattest: (nonce) =>
        Effect.gen(function*() {
          const action = `re-attestation of message ${nonce}`
          const answer = yield* send(
            action,
            HttpClientRequest.post(`${root}/v2/reattest/${nonce}`),
            Exchange.objectLimit
          )
          if (!Exchange.isSuccess(answer.status)) return yield* refused(action, answer)
        })
    }
  })
