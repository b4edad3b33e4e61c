import { HttpClient, HttpClientError, HttpClientResponse } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Option, Ref, TestClock } from "effect"
import * as TxHash from "../../../src/domain/TxHash.ts"
import * as Usdc from "../../../src/domain/Usdc.ts"
import * as Attesting from "../../../src/layers/cctp/Attesting.ts"
import * as CircleClient from "../../../src/layers/cctp/CircleClient.ts"

const burnTx = TxHash.make(`0x${"b1".repeat(32)}`)
const burn = { burnTx, burned: Usdc.fromUnits(1n), maxFee: Usdc.fromUnits(0n), destinationBlock: 0n }

/** A Circle that answers what it is told to, and counts. */
const answering = (answer: () => Response) =>
  Effect.gen(function*() {
    const asked = yield* Ref.make<ReadonlyArray<string>>([])
    const http = HttpClient.make((request, url) =>
      Effect.as(Ref.update(asked, (all) => [...all, `${request.method} ${url.pathname}${url.search}`]), undefined).pipe(
        Effect.map(() => HttpClientResponse.fromWeb(request, answer()))
      )
    )
    const circle = yield* CircleClient.make({ apiUrl: "https://circle.test/", timeout: "5 seconds" }).pipe(
      Effect.provide(Layer.succeed(HttpClient.HttpClient, http))
    )
    return { circle, asked: Ref.get(asked) }
  })

const json = (value: unknown, status = 200) => () => new Response(JSON.stringify(value), { status })

/** Every request after the first waits for its turn. */
const inTurn = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust("1 second")
    return yield* Fiber.join(fiber)
  })

describe("Circle's answers about a burn", () => {
  const real = `0x${"11".repeat(376)}`
  const row = { message: real, attestation: `0x${"22".repeat(130)}`, status: "complete", eventNonce: "12" }
  const shapes: ReadonlyArray<readonly [name: string, answer: () => Response, tag: string, says?: RegExp]> = [
    ["404", json({ code: 404, error: "Message not found" }, 404), "Waiting", /to see/],
    ["an empty list", json({ messages: [] }), "Waiting", /to process/],
    ["pending", json({ messages: [{ ...row, status: "pending" }] }), "Waiting", /to attest/],
    ["pending_confirmations", json({ messages: [{ ...row, status: "pending_confirmations" }] }), "Waiting"],
    ["a word that is new", json({ messages: [{ ...row, status: "sleeping" }] }), "Waiting"],
    ["no status", json({ messages: [{ message: real, attestation: row.attestation }] }), "Waiting"],
    ["null for an attestation", json({ messages: [{ ...row, attestation: null }] }), "Waiting"],
    ["0x for an attestation", json({ messages: [{ ...row, attestation: "0x" }] }), "Waiting"],
    ["PENDING for an attestation", json({ messages: [{ ...row, attestation: "PENDING" }] }), "Waiting"],
    ["no attestation", json({ messages: [{ status: "complete", message: real }] }), "Waiting"],
    ["0x for a message", json({ messages: [{ ...row, message: "0x" }] }), "Waiting"],
    ["null for a message", json({ messages: [{ ...row, message: null }] }), "Waiting"],
    ["an attestation that is no hex", json({ messages: [{ ...row, attestation: "0xnone" }] }), "Malformed"],
    ["half a byte", json({ messages: [{ ...row, attestation: "0x123" }] }), "Malformed"],
    ["everything", json({ messages: [row] }), "Complete"],
    ["everything, with the nonce as a number", json({ messages: [{ ...row, eventNonce: 12 }] }), "Complete"],
    ["one that waits and one that does not", json({ messages: [{ ...row, status: "pending" }, row] }), "Complete"]
  ]
  for (const [name, answer, tag, says] of shapes) {
    it.effect(name, () =>
      Effect.gen(function*() {
        const { circle } = yield* answering(answer)
        const offer = Attesting.offer(yield* circle.messages("base", burnTx), burn)
        expect(offer._tag).toBe(tag)
        if (says !== undefined && offer._tag === "Waiting") {
          expect(offer.attested._tag === "Pending" && offer.attested.waitingFor).toMatch(says)
        }
      }).pipe(Effect.scoped))
  }

  it.effect("tell why it takes longer", () =>
    Effect.gen(function*() {
      const slow = { ...row, status: "pending", delayReason: "insufficient_fee" }
      const { circle } = yield* answering(json({ messages: [slow] }))
      expect(Attesting.offer(yield* circle.messages("base", burnTx), burn)).toMatchObject({
        attested: { _tag: "Pending", delay: "insufficient_fee" }
      })
    }).pipe(Effect.scoped))

  const nonsense: ReadonlyArray<readonly [name: string, answer: () => Response]> = [
    ["a gateway's page", () => new Response("<html>")],
    ["a list that is none", json({ messages: "none" })],
    ["a row that is none", json({ messages: ["complete"] })],
    ["a message that is a list", json({ messages: [{ ...row, message: [real] }] })],
    ["503", json({}, 503)],
    ["400", json({ error: "no" }, 400)],
    ["a redirect", () => new Response(null, { status: 302, headers: { location: "https://elsewhere.test" } })],
    ["more than anybody reads", () => new Response(" ".repeat(17 * 1024 * 1024))]
  ]
  for (const [name, answer] of nonsense) {
    it.effect(`are none of ours when they are ${name}`, () =>
      Effect.gen(function*() {
        const { asked, circle } = yield* answering(answer)
        const error = yield* Effect.flip(circle.messages("base", burnTx))
        expect(error).toMatchObject({ reason: "Unavailable", kind: "transient" })
        expect(error.message).toContain(burnTx)
        expect(error.message.length).toBeLessThan(700)
        expect(yield* asked).toEqual([`GET /v2/messages/6?transactionHash=${burnTx}`])
      }).pipe(Effect.scoped))
  }

  it.effect("are none when nobody answers", () =>
    Effect.gen(function*() {
      const http = HttpClient.make((request) =>
        new HttpClientError.RequestError({ request, reason: "Transport", cause: new Error("reset") })
      )
      const circle = yield* CircleClient.make({ apiUrl: "https://circle.test", timeout: "5 seconds" }).pipe(
        Effect.provide(Layer.succeed(HttpClient.HttpClient, http))
      )
      const error = yield* Effect.flip(circle.messages("base", burnTx))
      expect(error).toMatchObject({ reason: "Unavailable", detail: expect.stringContaining("reset") })
    }).pipe(Effect.scoped))
})

