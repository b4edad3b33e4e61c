import { FetchHttpClient, HttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Logger, LogLevel, Option, Redacted, Schema, Tracer } from "effect"
import { inspect } from "node:util"
import { AlpacaError } from "../../../src/services/AlpacaError.ts"
import { calls, hash, key, methods, redemption, row, secret, withStub } from "./Live.ts"
import { hangUp, json, refusal, type Reply, reply } from "./StubServer.ts"

const pair = Buffer.from(`${key}:${secret}`).toString("base64")
const token = "eyJhbGciOi.token+of/ours=.c2lnbmF0dXJl"
const words = [key, secret, pair, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]
const echoOf = (words: ReadonlyArray<string>) => `you sent ${words.join(" and ")}`

/** Writes down all that an observer of a program gets to see. */
const observed = <A, E>(program: Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const seen: Array<string> = []
    const logger = Logger.make<unknown, void>((entry) => {
      seen.push(Logger.jsonLogger.log(entry), Logger.logfmtLogger.log(entry), inspect(entry.message, { depth: 20 }))
    })
    const tracer = Tracer.make({
      context: (run) => run(),
      span: (name, parent, context, links, startTime, kind) => {
        seen.push(`span ${name}`)
        return {
          _tag: "Span",
          name,
          spanId: name,
          traceId: "trace",
          parent,
          context,
          links,
          kind,
          sampled: true,
          status: { _tag: "Started", startTime },
          attributes: new Map(),
          attribute: (attribute, value) => void seen.push(`${attribute}=${inspect(value, { depth: 20 })}`),
          event: (event, _, attributes) => void seen.push(`${event} ${inspect(attributes, { depth: 20 })}`),
          addLinks: () => {},
          // Of an end those who collect spans keep the failure, never the value.
          end: (_, exit) => {
            if (Exit.isFailure(exit)) seen.push(inspect(exit, { depth: 20 }), Cause.pretty(exit.cause))
          }
        }
      }
    })
    const exit = yield* Effect.exit(program).pipe(
      Effect.withTracer(tracer),
      Effect.provide(Layer.merge(Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(LogLevel.All)))
    )
    seen.push(inspect(exit, { depth: 20, showHidden: true }), JSON.stringify(exit))
    if (Exit.isFailure(exit)) {
      seen.push(Cause.pretty(exit.cause, { renderErrorCause: true }))
      for (const error of Option.toArray(Cause.failureOption(exit.cause))) {
        if (error instanceof AlpacaError) {
          seen.push(JSON.stringify(Schema.encodeSync(AlpacaError)(error)), error.message, `${error.stack}`)
        }
      }
    }
    return { seen: seen.join("\n"), exit }
  })

type Answers = ReadonlyArray<readonly [name: string, replies: ReadonlyArray<Reply>]>

const repeating = (echo: string): Answers => [
  ["a refusal that repeats them", [reply(403, JSON.stringify({ code: 40310000, message: echo }))]],
  ["a page that repeats them", [reply(502, `<html>${echo}</html>`)]],
  ["a success that makes no sense and repeats them", [reply(200, echo)]],
  ["a row that makes no sense and repeats them", [json({ ...row, qty: echo, tx_hash: echo, wallet_address: echo })]],
  ["a repetition torn apart", [
    reply(403, JSON.stringify({ message: `${key.slice(0, 5)}\u0007${key.slice(5)}` }))
  ]],
  ["a broken connection", [hangUp]],
  ["somebody else's row that repeats them", [
    json({ ...row, qty: "1" }),
    json([{ ...row, client_request_id: "x", qty: key, wallet_address: secret }])
  ]],
  ["a redemption of ours that makes no sense and repeats them", [json([{ ...redemption, qty: echo, status: key }])]],
  ["a redemption that is not what was sent and repeats them", [
    json([{ ...redemption, issuer: `${key} ${pair}`, network: secret }])
  ]],
  ["a success", [json(row)]]
]

