/** The chain as one of its nodes knows it. */
import type { Hex } from "viem"
import type { Address } from "../../src/domain/Address.ts"
import type * as Execution from "./Execution.ts"
import type { Ledger } from "./Ledger.ts"
import type { Market } from "./Market.ts"
import * as Mempool from "./Mempool.ts"
import { refuse } from "./Refusal.ts"
import * as State from "./State.ts"
import * as Transaction from "./Transaction.ts"

/** All of it. */
export interface Chain {
  readonly chainId: number
  readonly tip: bigint
  readonly ledger: Ledger
  readonly pool: Mempool.Mempool
  readonly market: Market
  readonly head: () => number
  readonly behind: (node: number) => number
  readonly settings: () => Execution.Settings
  readonly contracts: ReadonlyMap<Address, Execution.Contract>
  /** Reads signed bytes, each once. */
  readonly read: (raw: string) => Transaction.Transaction
}

export interface Node {
  readonly head: number
  readonly state: (at: number) => State.State
  readonly nonce: (account: string, at: number) => number
  /** The first nonce of an account that it does not have. */
  readonly pending: (account: string) => number
  readonly send: (raw: string) => Hex
}

/** Wei per gas: below that no node takes anything. */
const leastTip = 1n

const checked = (tx: Transaction.Transaction) => {
  const { offer } = tx
  if (offer === undefined) return refuse("transaction type not supported")
  const { gas, maxFee, tip } = offer
  if (tip > maxFee) {
    return refuse(
      `max priority fee per gas higher than max fee per gas: address ${tx.from}, maxPriorityFeePerGas: ${tip}, maxFeePerGas: ${maxFee}`
    )
  }
  if (gas < 21_000n) return refuse(`intrinsic gas too low: gas ${gas}, minimum needed 21000`)
  if (tip < leastTip) return refuse(`transaction underpriced: gas tip cap ${tip}, minimum needed ${leastTip}`)
  return tx
}

export const make = (chain: Chain, node: number): Node => {
  const { ledger, pool } = chain
  const head = chain.head() - chain.behind(node)
  const isKnown = ({ arrived, handedTo }: Mempool.Pooled) => arrived <= head || handedTo.has(node)
  const state = (at: number) => ledger.state(at)
  const nonce = (account: string, at: number) => Number(state(at).get(State.nonce(account)) ?? 0n)

  /** What it takes for waiting, though it may be in a block that it has not seen. */
  const waiting = (account: string) => {
    const later = chain.behind(node) === 0 ? [] : ledger.blocks(head + 1, Infinity).flatMap(({ pooled }) => pooled)
    return [...later, ...pool.all()].filter((one) => one.tx.from === account && isKnown(one))
  }

  const accept = (tx: Transaction.Transaction) => {
    const ours = waiting(tx.from)
    if (ours.some((one) => one.tx.hash === tx.hash)) return refuse("already known")
    checked(tx)
    const next = nonce(tx.from, head)
    if (tx.nonce < next) return refuse(`nonce too low: next nonce ${next}, tx nonce ${tx.nonce}`)
    const other = ours.find((one) => one.tx.nonce === tx.nonce)
    const balance = state(head).get(State.wei(tx.from)) ?? 0n
    const cost = Transaction.cost(tx)
    const queued = ours.filter((one) => one !== other).reduce((sum, one) => sum + Transaction.cost(one.tx), 0n)
    if (balance < queued + cost) {
      return refuse(
        queued === 0n || balance < cost
          ? `insufficient funds for gas * price + value: balance ${balance}, tx cost ${cost}, overshot ${
            cost - balance
          }`
          : `insufficient funds for gas * price + value: balance ${balance}, queued cost ${queued}, tx cost ${cost}, overshot ${
            queued + cost - balance
          }`
      )
    }
    if (other !== undefined && !Mempool.outbids(tx, other.tx)) return refuse("replacement transaction underpriced")
  }

  const send = (raw: string): Hex => {
    const tx = chain.read(raw)
    accept(tx)
    const known = pool.find(tx.hash)
    const other = pool.at(tx.from, tx.nonce)
    if (known !== undefined) known.handedTo.add(node)
    // The others may know better than this node, and then it keeps it for itself.
    else if (
      tx.nonce >= nonce(tx.from, chain.head()) && (other === undefined || Mempool.outbids(tx, other.tx))
    ) pool.add({ tx, arrived: chain.head(), handedTo: new Set([node]) })
    return tx.hash
  }

  return {
    head,
    state,
    nonce,
    pending: (account) => {
      const held = new Set(waiting(account).map(({ tx }) => tx.nonce))
      let next = nonce(account, head)
      while (held.has(next)) next++
      return next
    },
    send
  }
}
