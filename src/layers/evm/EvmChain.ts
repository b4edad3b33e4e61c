/** A chain behind JSON-RPC. Reads only; every answer is decoded before it is believed. */
import { type Array, Effect, Layer, Option } from "effect"
import type { Address } from "../../domain/Address.ts"
import { Hex } from "../../domain/Hex.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import { BaseChain, type Chain, ChainError, type ChainName, EthereumChain, type Receipt } from "../../services/Chain.ts"
import * as RpcAnswer from "./RpcAnswer.ts"
import * as RpcClient from "./RpcClient.ts"

export interface Options extends RpcClient.Options {
  /** What every endpoint has to serve. */
  readonly chainId: number
  /** Blocks, counting its own, after which a transaction is depended on. */
  readonly confirmations: number
}

const chainIdRequest = { action: "chain id", method: "eth_chainId", params: [], answer: RpcAnswer.ChainId } as const

export const make = (name: ChainName, options: Options): Chain => {
  const { request } = RpcClient.make(name, options)
  const attributes = { chain: name }
  const span = (method: string) => Effect.withSpan(`EvmChain.${method}`, { attributes })
  return {
    name,
    confirmations: options.confirmations,
    chainId: request(chainIdRequest).pipe(span("chainId")),
    blockNumber: request({
      action: "block number",
      method: "eth_blockNumber",
      params: [],
      answer: RpcAnswer.Quantity
    }).pipe(span("blockNumber")),
    receipt: Effect.fn("EvmChain.receipt", { attributes })(function*(txHash: TxHash) {
      const action = `receipt of ${txHash}`
      const answer = yield* request({
        action,
        method: "eth_getTransactionReceipt",
        params: [txHash],
        answer: RpcAnswer.Receipt
      })
      if (answer === null || answer.blockNumber === null) return Option.none<Receipt>()
      if (answer.transactionHash !== txHash) {
        const detail = `the node answered with the receipt of ${answer.transactionHash}`
        return yield* new ChainError({ reason: "Unavailable", chain: name, action, detail })
      }
      return Option.some<Receipt>({
        txHash,
        status: answer.status === "0x1" ? "success" : "reverted",
        blockNumber: answer.blockNumber,
        logs: answer.logs
      })
    }),
    code: Effect.fn("EvmChain.code", { attributes })((address: Address) =>
      request({
        action: `code of ${address}`,
        method: "eth_getCode",
        params: [address, "latest"],
        answer: Hex
      })
    ),
    balance: Effect.fn("EvmChain.balance", { attributes })((address: Address) =>
      request({
        action: `balance of ${address}`,
        method: "eth_getBalance",
        params: [address, "latest"],
        answer: RpcAnswer.Quantity
      })
    ),
    call: Effect.fn("EvmChain.call", { attributes })((to: Address, data: Hex) =>
      request({
        action: `call of ${data.slice(0, 10)} on ${to}`,
        method: "eth_call",
        params: [{ to, data }, "latest"],
        answer: Hex
      })
    )
  }
}

/** One endpoint as the check at start sees it. */
export interface Served {
  readonly host: string
  readonly chainId: Effect.Effect<number, ChainError>
  /** Fails with WrongChain if that is not the configured one. */
  readonly check: Effect.Effect<void, ChainError>
}

/** Each endpoint by itself, since the order of trying hides a wrong one behind a right one. */
export const endpoints = (name: ChainName, options: Options): ReadonlyArray<Served> =>
  options.endpoints.map((endpoint) => {
    const chainId = RpcClient.ask(name, endpoint, options.timeout).request(chainIdRequest)
    return {
      host: endpoint.host,
      chainId,
      check: Effect.flatMap(chainId, (actual) =>
        actual === options.chainId ? Effect.void : new ChainError({
          reason: "WrongChain",
          chain: name,
          action: chainIdRequest.action,
          detail: `${endpoint.host} serves chain ${actual}, expected ${options.chainId} for ${name}`
        }))
    }
  })

/** Every endpoint is reachable and serves the configured chain; fails with all that is wrong. */
export const checkChainId = (
  name: ChainName,
  options: Options
): Effect.Effect<void, Array.NonEmptyArray<ChainError>> =>
  Effect.validateAll(endpoints(name, options), (endpoint) => endpoint.check, {
    discard: true,
    concurrency: "unbounded"
  })
    .pipe(Effect.withSpan("EvmChain.checkChainId", { attributes: { chain: name } }))

export const layerEthereum = (options: Options): Layer.Layer<EthereumChain> =>
  Layer.sync(EthereumChain, () => make("ethereum", options))

export const layerBase = (options: Options): Layer.Layer<BaseChain> =>
  Layer.sync(BaseChain, () => make("base", options))
