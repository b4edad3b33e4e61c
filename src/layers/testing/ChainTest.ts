/**
 * Both chains in memory, to be scripted through `ChainControl`. Blocks come when the script mines them; no time passes
 * here. `Erc20` over these chains is its live layer: `layer` has it too.
 */
import { Array, Context, Effect, Layer, Ref } from "effect"
import * as Address from "../../domain/Address.ts"
import type { Hex } from "../../domain/Hex.ts"
import * as TxHash from "../../domain/TxHash.ts"
import {
  BaseChain,
  type Chain,
  ChainError,
  type ChainName,
  EthereumChain,
  type Log,
  type Receipt
} from "../../services/Chain.ts"
import type { Erc20 } from "../../services/Erc20.ts"
import * as Erc20Live from "../evm/Erc20.ts"
import * as TransferLogs from "../evm/TransferLogs.ts"
import { ChainControl, type ChainMethod, type ChainScript } from "./ChainControl.ts"
import { ChainWorld } from "./ChainWorld.ts"

export interface Options {
  /** Default 3 on Ethereum, 10 on Base. */
  readonly confirmations?: { readonly [name in ChainName]?: number }
}

const defaults = { ethereum: { chainId: 1, confirmations: 3 }, base: { chainId: 8453, confirmations: 10 } }

export const token = Address.make("0x00000000000000000000000000000000000070e1")
export const otherToken = Address.make("0x00000000000000000000000000000000000070e2")
const reverter = Address.make("0x000000000000000000000000000000000000dead")

interface Node {
  /** Receipts of each block; the index is the block's number. */
  readonly blocks: ReadonlyArray<ReadonlyArray<Omit<Receipt, "blockNumber">>>
  readonly made: number
  readonly code: ReadonlyMap<Address.Address, Hex>
  readonly wei: ReadonlyMap<Address.Address, bigint>
  /** By contract and data. */
  readonly answers: ReadonlyMap<string, Hex>
  readonly lag: number
  readonly lagHead: number
  readonly isDown: boolean
  readonly failures: ReadonlyArray<ChainError>
  readonly calls: ReadonlyArray<ChainMethod>
}

const genesis: Node = {
  blocks: [[]],
  made: 0,
  code: new Map([[token, "0x01"], [otherToken, "0x01"], [reverter, "0xfd"]]),
  wei: new Map(),
  answers: new Map(),
  lag: 0,
  lagHead: 0,
  isDown: false,
  failures: [],
  calls: []
}

const uint256 = (value: bigint): Hex => `0x${value.toString(16).padStart(64, "0")}`
const balanceOf = (owner: Address.Address): Hex => `0x70a08231${TransferLogs.word(owner).slice(2)}`
const visible = (node: Node) => node.blocks.slice(0, Math.max(1, node.blocks.length - node.lag))

