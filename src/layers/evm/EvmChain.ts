/** A chain behind JSON-RPC. Every answer is decoded before it is believed. */
import { Array, Effect, Layer, MutableRef, Option, Schema } from "effect"
import { keccak256, numberToHex } from "viem"
import type { Address } from "../../domain/Address.ts"
import { Hex } from "../../domain/Hex.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import {
  BaseChain,
  type Broadcast,
  type Call,
  type Chain,
  ChainError,
  type ChainName,
  type ChainReads,
  type ChainView,
  EthereumChain,
  type Receipt
} from "../../services/Chain.ts"
import * as BroadcastAnswer from "./BroadcastAnswer.ts"
import * as HighestBlock from "./HighestBlock.ts"
import * as LogSearch from "./LogSearch.ts"
import * as RpcAnswer from "./RpcAnswer.ts"
import * as RpcClient from "./RpcClient.ts"
import type { RpcEndpoint } from "./RpcEndpoint.ts"

export interface Options extends RpcClient.Options {
  /** What every endpoint has to serve. */
  readonly chainId: number
  /** Blocks, counting its own, after which a transaction is depended on. */
  readonly confirmations: number
}

const chainIdRequest = { action: "chain id", method: "eth_chainId", params: [], answer: RpcAnswer.ChainId } as const

/** As JSON-RPC has it; what is absent is left out. */
const message = ({ data, from, to, value }: Call) => ({
  to,
  data,
  ...(from === undefined ? {} : { from }),
  ...(value === undefined ? {} : { value: numberToHex(value) })
})

const blockTag = (at: bigint | "latest" | "pending") => typeof at === "bigint" ? numberToHex(at) : at

const readsOf = (name: ChainName, client: RpcClient.RpcClient): ChainReads => {
  const { request } = client
  const attributes = { chain: name }
  const block = request({
    action: "latest block",
    method: "eth_getBlockByNumber",
    params: ["latest", false],
    answer: RpcAnswer.Block
  }).pipe(Effect.withSpan("EvmChain.block", { attributes }))
  return {
    block,
    logs: Effect.fn("EvmChain.logs", { attributes })((filter) =>
      LogSearch.search(client, Effect.map(block, ({ number }) => number), filter)
    ),
    transactions: Effect.fn("EvmChain.transactions", { attributes })(function*(block) {
      const answer = yield* request({
        action: `transactions of block ${block}`,
        method: "eth_getBlockByNumber",
        params: [blockTag(block), true],
        answer: RpcAnswer.Transactions
      })
      return (answer?.transactions ?? []).map(({ from, hash, input, nonce, to, value }) => ({
        txHash: hash,
        from,
        nonce,
        to: Option.fromNullable(to),
        data: input,
        value
      }))
    }),
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
    nonce: Effect.fn("EvmChain.nonce", { attributes })((sender, at) =>
      request({
        action: `transactions of ${sender}`,
        method: "eth_getTransactionCount",
        params: [sender, blockTag(at)],
        answer: RpcAnswer.Count
      })
    ),
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
    call: Effect.fn("EvmChain.call", { attributes })((call, at) =>
      request({
        action: `call of ${call.data.slice(0, 10)} on ${call.to}`,
        method: "eth_call",
        params: [message(call), blockTag(at ?? "latest")],
        answer: Hex
      })
    ),
    estimateGas: Effect.fn("EvmChain.estimateGas", { attributes })((call) =>
      request({
        action: `gas of ${call.data.slice(0, 10)} on ${call.to}`,
        method: "eth_estimateGas",
        params: [message(call)],
        answer: RpcAnswer.Quantity
      })
    ),
    priorityFee: request({
      action: "priority fee",
      method: "eth_maxPriorityFeePerGas",
      params: [],
      answer: RpcAnswer.Quantity
    }).pipe(Effect.withSpan("EvmChain.priorityFee", { attributes }))
  }
}

