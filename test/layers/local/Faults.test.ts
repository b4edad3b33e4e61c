import { describe, expect, layer } from "@effect/vitest"
import { Effect, Either, Fiber } from "effect"
import { randomUUID } from "node:crypto"
import type { Fault, Rule } from "../../../src/layers/local/Fault.ts"
import * as LocalWorld from "../../../src/layers/local/LocalWorld.ts"
import { call, get, mint, rpc, until } from "./Client.ts"

const { LocalWorld: world } = LocalWorld

const held = LocalWorld.layer({ blockTime: "50 millis", settings: { mint: { outcome: "hold" } } })

/** One mint under a fault: what the client saw, whether it was accepted, and whether a second one is unharmed. */
const strike = (fault: Fault, rule: Omit<Rule, "on" | "fault"> = {}) =>
  Effect.gen(function*() {
    const to = yield* world
    yield* to.alpaca.faults.add({ ...rule, on: "POST mint", fault })
    const label = randomUUID()
    const send = mint(to, { client_request_id: label, qty: "0.1" })
    const seen = yield* Effect.either(send)
    const accepted = (yield* to.alpaca.history).mintsByClientRequestId[label] ?? 0
    const next = yield* Effect.either(send)
    return { seen, accepted, isOver: Either.isRight(next) && next.right.status === 200 }
  })

const status = (seen: Either.Either<{ readonly status: number }, unknown>) =>
  Either.match(seen, { onLeft: () => "broken", onRight: (answer) => answer.status })

layer(held, { excludeTestServices: true })("a fault of the broker", (it) => {
  const cases: ReadonlyArray<readonly [string, Fault, "broken" | number, number]> = [
    ["drops the connection before the effect", { _tag: "DropBefore" }, "broken", 0],
    ["drops the connection after the effect", { _tag: "DropAfter" }, "broken", 1],
    ["fails before the effect", { _tag: "FailBefore", status: 503 }, 503, 0],
    ["fails after the effect", { _tag: "FailAfter", status: 500 }, 500, 1],
    ["limits the rate", { _tag: "RateLimited" }, 429, 0],
    ["cuts the body", { _tag: "WrongBody", body: "Truncated" }, 200, 1],
    ["answers a gateway's page", { _tag: "WrongBody", body: "Html", status: 502 }, 502, 1],
    ["answers a huge body", { _tag: "WrongBody", body: "Huge" }, 200, 1],
    ["delays the effect", { _tag: "DelayBefore", millis: 20 }, 200, 1],
    ["delays the answer", { _tag: "DelayAfter", millis: 20 }, 200, 1]
  ]
  for (const [name, fault, expected, accepted] of cases) {
    it.effect(`${name}, once`, () =>
      Effect.gen(function*() {
        const outcome = yield* strike(fault)
        expect({ ...outcome, seen: status(outcome.seen) }).toEqual({ seen: expected, accepted, isOver: true })
      }))
  }

  it.effect("spoils the body as announced", () =>
    Effect.gen(function*() {
      const text = (body: "Truncated" | "Html" | "Huge") =>
        Effect.flatMap(strike({ _tag: "WrongBody", body }), ({ seen }) => Effect.map(seen, (answer) => answer.text))
      const truncated = yield* text("Truncated")
      expect(truncated.startsWith("{\"tokenization_request_id\":")).toBe(true)
      expect(() => JSON.parse(truncated)).toThrow()
      expect(yield* text("Html")).toContain("<html>")
      expect((yield* text("Huge")).length).toBeGreaterThan(32 * 1024 * 1024)
    }))

  it.effect("tells with 429 when to come back, in the header it was told to use", () =>
    Effect.gen(function*() {
      const reset = yield* (yield* strike({ _tag: "RateLimited", resetAfter: 5 })).seen
      const retry = yield* (yield* strike({ _tag: "RateLimited", retryAfter: 2 })).seen
      const seconds = Number(reset.headers.get("x-ratelimit-reset")) - Date.now() / 1000
      expect(seconds).toBeGreaterThan(3)
      expect(seconds).toBeLessThan(7)
      expect(reset.headers.get("x-ratelimit-remaining")).toBe("0")
      expect(reset.headers.get("retry-after")).toBeNull()
      expect(retry.headers.get("retry-after")).toBe("2")
    }))

  it.effect("delays, and goes on with what it has read when the client hangs up", () =>
    Effect.gen(function*() {
      const to = yield* world
      const given = (label: string) => Effect.map(to.alpaca.history, (all) => all.mintsByClientRequestId[label] ?? 0)
      for (const [fault, meanwhile] of [["DelayBefore", 0], ["DelayAfter", 1]] as const) {
        const label = randomUUID()
        yield* to.alpaca.faults.add({ on: "POST mint", fault: { _tag: fault, millis: 60_000 } })
        const waiting = yield* Effect.fork(mint(to, { client_request_id: label, qty: "0.1" }))
        yield* until(to.alpaca.faults.pending, (pending) => pending.length === 0)
        expect(yield* given(label)).toBe(meanwhile)
        yield* Fiber.interrupt(waiting)
        yield* until(given(label), (count) => count === 1)
      }
    }))

  it.effect("strikes as often as it was told, after so many that pass", () =>
    Effect.gen(function*() {
      const to = yield* world
      yield* to.alpaca.faults.add({ on: "GET requests", times: 2, skip: 1, fault: { _tag: "FailBefore", status: 503 } })
      const answers = yield* Effect.replicateEffect(get(to, "/requests"), 4)
      expect(answers.map((answer) => answer.status)).toEqual([200, 503, 503, 200])
      expect(yield* to.alpaca.faults.pending).toEqual([])
    }))

  it.effect("strikes by a test of the call", () =>
    Effect.gen(function*() {
      const to = yield* world
      yield* to.alpaca.faults.add({
        on: ({ input, name }) => name === "POST mint" && String(input).includes("MSFT"),
        fault: { _tag: "FailBefore", status: 500 }
      })
      expect((yield* mint(to, { qty: "0.1" })).status).toBe(200)
      expect((yield* mint(to, { qty: "0.1", underlying_symbol: "MSFT" })).status).toBe(500)
    }))

  it.effect("takes the whole server down until it is removed", () =>
    Effect.gen(function*() {
      const to = yield* world
      const id = yield* to.alpaca.faults.add({ on: "*", fault: { _tag: "Down" } })
      const before = yield* to.alpaca.counts.all
      for (const tail of ["/requests", "/nowhere"]) {
        expect(Either.isLeft(yield* Effect.either(get(to, tail)))).toBe(true)
      }
      expect(yield* to.alpaca.counts.all).toEqual(before)
      expect((yield* call(`${to.alpaca.url}/_world/counts`)).status).toBe(200)
      expect(yield* to.alpaca.faults.remove(id)).toBe(true)
      expect((yield* get(to, "/requests")).status).toBe(200)
    }))
})

