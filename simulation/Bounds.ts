/**
 * What a place may hold of an operation, by the state in the log: at least and at most, in comparison with the beginning. A
 * row may have had its effect and not its record yet, so a state allows for both. "The log names the place of every unit"
 * means that these bounds, summed over all operations, hold what is really there.
 */
import type * as Redemption from "../src/domain/EquityRedemption.ts"
import type { Failure } from "../src/domain/Failure.ts"
import * as Outcome from "../src/domain/Outcome.ts"
import * as Shares from "../src/domain/Shares.ts"
import type * as Mint from "../src/domain/TokenizedEquityMint.ts"
import type * as Rebalance from "../src/domain/UsdcRebalance.ts"
import type { Operation } from "./Log.ts"

export interface Bounds {
  readonly least: bigint
  readonly most: bigint
}

export type Held = Readonly<Record<string, Bounds>>

const exactly = (amount: bigint): Bounds => ({ least: amount, most: amount })
const upTo = (amount: bigint): Bounds => ({ least: 0n, most: amount })
const downTo = (amount: bigint): Bounds => ({ least: -amount, most: 0n })

const tokensPerShare = 10n ** 9n

export const places = {
  alpacaUsdc: "USDC at Alpaca",
  ethereum: "USDC in our wallet on Ethereum",
  base: "USDC in our wallet on Base",
  vault: "USDC in the vault",
  shares: (symbol: string) => `${symbol} at Alpaca`,
  tokens: (symbol: string) => `${symbol} tokens in our wallet`
}

const isSettled = (failure: Failure): boolean => Outcome.settled(Outcome.Failed({ failure }))

const mint = (state: Mint.State.State): Held => {
  if (state._tag === "NotStarted") return {}
  const { quantity, symbol } = state
  const held = (shares: Bounds, tokens: Bounds) => ({
    [places.shares(symbol)]: shares,
    [places.tokens(symbol)]: tokens
  })
  switch (state._tag) {
    case "MintRequested":
    case "MintAccepted":
      return held(downTo(quantity), upTo(quantity * tokensPerShare))
    case "TokensReceived":
    case "Completed":
      return held(exactly(-quantity), exactly(state.sharesMinted.units))
    case "Failed":
      if (isSettled(state.failure)) return held(exactly(0n), exactly(0n))
      return held(downTo(quantity), upTo(quantity * tokensPerShare))
    case "Reconciled":
      return held(downTo(quantity), upTo(quantity * tokensPerShare))
  }
}

const redemption = (state: Redemption.State.State): Held => {
  if (state._tag === "NotStarted") return {}
  const { amount, symbol } = state
  const held = (tokens: Bounds, shares: Bounds) => ({
    [places.shares(symbol)]: shares,
    [places.tokens(symbol)]: tokens
  })
  switch (state._tag) {
    case "Requested":
      return held(downTo(amount.units), upTo(Shares.fromTokenAmountFloor(amount)))
    case "TokensSent":
    case "Pending":
      return held(exactly(-state.amountSent.units), upTo(Shares.fromTokenAmountFloor(state.amountSent)))
    case "Completed":
      return held(exactly(-state.amountSent.units), exactly(Shares.fromTokenAmountFloor(state.amountSent)))
    case "Failed":
      if (state.sent !== undefined) {
        const { amountSent } = state.sent
        return held(exactly(-amountSent.units), upTo(Shares.fromTokenAmountFloor(amountSent)))
      }
      return isSettled(state.failure)
        ? held(exactly(0n), exactly(0n))
        : held(downTo(amount.units), upTo(Shares.fromTokenAmountFloor(amount)))
    case "Reconciled":
      return held(downTo(amount.units), upTo(Shares.fromTokenAmountFloor(amount)))
  }
}

/** How far a rebalance has come for certain; the step after it may have had its effect as well. */
const rebalance = (state: Rebalance.State.State): Held => {
  if (state._tag === "NotStarted") return {}
  const { amount, direction } = state
  const [origin, first, second, goal] = direction === "AlpacaToBase"
    ? [places.alpacaUsdc, places.ethereum, places.base, places.vault]
    : [places.vault, places.base, places.ethereum, places.alpacaUsdc]
  const held = (from: Bounds, middle: Bounds, arrived: Bounds, end: Bounds): Held => ({
    [origin]: from,
    [first]: middle,
    [second]: arrived,
    [goal]: end
  })
  const none = exactly(0n)
  /** Alpaca takes the whole at once; of a vault goes what came, which may be less. */
  const gone = (received: bigint) => exactly(direction === "AlpacaToBase" ? -amount : -received)
  switch (state._tag) {
    case "Requested":
    case "Withdrawing":
      return held(downTo(amount), upTo(amount), none, none)
    case "WithdrawalComplete":
      return held(gone(state.withdrawn.received), upTo(state.withdrawn.received), upTo(state.withdrawn.received), none)
    case "Bridging":
      return held(gone(state.withdrawn.received), none, upTo(state.burn.burned), none)
    case "Attested":
      return held(gone(state.withdrawn.received), none, upTo(state.burn.burned), upTo(state.burn.burned))
    case "Bridged":
      return held(gone(state.withdrawn.received), none, upTo(state.minted.received), upTo(state.minted.received))
    case "DepositInitiated":
      return held(gone(state.withdrawn.received), none, none, upTo(state.minted.received))
    case "DepositConfirmed":
      return held(gone(state.withdrawn.received), none, none, exactly(state.credited))
    case "WithdrawalFailed":
      if (state.withdrawn !== undefined) {
        return held(gone(state.withdrawn.received), exactly(state.withdrawn.received), none, none)
      }
      return isSettled(state.failure) ? held(none, none, none, none) : held(downTo(amount), upTo(amount), none, none)
    case "BridgingFailed": {
      const { received } = state.withdrawn
      if (state.burn === undefined) return held(gone(received), exactly(received), none, none)
      return held(gone(received), none, upTo(state.burn.burned), none)
    }
    case "DepositFailed": {
      const { received } = state.minted
      const isOut = state.deposit !== undefined
      return held(gone(state.withdrawn.received), none, isOut ? none : exactly(received), isOut ? upTo(received) : none)
    }
    case "Reconciled":
      return held(downTo(amount), upTo(amount), upTo(amount), upTo(amount))
  }
}

export const of = (operation: Operation): Held => {
  switch (operation.type) {
    case "TokenizedEquityMint":
      return mint(operation.state)
    case "EquityRedemption":
      return redemption(operation.state)
    case "UsdcRebalance":
      return rebalance(operation.state)
  }
}

export const sum = (all: ReadonlyArray<Held>): Held => {
  const total: Record<string, Bounds> = {}
  for (const held of all) {
    for (const [place, { least, most }] of Object.entries(held)) {
      const before = total[place] ?? exactly(0n)
      total[place] = { least: before.least + least, most: before.most + most }
    }
  }
  return total
}
