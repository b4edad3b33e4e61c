/**
 * Both chains in memory, to be scripted through `ChainControl`. Blocks come when the script mines them; no time passes
 * here. `Erc20` and the outbox over these chains are in `TransactionOutboxTest`.
 */
import { Context, Effect, Either, Layer, Option, Ref } from "effect"
import { keccak256, recoverTransactionAddress, stringToHex } from "viem"
import * as Address from "../../domain/Address.ts"
import type { Hex } from "../../domain/Hex.ts"
import * as TxHash from "../../domain/TxHash.ts"
import {
  BaseChain,
  type Broadcast,
  type Chain,
  ChainError,
  type ChainName,
  type ChainReads,
  EthereumChain,
  type Receipt
} from "../../services/Chain.ts"
import { ChainControl, type ChainMethod, type ChainScript } from "./ChainControl.ts"
import { ChainWorld } from "./ChainWorld.ts"
import * as MemoryChain from "./MemoryChain.ts"

/** How deep a transaction must be to be depended on. */
export interface Options {
  /** Default 3 on Ethereum, 10 on Base. */
  readonly confirmations?: { readonly [name in ChainName]?: number }
}

const defaults = { ethereum: { chainId: 1, confirmations: 3 }, base: { chainId: 8453, confirmations: 10 } }

interface Node {
  readonly chain: MemoryChain.Chain
  readonly made: number
  readonly lag: number
  readonly hidesReceipts: boolean
  readonly stateFrom: bigint
  readonly isDown: boolean
  readonly failures: ReadonlyArray<ChainError>
  readonly broadcasts: ReadonlyArray<{ readonly answer: Broadcast["answer"]; readonly isTaken: boolean }>
  readonly calls: ReadonlyArray<ChainMethod>
  /** The highest block that was shown. */
  readonly seen: bigint
}

