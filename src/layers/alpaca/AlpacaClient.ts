/** HTTP as Alpaca's Broker API speaks it: what every client of it shares. Source: external-apis 1.1, 1.6, 1.7. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Context, type Duration, Effect, Either, Layer, Option } from "effect"
import { AlpacaError } from "../../services/AlpacaError.ts"
import * as Exchange from "../http/Exchange.ts"
import * as Json from "../http/Json.ts"
import * as RetryAfter from "../http/RetryAfter.ts"
import type { NoAnswer } from "../http/Transport.ts"
import * as AlpacaErrors from "./AlpacaErrors.ts"
import * as Credentials from "./Credentials.ts"
import * as OAuth from "./OAuth.ts"

export interface AlpacaConfig extends Credentials.Credentials {
  /** `https://broker-api.alpaca.markets`; a path is kept as a prefix. */
  readonly baseUrl: string
  readonly accountId: string
  /** For one exchange, from the connection to the last byte of the answer. */
  readonly timeout: Duration.DurationInput
}

export interface Call {
  /** For errors, with the ids: `request mint 6f1b.. of 10.5 AAPL`. */
  readonly action: string
  /** Below `/v1/accounts/{account_id}/`, already encoded where it bears data (`encode`). */
  readonly path: string
}

export interface Read extends Call {
  readonly query?: Readonly<Record<string, string>>
  /** The most that is read of an answer. Default that of an object. */
  readonly limit?: number
}

export interface Write extends Call {
  /** Sent byte for byte. */
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Answers are JSON in which every number is the string that was written. One client has one access token at a time: whoever
 * has several ports of one account shares it.
 */
export class AlpacaClient extends Context.Tag("ballast/layers/alpaca/AlpacaClient")<AlpacaClient, {
  readonly read: (call: Read) => Effect.Effect<unknown, AlpacaError>
  /** None if Alpaca says that there is no such thing. */
  readonly find: (call: Read) => Effect.Effect<Option.Option<unknown>, AlpacaError>
  readonly write: (call: Write) => Effect.Effect<unknown, AlpacaError>
  /** The error for an answer that came but does not make sense. */
  readonly failure: (reason: AlpacaError["reason"], action: string, detail: string) => AlpacaError
  /** Makes words of Alpaca's fit for a log. */
  readonly printable: (words: string) => string
}>() {}

export const { listLimit } = Exchange

/** One segment of a path. */
export const encode = encodeURIComponent

/** Whoever else asks now is refused as well. */
export const isRateLimit = ({ reason }: AlpacaError): boolean => reason === "RateLimited"

/** By what one request proves who sends it. */
interface Proof {
  readonly sign: Credentials.Sign
  /** It was not believed. True: another one may be. */
  readonly renew: Effect.Effect<boolean>
}

interface Authority {
  readonly proof: Effect.Effect<Proof, AlpacaError>
  /** The secrets that were given so far. */
  readonly tokens: () => ReadonlyArray<string>
}

const authority = (
  { auth, key, secret, timeout }: AlpacaConfig
): Effect.Effect<Authority, never, HttpClient.HttpClient> => {
  if (typeof auth === "string") {
    const proof = { sign: Credentials.sign(auth, { key, secret }), renew: Effect.succeed(false) }
    return Effect.succeed({ proof: Effect.succeed(proof), tokens: () => [] })
  }
  return Effect.map(OAuth.make({ ...auth, key, secret, timeout }), ({ forget, known, token }) => ({
    proof: Effect.map(token, (token) => ({ sign: Credentials.bearer(token), renew: Effect.as(forget(token), true) })),
    tokens: known
  }))
}

/** Needs a client that neither retries nor follows redirects, as those of `@effect/platform` are by themselves. */
export const make = (config: AlpacaConfig): Effect.Effect<AlpacaClient["Type"], never, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const { proof, tokens } = yield* authority(config)
    const root = `${config.baseUrl.replace(/\/+$/, "")}/v1/accounts/${encode(config.accountId)}`
    const printable = AlpacaErrors.printable(Credentials.scrubber(config, tokens))
    const exchange = yield* Exchange.make({
      timeout: config.timeout,
      secretHeaders: Credentials.headerNames,
      printable
    })

