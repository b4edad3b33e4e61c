import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, TestClock } from "effect"
import { custom } from "viem"
import * as Address from "../../../src/domain/Address.ts"
import * as TxHash from "../../../src/domain/TxHash.ts"
import * as EvmChain from "../../../src/layers/evm/EvmChain.ts"
import * as RpcEndpoint from "../../../src/layers/evm/RpcEndpoint.ts"
import type { Chain, ChainError } from "../../../src/services/Chain.ts"
import { nowhere, optionsOf, quietly, type Reply, start } from "./RpcStub.ts"

const txHash = TxHash.make(`0x${"ab".repeat(32)}`)
const address = Address.make("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
const other = Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")
const topic = `0x${"01".repeat(32)}`
const log = { address: address.toLowerCase(), topics: [topic], data: "0x00ff" }
const receipt = { transactionHash: txHash, status: "0x1", blockNumber: "0x10", logs: [log] }

const wei16: Reply = { result: "0x10" }
const overloaded: Reply = {
  status: 429,
  body: `{"jsonrpc":"2.0","error":{"code":-32005,"message":"slow down"}}`,
  type: "application/json"
}

/** Whatever is no answer of a node that works. */
const broken: Record<string, Reply> = {
  "500": { status: 500, body: "Internal Server Error" },
  "429": overloaded,
  "429 inside a 200": { error: { code: 429, message: "too many requests" } },
  "401": { status: 401, body: "no such key" },
  "a page of HTML": { status: 200, body: "<!DOCTYPE html><html><body>Maintenance</body></html>" },
  "HTML that claims to be JSON": { status: 200, body: "<html>", type: "application/json" },
  "half of an answer": { status: 200, body: `{"jsonrpc":"2.0","id":1,"res`, type: "application/json" },
  "an empty body": { status: 200, body: "", type: "application/json" },
  "an object without a result": { status: 200, body: "{}", type: "application/json" },
  "JSON null": { status: 200, body: "null", type: "application/json" },
  "a result of another kind": { result: { number: 16 } },
  "a number instead of a quantity": { result: 16 },
  "a quantity that is none": { result: "0x" },
  "a negative quantity": { result: "-0x10" },
  "a decimal": { result: "16" },
  "a quantity above 32 bytes": { result: `0x1${"0".repeat(64)}` },
  "an internal error": { error: { code: -32603, message: "Internal error" } },
  "a method that it does not know": { error: { code: -32601, message: "method not found" } },
  "a broken connection": "disconnect"
}

describe("an endpoint that is broken", () => {
  for (const [what, reply] of Object.entries(broken)) {
    quietly(`${what} is Unavailable, asked once, and the next endpoint is asked`, () =>
      Effect.gen(function*() {
        const bad = yield* start(() => reply)
        const good = yield* start(() => wei16)
        const error = yield* Effect.flip(EvmChain.make("base", optionsOf([bad.url])).priorityFee)
        assert.strictEqual(error.reason, "Unavailable")
        assert.strictEqual(error.kind, "transient")
        assert.include(error.message, "base (priority fee): Unavailable: http://127.0.0.1:")
        assert.isBelow(error.message.length, 500)
        assert.deepStrictEqual(bad.asked, ["eth_maxPriorityFeePerGas"])
        assert.strictEqual(yield* EvmChain.make("base", optionsOf([bad.url, good.url])).priorityFee, 16n)
      }))
  }

  quietly("nobody listening: the next one answers", () =>
    Effect.gen(function*() {
      const good = yield* start(() => wei16)
      assert.strictEqual(yield* EvmChain.make("base", optionsOf([nowhere, good.url])).priorityFee, 16n)
    }))

  quietly("one that hangs is left after its time, and the next one answers", () =>
    Effect.gen(function*() {
      const silent = yield* start(() => "hang")
      const good = yield* start(() => wei16)
      const chain = EvmChain.make("base", optionsOf([silent.url, good.url], { timeout: "50 millis" }))
      assert.strictEqual(yield* chain.priorityFee, 16n)
    }))

  quietly("an answer larger than any node's is not read to its end", () =>
    Effect.gen(function*() {
      const huge = yield* start(() => ({ status: 200, body: `{"result":"0x${"0".repeat(11 * 1024 * 1024)}"}` }))
      const error = yield* Effect.flip(EvmChain.make("base", optionsOf([huge.url])).priorityFee)
      assert.include(error.message, "size limit")
    }))

  quietly("when none answers, the error names each", () =>
    Effect.gen(function*() {
      const bad = yield* start(() => broken["500"] ?? "hang")
      const error = yield* Effect.flip(EvmChain.make("base", optionsOf([nowhere, bad.url])).priorityFee)
      assert.strictEqual(error.reason, "Unavailable")
      assert.include(error.detail, `${nowhere}: `)
      assert.include(error.detail, "ECONNREFUSED")
      assert.include(error.detail, `${bad.url}: `)
      assert.include(error.detail, "500")
    }))

  quietly(
    "the second is not asked while the first answers, and the first is preferred again later",
    () =>
      Effect.gen(function*() {
        let isDown = true
        const first = yield* start(() => isDown ? overloaded : wei16)
        const second = yield* start(() => ({ result: "0x11" }))
        const chain = EvmChain.make("base", optionsOf([first.url, second.url]))
        assert.strictEqual(yield* chain.priorityFee, 17n)
        isDown = false
        assert.strictEqual(yield* chain.priorityFee, 16n)
        assert.lengthOf(second.asked, 1)
      })
  )
})

describe("time", () => {
  const silent = (signals: Array<AbortSignal | undefined>) =>
    RpcEndpoint.fromTransport("silent", (config) => {
      const { request, ...rest } = custom({ request: () => new Promise(() => {}) })(config)
      return {
        ...rest,
        request: ((args: never, options?: { readonly signal?: AbortSignal }) => {
          signals.push(options?.signal)
          return request(args, options)
        }) as typeof request
      }
    })

  it.effect("is Effect's: a node that is silent is given up when the simulated clock says so", () =>
    Effect.gen(function*() {
      const signals: Array<AbortSignal | undefined> = []
      const chain = EvmChain.make("base", {
        chainId: 8453,
        confirmations: 1,
        timeout: "20 seconds",
        endpoints: [silent(signals)]
      })
      const fiber = yield* Effect.fork(Effect.flip(chain.receipt(txHash)))
      yield* TestClock.adjust("19 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
      yield* TestClock.adjust("1 second")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error.message, `base (receipt of ${txHash}): Unavailable: silent: no answer within 20s`)
      assert.deepStrictEqual(signals.map((signal) => signal?.aborted), [true])
    }))
})

describe("receipt", () => {
  const read = (result: unknown) =>
    Effect.gen(function*() {
      const node = yield* start(() => ({ result }))
      return yield* EvmChain.make("base", optionsOf([node.url])).receipt(txHash)
    })

  quietly("is in the types of the domain, whatever case the node writes", () =>
    Effect.gen(function*() {
      const found = yield* read({
        ...receipt,
        transactionHash: `0x${"AB".repeat(32)}`,
        logs: [{ ...log, address: `0x${address.slice(2).toUpperCase()}` }],
        gasUsed: "0x5208"
      })
      assert.deepStrictEqual<unknown>(
        found,
        Option.some({
          txHash,
          status: "success",
          blockNumber: 16n,
          logs: [{ address, topics: [topic], data: "0x00ff" }]
        })
      )
    }))

  quietly("reverted", () =>
    Effect.gen(function*() {
      const found = yield* Effect.flatten(read({ ...receipt, status: "0x0", logs: [] }))
      assert.strictEqual(found.status, "reverted")
    }))

  for (const result of [null, { ...receipt, blockNumber: null }]) {
    quietly(
      `${result === null ? "null" : "one without a block"} means not mined`,
      () => Effect.map(read(result), (found) => assert.isTrue(Option.isNone(found)))
    )
  }

  const { status: _, ...withoutStatus } = receipt
  const hostile: Record<string, unknown> = {
    "of another transaction": { ...receipt, transactionHash: `0x${"cd".repeat(32)}` },
    "of no transaction": { ...receipt, transactionHash: null },
    "without a status": withoutStatus,
    "with the status null": { ...receipt, status: null },
    "with an unknown status": { ...receipt, status: "0x2" },
    "with a block that is no number": { ...receipt, blockNumber: "latest" },
    "without logs": { ...receipt, logs: null },
    "with logs that are none": { ...receipt, logs: ["0x"] },
    "with five topics": { ...receipt, logs: [{ ...log, topics: [topic, topic, topic, topic, topic] }] },
    "with a short topic": { ...receipt, logs: [{ ...log, topics: ["0x01"] }] },
    "with half a byte of data": { ...receipt, logs: [{ ...log, data: "0x0" }] },
    "with data that is no hex": { ...receipt, logs: [{ ...log, data: "0xzz" }] },
    "with a short address": { ...receipt, logs: [{ ...log, address: "0x01" }] },
    "that is a text": "0x1",
    "that is a list": [],
    "that is false": false
  }
  for (const [what, result] of Object.entries(hostile)) {
    quietly(`one ${what} is refused`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(read(result))
        assert.strictEqual(error.reason, "Unavailable")
        assert.include(error.message, txHash)
        assert.isBelow(error.message.length, 600)
      }))
  }
})

