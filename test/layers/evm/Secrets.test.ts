/** A provider's key stands in the URL. Whatever goes wrong, nothing that leaves the layer may contain it. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Logger, LogLevel, Option, Redacted, Tracer } from "effect"
import { inspect } from "node:util"
import { encodeErrorResult, parseAbi } from "viem"
import * as Address from "../../../src/domain/Address.ts"
import * as TxHash from "../../../src/domain/TxHash.ts"
import * as EvmChain from "../../../src/layers/evm/EvmChain.ts"
import * as RpcEndpoint from "../../../src/layers/evm/RpcEndpoint.ts"
import { optionsOf, type Reply, start } from "./RpcStub.ts"

const secrets = ["PATHSECRET", "QUERYSECRET", "USERSECRET", "PASSSECRET"]
/** Half of a key is a leak too. */
const halves = secrets.flatMap((secret) => [secret.slice(0, 6), secret.slice(-8)])
const withSecrets = (url: string) =>
  `${url.replace("http://", "http://USERSECRET:PASSSECRET@")}/v2/PATHSECRET?apikey=QUERYSECRET`

const address = Address.make("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
const message = { to: address, data: "0x01020304" } as const

/** Everything that an operator or another program could see of one failure. */
const seen = (options: EvmChain.Options) =>
  Effect.gen(function*() {
    const out: Array<string> = []
    const spans: Array<Tracer.Span> = []
    const logger = Logger.make((entry) => {
      out.push(Logger.structuredLogger.log(entry) as never, Logger.stringLogger.log(entry))
    })
    const native = yield* Effect.tracer
    const tracer = Tracer.make({
      span: (...args) => {
        const span = native.span(...args)
        spans.push(span)
        return span
      },
      context: native.context
    })
    const chain = EvmChain.make("base", options)
    const reads: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
      chain.chainId,
      chain.priorityFee,
      chain.block,
      chain.transactions(1n),
      chain.receipt(TxHash.make(`0x${"ab".repeat(32)}`)),
      chain.nonce(address, "latest"),
      chain.code(address),
      chain.balance(address),
      chain.call(message),
      chain.estimateGas(message),
      chain.look(({ priorityFee }) => priorityFee),
      // It never fails; what it answers is for people too.
      Effect.flatMap(chain.broadcast("0x02"), Effect.fail),
      EvmChain.checkChainId("base", options)
    ]
    for (const read of reads) {
      const cause = yield* Effect.flip(Effect.sandbox(read)).pipe(
        Effect.tapBoth({ onFailure: Effect.logError, onSuccess: (cause) => Effect.logError("failed", cause) }),
        Effect.withSpan("read"),
        Effect.withTracer(tracer),
        Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
        Logger.withMinimumLogLevel(LogLevel.All)
      )
      const error = Option.getOrThrow(Cause.failureOption(cause))
      out.push(
        Cause.pretty(cause, { renderErrorCause: true }),
        String(error),
        JSON.stringify(error),
        JSON.stringify(cause)
      )
      out.push(inspect(error, { depth: 20, showHidden: true }))
    }
    assert.isAbove(spans.length, reads.length)
    out.push(inspect(spans, { depth: 8 }))
    return out.map((text) => typeof text === "string" ? text : inspect(text, { depth: 20 })).join("\n")
  })

const reasonOf = (text: string) =>
  encodeErrorResult({ abi: parseAbi(["error Error(string)"]), errorName: "Error", args: [text] })

const echo = (text: string) => `bad key in ${text}`

describe("secrets of an RPC URL", () => {
  const cases: Record<string, (url: string) => Reply> = {
    "a broken connection": () => "disconnect",
    "no answer": () => "hang",
    "an HTTP error that repeats the URL": (url) => ({ status: 500, body: echo(url) }),
    "an HTTP error that repeats the keys": () => ({ status: 401, body: echo(secrets.join(" and ")) }),
    "a page that repeats the URL": (url) => ({ status: 200, body: `<html>${url}</html>` }),
    // What a parser says of this quotes the first ten characters.
    "a body that is not JSON": () => ({ status: 200, body: `xxx ${secrets.join("")}`, type: "application/json" }),
    "a JSON-RPC error that repeats the URL": (url) => ({ error: { code: -32000, message: echo(url), data: url } }),
    "a JSON-RPC error that repeats the keys": () => ({ error: { code: -32005, message: echo(secrets.join(" and ")) } }),
    "a revert that repeats the keys": () => ({
      error: { code: 3, message: `execution reverted: ${secrets.join(" ")}` }
    }),
    "the data of a revert that repeats the keys": () => ({
      error: { code: 3, message: "execution reverted", data: reasonOf(secrets.join(" ")) }
    }),
    "a refusal of a transaction that repeats the keys": () => ({
      error: { code: -32000, message: `nonce too low: ${secrets.join(" ")}` }
    }),
    "a result that repeats the URL": (url) => ({ result: url }),
    "a receipt that repeats the keys": () => ({ result: { status: secrets[0], logs: secrets } })
  }
  for (const [what, reply] of Object.entries(cases)) {
    it.scopedLive(`do not leak through ${what}`, () =>
      Effect.gen(function*() {
        let url = ""
        const node = yield* start(() => reply(url))
        url = withSecrets(node.url)
        const all = yield* seen(optionsOf([url, url], { timeout: "20 millis" }))
        assert.include(all, node.url)
        for (const half of halves) assert.notInclude(all, half)
      }))
  }

  for (const url of ["http://127.0.0.1:65534", "http://nowhere.invalid"]) {
    it.live(`do not leak when nobody listens at ${url}`, () =>
      Effect.gen(function*() {
        const all = yield* seen(optionsOf([withSecrets(url)]))
        assert.include(all, url)
        for (const half of halves) assert.notInclude(all, half)
      }))
  }

  it.live("do not leak when the URL is none", () =>
    Effect.gen(function*() {
      const all = yield* seen(optionsOf(["PATHSECRET QUERYSECRET"]))
      for (const half of halves) assert.notInclude(all, half)
    }))

  it("do not leak from the endpoint's name", () =>
    assert.strictEqual(RpcEndpoint.http(Redacted.make(withSecrets("http://host"))).host, "http://host"))
})
