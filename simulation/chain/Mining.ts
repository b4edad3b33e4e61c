/** What a miner puts into a block. */
import type { Address } from "../../src/domain/Address.ts"
import * as Execution from "./Execution.ts"
import type { Block, Mined } from "./Ledger.ts"
import type { Mempool, Pooled } from "./Mempool.ts"
import * as State from "./State.ts"
import * as Transaction from "./Transaction.ts"

export interface Options {
  readonly pool: Mempool
  readonly number: number
  readonly baseFee: bigint
  /** Of the block before. */
  readonly state: State.State
  readonly isPassedOver: () => boolean
  readonly isStarved: () => boolean
  readonly settings: Execution.Settings
  readonly contracts: ReadonlyMap<Address, Execution.Contract>
}

const isNext = ({ tx }: Pooled, state: State.State): boolean =>
  BigInt(tx.nonce) === (state.get(State.nonce(tx.from)) ?? 0n)

const pays = ({ tx }: Pooled, { baseFee }: Options, state: State.State): boolean =>
  tx.offer === undefined ||
  (tx.offer.maxFee >= baseFee && (state.get(State.wei(tx.from)) ?? 0n) >= Transaction.cost(tx))

const price = ({ maxFee, tip }: NonNullable<Transaction.Transaction["offer"]>, baseFee: bigint): bigint =>
  maxFee < baseFee + tip ? maxFee : baseFee + tip

const execute = ({ tx }: Pooled, before: State.State, { baseFee, contracts, isStarved, number, settings }: Options) => {
  const { data, from, hash, nonce, offer, to, value } = tx
  const result = Execution.run(before, tx, { block: number, settings, contracts })
  const isPaid = offer === undefined || (result.gas <= offer.gas && !isStarved())
  const isSuccess = result.status === "success" && isPaid
  const draft = State.draft(isSuccess ? result.state() : before)
  draft.write(State.nonce(from), BigInt(nonce) + 1n)
  if (offer !== undefined) {
    const gas = isPaid ? result.gas : offer.gas
    draft.write(State.wei(from), draft.read(State.wei(from)) - gas * price(offer, baseFee))
  }
  if (isSuccess && value > 0n) {
    draft.write(State.wei(from), draft.read(State.wei(from)) - value)
    draft.write(State.wei(to), draft.read(State.wei(to)) + value)
  }
  const mined: Mined = {
    hash,
    from,
    nonce,
    to,
    data,
    block: number,
    status: isSuccess ? "success" : "reverted",
    transfers: isSuccess ? result.transfers : [],
    logs: isSuccess ? result.logs : [],
    did: isSuccess ? result.did : []
  }
  return { mined, state: draft.done() }
}

/** Takes what it holds out of the mempool. Undefined: it holds nothing. */
export const block = (options: Options): Block | undefined => {
  const { isPassedOver, number, pool } = options
  if (pool.all().length === 0) return undefined
  const passed = new Set(pool.all().filter(isPassedOver))
  const mined: Array<Mined> = []
  const pooled: Array<Pooled> = []
  let { state } = options

  /** The first that can be mined now. */
  const next = (): Pooled | undefined => {
    for (const one of pool.all()) {
      if (!isNext(one, state)) continue
      const candidates = passed.has(one) ? pool.others(one) : [one]
      const found = candidates.find((one) => pays(one, options, state))
      if (found !== undefined) return found
    }
    return undefined
  }

  for (let one = next(); one !== undefined; one = next()) {
    const done = execute(one, state, options)
    state = done.state
    mined.push(done.mined)
    pooled.push(one)
    pool.used(one.tx.from, one.tx.nonce)
  }
  return mined.length === 0 ? undefined : { number, mined, pooled, state }
}
