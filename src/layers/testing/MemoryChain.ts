/** A chain without a virtual machine: accounts, three tokens, a mempool, and blocks that come when they are mined. Pure. */
import { Array, Either, Option } from "effect"
import { decodeFunctionData, erc20Abi, keccak256, parseTransaction } from "viem"
import * as Address from "../../domain/Address.ts"
import type { Hex } from "../../domain/Hex.ts"
import * as TxHash from "../../domain/TxHash.ts"
import type { Block, Broadcast, Call, Included, Log, LogFilter, MinedLog, Receipt } from "../../services/Chain.ts"
import * as TransferLogs from "../evm/TransferLogs.ts"

/** An ERC-20 that the chain knows. */
export const token = Address.make("0x00000000000000000000000000000000000070e1")
/** Another one. */
export const otherToken = Address.make("0x00000000000000000000000000000000000070e2")
/** A tokenized share. */
export const equity = Address.make("0x00000000000000000000000000000000000070e3")
/** A contract whose every call reverts. */
export const reverter = Address.make("0x000000000000000000000000000000000000dead")

/** What there is at the end of a block. */
export interface State {
  readonly code: ReadonlyMap<Address.Address, Hex>
  readonly wei: ReadonlyMap<Address.Address, bigint>
  readonly nonces: ReadonlyMap<Address.Address, number>
  /** By token and owner. */
  readonly units: ReadonlyMap<string, bigint>
  /** By token, owner and spender. */
  readonly allowances: ReadonlyMap<string, bigint>
  readonly isPaused: boolean
  /** Told answers, by contract and data. */
  readonly answers: ReadonlyMap<string, Hex>
  readonly contracts: ReadonlyMap<Address.Address, Contract>
}

/** A block: its transactions, and what they have done. */
export interface Mined {
  readonly transactions: ReadonlyArray<Included>
  readonly receipts: ReadonlyArray<Omit<Receipt, "blockNumber">>
  readonly after: State
}

