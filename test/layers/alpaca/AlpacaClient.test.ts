import { FetchHttpClient, HttpClient, HttpClientResponse } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Layer, Option, TestClock } from "effect"
import type { AlpacaError } from "../../../src/services/AlpacaError.ts"
import { calls, methods, mintAnswer, redemption, row, withStub } from "./Live.ts"
import { breakOff, flood, hangUp, json, refusal, type Reply, reply, silence } from "./StubServer.ts"

const clients = {
  undici: NodeHttpClient.layerUndici,
  "node:http": NodeHttpClient.layer,
  fetch: FetchHttpClient.layer
}

const objectLimit = 1_048_576

/** A port that no kernel hands out by itself, that nothing uses, and that `fetch` does not refuse by its number. */
const nobody = "http://127.0.0.1:2"

/** A write that may have happened is told apart from a read that can be repeated. */
const unanswered = {
  requestMint: "OutcomeUnknown",
  findMint: "Unavailable",
  findRedemption: "Unavailable",
  getRequest: "Unavailable"
} as const

/** The whole of a body of so many bytes is one JSON object. */
const padded = (value: object, bytes: number) => {
  const text = JSON.stringify(value)
  return `${text}${" ".repeat(bytes - text.length)}`
}

for (const [name, client] of Object.entries(clients)) {
  describe(`over ${name}`, () => {
    const broken: ReadonlyArray<readonly [name: string, reply: Reply]> = [
      ["the connection is dropped before an answer", hangUp],
      ["the answer breaks off", breakOff(200, JSON.stringify(row).slice(0, 50))],
      ["a refusal breaks off", breakOff(400, "{\"code\":40010000,\"mess")],
      ["a success has no body", reply(200)],
      ["there is no content", reply(204)],
      ["the body never ends", flood(200, " ".repeat(64 * 1024))],
      ["a gateway answers", reply(502, "<html>Bad Gateway</html>", { "content-type": "text/html" })]
    ]
    for (const [what, answer] of broken) {
      for (const method of methods) {
        it.live(`${method}: ${what}`, () =>
          withStub([answer], (fixture) =>
            Effect.gen(function*() {
              const error = yield* Effect.flip(calls[method](fixture))
              expect([error.reason, fixture.stub.received.length]).toEqual([unanswered[method], 1])
            }), { client }))
      }
    }

    it.live("a refusal without a body is still one", () =>
      withStub([reply(401), reply(403), reply(422)], (fixture) =>
        Effect.gen(function*() {
          for (const reason of ["Unauthenticated", "Forbidden", "InvalidRequest"]) {
            expect((yield* Effect.flip(calls.requestMint(fixture))).reason).toBe(reason)
          }
        }), { client }))

    it.live("of a refusal that never ends the first words are enough", () =>
      withStub([flood(403, "no ".repeat(10_000))], (fixture) =>
        Effect.gen(function*() {
          const { detail, reason } = yield* Effect.flip(calls.requestMint(fixture))
          expect(reason).toBe("Forbidden")
          expect(detail.length).toBe(500)
        }), { client }))

    for (const status of [301, 302, 307, 308]) {
      it.live(`a redirect is not followed (${status})`, () =>
        withStub([json(mintAnswer), json(row), json([redemption]), json(row)], ({ stub: elsewhere }) => {
          const redirect = reply(status, JSON.stringify(row), {
            location: `${elsewhere.url}/v1/accounts/904837e3/tokenization/mint`
          })
          return withStub(methods.map(() => redirect), (fixture) =>
            Effect.gen(function*() {
              for (const method of methods) {
                expect((yield* Effect.flip(calls[method](fixture))).reason).toBe(unanswered[method])
              }
              expect(elsewhere.received).toEqual([])
              expect(fixture.stub.received.length).toBe(methods.length)
            }), { client })
        }))
    }

    it.live("a connection that was refused has carried nothing, so a write can be repeated", () =>
      Effect.gen(function*() {
        for (const method of methods) {
          const error = yield* Effect.flip(withStub([], calls[method], { client, config: { baseUrl: nobody } }))
          expect([error.reason, error.kind]).toEqual(["Unavailable", "transient"])
          expect(error.detail).toContain("ECONNREFUSED")
        }
      }))

    it.live("nor has one to a host that has no address", () =>
      Effect.gen(function*() {
        const config = { baseUrl: "http://nowhere.invalid" }
        const error = yield* Effect.flip(withStub([], calls.requestMint, { client, config }))
        expect(error.reason).toBe("Unavailable")
        expect(error.detail).toMatch(/ENOTFOUND|EAI_AGAIN/)
      }))

    // The server is real, the clock is not: nothing but the timeout can end this wait.
    for (const method of methods) {
      it.effect(`${method}: no answer in time`, () =>
        withStub([silence], (fixture) =>
          Effect.gen(function*() {
            const call = yield* Effect.fork(Effect.flip(calls[method](fixture)))
            yield* Deferred.await(fixture.stub.reached)
            yield* TestClock.adjust("19 seconds")
            expect(Option.isNone(yield* Fiber.poll(call))).toBe(true)
            yield* TestClock.adjust("1 second")
            const { detail, reason } = yield* Fiber.join(call)
            expect([reason, detail]).toEqual([unanswered[method], "no answer in time"])
          }), { client, config: { timeout: "20 seconds" } }))
    }

    it.live("a body that stalls is no answer in time either", () =>
      withStub([(response) => void response.writeHead(200).write("{")], (fixture) =>
        Effect.gen(function*() {
          const { detail, reason } = yield* Effect.flip(calls.requestMint(fixture))
          expect([reason, detail]).toEqual(["OutcomeUnknown", "no answer in time"])
        }), { client, config: { timeout: "100 millis" } }))
  })
}

