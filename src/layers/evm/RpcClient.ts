/**
 * JSON-RPC over several endpoints, tried in order. viem's own `fallback` is not used: a node that hangs would use up the
 * time of all, because it must be given up on Effect's clock and not on viem's.
 */
import { Array, Duration, Effect, Either, Option, type Schema } from "effect"
import type { EIP1193RequestFn } from "viem"
import * as Foreign from "../../domain/Foreign.ts"
import { ChainError, type ChainName } from "../../services/Chain.ts"
import { within } from "../TimeLimit.ts"
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

/** Methods that execute a call: for them a revert is an answer. */
const executing = new Set(["eth_call", "eth_estimateGas"])

/** One exchange with one endpoint, ended after `timeout` also where the caller must not be interrupted. */
export const exchange = (
  endpoint: RpcEndpoint,
  timeout: Duration.DurationInput
): (call: { readonly method: string; readonly params: ReadonlyArray<unknown> }) => Effect.Effect<
  unknown,
  RpcFailure.RpcFailure
> => {
  const { request: send } = endpoint.transport({ retryCount: 0, timeout: 0 })
  const silence = `no answer within ${Duration.format(timeout)}`
  return ({ method, params }) =>
    Effect.tryPromise({
      try: (signal): Promise<unknown> =>
        (send as EIP1193RequestFn)({ method, params } as never, { retryCount: 0, signal }),
      catch: RpcFailure.read
    }).pipe(within(timeout, () => ({ isRevert: false, revert: Option.none(), said: silence, text: silence })))
}

/** Asks one endpoint. What it answers is not believed before it has been decoded. */
export const ask = (name: ChainName, endpoint: RpcEndpoint, timeout: Duration.DurationInput): RpcClient => {
  const send = exchange(endpoint, timeout)
  return {
    request: ({ action, answer, method, params }) => {
      // viem's error is not the `cause`: it holds the URL, in fields of its own and in the text.
      const failed = (
        reason: ChainError["reason"],
        text: string,
        more: Partial<Pick<ChainError, "revert" | "isForgotten">> = {}
      ) =>
        new ChainError({ reason, chain: name, action, detail: `${endpoint.host}: ${endpoint.redact(text)}`, ...more })
      const decode = Foreign.decoder(answer)
      return send({ method, params }).pipe(
        Effect.mapError((failure) =>
          executing.has(method) && failure.isRevert
            ? failed("Reverted", failure.text, {
              revert: Option.match(failure.revert, { onNone: () => "no reason given", onSome: endpoint.redact })
            })
            : failed("Unavailable", failure.text, RpcFailure.isForgotten(failure) ? { isForgotten: true } : {})
        ),
        Effect.flatMap((result) =>
          Either.mapLeft(
            decode(result),
            // No contract is involved here: a node that talks nonsense is a node that is down.
            (problem) => failed("Unavailable", `not understood, ${problem}`)
          )
        )
      )
    }
  }
}

/** This endpoint is of no use, for now or until it is put right; another one may be. */
export const isDown = (error: unknown): error is ChainError =>
  error instanceof ChainError && (error.reason === "Unavailable" || error.reason === "WrongChain")

/** The next one where the one before it is down. A revert is an answer. */
export const inTurn = <A, E, R>(
  [first, ...others]: Array.NonEmptyReadonlyArray<Effect.Effect<A, E | ChainError, R>>
): Effect.Effect<A, E | ChainError, R> =>
  others.reduce(
    (previous, next) =>
      Effect.catchIf(previous, isDown, (before) =>
        Effect.logWarning(`${before.message}; asking the next endpoint`).pipe(
          Effect.zipRight(next),
          Effect.mapError((error) =>
            isDown(error)
              ? new ChainError({
                reason: before.reason === error.reason ? error.reason : "Unavailable",
                chain: error.chain,
                action: error.action,
                detail: `${before.detail}; ${error.detail}`,
                ...(before.isForgotten === true && error.isForgotten === true ? { isForgotten: true } : {})
              })
              : error
          )
        )),
    first
  )

/** Asks the endpoints in turn until one answers. */
export const make = (name: ChainName, { endpoints, timeout }: Options): RpcClient => {
  const clients = Array.map(endpoints, (endpoint) => ask(name, endpoint, timeout))
  return { request: (request) => inTurn(Array.map(clients, (client) => client.request(request))) }
}
