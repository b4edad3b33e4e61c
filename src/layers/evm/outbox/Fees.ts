/** What is paid for gas: EIP-1559, under a ceiling that nothing climbs over. */
import { BigInt as Wei, Option } from "effect"
import type { Fees } from "../../sql/OutboxRow.ts"

/** Per gas, as a node tells it. */
export interface Market {
  readonly baseFeePerGas: bigint
  readonly priorityFee: bigint
}

/** Room for six full blocks in a row: the base fee grows by an eighth with each. */
const wanted = ({ baseFeePerGas, priorityFee }: Market): Fees => ({
  maxFeePerGas: 2n * baseFeePerGas + priorityFee,
  maxPriorityFeePerGas: priorityFee
})

/** None when even the next block costs more than the ceiling. */
export const first = (market: Market, ceiling: bigint): Option.Option<Fees> => {
  const { maxFeePerGas, maxPriorityFeePerGas } = wanted(market)
  return market.baseFeePerGas + market.priorityFee > ceiling
    ? Option.none()
    : Option.some({ maxFeePerGas: Wei.min(maxFeePerGas, ceiling), maxPriorityFeePerGas })
}

/** A quarter more, where nodes ask for a tenth (geth, erigon, nethermind, reth) or an eighth. Also for a tip of nothing. */
const raised = (fee: bigint): bigint => fee + fee / 4n + 1n

/** A tenth more: the least that a node takes for a replacement. */
const least = (fee: bigint): bigint => fee + fee / 10n + 1n

/**
 * Enough to take the place of a transaction that pays `previous`, and to be mined now. None when the ceiling is below what a
 * node would take.
 */
export const replacement = (previous: Fees, market: Market, ceiling: bigint): Option.Option<Fees> => {
  const now = wanted(market)
  const maxFeePerGas = Wei.min(Wei.max(raised(previous.maxFeePerGas), now.maxFeePerGas), ceiling)
  const maxPriorityFeePerGas = Wei.min(
    Wei.max(raised(previous.maxPriorityFeePerGas), now.maxPriorityFeePerGas),
    maxFeePerGas
  )
  return maxFeePerGas >= least(previous.maxFeePerGas) && maxPriorityFeePerGas >= least(previous.maxPriorityFeePerGas)
    ? Option.some({ maxFeePerGas, maxPriorityFeePerGas })
    : Option.none()
}