const make = (name: ChainName, confirmations: number) =>
  Effect.gen(function*() {
    const { chainId } = defaults[name]
    const state = yield* Ref.make<Node>({
      chain: MemoryChain.genesis(chainId),
      made: 0,
      lag: 0,
      hidesReceipts: false,
      stateFrom: 0n,
      isDown: false,
      failures: [],
      broadcasts: [],
      calls: [],
      seen: 0n
    })
    const error = (
      reason: ChainError["reason"],
      action: string,
      detail: string,
      more: { revert?: string; isForgotten?: boolean } = {}
    ) => new ChainError({ reason, chain: name, action, detail, ...more })
    const down = error("Unavailable", "any", "no endpoint answers")

    const ask = <A>(
      method: ChainMethod,
      answer: (chain: MemoryChain.Chain, node: Node) => Effect.Effect<A, ChainError>
    ): Effect.Effect<A, ChainError> =>
      Ref.modify(state, (node): readonly [Effect.Effect<A, ChainError>, Node] => {
        const [failure, ...failures] = node.failures
        const next = { ...node, failures, calls: [...node.calls, method] }
        if (failure !== undefined) return [Effect.fail(failure), next]
        return [node.isDown ? Effect.fail(down) : answer(MemoryChain.behind(node.chain, node.lag), node), next]
      }).pipe(Effect.flatten)

    const stateOf = (
      chain: MemoryChain.Chain,
      { stateFrom }: Node,
      at: bigint | "latest"
    ): Effect.Effect<MemoryChain.State, ChainError> => {
      if (at === "latest") return Effect.succeed(MemoryChain.tip(chain))
      return at < stateFrom
        ? Effect.fail(error("Unavailable", `state of block ${at}`, "missing trie node", { isForgotten: true }))
        : Effect.succeed(MemoryChain.at(chain, at))
    }

    const execute: (
      state: MemoryChain.State,
      call: Parameters<ChainReads["call"]>[0]
    ) => Effect.Effect<{ readonly output: Hex }, ChainError> = (state, call) =>
      Either.mapLeft(
        MemoryChain.execute(state, call),
        (revert) => error("Reverted", `call on ${call.to}`, `execution reverted: ${revert}`, { revert })
      )

    const reads: ChainReads = {
      block: ask("block", (chain) => Effect.succeed(MemoryChain.head(chain))),
      transactions: (number) =>
        ask("transactions", ({ blocks }) => Effect.succeed(blocks[Number(number)]?.transactions ?? [])),
      logs: (filter) => ask("logs", (chain) => Effect.succeed(MemoryChain.logs(chain, filter))),
      receipt: (txHash) =>
        ask("receipt", (chain, { hidesReceipts }) =>
          Effect.succeed(hidesReceipts ? Option.none() : MemoryChain.receipt(chain, txHash))),
      nonce: (sender, at) =>
        ask("nonce", (chain, node) =>
          at === "pending"
            ? Effect.succeed(MemoryChain.pendingNonce(chain, sender))
            : Effect.map(stateOf(chain, node, at), ({ nonces }) =>
              nonces.get(sender) ?? 0)),
      code: (address) => ask("code", (chain) => Effect.succeed(MemoryChain.tip(chain).code.get(address) ?? "0x")),
      balance: (owner) => ask("balance", (chain) => Effect.succeed(MemoryChain.tip(chain).wei.get(owner) ?? 0n)),
      call: (call, at) =>
        ask("call", (chain, node) =>
          stateOf(chain, node, at ?? "latest").pipe(
            Effect.flatMap((state) => execute(state, call)),
            Effect.map(({ output }) => output)
          )),
      estimateGas: (call) =>
        ask("estimateGas", (chain) => Effect.as(execute(MemoryChain.tip(chain), call), MemoryChain.gasOf(call))),
      priorityFee: ask("priorityFee", () => Effect.succeed(MemoryChain.priorityFee))
    }

    const take = (raw: Hex) =>
      Effect.gen(function*() {
        const sender = yield* Effect.option(
          Effect.tryPromise(() => recoverTransactionAddress({ serializedTransaction: raw as `0x02${string}` }))
        )
        const offered = Option.flatMap(sender, (address) => MemoryChain.parse(raw, Address.make(address)))
        return yield* Ref.modify(state, (node): readonly [Broadcast["answer"], Node] => {
          if (Option.isNone(offered)) return ["Invalid", node]
          const [answer, chain] = MemoryChain.offer(node.chain, offered.value)
          return [answer, { ...node, chain }]
        })
      })

    const chain: Chain = {
      name,
      confirmations,
      ...reads,
      chainId: ask("chainId", () => Effect.succeed(chainId)),
      look: (looking) =>
        Effect.gen(function*() {
          const head = yield* reads.block
          const { seen } = yield* Ref.updateAndGet(state, (node) => ({
            ...node,
            seen: head.number > node.seen ? head.number : node.seen
          }))
          if (head.number < seen) {
            return yield* error(
              "Unavailable",
              "latest block",
              `the node is at ${head.number}, behind ${seen} that was seen`
            )
          }
          return yield* looking({ ...reads, head })
        }),
      broadcast: (raw) =>
        Effect.gen(function*() {
          const scripted = yield* Ref.modify(state, (node) => {
            const [first, ...broadcasts] = node.broadcasts
            return [Option.fromNullable(first), { ...node, broadcasts }]
          })
          const answer = yield* Option.match(scripted, {
            onNone: () => Effect.zipRight(ask("broadcast", () => Effect.void), take(raw)),
            onSome: ({ answer, isTaken }) => Effect.as(isTaken ? take(raw) : Effect.void, answer)
          })
          return { answer, detail: "the chain in memory says so" }
        }).pipe(Effect.catchAll(({ detail }) => Effect.succeed<Broadcast>({ answer: "Unknown", detail })))
    }

    const update = (change: (node: Node) => Partial<Node>) =>
      Ref.update(state, (node): Node => ({ ...node, ...change(node) }))
    const alter = (change: (chain: MemoryChain.Chain) => MemoryChain.Chain) =>
      update(({ chain }) => ({ chain: change(chain) }))
    const edit = (change: (state: MemoryChain.State) => Partial<MemoryChain.State>) =>
      alter((chain) => MemoryChain.edit(chain, change))

    const hashOf = (made: number) => TxHash.make(keccak256(stringToHex(`made up ${made}`)))

    const add = (status: Receipt["status"], logs: Receipt["logs"], given?: TxHash.TxHash) =>
      Ref.modify(state, (node): readonly [TxHash.TxHash, Node] => {
        const made = node.made + 1
        const txHash = given ?? hashOf(made)
        return [txHash, { ...node, made, chain: MemoryChain.addReceipt(node.chain, { txHash, status, logs }) }]
      })

    const pay: ChainScript["pay"] = (...transfers) =>
      Ref.modify(state, (node): readonly [Either.Either<TxHash.TxHash, ChainError>, Node] => {
        const before = { after: MemoryChain.tip(node.chain), logs: [] as Receipt["logs"] }
        const moved = transfers.reduce<Either.Either<typeof before, string>>(
          (all, transfer) =>
            Either.flatMap(all, ({ after, logs }) =>
              Either.map(
                MemoryChain.move(after, transfer),
                (one) => ({ after: one.after, logs: [...logs, ...one.logs] })
              )),
          Either.right(before)
        )
        if (Either.isLeft(moved)) {
          return [Either.left(error("Reverted", "pay", moved.left, { revert: moved.left })), node]
        }
        const made = node.made + 1
        const txHash = hashOf(made)
        const { after, logs } = moved.right
        const chain = MemoryChain.addReceipt(node.chain, { txHash, status: "success", logs }, after)
        return [Either.right(txHash), { ...node, made, chain }]
      }).pipe(Effect.flatten)

    const control: ChainScript = {
      chainId,
      token: MemoryChain.token,
      otherToken: MemoryChain.otherToken,
      equity: MemoryChain.equity,
      reverter: MemoryChain.reverter,
      mine: (blocks) => Effect.replicateEffect(alter(MemoryChain.mine), blocks, { discard: true }),
      transfer: (...transfers) =>
        add("success", transfers.map(({ from, to, token, units }) => MemoryChain.transferLog(token, from, to, units))),
      revert: add("reverted", []),
      reorganise: (depth) => alter((chain) => MemoryChain.reorganise(chain, depth)),
      forgetPool: alter((chain) => ({ ...chain, pool: [] })),
      setBaseFee: (baseFeePerGas) => alter((chain) => ({ ...chain, baseFeePerGas })),
      setBalance: (owner, amount) => edit(({ wei }) => ({ wei: new Map(wei).set(owner, amount) })),
      setTokenBalance: (token, owner, amount) =>
        edit(({ units }) => ({ units: new Map(units).set(MemoryChain.holding(token, owner), amount) })),
      giveEquity: (owner, amount) =>
        edit(({ units }) => ({ units: new Map(units).set(MemoryChain.holding(MemoryChain.equity, owner), amount) })),
      pauseEquity: (isPaused) => edit(() => ({ isPaused })),
      sent: (owner) => Effect.map(Ref.get(state), ({ chain }) => MemoryChain.sent(chain, owner)),
      pay,
      transfers: Effect.map(Ref.get(state), ({ chain }) => MemoryChain.transfers(chain)),
      holding: (token, owner) =>
        Effect.map(
          Ref.get(state),
          ({ chain }) => MemoryChain.tip(chain).units.get(MemoryChain.holding(token, owner)) ?? 0n
        ),
      setContract: (address, contract) =>
        edit(({ code, contracts }) => ({
          code: new Map(code).set(address, "0x01"),
          contracts: new Map(contracts).set(address, contract)
        })),
      addReceipt: (logs, txHash) => add("success", logs, txHash),
      setCode: (address, code) => edit((state) => ({ code: new Map(state.code).set(address, code) })),
      setAnswer: (to, data, answer) =>
        edit(({ answers }) => ({ answers: new Map(answers).set(`${to}/${data}`, answer) })),
      lag: (lag) => update(() => ({ lag })),
      forgetStateBefore: (stateFrom) => update(() => ({ stateFrom })),
      hideReceipts: (hidesReceipts) => update(() => ({ hidesReceipts })),
      failNext: (failure = down) => update(({ failures }) => ({ failures: [...failures, failure] })),
      answerBroadcast: (answer, { isTaken }) =>
        update(({ broadcasts }) => ({ broadcasts: [...broadcasts, { answer, isTaken }] })),
      unavailable: update(() => ({ isDown: true })),
      available: update(() => ({ isDown: false })),
      calls: Effect.map(Ref.get(state), ({ calls }) => calls)
    }
    return { chain, control }
  })

/** The chains and both of their handles. */
export const layer = (
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