const make = (name: ChainName, confirmations: number) =>
  Effect.gen(function*() {
    const state = yield* Ref.make(genesis)
    const error = (reason: ChainError["reason"], action: string, detail: string) =>
      new ChainError({ reason, chain: name, action, detail })
    const down = error("Unavailable", "any", "no endpoint answers")

    const ask = <A>(method: ChainMethod, answer: (node: Node) => Effect.Effect<A, ChainError>) =>
      Ref.modify(state, (node): readonly [Effect.Effect<A, ChainError>, Node] => {
        const [failure, ...failures] = node.failures
        const next = { ...node, failures, calls: [...node.calls, method] }
        if (failure !== undefined) return [Effect.fail(failure), next]
        return [node.isDown ? Effect.fail(down) : answer(node), next]
      }).pipe(Effect.flatten)

    const call = (node: Node, to: Address.Address, data: Hex): Effect.Effect<Hex, ChainError> => {
      if (to === reverter) return Effect.fail(error("BadAnswer", `call on ${to}`, "execution reverted"))
      const known = node.answers.get(`${to}/${data}`)
      if (known !== undefined) return Effect.succeed(known)
      const isBalance = (to === token || to === otherToken) && data.startsWith("0x70a08231")
      return Effect.succeed(isBalance ? uint256(0n) : "0x")
    }

    const chain: Chain = {
      name,
      confirmations,
      chainId: ask("chainId", () => Effect.succeed(defaults[name].chainId)),
      blockNumber: ask(
        "blockNumber",
        (node) => Effect.succeed(BigInt(Math.max(0, visible(node).length - 1 - node.lagHead)))
      ),
      receipt: (txHash) =>
        ask("receipt", (node) =>
          Effect.succeed(Array.findFirst(
            visible(node).flatMap((receipts, number) =>
              receipts.map((receipt): Receipt => ({ ...receipt, blockNumber: BigInt(number) }))
            ),
            (receipt) => receipt.txHash === txHash
          ))),
      code: (address) => ask("code", (node) => Effect.succeed(node.code.get(address) ?? "0x")),
      balance: (owner) => ask("balance", (node) => Effect.succeed(node.wei.get(owner) ?? 0n)),
      call: (to, data) => ask("call", (node) => call(node, to, data))
    }

    const update = (change: (node: Node) => Partial<Node>) =>
      Ref.update(state, (node): Node => ({ ...node, ...change(node) }))

    const add = (status: Receipt["status"], logs: ReadonlyArray<Log>, given?: TxHash.TxHash) =>
      Ref.modify(state, (node): readonly [TxHash.TxHash, Node] => {
        const made = node.made + 1
        const txHash = given ?? TxHash.make(uint256(BigInt(made)))
        return [txHash, { ...node, made, blocks: [...node.blocks, [{ txHash, status, logs }]] }]
      })

    const setAnswer: ChainScript["setAnswer"] = (to, data, answer) =>
      update(({ answers }) => ({ answers: new Map(answers).set(`${to}/${data}`, answer) }))

    const control: ChainScript = {
      chainId: defaults[name].chainId,
      token,
      otherToken,
      reverter,
      mine: (blocks) => update((node) => ({ blocks: [...node.blocks, ...Array.makeBy(blocks, () => [])] })),
      transfer: (...transfers) =>
        add(
          "success",
          transfers.map(({ from, to, token, units }) => ({
            address: token,
            topics: [TransferLogs.transferTopic, TransferLogs.word(from), TransferLogs.word(to)],
            data: uint256(units)
          }))
        ),
      revert: add("reverted", []),
      reorganise: (depth) =>
        update(({ blocks }) => ({ blocks: blocks.map((block, i) => i < blocks.length - depth ? block : []) })),
      setBalance: (owner, amount) => update(({ wei }) => ({ wei: new Map(wei).set(owner, amount) })),
      setTokenBalance: (token, owner, units) => setAnswer(token, balanceOf(owner), uint256(units)),
      addReceipt: (logs, txHash) => add("success", logs, txHash),
      setCode: (address, code) => update((node) => ({ code: new Map(node.code).set(address, code) })),
      setAnswer,
      lag: (lag) => update(() => ({ lag })),
      lagHead: (lagHead) => update(() => ({ lagHead })),
      failNext: (failure = down) => update(({ failures }) => ({ failures: [...failures, failure] })),
      unavailable: update(() => ({ isDown: true })),
      available: update(() => ({ isDown: false })),
      calls: Effect.map(Ref.get(state), ({ calls }) => calls)
    }
    return { chain, control }
  })

/** The chains and both of their handles. */
export const chains = (
  { confirmations = {} }: Options = {}
): Layer.Layer<EthereumChain | BaseChain | ChainControl | ChainWorld> =>
  Layer.effectContext(Effect.gen(function*() {
    const ethereum = yield* make("ethereum", confirmations.ethereum ?? defaults.ethereum.confirmations)
    const base = yield* make("base", confirmations.base ?? defaults.base.confirmations)
    const controls = { ethereum: ethereum.control, base: base.control }
    return Context.make(EthereumChain, ethereum.chain).pipe(
      Context.add(BaseChain, base.chain),
      Context.add(ChainControl, controls),
      Context.add(ChainWorld, controls)
    )
  }))

/** The chains, their handles, and the real `Erc20` over them. */
export const layer = (
  options?: Options
): Layer.Layer<Erc20 | EthereumChain | BaseChain | ChainControl | ChainWorld> =>
  Erc20Live.layer.pipe(Layer.provideMerge(chains(options)))
