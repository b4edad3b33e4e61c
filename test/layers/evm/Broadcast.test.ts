/** Signed bytes are handed to the nodes in turn, and whatever they do there is an answer, never an error. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Option, Ref, TestClock } from "effect"
import { custom, keccak256 } from "viem"
import * as EvmChain from "../../../src/layers/evm/EvmChain.ts"
import * as RpcEndpoint from "../../../src/layers/evm/RpcEndpoint.ts"
import type { Broadcast } from "../../../src/services/Chain.ts"
import { nowhere, optionsOf, quietly, type Reply, start } from "./RpcStub.ts"

const raw = "0x02f8aa"
const hash = keccak256(raw)

const accepted: Reply = { result: hash }
const refused = (message: string): Reply => ({ error: { code: -32000, message } })
const known = refused("already known")

/** What the nodes say, in order, and how many of them were asked. */
const broadcastTo = (...replies: readonly [Reply, ...ReadonlyArray<Reply>]) =>
  Effect.gen(function*() {
    const [first, ...others] = yield* Effect.forEach(replies, (reply) => start(() => reply))
    const urls = others.map(({ url }) => url)
    if (first === undefined) return assert.fail("there is a first one")
    const { broadcast } = EvmChain.make("base", optionsOf([first.url, ...urls], { timeout: "1 second" }))
    const said = yield* broadcast(raw)
    return { said, asked: [first, ...others].flatMap(({ asked }) => asked).length, urls: [first.url, ...urls] }
  })

describe("a broadcast", () => {
  quietly(
    "sends exactly these bytes, and is accepted by the node that answers with their hash",
    () =>
      Effect.gen(function*() {
        const sent: Array<unknown> = []
        const node = yield* start((method, params) => {
          sent.push([method, params])
          return accepted
        })
        const said = yield* EvmChain.make("base", optionsOf([node.url])).broadcast(raw)
        assert.deepStrictEqual(sent, [["eth_sendRawTransaction", [raw]]])
        assert.deepStrictEqual(said, { answer: "Accepted", detail: `${node.url}: accepted` })
      })
  )

  quietly("is accepted whatever case the hash is in", () =>
    Effect.gen(function*() {
      const { said } = yield* broadcastTo({ result: `0x${hash.slice(2).toUpperCase()}` })
      assert.strictEqual(said.answer, "Accepted")
    }))

  for (const [reply, answer] of [[accepted, "Accepted"], [known, "AlreadyKnown"]] as const) {
    quietly(`the second node is not asked once the first has it: ${answer}`, () =>
      Effect.gen(function*() {
        const { asked, said } = yield* broadcastTo(reply, accepted)
        assert.strictEqual(said.answer, answer)
        assert.strictEqual(asked, 1)
      }))
  }

  const silent: Record<string, Reply> = {
    "no answer": "hang",
    "a broken connection": "disconnect",
    "500": { status: 500, body: "Internal Server Error" },
    "503": { status: 503, body: "<html>no backend is currently healthy</html>" },
    "429": { status: 429, body: "{}", type: "application/json" },
    "a page of HTML": { status: 200, body: "<html>Maintenance</html>" },
    "half of an answer": { status: 200, body: `{"jsonrpc":"2.0","id":1,"res`, type: "application/json" },
    "an object without a result": { status: 200, body: "{}", type: "application/json" },
    "null": { result: null },
    "a number": { result: 1 },
    "another hash": { result: `0x${"ab".repeat(32)}` },
    "the bytes": { result: raw },
    "a full mempool": refused("txpool is full"),
    "an internal error": { error: { code: -32603, message: "Internal error" } }
  }
  for (const [what, reply] of Object.entries(silent)) {
    quietly(`${what} says nothing: Unknown, and the next node is asked`, () =>
      Effect.gen(function*() {
        const alone = yield* broadcastTo(reply)
        assert.strictEqual(alone.said.answer, "Unknown")
        assert.include(alone.said.detail, `${alone.urls[0]}: `)
        const { asked, said, urls } = yield* broadcastTo(reply, accepted)
        assert.deepStrictEqual(said, { answer: "Accepted", detail: `${urls[1]}: accepted` })
        assert.strictEqual(asked, 2)
      }))
  }

  quietly("nobody listening: the next node is asked", () =>
    Effect.gen(function*() {
      const node = yield* start(() => accepted)
      const { broadcast } = EvmChain.make("base", optionsOf([nowhere, node.url]))
      assert.strictEqual((yield* broadcast(raw)).answer, "Accepted")
      const said = yield* EvmChain.make("base", optionsOf([nowhere, nowhere])).broadcast(raw)
      assert.strictEqual(said.answer, "Unknown")
      assert.include(said.detail, "ECONNREFUSED")
    }))

  const low = refused("nonce too low: next nonce 5, tx nonce 4")
  const cheap = refused("transaction underpriced")
  const cases: ReadonlyArray<
    readonly [what: string, replies: readonly [Reply, ...ReadonlyArray<Reply>], answer: Broadcast["answer"]]
  > = [
    ["something, then nothing", [low, "disconnect"], "NonceTooLow"],
    ["nothing, then something", ["disconnect", low], "NonceTooLow"],
    ["nothing, something, nothing", ["disconnect", cheap, "disconnect"], "Underpriced"],
    ["two that say something", [cheap, low], "Underpriced"],
    ["a refusal, then a node that takes it", [cheap, accepted], "Accepted"],
    ["a refusal, then a node that has it", [low, known], "AlreadyKnown"],
    ["nothing at all", ["disconnect", { status: 500, body: "" }], "Unknown"]
  ]
  for (const [what, replies, answer] of cases) {
    quietly(`an answer that says something beats one that says nothing: ${what}`, () =>
      Effect.gen(function*() {
        const { asked, said } = yield* broadcastTo(...replies)
        assert.strictEqual(said.answer, answer)
        assert.strictEqual(asked, replies.length)
      }))
  }

  quietly("a refusal is told in the node's own words", () =>
    Effect.gen(function*() {
      const { said, urls } = yield* broadcastTo(low)
      assert.include(said.detail, `${urls[0]}: `)
      assert.include(said.detail, "nonce too low: next nonce 5, tx nonce 4")
    }))

  for (
    const [what, reply] of Object.entries<(url: string) => Reply>({
      "a refusal": (url) => refused(`nonce too low, says ${url}`),
      "a page": (url) => ({ status: 500, body: url }),
      "a result": (url) => ({ result: url }),
      "no answer": () => "disconnect"
    })
  ) {
    quietly(`the key in the URL is not in the answer: ${what}`, () =>
      Effect.gen(function*() {
        let url = ""
        const node = yield* start(() => reply(url))
        url = `${node.url}/v2/PATHSECRET?apikey=QUERYSECRET`
        const said = yield* EvmChain.make("base", optionsOf([url])).broadcast(raw)
        assert.include(said.detail, node.url)
        assert.notInclude(JSON.stringify(said), "SECRET")
      }))
  }
})