    const failure = (reason: AlpacaError["reason"], action: string, detail: string): AlpacaError =>
      new AlpacaError({ reason, action, detail: printable(detail) })

    const noAnswer = (method: AlpacaErrors.Method, action: string) => (problem: NoAnswer): AlpacaError =>
      failure(problem.reason === "NotSent" ? "Unavailable" : AlpacaErrors.unanswered(method), action, problem.detail)

    const refused = (
      method: AlpacaErrors.Method,
      action: string,
      answer: Exchange.Answer
    ): Effect.Effect<never, AlpacaError> => {
      const { detail, reason } = AlpacaErrors.classify(method, AlpacaErrors.refusal(answer.status, answer.body))
      const error = failure(reason, action, detail)
      return reason !== "RateLimited" ?
        Effect.fail(error) :
        Effect.flatMap(RetryAfter.of(answer.headers), (wait) =>
          Effect.fail(Option.match(wait, {
            onNone: () => error,
            onSome: (retryAfter) => new AlpacaError({ reason, action, detail: error.detail, retryAfter })
          })))
    }

    /** Who is not believed has done nothing: a token that was withdrawn is replaced, once. */
    const send = (
      method: AlpacaErrors.Method,
      action: string,
      request: HttpClientRequest.HttpClientRequest,
      limit: number,
      isLast = false
    ): Effect.Effect<Exchange.Answer, AlpacaError> =>
      Effect.gen(function*() {
        const { renew, sign } = yield* proof
        const answer = yield* Effect.mapError(
          exchange(sign(HttpClientRequest.acceptJson(request)), limit),
          noAnswer(method, action)
        )
        const replayed = answer.headers["idempotent-replayed"] === "true" ? ", replayed" : ""
        yield* Effect.logDebug(`Alpaca (${action}): ${answer.status}${replayed}`)
        return answer.status === 401 && !isLast && (yield* renew)
          ? yield* send(method, action, request, limit, true)
          : answer
      })

    const accept = (
      method: AlpacaErrors.Method,
      action: string,
      answer: Exchange.Answer
    ): Effect.Effect<unknown, AlpacaError> =>
      Exchange.isSuccess(answer.status)
        ? Either.mapLeft(
          Json.parse(answer.body),
          (problem) =>
            failure(
              AlpacaErrors.unanswered(method),
              action,
              `${answer.status}: ${problem}: ${answer.body.slice(0, Exchange.refusalLimit)}`
            )
        )
        : refused(method, action, answer)

    const get = ({ action, limit = Exchange.objectLimit, path, query = {} }: Read) =>
      send("read", action, HttpClientRequest.get(`${root}/${path}`, { urlParams: query }), limit)

    return {
      read: (call) => Effect.flatMap(get(call), (answer) => accept("read", call.action, answer)),
      find: (call) =>
        Effect.flatMap(
          get(call),
          (answer) =>
            answer.status === 404 && AlpacaErrors.isNotFound(AlpacaErrors.refusal(answer.status, answer.body))
              ? Effect.succeedNone
              : Effect.asSome(accept("read", call.action, answer))
        ),
      write: ({ action, body, headers = {}, path }) => {
        const request = HttpClientRequest.post(`${root}/${path}`, { headers }).pipe(
          HttpClientRequest.bodyText(body, "application/json")
        )
        return Effect.flatMap(
          send("write", action, request, Exchange.objectLimit),
          (answer) => accept("write", action, answer)
        )
      },
      failure,
      printable
    }
  })

export const layer = (config: AlpacaConfig): Layer.Layer<AlpacaClient, never, HttpClient.HttpClient> =>
  Layer.effect(AlpacaClient, make(config))