/** A transaction that waits. */
export interface Pooled {
  /** The chain that it is signed for. */
  readonly chainId: number
  readonly hash: TxHash.TxHash
  readonly sender: Address.Address
  readonly nonce: number
  readonly call: Call
  readonly gas: bigint
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

/** All that a chain in memory remembers. */
export interface Chain {
  readonly chainId: number
  /** The index is the block's number. */
  readonly blocks: Array.NonEmptyReadonlyArray<Mined>
  readonly pool: ReadonlyArray<Pooled>
  readonly baseFeePerGas: bigint
}

/** What is bid above the base fee, in wei. */
export const priorityFee = 1_000_000n
/** Of anything but an empty transaction, as estimated and as used. */
const usualGas = 60_000n

/** A chain of one block. */
export const genesis = (chainId: number): Chain => ({
  chainId,
  blocks: [{
    transactions: [],
    receipts: [],
    after: {
      code: new Map([[token, "0x01"], [otherToken, "0x01"], [equity, "0x01"], [reverter, "0xfd"]]),
      wei: new Map(),
      nonces: new Map(),
      units: new Map(),
      allowances: new Map(),
      isPaused: false,
      answers: new Map(),
      contracts: new Map([[token, erc20], [otherToken, erc20], [equity, erc20]])
    }
  }],
  pool: [],
  baseFeePerGas: 1_000_000_000n
})

/** What there is at the end of its last block. */
export const tip = ({ blocks }: Chain): State => Array.lastNonEmpty(blocks).after

/** Changes what there is now, as if it had been so since the last block. */
export const edit = (chain: Chain, change: (state: State) => Partial<State>): Chain => ({
  ...chain,
  blocks: Array.modifyNonEmptyLast(chain.blocks, (block) => ({
    ...block,
    after: { ...block.after, ...change(block.after) }
  }))
})

/** What there was at the end of a block. */
export const at = ({ blocks }: Chain, number: bigint): State =>
  (blocks[Number(number)] ?? Array.lastNonEmpty(blocks)).after

/** Under which key a balance is kept. */
export const holding = (token: string, owner: string): string => `${token}/${owner}`
const uint256 = (value: bigint): Hex => `0x${value.toString(16).padStart(64, "0")}`

/** The log of an ERC-20 transfer. */
export const transferLog = (
  token: Address.Address,
  from: Address.Address,
  to: Address.Address,
  units: bigint
): Log => ({
  address: token,
  topics: [TransferLogs.transferTopic, TransferLogs.word(from), TransferLogs.word(to)],
  data: uint256(units)
})

/** What a transaction has done. */
export interface Executed {
  readonly after: State
  readonly output: Hex
  readonly logs: ReadonlyArray<Log>
}

/** What becomes of a message to it. Left is why it reverts. */
export type Contract = (
  state: State,
  call: Required<Pick<Call, "to" | "data" | "from">>
) => Either.Either<Executed, string>

/** Whom a message without sender comes from. */
const nobody = Address.zero

/** Units that change hands: from nobody they are new, to nobody they are no more. */
export const move = (
  state: State,
  { from, to, token, units }: {
    readonly token: Address.Address
    readonly from: Address.Address
    readonly to: Address.Address
    readonly units: bigint
  }
): Either.Either<Executed, string> => {
  const unitsOf = (holders: State["units"], owner: Address.Address) => holders.get(holding(token, owner)) ?? 0n
  if (from !== nobody && unitsOf(state.units, from) < units) {
    return Either.left("ERC20: transfer amount exceeds balance")
  }
  const less = from === nobody ? state.units : new Map(state.units).set(
    holding(token, from),
    unitsOf(state.units, from) - units
  )
  const moved = to === nobody ? less : new Map(less).set(holding(token, to), unitsOf(less, to) + units)
  return Either.right({
    after: { ...state, units: moved },
    output: uint256(1n),
    logs: [transferLog(token, from, to, units)]
  })
}

/** A token of which everybody may have some. */
export const erc20: Contract = (state, { data, from, to: at }) => {
  const call = Option.getOrUndefined(Option.liftThrowable(() => decodeFunctionData({ abi: erc20Abi, data }))())
  const done = (after: State, output: Hex, logs: ReadonlyArray<Log> = []) => Either.right({ after, output, logs })
  const unitsOf = (owner: string) => state.units.get(holding(at, owner)) ?? 0n
  switch (call?.functionName) {
    case "balanceOf":
      return done(state, uint256(unitsOf(call.args[0])))
    case "allowance":
      return done(state, uint256(state.allowances.get(`${at}/${call.args[0]}/${call.args[1]}`) ?? 0n))
    case "approve": {
      const [spender, units] = call.args
      const allowances = new Map(state.allowances).set(`${at}/${from}/${spender}`, units)
      return done({ ...state, allowances }, uint256(1n))
    }
    case "transfer": {
      const [to, units] = call.args
      if (state.isPaused) return Either.left("EquityToken: paused")
      return move(state, { token: at, from, to: Address.make(to), units })
    }
    default:
      return Either.left("no such function")
  }
}

/** Left is why it reverts. */
export const execute = (state: State, { data, from = nobody, to }: Call): Either.Either<Executed, string> => {
  if (to === reverter) return Either.left("no reason given")
  const told = state.answers.get(`${to}/${data}`)
  if (told !== undefined) return Either.right({ after: state, output: told, logs: [] })
  const contract = state.contracts.get(to)
  return contract === undefined
    ? Either.right({ after: state, output: "0x", logs: [] })
    : contract(state, { to, data, from })
}

/** What a call costs, in units of gas. */
export const gasOf = ({ data }: Call): bigint => data === "0x" ? 21_000n : usualGas

/** The first nonce that is missing, from those that are mined on. */
export const pendingNonce = (chain: Chain, sender: Address.Address): number => {
  const waiting = new Set(chain.pool.filter((one) => one.sender === sender).map(({ nonce }) => nonce))
  let nonce = tip(chain).nonces.get(sender) ?? 0
  while (waiting.has(nonce)) nonce += 1
  return nonce
}

/** Reads signed bytes, or says that they are none. */
export const parse = (raw: Hex, sender: Address.Address): Option.Option<Pooled> =>
  Option.liftThrowable(() => {
    const { chainId, data, gas, maxFeePerGas, maxPriorityFeePerGas, nonce, to, value } = parseTransaction(
      raw as `0x02${string}`
    )
    return {
      chainId,
      hash: TxHash.make(keccak256(raw)),
      sender,
      nonce: nonce ?? 0,
      call: { from: sender, to: Address.make(String(to).toLowerCase()), data: data ?? "0x", value: value ?? 0n },
      gas: gas ?? 0n,
      maxFeePerGas: maxFeePerGas ?? 0n,
      maxPriorityFeePerGas: maxPriorityFeePerGas ?? 0n
    }
  })()

/** What a node does with signed bytes: as geth, whose pool takes what pays a tenth more than what it has. */
export const offer = (chain: Chain, offered: Pooled): readonly [Broadcast["answer"], Chain] => {
  const { chainId, gas, hash, maxFeePerGas, maxPriorityFeePerGas, nonce, sender } = offered
  const state = tip(chain)
  const enough = (now: bigint, before: bigint) => now * 10n >= before * 11n
  const rival = chain.pool.find((one) => one.sender === sender && one.nonce === nonce)
  if (chainId !== chain.chainId || gas < 21_000n) return ["Invalid", chain]
  if (rival?.hash === hash) return ["AlreadyKnown", chain]
  if (nonce < (state.nonces.get(sender) ?? 0)) return ["NonceTooLow", chain]
  if ((state.wei.get(sender) ?? 0n) < gas * maxFeePerGas) return ["InsufficientFunds", chain]
  const isOutbid = rival !== undefined &&
    !(enough(maxFeePerGas, rival.maxFeePerGas) && enough(maxPriorityFeePerGas, rival.maxPriorityFeePerGas))
  return isOutbid
    ? ["Occupied", chain]
    : ["Accepted", { ...chain, pool: [...chain.pool.filter((one) => one !== rival), offered] }]
}

/** One after the other, as far as they follow each other and pay the base fee. */
const include = (chain: Chain): { readonly mined: Mined; readonly pool: ReadonlyArray<Pooled> } => {
  let after = tip(chain)
  const receipts: Array<Mined["receipts"][number]> = []
  const transactions: Array<Included> = []
  const left: Array<Pooled> = []
  for (const one of chain.pool.toSorted((a, b) => a.nonce - b.nonce)) {
    const { call, hash: txHash, maxFeePerGas, nonce, sender } = one
    if (maxFeePerGas < chain.baseFeePerGas || nonce !== (after.nonces.get(sender) ?? 0)) {
      left.push(one)
      continue
    }
    const paid = (after.wei.get(sender) ?? 0n) - gasOf(call) * chain.baseFeePerGas
    const before: State = {
      ...after,
      nonces: new Map(after.nonces).set(sender, nonce + 1),
      wei: new Map(after.wei).set(sender, paid)
    }
    const executed = execute(before, call)
    after = Either.match(executed, { onLeft: () => before, onRight: ({ after }) => after })
    const { data, to, value = 0n } = call
    transactions.push({ txHash, from: sender, nonce, to: Option.some(to), data, value })
    receipts.push(Either.match(executed, {
      onLeft: () => ({ txHash, status: "reverted" as const, logs: [] }),
      onRight: ({ logs }) => ({ txHash, status: "success" as const, logs })
    }))
  }
  return {
    mined: { transactions, receipts, after },
    pool: left.filter(({ nonce, sender }) => nonce >= (after.nonces.get(sender) ?? 0))
  }
}

/** Adds a block of what waits. */
export const mine = (chain: Chain): Chain => {
  const { mined, pool } = include(chain)
  return { ...chain, pool, blocks: Array.append(chain.blocks, mined) }
}

/** A block of its own for one receipt. */
export const addReceipt = (chain: Chain, receipt: Mined["receipts"][number], after = tip(chain)): Chain => ({
  ...chain,
  blocks: Array.append(chain.blocks, { transactions: [], receipts: [receipt], after })
})

/** The last `depth` blocks become empty ones. */
export const reorganise = (chain: Chain, depth: number): Chain => {
  const [genesis, ...others] = chain.blocks
  const kept = Array.prepend(others.slice(0, Math.max(0, others.length - depth)), genesis)
  const after = Array.lastNonEmpty(kept).after
  const empty = Array.makeBy(chain.blocks.length - kept.length, () => ({ transactions: [], receipts: [], after }))
  return { ...chain, blocks: chain.blocks.length === kept.length ? kept : Array.appendAll(kept, empty) }
}

/** The receipt of a transaction, if it is mined. */
export const receipt = ({ blocks }: Chain, txHash: TxHash.TxHash): Option.Option<Receipt> =>
  Array.findFirst(
    blocks.flatMap(({ receipts }, number) => receipts.map((one): Receipt => ({ ...one, blockNumber: BigInt(number) }))),
    (one) => one.txHash === txHash
  )

/** In the order of the chain. */
export const logs = (chain: Chain, { address, fromBlock, toBlock, topics }: LogFilter): ReadonlyArray<MinedLog> =>
  chain.blocks.flatMap(({ receipts }, number) =>
    BigInt(number) < fromBlock || (toBlock !== undefined && BigInt(number) > toBlock) ? [] : receipts.flatMap((
      { logs, txHash }
    ) => logs.map((log): MinedLog => ({ ...log, txHash, blockNumber: BigInt(number) })))
  ).filter((log) =>
    log.address === address &&
    topics.every((topic, index) => topic === null || log.topics[index]?.toLowerCase() === topic.toLowerCase())
  )

/** The last block as the port tells it. */
export const head = ({ baseFeePerGas, blocks }: Chain): Block => ({ number: BigInt(blocks.length - 1), baseFeePerGas })

/** As a node that is so many blocks behind shows it. */
export const behind = (chain: Chain, blocks: number): Chain => {
  const [genesis, ...others] = chain.blocks
  return blocks === 0 ? chain : {
    ...chain,
    pool: [],
    blocks: Array.prepend(others.slice(0, Math.max(0, others.length - blocks)), genesis)
  }
}

/** The transfers of all tokens, oldest first. */
export const transfers = ({ blocks }: Chain) =>
  blocks.flatMap(({ receipts }, number) =>
    receipts.flatMap(({ logs, txHash }) =>
      logs.filter(({ topics: [topic] }) => topic === TransferLogs.transferTopic).map(({ address, data, topics }) => ({
        token: address,
        from: Address.make(`0x${(topics[1] ?? "").slice(-40)}`),
        to: Address.make(`0x${(topics[2] ?? "").slice(-40)}`),
        units: BigInt(data),
        txHash,
        confirmations: blocks.length - number
      }))
    )
  )

/** Those of `equity` from an owner. */
export const sent = (chain: Chain, owner: Address.Address) =>
  transfers(chain).filter(({ from, token }) => token === equity && from === owner).map(({ to, units }) => ({
    to,
    units
  }))
