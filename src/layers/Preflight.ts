/**
 * What a configuration says can be parsed and still be wrong: asked of the chains before anything is sent. Every endpoint
 * must serve its chain, every configured token must be one with the decimals that are configured, and every other configured
 * contract must have code, or be what it is taken for.
 */
import { Effect, Either, Option } from "effect"
import type { Address } from "../domain/Address.ts"
import * as Usdc from "../domain/Usdc.ts"
import { BaseChain, type Chain, type ChainError, EthereumChain } from "../services/Chain.ts"
import * as CctpReads from "./cctp/Reads.ts"
import * as EvmChain from "./evm/EvmChain.ts"
import * as TransferLogs from "./evm/TransferLogs.ts"
import { chainOptions, type Configuration } from "./Live.ts"

export interface Finding {
  /** The key that would have to change. */
  readonly key: string
  /** Unreachable: could not be asked, so nothing is known. */
  readonly verdict: "good" | "wrong" | "unreachable"
  readonly detail: string
  /** The chain that was asked. */
  readonly of?: "ethereum" | "base"
}

const fromError = (key: string) => (error: ChainError): Finding => ({
  key,
  verdict: error.reason === "Unavailable" ? "unreachable" : "wrong",
  detail: error.reason === "WrongChain"
    ? `${error.detail} (BALLAST_${error.chain.toUpperCase()}_CHAIN_ID)`
    : error.detail,
  of: error.chain
})

const endpoints = (of: "ethereum" | "base", config: Configuration["base"]): ReadonlyArray<Effect.Effect<Finding>> => {
  const key = `BALLAST_${of.toUpperCase()}_RPC_URL`
  return EvmChain.endpoints(of, chainOptions(config)).map((endpoint) =>
    Effect.match(endpoint.check, {
      onFailure: fromError(key),
      onSuccess: (): Finding => ({
        key,
        verdict: "good",
        detail: `${endpoint.host} serves chain ${config.chainId}`,
        of
      })
    })
  )
}

/** ERC-20 `decimals()`. */
const selector = "0x313ce567"

/** A call to an address without a contract succeeds, with an empty answer. */
const token = (
  key: string,
  chain: Chain,
  { address, decimals }: { readonly address: Address; readonly decimals: number }
): Effect.Effect<Finding> =>
  Effect.gen(function*() {
    const found = (verdict: Finding["verdict"], detail: string): Finding => ({ key, verdict, detail, of: chain.name })
    const answer = yield* chain.call({ to: address, data: selector })
    if (answer === "0x" && (yield* chain.code(address)) === "0x") {
      return found("wrong", `there is no contract at ${address} on ${titles[chain.name]}`)
    }
    const actual = TransferLogs.uint256(answer)
    if (Either.isLeft(actual)) {
      return found("wrong", `${address} is no ERC-20 token: decimals() answers ${actual.left}`)
    }
    return actual.right === BigInt(decimals)
      ? found("good", `${address} is a token of ${decimals} decimals`)
      : found("wrong", `${address} has ${actual.right} decimals, not ${decimals}`)
  }).pipe(Effect.catchAll((error) => Effect.succeed(fromError(key)(error))))

const titles = { ethereum: "Ethereum", base: "Base" }

const contract = (key: string, chain: Chain, address: Address): Effect.Effect<Finding> =>
  Effect.match(chain.code(address), {
    onFailure: fromError(key),
    onSuccess: (code): Finding =>
      code === "0x"
        ? {
          key,
          verdict: "wrong",
          detail: `there is no contract at ${address} on ${titles[chain.name]}`,
          of: chain.name
        }
        : { key, verdict: "good", detail: `${address} is a contract on ${titles[chain.name]}`, of: chain.name }
  })

/**
 * CCTP's two contracts know of each other. What is burned through a messenger can be minted only by the transmitter that it
 * belongs to, and a rebalance keeps the two for ever: a wrong one has to be seen before anything is burned.
 */
const cctp = (chain: Chain, { messenger, transmitter }: Configuration["usdc"]["cctp"]): Effect.Effect<Finding> => {
  const key = "BALLAST_CCTP_MESSAGE_TRANSMITTER"
  const found = (verdict: Finding["verdict"], detail: string): Finding => ({
    key: verdict === "good" ? `BALLAST_CCTP_TOKEN_MESSENGER, ${key}` : key,
    verdict,
    detail,
    of: chain.name
  })
  return Effect.match(CctpReads.transmitterOf(chain, chain.name, messenger), {
    onFailure: fromError("BALLAST_CCTP_TOKEN_MESSENGER"),
    onSuccess: (actual) =>
      actual === transmitter
        ? found("good", `${messenger} sends through ${transmitter} on ${titles[chain.name]}`)
        : found("wrong", `${messenger} on ${titles[chain.name]} sends through ${actual}, not ${transmitter}`)
  })
}

const equities = ({ equities }: Configuration["equities"], base: Chain) =>
  [...equities].map(([symbol, { decimals, token: address }]) =>
    token(`BALLAST_EQUITIES at ${symbol}`, base, { address, decimals })
  )

/** Only where there is a vault is USDC ever moved. */
const route = (
  { cctp: contracts, usdc, vault }: Configuration["usdc"],
  chains: Readonly<Record<"ethereum" | "base", Chain>>
) =>
  Option.match(vault, {
    onNone: () => [],
    onSome: ({ contract: vault, reader, spender }) => [
      token("BALLAST_ETHEREUM_USDC", chains.ethereum, { address: usdc.ethereum, decimals: Usdc.decimals }),
      token("BALLAST_BASE_USDC", chains.base, { address: usdc.base, decimals: Usdc.decimals }),
      ...[chains.ethereum, chains.base].map((chain) => cctp(chain, contracts)),
      contract("BALLAST_VAULT_CONTRACT", chains.base, vault),
      ...reader === vault ? [] : [contract("BALLAST_VAULT_READ_CONTRACT", chains.base, reader)],
      ...spender === vault ? [] : [contract("BALLAST_VAULT_SPENDER", chains.base, spender)]
    ]
  })

/** What is to be moved, and so what must be there. */
export type Subject = "equities" | "usdc"

export const findings = (
  config: Configuration,
  subjects: ReadonlyArray<Subject> = ["equities", "usdc"]
): Effect.Effect<ReadonlyArray<Finding>, never, BaseChain | EthereumChain> =>
  Effect.gen(function*() {
    const chains = { ethereum: yield* EthereumChain, base: yield* BaseChain }
    return yield* Effect.all([
      ...endpoints("ethereum", config.ethereum),
      ...endpoints("base", config.base),
      ...subjects.includes("equities") ? equities(config.equities, chains.base) : [],
      ...subjects.includes("usdc") ? route(config.usdc, chains) : []
    ], { concurrency: 8 })
  }).pipe(Effect.withSpan("Preflight"))
