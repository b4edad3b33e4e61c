/**
 * What a configuration says can be parsed and still be wrong: asked of the chains before anything is sent. Every endpoint
 * must serve its chain, and every configured token must be a contract with the decimals that are configured.
 */
import { Effect, Either } from "effect"
import { BaseChain, type ChainError } from "../services/Chain.ts"
import * as EvmChain from "./evm/EvmChain.ts"
import * as TransferLogs from "./evm/TransferLogs.ts"
import { chainOptions, type Configuration } from "./Live.ts"

export interface Finding {
  /** The key that would have to change. */
  readonly key: string
  /** Unreachable: could not be asked, so nothing is known. */
  readonly verdict: "good" | "wrong" | "unreachable"
  readonly detail: string
}

const fromError = (key: string) => (error: ChainError): Finding => ({
  key,
  verdict: error.reason === "Unavailable" ? "unreachable" : "wrong",
  detail: error.reason === "WrongChain"
    ? `${error.detail} (BALLAST_${error.chain.toUpperCase()}_CHAIN_ID)`
    : error.detail
})

const endpoints = (name: "ethereum" | "base", config: Configuration["base"]): ReadonlyArray<Effect.Effect<Finding>> => {
  const key = `BALLAST_${name.toUpperCase()}_RPC_URL`
  return EvmChain.endpoints(name, chainOptions(config)).map((endpoint) =>
    Effect.match(endpoint.check, {
      onFailure: fromError(key),
      onSuccess: (): Finding => ({ key, verdict: "good", detail: `${endpoint.host} serves chain ${config.chainId}` })
    })
  )
}

/** ERC-20 `decimals()`. */
const selector = "0x313ce567"

const tokens = ({ equities }: Configuration["equities"]): ReadonlyArray<Effect.Effect<Finding, never, BaseChain>> =>
  [...equities].map(([symbol, { decimals, token }]) =>
    Effect.gen(function*() {
      const base = yield* BaseChain
      const key = `BALLAST_EQUITIES at ${symbol}`
      if ((yield* base.code(token)) === "0x") {
        return { key, verdict: "wrong", detail: `there is no contract at ${token} on Base` } as const
      }
      const actual = TransferLogs.uint256(yield* base.call({ to: token, data: selector }))
      if (Either.isLeft(actual)) {
        return {
          key,
          verdict: "wrong",
          detail: `${token} is no ERC-20 token: decimals() answers ${actual.left}`
        } as const
      }
      return actual.right === BigInt(decimals)
        ? { key, verdict: "good", detail: `${token} is a token of ${decimals} decimals` } as const
        : { key, verdict: "wrong", detail: `${token} has ${actual.right} decimals, not ${decimals}` } as const
    }).pipe(Effect.catchAll((error) => Effect.succeed(fromError(`BALLAST_EQUITIES at ${symbol}`)(error))))
  )

export const findings = (config: Configuration): Effect.Effect<ReadonlyArray<Finding>, never, BaseChain> =>
  Effect.all(
    [...endpoints("ethereum", config.ethereum), ...endpoints("base", config.base), ...tokens(config.equities)],
    { concurrency: 8 }
  ).pipe(Effect.withSpan("Preflight"))
