/** A chain with its mempool, its fees, its reorganisations and its contracts, and the nodes that tell of it. */
import type { Address, Hex } from "viem"
import type { ChainName } from "../../src/services/Chain.ts"
import type { Dice } from "../Dice.ts"
import * as Places from "../Places.ts"
import type { Timeline } from "../Timeline.ts"
import * as Decimals from "./Decimals.ts"
import * as Erc20 from "./Erc20.ts"
import type { Settings } from "./Execution.ts"
import * as Genesis from "./Genesis.ts"
import * as Ledger from "./Ledger.ts"
import * as Market from "./Market.ts"
import * as Mempool from "./Mempool.ts"
import * as Mining from "./Mining.ts"
import type { Mood } from "./Mood.ts"
import type { Chain } from "./Node.ts"
import * as Nodes from "./Nodes.ts"
import * as Rpc from "./Rpc.ts"
import * as State from "./State.ts"
import * as Trading from "./Trading.ts"
import * as Transaction from "./Transaction.ts"
import * as Transmitter from "./Transmitter.ts"
import * as Words from "./Words.ts"

export type { Mined } from "./Ledger.ts"
export { calm, type Mood, wild } from "./Mood.ts"
export { RpcRefusal } from "./Refusal.ts"

export interface Options {
  readonly name: ChainName
  readonly timeline: Timeline
  readonly dice: Dice
  /** Milliseconds. */
  readonly blockTime: number
  readonly mood: Mood
  readonly genesis: Genesis.Genesis
}

export interface SimulatedChain {
  readonly name: ChainName
  readonly chainId: number
  /** What a node (0, 1, ..) answers to one JSON-RPC request. Throws an RpcRefusal. */
  readonly request: (node: number, method: string, params: ReadonlyArray<unknown>) => unknown
  /** A transaction of somebody else: no signature, no gas. Answers its hash; it comes back after reorganisations. */
  readonly submit: (call: { readonly from: Address; readonly to: Address; readonly data: Hex }) => Hex
  readonly head: () => number
  /** As the chain is now, as all that follows. */
  readonly receipt: (hash: Hex) => Ledger.Mined | undefined
  /** Confirmations; 0 while it is not mined. */
  readonly depth: (hash: Hex) => number
  readonly balanceOf: (token: Address, owner: Address) => bigint
  /** Of our vault, in units of 1e-6 USDC, rounded down. */
  readonly vaultBalance: () => bigint
  readonly weiOf: (account: Address) => bigint
  /** Oldest first. */
  readonly transactions: () => ReadonlyArray<Ledger.Mined>
  /** All that any node was ever handed, whether or not it is mined: by these nothing is told that the chain has forgotten. */
  readonly signed: () => ReadonlyArray<Transaction.Transaction>
  /** Whether the message with this nonce was received. */
  readonly isUsed: (nonce: Hex) => boolean
  /** After each block and each reorganisation, with what is new. */
  readonly onBlock: (listener: (mined: ReadonlyArray<Ledger.Mined>) => void) => void
  readonly setMood: (mood: Mood) => void
  readonly set: (change: Partial<Settings>) => void
}

/** High enough that nobody looks at what was before. */
const first = 1_000

const prices = {
  ethereum: { usual: 5_000_000_000n, tip: 100_000_000n },
  base: { usual: 8_000_000n, tip: 1_000_000n }
}

/** How often one of ours that a reorganisation has thrown out is forgotten, where anything is. */
const lost = 0.25
/** How often what was thrown out is in a later block than before. */
const late = 0.5

const shuffled = <A>(all: ReadonlyArray<A>, dice: Dice): ReadonlyArray<A> => {
  const left = [...all]
  return all.flatMap(() => left.splice(dice.below(left.length), 1))
}