describe("call", () => {
  const message = { to: address, data: "0x01020304" } as const
  const reverts: ReadonlyArray<
    Extract<Reply, { readonly error: unknown }>["error"] & { readonly says?: string }
  > = [
    { code: 3, message: "execution reverted: ERC20: paused", data: "0x", says: "ERC20: paused" },
    { code: 3, message: "ERC20: paused", says: "ERC20: paused" },
    { code: -32000, message: "execution reverted" },
    { code: -32000, message: "Execution reverted" },
    { code: -32000, message: "invalid opcode: INVALID", says: "invalid opcode: INVALID" },
    { code: -32000, message: "out of gas", says: "out of gas" },
    { code: -32000, message: "stack underflow (0 <=> 1)", says: "stack underflow (0 <=> 1)" },
    { code: -32000, message: "stack limit reached 1024 (1023)", says: "stack limit reached 1024 (1023)" },
    { code: -32603, message: "EVM error OutOfGas", says: "EVM error OutOfGas" },
    { code: -32000, message: "EVM error: InvalidFEOpcode", says: "EVM error: InvalidFEOpcode" },
    { code: -32015, message: "VM execution error.", data: "Reverted 0x" },
    { code: -32016, message: "The execution failed due to an exception.", data: "Reverted" },
    { code: -32015, message: "Reverted 0x", says: "Reverted 0x" }
  ]
  const reads: Record<string, (chain: Chain) => Effect.Effect<unknown, ChainError>> = {
    call: ({ call }) => call(message),
    gas: ({ estimateGas }) => estimateGas(message)
  }

  quietly("says who calls, with how much, and on what state", () =>
    Effect.gen(function*() {
      const sent: Array<unknown> = []
      const node = yield* start((method, params) => {
        sent.push([method, params])
        return { result: "0x01" }
      })
      const { call, estimateGas } = EvmChain.make("base", optionsOf([node.url]))
      const paid = { ...message, from: other, value: 16n }
      yield* Effect.all([call(message), call(paid, 5n), estimateGas(paid)])
      assert.deepStrictEqual(sent, [
        ["eth_call", [message, "latest"]],
        ["eth_call", [{ ...message, from: other, value: "0x10" }, "0x5"]],
        ["eth_estimateGas", [{ ...message, from: other, value: "0x10" }]]
      ])
    }))

  for (const [what, read] of Object.entries(reads)) {
    for (const { says, ...error } of reverts) {
      quietly(
        `${what}: ${error.code} ${error.message}: a revert, which the next endpoint is not asked about`,
        () =>
          Effect.gen(function*() {
            const first = yield* start(() => ({ error }))
            const second = yield* start(() => ({ result: "0x" }))
            const failure = yield* Effect.flip(read(EvmChain.make("base", optionsOf([first.url, second.url]))))
            assert.strictEqual(failure.reason, "Reverted")
            assert.strictEqual(failure.kind, "permanent")
            assert.include(failure.message, `base (${what} of 0x01020304 on ${address}): Reverted: ${first.url}`)
            assert.include(failure.message, error.message)
            assert.strictEqual(failure.revert, says ?? "no reason given")
            assert.lengthOf(second.asked, 0)
          })
      )
    }

    for (const message of ["header not found", "missing trie node", "project rate limit exceeded"]) {
      quietly(
        `${what}: -32000 ${message}: this node's own trouble, the next one is asked`,
        () =>
          Effect.gen(function*() {
            const first = yield* start(() => ({ error: { code: -32000, message } }))
            const second = yield* start(() => ({ result: "0xaa" }))
            const answer = yield* read(EvmChain.make("base", optionsOf([first.url, second.url])))
            assert.strictEqual(answer, what === "call" ? "0xaa" : 170n)
          })
      )
    }
  }

  quietly("only a call can revert: a text like it elsewhere is a node's trouble", () =>
    Effect.gen(function*() {
      const node = yield* start(() => ({ error: { code: 3, message: "execution reverted" } }))
      assert.strictEqual(
        (yield* Effect.flip(EvmChain.make("base", optionsOf([node.url])).priorityFee)).reason,
        "Unavailable"
      )
    }))
})

