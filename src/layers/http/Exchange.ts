/** One exchange over HTTP with a server that is not trusted: bounded in size and time, never repeated, never redirected. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { Chunk, type Duration, Effect, Option, Stream } from "effect"
import { within } from "../TimeLimit.ts"
import { fromHttpClientError, NoAnswer } from "./Transport.ts"

export interface Answer {
  readonly status: number
  readonly headers: Headers.Headers
  readonly body: string
}

export interface Options {
  /** From the connection to the last byte of the answer. */
  readonly timeout: Duration.DurationInput
  /** Headers that bear credentials. */
  readonly secretHeaders: ReadonlyArray<string>
  /** Makes what a library says of a failure fit to be shown: it may repeat what it was to send. The span ends with it too. */
  readonly printable: (text: string) => string
}

/** The most bytes that are read of an answer that is an object, and of one that is a list. */
export const objectLimit = 1024 * 1024
export const listLimit = 16 * objectLimit
/** Of a refusal the first words are enough. */
export const refusalLimit = 64 * 1024

export const isSuccess = (status: number): boolean => status >= 200 && status < 300

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

/**
 * Sends once. Redirects are answers: what follows them would take the credentials along. Needs a client that neither retries
 * nor follows redirects, as those of `@effect/platform` are by themselves. `fetch`, which does follow, is told not to; that
 * replaces a `RequestInit` of the application for these calls.
 */
export const make = ({ printable, secretHeaders, timeout }: Options) =>
  Effect.map(HttpClient.HttpClient, (anyClient) => {
    // Its own span ends with the response, which knows the request and its headers; and nobody there has a use for our trace ids.
    const client = HttpClient.withTracerDisabledWhen(anyClient, () => true)
    return (request: HttpClientRequest.HttpClientRequest, limit: number): Effect.Effect<Answer, NoAnswer> =>
      client.execute(request).pipe(
        // A client of the embedding application may treat a status as a failure; to us it is an answer.
        Effect.catchTag(
          "ResponseError",
          (error) => error.reason === "StatusCode" ? Effect.succeed(error.response) : Effect.fail(error)
        ),
        Effect.mapError(fromHttpClientError),
        Effect.tap(({ status }) => Effect.annotateCurrentSpan("http.response.status_code", status)),
        Effect.flatMap((response) =>
          Effect.map(readBody(response, isSuccess(response.status) ? limit : refusalLimit), (body) => ({
            status: response.status,
            headers: response.headers,
            body
          }))
        ),
        Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
        Effect.locallyWith(Headers.currentRedactedNames, (names) => [...names, ...secretHeaders]),
        within(timeout, () => new NoAnswer({ reason: "TimedOut", detail: "no answer in time" })),
        Effect.mapError(({ detail, reason }) => new NoAnswer({ reason, detail: printable(detail) })),
        Effect.withSpan(`http.client ${request.method}`, {
          kind: "client",
          captureStackTrace: false,
          attributes: { "http.request.method": request.method, "url.full": request.url }
        })
      )
  })
