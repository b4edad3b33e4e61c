/** Stands in front of a node: forwards JSON-RPC, counts it by method, and lets faults happen to it. */
import { HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Effect, Either, Option, Schema, type Scope } from "effect"
import * as Counts from "./Counts.ts"
import type { Fault } from "./Fault.ts"
import * as Faults from "./Faults.ts"
import type { LocalWorldError } from "./LocalWorldError.ts"
import * as Loopback from "./Loopback.ts"

export interface RpcProxy {
  readonly url: string
  /** By JSON-RPC method; each call of a batch counts. */
  readonly counts: Counts.Counts
  readonly faults: Faults.Faults
}

const RpcCall = Schema.Struct({
  id: Schema.optional(Schema.Unknown),
  method: Schema.String,
  params: Schema.optional(Schema.Unknown)
}, { key: Schema.String, value: Schema.Unknown })
type RpcCall = typeof RpcCall.Type

const decodeBody = Schema.decodeUnknownEither(Schema.parseJson(Schema.Union(RpcCall, Schema.Array(RpcCall))))

const forward = (node: string, body: string) =>
  Effect.tryPromise(async () => {
    const response = await fetch(node, { method: "POST", headers: { "content-type": "application/json" }, body })
    return { status: response.status, text: await response.text() }
  })

const badGateway = HttpServerResponse.text("upstream connect error", { status: 502 })

interface Verdict {
  /** Whether the call is to be done all the same. */
  readonly isDone: boolean
  readonly instead: unknown
}

/** What a JSON-RPC fault answers in the node's place. */
const verdict = (call: RpcCall, fault: Option.Option<Fault>): Option.Option<Verdict> => {
  const envelope = { jsonrpc: "2.0", id: call.id ?? null }
  return Option.flatMap(fault, (struck) => {
    switch (struck._tag) {
      case "RpcResult":
        return Option.some({ isDone: false, instead: { ...envelope, result: struck.result } })
      case "RpcError":
        return Option.some({
          isDone: struck.after,
          instead: { ...envelope, error: { code: struck.code, message: struck.message } }
        })
      default:
        return Option.none()
    }
  })
}

const isAboutCall = (fault: Fault) => fault._tag === "RpcError" || fault._tag === "RpcResult"

export const make = (name: string, node: string): Effect.Effect<RpcProxy, LocalWorldError, Scope.Scope> =>
  Effect.gen(function*() {
    const counts = yield* Counts.make
    const faults = yield* Faults.make

    const ask = (body: string) =>
      forward(node, body).pipe(
        Effect.map(({ status, text }) => HttpServerResponse.text(text, { status, contentType: "application/json" })),
        Effect.orElseSucceed(() => badGateway)
      )

    /** One call whose answer may be replaced; as text, so that the node's own answer passes untouched. */
    const answer = (call: RpcCall, fault: Option.Option<Fault>) =>
      Option.match(verdict(call, fault), {
        onNone: () =>
          forward(node, JSON.stringify(call)).pipe(
            Effect.map(({ text }) => text),
            Effect.orElseSucceed(() =>
              JSON.stringify({ jsonrpc: "2.0", id: call.id ?? null, error: { code: -32603, message: "node is gone" } })
            )
          ),
        onSome: ({ instead, isDone }) =>
          Effect.as(isDone ? Effect.ignore(forward(node, JSON.stringify(call))) : Effect.void, JSON.stringify(instead))
      })

    const app = Effect.gen(function*() {
      if (yield* faults.isDown) return yield* Faults.drop
      const request = yield* HttpServerRequest.HttpServerRequest
      const text = yield* Effect.orElseSucceed(request.text, () => "")
      const body = Either.getOrUndefined(decodeBody(text))
      if (body === undefined) return yield* ask(text)
      const isBatch = Array.isArray(body)
      const calls: ReadonlyArray<RpcCall> = [body].flat()
      const struck = yield* Effect.forEach(
        calls,
        (call) => Effect.zipRight(counts.hit(call.method), faults.take({ name: call.method, input: call.params }))
      )
      // A fault of the exchange strikes the whole batch, one of a call that call alone.
      const ofExchange = Option.firstSomeOf(struck.map(Option.filter((fault) => !isAboutCall(fault))))
      const exchange = !struck.some(Option.exists(isAboutCall))
        ? ask(text)
        : Effect.forEach(calls, (call, index) => answer(call, struck[index] ?? Option.none())).pipe(
          Effect.map((answers) =>
            HttpServerResponse.text(isBatch ? `[${answers.join(",")}]` : answers.join(""), {
              contentType: "application/json"
            })
          )
        )
      return yield* Faults.inject(ofExchange, exchange)
    })

    return { url: yield* Loopback.serve(`${name} RPC proxy`, app), counts, faults }
  })
