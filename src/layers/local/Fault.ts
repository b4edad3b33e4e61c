/** What can go wrong between a client and a server of the local world. These schemas are also the JSON of `/_world/faults`. */
import { Schema } from "effect"

export const Millis = Schema.Number.pipe(Schema.nonNegative())
const Status = (fallback: number) =>
  Schema.optionalWith(Schema.Int.pipe(Schema.between(200, 599)), { default: () => fallback })

/** The connection breaks before anything is done. */
const DropBefore = Schema.TaggedStruct("DropBefore", {})
/** Everything is done, then the connection breaks instead of an answer. */
const DropAfter = Schema.TaggedStruct("DropAfter", {})
/** Nothing is done; an error status. */
const FailBefore = Schema.TaggedStruct("FailBefore", { status: Status(503) })
/** Everything is done; an error status. */
const FailAfter = Schema.TaggedStruct("FailAfter", { status: Status(500) })
/** 429, nothing is done. Seconds; the header in question is left out without them. */
const RateLimited = Schema.TaggedStruct("RateLimited", {
  /** `Retry-After`, undocumented at Alpaca. */
  retryAfter: Schema.optional(Schema.Int),
  /** `X-RateLimit-Reset`, from now. */
  resetAfter: Schema.optional(Schema.Int)
})
/** The request lies there for a while, then all goes on, whether or not the client still waits. */
const DelayBefore = Schema.TaggedStruct("DelayBefore", { millis: Millis })
/** Everything is done at once, the answer comes late. */
const DelayAfter = Schema.TaggedStruct("DelayAfter", { millis: Millis })
/** Everything is done; the answer's body is cut in half, a gateway's HTML page, or 32 MiB of blanks before it. */
const WrongBody = Schema.TaggedStruct("WrongBody", {
  body: Schema.Literal("Truncated", "Html", "Huge"),
  /** That of the true answer if left out. */
  status: Schema.optional(Schema.Int.pipe(Schema.between(200, 599)))
})
/** Every connection breaks, on every route and method, until the fault is removed. */
const Down = Schema.TaggedStruct("Down", {})
/** JSON-RPC only: an error answer, before or after the call was done. */
const RpcError = Schema.TaggedStruct("RpcError", {
  code: Schema.Int,
  message: Schema.String,
  after: Schema.optionalWith(Schema.Boolean, { default: () => false })
})
/** JSON-RPC only: nothing is done and this is the result, such as null or [] from a node that lags behind. */
const RpcResult = Schema.TaggedStruct("RpcResult", { result: Schema.Unknown })

export const Fault = Schema.Union(
  DropBefore,
  DropAfter,
  FailBefore,
  FailAfter,
  RateLimited,
  DelayBefore,
  DelayAfter,
  WrongBody,
  Down,
  RpcError,
  RpcResult
)
export type Fault = typeof Fault.Type

/** One call that arrived. */
export interface Call {
  /** The route (`"POST mint"`) or the JSON-RPC method (`"eth_getTransactionReceipt"`). */
  readonly name: string
  /** The body of an HTTP request, the params of a JSON-RPC call. */
  readonly input: unknown
}

/** Any call. */
export const everything = "*"

/** Which calls a fault strikes, and how often. */
export interface Rule {
  /** A call's name, `"*"`, or a test. */
  readonly on: string | ((call: Call) => boolean)
  /** Default 1. */
  readonly times?: number | "forever"
  /** So many matching calls pass unharmed first. Default 0. */
  readonly skip?: number
  readonly fault: Fault
}

export const RuleJson = Schema.Struct({
  on: Schema.optionalWith(Schema.String, { default: () => everything }),
  times: Schema.optionalWith(Schema.Union(Schema.Int.pipe(Schema.positive()), Schema.Literal("forever")), {
    default: () => 1
  }),
  skip: Schema.optionalWith(Schema.NonNegativeInt, { default: () => 0 }),
  fault: Fault
})