describe("checkChainId", () => {
  const serving = (id: number) => start(() => ({ result: `0x${id.toString(16)}` }))

  quietly("passes when every endpoint serves the chain", () =>
    Effect.gen(function*() {
      const [a, b] = yield* Effect.all([serving(8453), serving(8453)])
      yield* EvmChain.checkChainId("base", optionsOf([a.url, b.url]))
    }))

  quietly("finds the wrong one behind a right one, and says what was expected where", () =>
    Effect.gen(function*() {
      const [right, wrong] = yield* Effect.all([serving(8453), serving(84532)])
      const options = optionsOf([right.url, wrong.url])
      const errors = yield* Effect.flip(EvmChain.checkChainId("base", options))
      assert.deepStrictEqual(errors.map(({ message }) => message), [
        `base (chain id): WrongChain: ${wrong.url} serves chain 84532, expected 8453 for base`
      ])
      assert.strictEqual(errors[0].kind, "permanent")
      assert.strictEqual(yield* EvmChain.make("base", options).chainId, 8453)
    }))

  quietly("lists all that is wrong", () =>
    Effect.gen(function*() {
      const [wrong, other] = yield* Effect.all([serving(1), serving(10)])
      const errors = yield* Effect.flip(EvmChain.checkChainId("base", optionsOf([wrong.url, nowhere, other.url])))
      assert.deepStrictEqual(errors.map(({ reason }) => reason), ["WrongChain", "Unavailable", "WrongChain"])
    }))

  for (const result of ["0x0", `0x${"f".repeat(64)}`, null]) {
    quietly(`does not take ${String(result).slice(0, 10)} for a chain id`, () =>
      Effect.gen(function*() {
        const node = yield* start(() => ({ result }))
        const [error] = yield* Effect.flip(EvmChain.checkChainId("base", optionsOf([node.url])))
        assert.strictEqual(error.reason, "Unavailable")
      }))
  }
})