describe("a broadcast that a caller waits for who must not be interrupted", () => {
  /** A node whose answer the test gives. */
  const waiting = Effect.gen(function*() {
    const asked = yield* Deferred.make<void>()
    const signals: Array<AbortSignal> = []
    let answer: (hash: string) => void = () => assert.fail("it was not asked")
    const endpoint = RpcEndpoint.fromTransport("waiting", (config) => {
      const { request, ...rest } = custom({ request: () => Promise.reject(new Error("not used")) })(config)
      const send = (_: unknown, options?: { readonly signal?: AbortSignal }) => {
        if (options?.signal !== undefined) signals.push(options.signal)
        Deferred.unsafeDone(asked, Effect.void)
        return new Promise<string>((resolve) => {
          answer = resolve
        })
      }
      return { ...rest, request: send as typeof request }
    })
    const said = yield* Ref.make(Option.none<Broadcast>())
    const chain = EvmChain.make("base", {
      chainId: 8453,
      confirmations: 1,
      timeout: "20 seconds",
      endpoints: [endpoint]
    })
    const broadcast = Effect.tap(chain.broadcast(raw), (all) => Ref.set(said, Option.some(all)))
    return { asked, answer: (hash: string) => Effect.sync(() => answer(hash)), broadcast, said: Ref.get(said), signals }
  })

  it.effect("is seen to its end though the caller is interrupted", () =>
    Effect.gen(function*() {
      const { answer, asked, broadcast, said, signals } = yield* waiting
      const fiber = yield* Effect.fork(Effect.uninterruptible(broadcast))
      yield* Deferred.await(asked)
      yield* Fiber.interruptFork(fiber)
      yield* TestClock.adjust("19 seconds")
      assert.isTrue(Option.isNone(yield* said))
      assert.deepStrictEqual(signals.map(({ aborted }) => aborted), [false])
      yield* answer(hash)
      yield* Fiber.await(fiber)
      assert.deepStrictEqual(yield* said, Option.some({ answer: "Accepted", detail: "waiting: accepted" }))
    }))

  it.effect("does not wait longer than the time limit", () =>
    Effect.gen(function*() {
      const { asked, broadcast, said, signals } = yield* waiting
      const fiber = yield* Effect.fork(Effect.uninterruptible(broadcast))
      yield* Deferred.await(asked)
      yield* Fiber.interruptFork(fiber)
      yield* TestClock.adjust("20 seconds")
      yield* Fiber.await(fiber)
      assert.deepStrictEqual(yield* said, Option.some({ answer: "Unknown", detail: "waiting: no answer within 20s" }))
      assert.deepStrictEqual(signals.map(({ aborted }) => aborted), [true])
    }))

  it.effect("is cut off where the caller may be interrupted", () =>
    Effect.gen(function*() {
      const { asked, broadcast, said, signals } = yield* waiting
      const fiber = yield* Effect.fork(broadcast)
      yield* Deferred.await(asked)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(Option.isNone(yield* said))
      assert.deepStrictEqual(signals.map(({ aborted }) => aborted), [true])
    }))
})