describe("Circle's fees", () => {
  it.effect("are exact, also where they are fractions", () =>
    Effect.gen(function*() {
      const { asked, circle } = yield* answering(json([
        { finalityThreshold: 1000, minimumFee: 1.3 },
        { finalityThreshold: 2000, minimumFee: 0 }
      ]))
      expect(yield* circle.rates("ethereum", "base")).toEqual({ fast: Option.some(1_300_000n), standard: 0n })
      expect(yield* asked).toEqual(["GET /v2/burn/USDC/fees/0/6"])
    }).pipe(Effect.scoped))

  it.effect("may leave out the fast way, but not the other", () =>
    Effect.gen(function*() {
      const { circle } = yield* answering(json([{ finalityThreshold: 2000, minimumFee: 0 }]))
      expect(yield* circle.rates("ethereum", "base")).toEqual({ fast: Option.none(), standard: 0n })
      const odd = yield* answering(json([{ finalityThreshold: 1000, minimumFee: 1 }]))
      expect(yield* Effect.flip(odd.circle.rates("ethereum", "base"))).toMatchObject({ reason: "Unavailable" })
    }).pipe(Effect.scoped))

  it.effect("know how much is left of the fast way", () =>
    Effect.gen(function*() {
      const { circle } = yield* answering(json({ allowance: 124999.1234567, lastUpdated: "2026-11-02" }))
      expect(yield* circle.fastAllowance).toBe(124_999_123_456n)
      const odd = yield* answering(json({ allowance: -1 }))
      expect(yield* Effect.flip(odd.circle.fastAllowance)).toMatchObject({ reason: "Unavailable" })
    }).pipe(Effect.scoped))
})

describe("Circle's limit of requests", () => {
  it.effect("is kept: thirty in a second at most, whoever asks", () =>
    Effect.gen(function*() {
      const { asked, circle } = yield* answering(json({ messages: [] }))
      const fiber = yield* Effect.fork(
        Effect.forEach(Array.from({ length: 60 }), () => circle.messages("base", burnTx), { concurrency: "unbounded" })
      )
      for (const second of [1, 2]) {
        yield* TestClock.adjust("1 second")
        expect((yield* asked).length).toBeLessThanOrEqual(30 * second + 1)
      }
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      expect((yield* asked).length).toBe(60)
    }).pipe(Effect.scoped))

  it.effect("once broken, is waited out by all for five minutes", () =>
    Effect.gen(function*() {
      let status = 429
      const { asked, circle } = yield* answering(() => new Response("{\"messages\":[]}", { status }))
      const first = yield* Effect.flip(circle.messages("base", burnTx))
      expect(first).toMatchObject({ reason: "RateLimited", kind: "transient" })
      expect(first.retryAfter).toEqual(Duration.minutes(5))
      status = 200
      yield* TestClock.adjust("4 minutes")
      const second = yield* Effect.flip(circle.rates("base", "ethereum"))
      expect(second.retryAfter).toEqual(Duration.minutes(1))
      expect((yield* asked).length).toBe(1)
      yield* TestClock.adjust("1 minute")
      expect(Option.isSome(yield* inTurn(circle.messages("base", burnTx)))).toBe(true)
      expect((yield* asked).length).toBe(2)
    }).pipe(Effect.scoped))
})