export const make = ({ blockTime, dice, genesis, name, timeline, ...options }: Options): SimulatedChain => {
  const chainId = Places.chainIds[name]
  const { tip } = prices[name]
  let { mood } = options
  let head = first
  let settings: Settings = { cctpPaused: false, signatureThreshold: Places.attesterKeys.length, vaultPaused: false }
  const listeners: Array<(mined: ReadonlyArray<Ledger.Mined>) => void> = []
  const ledger = Ledger.make(Genesis.state(name, genesis))
  const pool = Mempool.make()
  const market = Market.make(dice.fork("market"), prices[name], { first, blockTime })
  const nodes = Nodes.make(dice.fork("nodes"))
  const contracts = Genesis.contracts(name)
  const mining = dice.fork("mining")
  const starving = dice.fork("starving")
  const reorganisations = dice.fork("reorganisations")
  const forgetting = dice.fork("forgetting")
  const state = () => ledger.state(head)

  const mine = (passOver: number) => {
    head++
    market.advance(mood.spike)
    const block = Mining.block({
      pool,
      number: head,
      baseFee: market.baseFee(head),
      state: ledger.state(head - 1),
      isPassedOver: () => mining.chance(passOver),
      isStarved: () => starving.chance(mood.starve),
      settings,
      contracts
    })
    if (block === undefined) return []
    ledger.add(block)
    return block.mined
  }

  const isOurs = ({ tx }: Mempool.Pooled) => tx.offer !== undefined

  const reorganise = (blocks: number) => {
    head -= blocks
    market.cut(blocks)
    for (const pooled of ledger.cut(head + 1)) {
      if (mood.forget > 0 && isOurs(pooled) && forgetting.chance(lost)) continue
      pool.add(pooled)
    }
    pool.reorder((all) => shuffled(all, reorganisations))
    return Array.from({ length: blocks }, () => mine(Math.max(late, mood.passOver))).flat()
  }

  const forget = () => {
    const [one] = shuffled(pool.all().filter(isOurs), forgetting)
    if (one !== undefined) pool.forget(one.tx.hash)
  }

  const submitted = new Map<Address, number>()
  const submit: SimulatedChain["submit"] = (call) => {
    const from = Words.address(call.from)
    const nonce = submitted.get(from) ?? 0
    submitted.set(from, nonce + 1)
    const tx = Transaction.submitted(call, nonce, chainId)
    pool.add({ tx, arrived: head, handedTo: new Set() })
    return tx.hash
  }

  const balanceOf = (token: Address, owner: Address) =>
    state().get(Erc20.balance({ address: Words.address(token) }, Words.address(owner))) ?? 0n
  const vaultBalance = () => Decimals.toUnits(state().get(Genesis.vault) ?? 0n, 6) ?? 0n
  const trading = Trading.make({ timeline, dice: dice.fork("trading"), submit, vaultBalance })

  const tick = () => {
    const isOther = reorganisations.chance(mood.reorganisation)
    const again = isOther ? reorganise(Math.min(reorganisations.between(1, mood.depth), head - first)) : []
    if (forgetting.chance(mood.forget)) forget()
    if (name === "base" && mining.chance(mood.trade)) trading.trade()
    const mined = [...again, ...mine(mood.passOver)]
    nodes.advance(mood.lag)
    for (const listener of listeners) listener(mined)
    timeline.after(blockTime, tick)
  }
  timeline.after(blockTime, tick)

  const known = new Map<string, Transaction.Transaction>()
  const read = (raw: string) => {
    const found = known.get(raw) ?? Transaction.read(raw, chainId)
    known.set(raw, found)
    return found
  }

  const chain: Chain = {
    chainId,
    tip,
    ledger,
    pool,
    market,
    contracts,
    read,
    head: () => head,
    behind: nodes.behind,
    settings: () => settings
  }

  return {
    name,
    chainId,
    request: (node, method, params) => Rpc.answer(chain, node, method, params),
    submit,
    head: () => head,
    receipt: ledger.mined,
    depth: (hash) => {
      const mined = ledger.mined(hash)
      return mined === undefined ? 0 : head - mined.block + 1
    },
    balanceOf,
    vaultBalance,
    weiOf: (account) => state().get(State.wei(Words.address(account))) ?? 0n,
    transactions: ledger.transactions,
    signed: () => [...known.values()],
    isUsed: (nonce) => state().has(Transmitter.used(nonce.toLowerCase())),
    onBlock: (listener) => listeners.push(listener),
    setMood: (next) => {
      mood = next
    },
    set: (change) => {
      settings = { ...settings, ...change }
    }
  }
}
