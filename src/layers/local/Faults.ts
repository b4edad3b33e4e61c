/** A server's queue of faults to come, and what each does to an HTTP exchange. */
import { HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Clock, Effect, Option, Ref } from "effect"
import { type Call, everything, type Fault, type Rule } from "./Fault.ts"

/** A rule in the queue, with what is left of it. */
export interface Pending {
  readonly id: number
  readonly on: string
  readonly skip: number
  readonly times: number | "forever"
  readonly fault: Fault
}

export interface Faults {
  /** Queued behind the others; of several that match one call the oldest strikes. Answers an id to remove it by. */
  readonly add: (rule: Rule) => Effect.Effect<number>
  /** False if there is none of that id, or it is used up. */
  readonly remove: (id: number) => Effect.Effect<boolean>
  readonly clear: Effect.Effect<void>
  readonly pending: Effect.Effect<ReadonlyArray<Pending>>
  /** The fault that strikes this call, counted down. */
  readonly take: (call: Call) => Effect.Effect<Option.Option<Fault>>
  /** Whether the server refuses everything just now. */
  readonly isDown: Effect.Effect<boolean>
}

interface Entry extends Pending {
  readonly matches: (call: Call) => boolean
}

const entry = (id: number, { fault, on, skip = 0, times = 1 }: Rule): Entry => ({
  id,
  on: typeof on === "string" ? on : "(a test)",
  skip,
  times: fault._tag === "Down" ? "forever" : times,
  fault,
  matches: typeof on === "string" ? (call) => on === everything || on === call.name : on
})

/** Entries before the striking one that match lose one of their `skip`. */
const strike = (entries: ReadonlyArray<Entry>, call: Call): readonly [Option.Option<Fault>, ReadonlyArray<Entry>] => {
  let struck: Option.Option<Fault> = Option.none()
  const rest = entries.flatMap((item) => {
    if (Option.isSome(struck) || item.fault._tag === "Down" || !item.matches(call)) return [item]
    if (item.skip > 0) return [{ ...item, skip: item.skip - 1 }]
    struck = Option.some(item.fault)
    if (item.times === "forever") return [item]
    return item.times > 1 ? [{ ...item, times: item.times - 1 }] : []
  })
  return [struck, rest]
}

export const make: Effect.Effect<Faults> = Effect.gen(function*() {
  const entries = yield* Ref.make<ReadonlyArray<Entry>>([])
  const ids = yield* Ref.make(0)
  return {
    add: (rule) =>
      Effect.tap(
        Ref.updateAndGet(ids, (id) => id + 1),
        (id) => Ref.update(entries, (all) => [...all, entry(id, rule)])
      ),
    remove: (id) =>
      Ref.modify(entries, (all) => [all.some((item) => item.id === id), all.filter((item) => item.id !== id)]),
    clear: Ref.set(entries, []),
    pending: Effect.map(Ref.get(entries), (all) => all.map(({ matches: _, ...pending }) => pending)),
    take: (call) => Ref.modify(entries, (all) => strike(all, call)),
    isDown: Effect.map(Ref.get(entries), (all) => all.some((item) => item.fault._tag === "Down"))
  }
})

type Exchange<E, R> = Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>

/** Breaks the connection of the current request. What is answered then goes nowhere. */
export const drop: Exchange<never, HttpServerRequest.HttpServerRequest> = Effect.map(
  HttpServerRequest.HttpServerRequest,
  (request) => {
    NodeHttpServerRequest.toIncomingMessage(request).socket.destroy()
    return HttpServerResponse.empty()
  }
)

/** Ends early, without stopping what follows, when the client gives up: servers go on with what they have read. */
const delay = (millis: number) => Effect.exit(Effect.interruptible(Effect.sleep(millis)))

/** An error in the shape of Alpaca's, which is the only one that reads it. */
const failure = (status: number, message: string) =>
  HttpServerResponse.unsafeJson({ code: status * 100_000 + 10_000, message }, { status })

const hugeSize = 32 * 1024 * 1024

const gatewayPage =
  "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>\n"

const spoil = (
  response: HttpServerResponse.HttpServerResponse,
  body: "Truncated" | "Html" | "Huge",
  status: number
): HttpServerResponse.HttpServerResponse => {
  if (body === "Html") return HttpServerResponse.text(gatewayPage, { status, contentType: "text/html" })
  const whole = response.body._tag === "Uint8Array" ? response.body.body : new Uint8Array()
  const spoilt = body === "Truncated"
    ? whole.subarray(0, Math.floor(whole.length / 2))
    : Buffer.concat([Buffer.alloc(hugeSize, " "), whole])
  return HttpServerResponse.uint8Array(spoilt, { status, contentType: "application/json" })
}

/** The exchange as the fault leaves it. Must run uninterruptibly: what a server has begun it finishes. */
export const inject = <E, R>(
  fault: Option.Option<Fault>,
  exchange: Exchange<E, R>
): Exchange<E, R | HttpServerRequest.HttpServerRequest> => {
  if (Option.isNone(fault)) return exchange
  const struck = fault.value
  switch (struck._tag) {
    case "DropBefore":
    case "Down":
      return drop
    case "DropAfter":
      return Effect.zipRight(exchange, drop)
    case "FailBefore":
      return Effect.succeed(failure(struck.status, "injected before the effect"))
    case "FailAfter":
      return Effect.as(exchange, failure(struck.status, "injected after the effect"))
    case "RateLimited":
      return Effect.map(
        Clock.currentTimeMillis,
        (now) =>
          HttpServerResponse.setHeaders(failure(429, "rate limit exceeded"), {
            ...(struck.retryAfter === undefined ? {} : { "retry-after": String(struck.retryAfter) }),
            ...(struck.resetAfter === undefined ? {} : {
              "x-ratelimit-remaining": "0",
              "x-ratelimit-reset": String(Math.ceil(now / 1000) + struck.resetAfter)
            })
          })
      )
    case "DelayBefore":
      return Effect.zipRight(delay(struck.millis), exchange)
    case "DelayAfter":
      return Effect.zipLeft(exchange, delay(struck.millis))
    case "WrongBody":
      return Effect.map(exchange, (response) => spoil(response, struck.body, struck.status ?? response.status))
    case "RpcError":
    case "RpcResult":
      return exchange
  }
}