layer(held, { excludeTestServices: true })("a fault of a node", (it) => {
  const chainId = { jsonrpc: "2.0", id: 1, result: "0x2105" }

  it.effect("does not happen unasked; each call is counted by its method, also in a batch", () =>
    Effect.gen(function*() {
      const { base } = yield* world
      const batch = ["eth_chainId", "eth_blockNumber", "eth_chainId"].map((method, id) => ({
        jsonrpc: "2.0",
        id,
        method,
        params: []
      }))
      const { rows } = yield* call(base.url, { method: "POST", body: batch })
      expect(rows.map((row) => row["id"])).toEqual([0, 1, 2])
      expect(rows[2]).toEqual({ ...chainId, id: 2 })
      expect(yield* base.counts.all).toEqual({ eth_chainId: 2, eth_blockNumber: 1 })
    }))

  it.effect("answers an error, a stale result, or breaks the connection", () =>
    Effect.gen(function*() {
      const { base } = yield* world
      const ask = rpc(base.url, "eth_blockNumber")
      yield* base.faults.add({
        on: "eth_blockNumber",
        fault: { _tag: "RpcError", code: -32005, message: "limit exceeded", after: false }
      })
      yield* base.faults.add({ on: "eth_blockNumber", fault: { _tag: "RpcResult", result: null } })
      yield* base.faults.add({ on: "eth_blockNumber", fault: { _tag: "DropBefore" } })
      expect((yield* ask).body).toEqual({ jsonrpc: "2.0", id: 7, error: { code: -32005, message: "limit exceeded" } })
      expect((yield* ask).body).toEqual({ jsonrpc: "2.0", id: 7, result: null })
      expect(Either.isLeft(yield* Effect.either(ask))).toBe(true)
      expect(Number((yield* ask).body["result"])).toBeGreaterThan(0)
    }))

  it.effect("strikes one call of a batch and leaves the others to the node", () =>
    Effect.gen(function*() {
      const { base } = yield* world
      yield* base.faults.add({ on: "eth_getLogs", fault: { _tag: "RpcResult", result: [] } })
      const { rows } = yield* call(base.url, {
        method: "POST",
        body: [{ jsonrpc: "2.0", id: 1, method: "eth_chainId" }, {
          jsonrpc: "2.0",
          id: 2,
          method: "eth_getLogs",
          params: [{}]
        }]
      })
      expect(rows).toEqual([chainId, { jsonrpc: "2.0", id: 2, result: [] }])
    }))

  describe("loses the answer to a broadcast, after the node has the transaction,", () => {
    const faults: ReadonlyArray<readonly [string, Fault]> = [
      ["by a broken connection", { _tag: "DropAfter" }],
      ["by an error", { _tag: "RpcError", code: -32000, message: "already known", after: true }]
    ]
    for (const [name, fault] of faults) {
      it.effect(name, () =>
        Effect.gen(function*() {
          const { base, wallet } = yield* world
          const { hash, raw } = yield* base.sign(wallet, { to: wallet.address, data: "0x" })
          yield* base.faults.add({ on: "eth_sendRawTransaction", fault })
          const seen = yield* Effect.either(rpc(base.url, "eth_sendRawTransaction", [raw]))
          expect(Either.isRight(seen) && "result" in seen.right.body).toBe(false)
          expect((yield* base.mined(hash)).status).toBe("success")
        }))
    }
  })
})
