/**
 * Each effect at most once per operation, counted in the world's books alone: nothing is burned that has not arrived, and
 * nothing is ordered more often than it was asked for. Equal amounts are counted together.
 */
import { Either } from "effect"
import { type Hex, slice } from "viem"
import * as Float from "../src/domain/Float.ts"
import * as Usdc from "../src/domain/Usdc.ts"
import type { Mined } from "./chain/SimulatedChain.ts"
import type { Operation } from "./Log.ts"
import * as Places from "./Places.ts"
import { type Books, labelOf } from "./References.ts"

type Counts = Map<string, number>

const count = (counts: Counts, what: string): void => {
  counts.set(what, (counts.get(what) ?? 0) + 1)
}

const ours = (mined: ReadonlyArray<Mined>) =>
  mined.filter((one) => one.from === Places.wallet && one.status === "success")

/** What was asked for by what is in the log, and what has arrived in places of ours. */
const due = (operations: ReadonlyArray<Operation>, { alpaca, chains }: Books): Counts => {
  const counts: Counts = new Map()
  for (const { id, state, type } of operations) {
    if (state._tag === "NotStarted") continue
    switch (type) {
      case "TokenizedEquityMint":
        count(counts, `mint ${labelOf(id, state)}`)
        break
      case "EquityRedemption":
        count(counts, `redemption of ${state.amount.units} units of ${state.token}`)
        break
      case "UsdcRebalance":
        count(
          counts,
          state.direction === "AlpacaToBase" ? `withdrawal of ${state.amount}` : `vault withdrawal of ${state.amount}`
        )
    }
  }
  for (const { amount, fees, givenBack, paid } of alpaca.withdrawals()) {
    if (paid) count(counts, `burn of ${amount - fees} on ethereum`)
    // Definitely failed, and the money given back: it may be ordered anew.
    if (givenBack) count(counts, `withdrawal of ${amount}`)
  }
  for (const one of ours(chains.base.transactions())) {
    for (const did of one.did) if (did.kind === "vaultWithdraw") count(counts, `burn of ${did.amount} on base`)
  }
  for (const chain of [chains.ethereum, chains.base]) {
    for (const { did, status } of chain.transactions()) {
      if (status === "reverted") continue
      for (const one of did) {
        if (one.kind !== "mint") continue
        count(counts, chain.name === "base" ? `vault deposit of ${one.received}` : `deposit of ${one.received}`)
      }
    }
  }
  return counts
}

/** Of `withdraw4(token, vaultId, targetAmount, tasks)`. */
const askedOf = (data: Hex): bigint | undefined =>
  Either.getOrUndefined(
    Either.flatMap(Float.fromHex(slice(data, 68, 100)), (float) => Float.toFixedFloor(float, Usdc.decimals))
  )

const done = ({ alpaca, chains }: Books): Counts => {
  const counts: Counts = new Map()
  for (const { clientRequestId, status } of alpaca.mints()) {
    if (status !== "rejected") count(counts, `mint ${clientRequestId}`)
  }
  for (const { amount } of alpaca.withdrawals()) count(counts, `withdrawal of ${amount}`)
  for (const chain of [chains.ethereum, chains.base]) {
    for (const { data, did, to, transfers } of ours(chain.transactions())) {
      for (const one of did) {
        if (one.kind === "burn") count(counts, `burn of ${one.amount} on ${chain.name}`)
        if (one.kind === "vaultDeposit") count(counts, `vault deposit of ${one.amount}`)
        // By what was asked: the vault may have paid less.
        if (one.kind === "vaultWithdraw") count(counts, `vault withdrawal of ${askedOf(data) ?? one.amount}`)
      }
      for (const one of transfers) {
        if (one.from !== Places.wallet) continue
        if (one.to === Places.redemptionWallet) count(counts, `redemption of ${one.amount} units of ${to}`)
        if (one.to === Places.alpacaDeposit) count(counts, `deposit of ${one.amount}`)
      }
    }
  }
  return counts
}

/** What has happened more often than it should. */
export const excess = (operations: ReadonlyArray<Operation>, books: Books): ReadonlyArray<string> => {
  const allowed = due(operations, books)
  return [...done(books)].flatMap(([what, times]) => {
    const most = allowed.get(what) ?? 0
    return times > most ? [`${what} has happened ${times} times, and ${most} were due`] : []
  })
}
