/** HTTP as Alpaca's Broker API speaks it: what every client of it shares. Source: external-apis 1.1, 1.6, 1.7. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { Chunk, type Duration, Effect, Either, Option, Stream } from "effect"
import { AlpacaError } from "../../services/AlpacaError.ts"
import * as Json from "../http/Json.ts"
import * as RetryAfter from "../http/RetryAfter.ts"
import { fromHttpClientError, NoAnswer } from "../http/Transport.ts"
import { within } from "../TimeLimit.ts"
import * as AlpacaErrors from "./AlpacaErrors.ts"
import * as Credentials from "./Credentials.ts"

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
  /** The most that is read of an answer. Default `objectLimit`. */
  readonly limit?: number
}

export interface Write extends Call {
  /** Sent byte for byte. */
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Answers are JSON in which every number is the string that was written. */
export interface AlpacaClient {
  readonly read: (call: Read) => Effect.Effect<unknown, AlpacaError>
  /** None if Alpaca says that there is no such thing. */
  readonly find: (call: Read) => Effect.Effect<Option.Option<unknown>, AlpacaError>
  readonly write: (call: Write) => Effect.Effect<unknown, AlpacaError>
  /** The error for an answer that came but does not make sense. */
  readonly failure: (reason: AlpacaError["reason"], action: string, detail: string) => AlpacaError
  /** Makes words of Alpaca's fit for a log. */
  readonly printable: (words: string) => string
}

const objectLimit = 1024 * 1024
export const listLimit = 16 * objectLimit
/** Of a refusal the first words are enough. */
const refusalLimit = 64 * 1024

/** One segment of a path. */
export const encode = encodeURIComponent

interface Answer {
  readonly status: number
  readonly headers: Headers.Headers
  readonly body: string
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300

const decodeText = (bytes: Uint8Array, fatal: boolean): Option.Option<string> =>
  Option.liftThrowable(() => new TextDecoder("utf-8", { fatal }).decode(bytes))()

/** Counts while it reads, so that no server can fill the memory, whatever length it announced. */
const readBody = (response: HttpClientResponse.HttpClientResponse, limit: number): Effect.Effect<string, NoAnswer> =>
  response.stream.pipe(
    Stream.runFoldWhile(
      { size: 0, parts: Chunk.empty<Uint8Array>() },
      ({ size }) => size <= limit,
      ({ parts, size }, part) => ({ size: size + part.length, parts: Chunk.append(parts, part) })
    ),
    Effect.catchAll((error) =>
      // Of `fetch`, for an answer without a body.
      error.reason === "EmptyBody"
        ? Effect.succeed({ size: 0, parts: Chunk.empty<Uint8Array>() })
        : Effect.fail(fromHttpClientError(error))
    ),
    Effect.flatMap(({ parts, size }) => {
      const whole = size <= limit
      if (!whole && isSuccess(response.status)) {
        return Effect.fail(
          new NoAnswer({ reason: "TooLarge", detail: `${response.status}: the body exceeds ${limit} bytes` })
        )
      }
      return Option.match(
        decodeText(Buffer.concat(Chunk.toReadonlyArray(parts)).subarray(0, limit), isSuccess(response.status)),
        {
          onNone: () =>
            Effect.fail(new NoAnswer({ reason: "Broken", detail: `${response.status}: the body is not UTF-8` })),
          onSome: Effect.succeed
        }
      )
    })
  )

/** Sends once. Redirects are answers: what follows them would take the credentials along. */
const exchange = (
  client: HttpClient.HttpClient,
  request: HttpClientRequest.HttpClientRequest,
  limit: number
): Effect.Effect<Answer, NoAnswer> =>
  client.execute(request).pipe(
    // A client of the embedding application may treat a status as a failure; to us it is an answer.
    Effect.catchTag("ResponseError", (error) =>
      error.reason === "StatusCode" ? Effect.succeed(error.response) : Effect.fail(error)),
    Effect.mapError(fromHttpClientError),
    Effect.tap(({ status }) =>
      Effect.annotateCurrentSpan("http.response.status_code", status)
    ),
    Effect.flatMap((response) =>
      Effect.map(readBody(response, isSuccess(response.status) ? limit : refusalLimit), (body) => ({
        status: response.status,
        headers: response.headers,
        body
      }))
    ),
    Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
    Effect.locallyWith(Headers.currentRedactedNames, (names) => [...names, ...Credentials.headerNames])
  )

/**
 * Needs a client that neither retries nor follows redirects, as those of `@effect/platform` are by themselves. `fetch`,
 * which does follow, is told not to; that replaces a `RequestInit` of the application for these calls.
 */
export const make = (config: AlpacaConfig): Effect.Effect<AlpacaClient, never, HttpClient.HttpClient> =>
  Effect.map(HttpClient.HttpClient, (anyClient) => {
    // Its own span ends with the response, which knows the request and its headers; and Alpaca has no use for trace ids.
    const client = HttpClient.withTracerDisabledWhen(anyClient, () => true)
    const root = `${config.baseUrl.replace(/\/+$/, "")}/v1/accounts/${encode(config.accountId)}`
    const sign = Credentials.sign(config)
    const printable = AlpacaErrors.printable(Credentials.scrubber(config))

    const failure = (reason: AlpacaError["reason"], action: string, detail: string): AlpacaError =>
      new AlpacaError({ reason, action, detail: printable(detail) })

    const noAnswer = (method: AlpacaErrors.Method, action: string) => (problem: NoAnswer): AlpacaError =>
      failure(problem.reason === "NotSent" ? "Unavailable" : AlpacaErrors.unanswered(method), action, problem.detail)

    const refused = (
      method: AlpacaErrors.Method,
      action: string,
      answer: Answer
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

    const send = (
      method: AlpacaErrors.Method,
      action: string,
      request: HttpClientRequest.HttpClientRequest,
      limit: number
    ) =>
      exchange(client, sign(HttpClientRequest.acceptJson(request)), limit).pipe(
        within(config.timeout, () => new NoAnswer({ reason: "TimedOut", detail: "no answer in time" })),
        Effect.mapError(noAnswer(method, action)),
        Effect.withSpan(`http.client ${request.method}`, {
          kind: "client",
          captureStackTrace: false,
          attributes: { "http.request.method": request.method, "url.full": request.url }
        }),
        Effect.tap(({ headers, status }) =>
          Effect.logDebug(
            `Alpaca (${action}): ${status}${headers["idempotent-replayed"] === "true" ? ", replayed" : ""}`
          )
        )
      )

    const accept = (method: AlpacaErrors.Method, action: string, answer: Answer): Effect.Effect<unknown, AlpacaError> =>
      isSuccess(answer.status)
        ? Either.mapLeft(
          Json.parse(answer.body),
          (problem) =>
            failure(
              AlpacaErrors.unanswered(method),
              action,
              `${answer.status}: ${problem}: ${answer.body.slice(0, refusalLimit)}`
            )
        )
        : refused(method, action, answer)

    const get = ({ action, limit = objectLimit, path, query = {} }: Read) =>
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
        return Effect.flatMap(send("write", action, request, objectLimit), (answer) => accept("write", action, answer))
      },
      failure,
      printable
    }
  })