describe("a caller that must not be interrupted", () => {
  it.live("is not kept beyond the time limit", () =>
    withStub([silence], (fixture) =>
      Effect.gen(function*() {
        const { detail } = yield* Effect.uninterruptible(Effect.flip(calls.requestMint(fixture)))
        expect(detail).toBe("no answer in time")
      }), { config: { timeout: "100 millis" } }))

  it.live("gets its answer, although somebody interrupts it", () => {
    const held: Array<() => void> = []
    return withStub(
      [(response) => void held.push(() => json(mintAnswer)(response))],
      (fixture) =>
        Effect.gen(function*() {
          const outcome = yield* Deferred.make<void, AlpacaError>()
          const call = Effect.uninterruptible(Effect.intoDeferred(calls.requestMint(fixture), outcome))
          const fiber = yield* Effect.fork(call)
          yield* Deferred.await(fixture.stub.reached)
          yield* Fiber.interruptFork(fiber)
          yield* Effect.yieldNow()
          for (const release of held) release()
          yield* Deferred.await(outcome)
        })
    )
  })

  it.live("any other is let go at once, and the connection with it", () => {
    const closed = Effect.runSync(Deferred.make<void>())
    const watch: Reply = (response) => void response.on("close", () => Deferred.unsafeDone(closed, Effect.void))
    return withStub([watch], (fixture) =>
      Effect.gen(function*() {
        const fiber = yield* Effect.fork(calls.requestMint(fixture))
        yield* Deferred.await(fixture.stub.reached)
        yield* Fiber.interrupt(fiber)
        yield* Deferred.await(closed)
      }))
  })
})

describe("the bounds of a body", () => {
  it.live("one object fits exactly, and not with one byte more", () =>
    withStub(
      [reply(200, padded(row, objectLimit)), reply(200, padded(row, objectLimit + 1))],
      (fixture) =>
        Effect.gen(function*() {
          yield* calls.getRequest(fixture)
          const { detail, reason } = yield* Effect.flip(calls.getRequest(fixture))
          expect(reason).toBe("Unavailable")
          expect(detail).toContain("1048576")
        })
    ))

  it.live("a list may be larger, up to its own bound", () => {
    const list = (
      bytes: number
    ) => [json({ ...row, qty: "1" }), reply(200, `${" ".repeat(bytes)}${JSON.stringify([row])}`)]
    return withStub([...list(2 * objectLimit), ...list(16 * objectLimit)], (fixture) =>
      Effect.gen(function*() {
        yield* calls.findMint(fixture)
        const { detail, reason } = yield* Effect.flip(calls.findMint(fixture))
        expect(reason).toBe("Unavailable")
        expect(detail).toContain("16777216")
      }))
  })

  it.live("also the list of redemptions", () => {
    const list = JSON.stringify([redemption])
    const replies = [2 * objectLimit, 16 * objectLimit].map((bytes) => reply(200, `${" ".repeat(bytes)}${list}`))
    return withStub(replies, (fixture) =>
      Effect.gen(function*() {
        yield* calls.findRedemption(fixture)
        const { detail, reason } = yield* Effect.flip(calls.findRedemption(fixture))
        expect(reason).toBe("Unavailable")
        expect(detail).toContain("16777216")
      }))
  })
})

describe("429", () => {
  const soon = (headers: Record<string, string>) => refusal(429, "rate limit exceeded", headers)

  for (const method of methods) {
    it.effect(`${method}: can be repeated after what the headers ask for`, () =>
      withStub(
        [soon({ "X-RateLimit-Reset": "12", "Retry-After": "7" }), soon({ "Retry-After": "30" }), soon({})],
        (fixture) =>
          Effect.gen(function*() {
            const waits = yield* Effect.replicateEffect(Effect.flip(calls[method](fixture)), 3)
            expect(waits.map(({ retryAfter }) => retryAfter)).toEqual([
              Duration.seconds(12),
              Duration.seconds(30),
              undefined
            ])
            for (const { detail, kind, reason } of waits) {
              expect([reason, kind]).toEqual(["RateLimited", "transient"])
              expect(detail).toBe("429 42910000: rate limit exceeded")
            }
          })
      ))
  }
})

describe("a client of the embedding application", () => {
  it.live("that fails by status is understood all the same", () => {
    const client = Layer.provide(
      Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, HttpClient.filterStatusOk)),
      NodeHttpClient.layerUndici
    )
    return withStub(
      [refusal(403, "insufficient position for AAPL"), refusal(404, "none")],
      (fixture) =>
        Effect.gen(function*() {
          expect((yield* Effect.flip(calls.requestMint(fixture))).reason).toBe("InsufficientPosition")
          expect(yield* fixture.alpaca.getRequest(row.tokenization_request_id)).toEqual(Option.none())
        }),
      { client }
    )
  })

  it.live("that has no body to read gives an answer all the same", () => {
    const client = Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.make((request) =>
        Effect.succeed(HttpClientResponse.fromWeb(request, new Response(null, { status: 401 })))
      )
    )
    return withStub([], (fixture) =>
      Effect.gen(function*() {
        expect((yield* Effect.flip(calls.requestMint(fixture))).reason).toBe("Unauthenticated")
      }), { client })
  })

  it.live("need not be one of Node at all", () => {
    const client = Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.make((request) => Effect.succeed(HttpClientResponse.fromWeb(request, Response.json(row))))
    )
    return withStub([], (fixture) => calls.getRequest(fixture), { client })
  })
})