describe("nobody who looks sees the credentials", () => {
  for (const auth of ["headers", "basic"] as const) {
    for (const [name, answers] of repeating(echoOf(words))) {
      it.live(`${auth}: ${name}`, () =>
        Effect.gen(function*() {
          for (const method of methods) {
            const { seen } = yield* observed(
              withStub(answers, (fixture) => calls[method](fixture), { config: { auth } })
            )
            for (const word of words) expect(seen).not.toContain(word)
            // Otherwise nothing was observed at all.
            expect(seen).toContain(`span AlpacaTokenization.${method}`)
            expect(seen).toContain("span http.client")
          }
        }))
    }
  }

  const granted = json({ access_token: token, expires_in: 899, token_type: "Bearer" })
  const withToken: Answers = [
    ...repeating(echoOf([...words, token, encodeURIComponent(token)])).map(([name, answers]) =>
      [name, [granted, ...answers]] as const
    ),
    ["a token that makes no sense and repeats them", [
      reply(200, JSON.stringify({ access_token: echoOf([...words, token]) }))
    ]],
    ["a refusal of a token that repeats them", [
      reply(401, JSON.stringify({ error: "no", error_description: echoOf(words) }))
    ]]
  ]
  for (const [name, answers] of withToken) {
    it.live(`oauth: ${name}`, () =>
      Effect.gen(function*() {
        for (const method of methods) {
          const { seen } = yield* observed(
            withStub(answers, (fixture) => calls[method](fixture), { hasToken: true })
          )
          for (const word of [...words, token]) expect(seen).not.toContain(word)
          expect(seen).toContain("span http.client")
        }
      }))
  }

  // A line break makes the header impossible, and clients say so in words of their own.
  for (
    const [name, client] of [["undici", NodeHttpClient.layerUndici], ["fetch", FetchHttpClient.layer], [
      "node:http",
      NodeHttpClient.layer
    ]] as const
  ) {
    it.live(`a secret that cannot be sent, over ${name}`, () =>
      Effect.gen(function*() {
        const config = { secret: Redacted.make("bad\nsecret") }
        const { exit, seen } = yield* observed(withStub([], calls.requestMint, { client, config }))
        expect(Exit.isFailure(exit)).toBe(true)
        expect(seen).not.toMatch(/bad(\s|\\n)+secret/)
      }))
  }
})

it.live("nor does a client whose errors repeat what it was to send", () =>
  Effect.gen(function*() {
    const repeats = Layer.succeed(
      FetchHttpClient.Fetch,
      (_, init) => Promise.reject(new Error(`cannot send ${JSON.stringify(init?.headers)}`))
    )
    for (const auth of ["headers", "basic"] as const) {
      const client = Layer.provide(FetchHttpClient.layer, repeats)
      const { exit, seen } = yield* observed(withStub([], calls.requestMint, { client, config: { auth } }))
      expect(Exit.isFailure(exit)).toBe(true)
      expect(seen).toContain("cannot send")
      for (const word of words) expect(seen).not.toContain(word)
    }
  }))

it.live("nor does a client that logs what it sends", () =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    const logger = Logger.map(Logger.jsonLogger, (line) => void lines.push(line))
    const client = Layer.provide(
      Layer.effect(
        HttpClient.HttpClient,
        Effect.map(HttpClient.HttpClient, HttpClient.tapRequest((request) => Effect.log(request)))
      ),
      NodeHttpClient.layerUndici
    )
    yield* withStub([json(row)], calls.getRequest, { client }).pipe(
      Effect.provide(Logger.replace(Logger.defaultLogger, logger))
    )
    const seen = lines.join("\n")
    expect(seen).toContain("apca-api-secret-key")
    for (const word of words) expect(seen).not.toContain(word)
  }))

it.live("spans bear the ids", () =>
  Effect.gen(function*() {
    const { seen } = yield* observed(
      withStub(
        [json(row), json(row), json([])],
        (fixture) => Effect.all([calls.requestMint(fixture), calls.getRequest(fixture), calls.findRedemption(fixture)])
      )
    )
    expect(seen).toContain(`mintId='${row.client_request_id}'`)
    expect(seen).toContain("http.response.status_code=200")
    expect(seen).toContain("symbol='AAPL'")
    expect(seen).toContain("quantity='10.5'")
    expect(seen).toContain(`txHash='${hash}'`)
    expect(seen).toContain(`tokenizationRequestId='${row.tokenization_request_id}'`)
  }))

it.live("an empty secret hides nothing else", () =>
  withStub([refusal(401, "request is not authorized")], (fixture) =>
    Effect.gen(function*() {
      const { detail } = yield* Effect.flip(calls.getRequest(fixture))
      expect(detail).toBe("401 40110000: request is not authorized")
    }), { config: { secret: Redacted.make("") } }))

it.live("what is logged is logged at debug only", () =>
  Effect.gen(function*() {
    const levels: Array<LogLevel.LogLevel> = []
    const logger = Logger.make<unknown, void>(({ logLevel }) => void levels.push(logLevel))
    yield* withStub([json({ ...row, qty: "1" }), json([{}, row])], calls.findMint).pipe(
      Effect.provide(Layer.merge(Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(LogLevel.All)))
    )
    // One for each answer.
    expect(levels).toEqual([LogLevel.Debug, LogLevel.Debug])
  }))