/** Hands the bytes to one endpoint. */
const handTo = (endpoint: RpcEndpoint, { timeout }: Options) => {
  const send = RpcClient.exchange(endpoint, timeout)
  const isHash = Schema.is(Hex)
  return (raw: Hex): Effect.Effect<Broadcast> => {
    const said = (answer: Broadcast["answer"], text: string): Broadcast => ({
      answer,
      detail: `${endpoint.host}: ${endpoint.redact(text)}`
    })
    return Effect.match(send({ method: "eth_sendRawTransaction", params: [raw] }), {
      onFailure: (failure) => said(BroadcastAnswer.classify(failure), failure.text),
      onSuccess: (hash) =>
        isHash(hash) && hash.toLowerCase() === keccak256(raw)
          ? said("Accepted", "accepted")
          : said("Unknown", "the node answered with another hash")
    })
  }
}

const isIn = ({ answer }: Broadcast): boolean => answer === "Accepted" || answer === "AlreadyKnown"

export const make = (name: ChainName, options: Options): Chain => {
  const { confirmations, endpoints, timeout } = options
  const client = RpcClient.make(name, options)
  const attributes = { chain: name }
  const views = Array.map(endpoints, (endpoint) => ({
    endpoint,
    served: servedBy(name, options, endpoint),
    isChecked: MutableRef.make(false),
    reads: readsOf(name, RpcClient.ask(name, endpoint, timeout)),
    hand: handTo(endpoint, options)
  }))
  const highest = HighestBlock.make(name)

  const viewOf = (
    { endpoint, isChecked, reads, served }: (typeof views)[number]
  ): Effect.Effect<ChainView, ChainError> =>
    Effect.gen(function*() {
      // The check at start may have met another node behind the same URL, or none.
      if (!MutableRef.get(isChecked)) {
        yield* served.check
        MutableRef.set(isChecked, true)
      }
      const head = yield* reads.block
      const ahead = highest.show(head.number)
      if (Option.isSome(ahead)) {
        const detail = `${endpoint.host} is at block ${head.number}, behind block ${ahead.value} that was seen`
        return yield* new ChainError({ reason: "Unavailable", chain: name, action: "latest block", detail })
      }
      return { ...reads, head }
    })

  return {
    name,
    confirmations,
    ...readsOf(name, client),
    chainId: client.request(chainIdRequest).pipe(Effect.withSpan("EvmChain.chainId", { attributes })),
    look: (reads) =>
      RpcClient.inTurn(Array.map(views, (view) => Effect.flatMap(viewOf(view), reads))).pipe(
        Effect.tapError((error) => RpcClient.isDown(error) ? highest.missed : Effect.void)
      ),
    broadcast: Effect.fn("EvmChain.broadcast", { attributes })(function*(raw: Hex) {
      const [first, ...others] = views
      let broadcast = yield* first.hand(raw)
      for (const { hand } of others) {
        if (isIn(broadcast)) break
        const next = yield* hand(raw)
        // An answer that says something beats one that says nothing; of two that say something the first counts.
        if (isIn(next) || broadcast.answer === "Unknown") broadcast = next
      }
      yield* Effect.annotateCurrentSpan({ txHash: keccak256(raw), answer: broadcast.answer })
      return broadcast
    })
  }
}

/** One endpoint as the check at start sees it. */
export interface Served {
  readonly host: string
  readonly chainId: Effect.Effect<number, ChainError>
  /** Fails with WrongChain if that is not the configured one. */
  readonly check: Effect.Effect<void, ChainError>
}

const servedBy = (name: ChainName, options: Options, endpoint: RpcEndpoint): Served => {
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
}

/** Each endpoint by itself, since the order of trying hides a wrong one behind a right one. */
export const endpoints = (name: ChainName, options: Options): ReadonlyArray<Served> =>
  options.endpoints.map((endpoint) => servedBy(name, options, endpoint))

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
