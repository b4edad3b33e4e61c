/**
 * JSON-RPC over several endpoints, tried in order. viem's own `fallback` is not used: a node that hangs would use up the
 * time of all, because it must be given up on Effect's clock and not on viem's.
 */
import { Array, Duration, Effect, Either, ParseResult, Schema } from "effect"
import type { EIP1193RequestFn } from "viem"
import { ChainError, type ChainName } from "../../services/Chain.ts"
import type { RpcEndpoint } from "./RpcEndpoint.ts"
import * as RpcFailure from "./RpcFailure.ts"

export interface Options {
  /** Tried in order. */
  readonly endpoints: Array.NonEmptyReadonlyArray<RpcEndpoint>
  /** How long one endpoint may take for one answer. */
  readonly timeout: Duration.DurationInput
}

export interface Request<A, I> {
  /** For people: `receipt of 0x..`. */
  readonly action: string
  readonly method: string
  readonly params: ReadonlyArray<unknown>
  readonly answer: Schema.Schema<A, I>
}

export interface RpcClient {
  readonly request: <A, I>(request: Request<A, I>) => Effect.Effect<A, ChainError>
}

/** `logs: 0: address: expected ..`. The tree that the Schema prints has one line per layer of it. */
const problem = (error: ParseResult.ParseError): string => {
  const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
  return issue === undefined ? error.message : [...issue.path, issue.message].join(": ")
}

/** Asks one endpoint. What it answers is not believed before it has been decoded. */
export const ask = (name: ChainName, endpoint: RpcEndpoint, timeout: Duration.DurationInput): RpcClient => {
  const { request: send } = endpoint.transport({ retryCount: 0, timeout: 0 })
  return {
    request: ({ action, answer, method, params }) => {
      // viem's error is not the `cause`: it holds the URL, in fields of its own and in the text.
      const failed = (reason: ChainError["reason"], text: string) =>
        new ChainError({ reason, chain: name, action, detail: `${endpoint.host}: ${endpoint.redact(text)}` })
      const decode = Schema.decodeUnknownEither(answer)
      return Effect.tryPromise({
        try: (signal) => (send as EIP1193RequestFn)({ method, params } as never, { retryCount: 0, signal }),
        catch: (error) => {
          const { isRevert, text } = RpcFailure.read(error)
          return failed(method === "eth_call" && isRevert ? "BadAnswer" : "Unavailable", text)
        }
      }).pipe(
        // Also where the caller is not, since a time limit ends what it limits by interrupting it.
        Effect.interruptible,
        Effect.timeoutFail({
          duration: timeout,
          onTimeout: () => failed("Unavailable", `no answer within ${Duration.format(timeout)}`)
        }),
        Effect.flatMap((result: unknown) =>
          Either.mapLeft(
            decode(result),
            // No contract is involved here: a node that talks nonsense is a node that is down.
            (error) => failed("Unavailable", `not understood, ${problem(error)}`)
          )
        )
      )
    }
  }
}

/** Asks the endpoints in turn until one answers. A revert is an answer. */
export const make = (name: ChainName, { endpoints, timeout }: Options): RpcClient => {
  const [first, ...others] = Array.map(endpoints, (endpoint) => ask(name, endpoint, timeout))
  const isDown = (error: ChainError) => error.reason === "Unavailable"
  return {
    request: (request) =>
      others.reduce(
        (previous, next) =>
          Effect.catchIf(previous, isDown, (before) =>
            Effect.logWarning(`${before.message}; asking the next endpoint`).pipe(
              Effect.zipRight(next.request(request)),
              Effect.mapError((error) =>
                isDown(error)
                  ? new ChainError({
                    reason: error.reason,
                    chain: name,
                    action: error.action,
                    detail: `${before.detail}; ${error.detail}`
                  })
                  : error
              )
            )),
        first.request(request)
      )
  }
}
