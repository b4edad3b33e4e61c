/** USDC that leave the account for Ethereum, and that come from there: Alpaca's books and the work of its custody. */
import { encodeFunctionData, erc20Abi, type Hex } from "viem"
import * as Address from "../../src/domain/Address.ts"
import type { Dice } from "../Dice.ts"
import * as Ids from "../Ids.ts"
import type { Onlooker } from "../Onlooker.ts"
import * as Places from "../Places.ts"
import type { Timeline } from "../Timeline.ts"
import type { Waits } from "../Waits.ts"
import * as Arrivals from "./Arrivals.ts"
import * as Lies from "./Lies.ts"
import * as Mood from "./Mood.ts"
import * as Payments from "./Payments.ts"

export interface Transfer {
  readonly id: string
  readonly direction: "INCOMING" | "OUTGOING"
  /** In units of 1e-6 USDC, before anything is taken from it. */
  readonly amount: bigint
  readonly from: Address.Address
  readonly to: Address.Address
  /** As Alpaca dates it, in unix milliseconds. */
  readonly createdAt: number
  /** What Alpaca says. */
  status: "PROCESSING" | "COMPLETE" | "FAILED"
  /** A withdrawal whose money is in the account again. */
  isGivenBack: boolean
  /** A deposit whose money is in the account. */
  isCredited: boolean
  hash: Hex | undefined
  /** Both are taken from what arrives. */
  networkFee: bigint
  fee: bigint
  readonly lies: Lies.Lies
}

export interface Wallet {
  /** Oldest first. */
  readonly transfers: () => ReadonlyArray<Transfer>
  /** Undefined: there is not so much. */
  readonly withdraw: (amount: bigint, to: Address.Address) => Transfer | undefined
  /** In units of 1e-6 USDC, as all of these: ours to withdraw. */
  readonly usdc: () => bigint
  /** Taken for withdrawals that are neither given back nor, by the chain of this moment, paid. */
  readonly inTransit: () => bigint
  /** On the deposit address, by the chain of this moment, and not in the account. */
  readonly arriving: () => bigint
  /** Kept by Alpaca of what has arrived on either side. */
  readonly kept: () => bigint
  /** Whether the chain shows a withdrawal's payment now. */
  readonly isPaid: (transfer: Transfer) => boolean
}

export interface Depths {
  /** Blocks of Ethereum that hold a deposit when it is listed. */
  readonly listing: number
  /** And when it is credited: more than ever are reorganised. */
  readonly deposit: number
}

/** Blocks that hold a payment when it is said to be complete. */
const complete = 2

export const make = (options: {
  readonly timeline: Timeline
  readonly waits: Waits
  readonly dice: Dice
  readonly mood: () => Mood.Mood
  readonly ethereum: Onlooker
  readonly usdc: bigint
  readonly depths: Depths
}): Wallet => {
  const { depths, dice, ethereum, mood, timeline: { now }, waits } = options
  let available = options.usdc
  const transfers: Array<Transfer> = []
  const payments = Payments.make(ethereum, waits)

  const open = (known: Pick<Transfer, "direction" | "amount" | "from" | "to" | "hash">, own: Dice): Transfer => {
    const id = Ids.uuid(own)
    const { invisibleFor, skew, unlistedFor } = mood()
    const transfer: Transfer = {
      ...known,
      id,
      createdAt: now() + own.between(-skew, skew),
      status: "PROCESSING",
      isGivenBack: false,
      isCredited: false,
      networkFee: 0n,
      fee: 0n,
      lies: Lies.make(own, mood(), {
        id,
        now: now(),
        unlistedFor: known.direction === "OUTGOING" ? unlistedFor : invisibleFor
      })
    }
    transfers.push(transfer)
    return transfer
  }

  /** Less than a minimal withdrawal, so that something always arrives. */
  const charge = (transfer: Transfer, own: Dice) => {
    if (!own.chance(mood().fee)) return
    const charged = BigInt(own.between(1, 2_500_000))
    if (charged * 2n >= transfer.amount) return
    transfer.fee = charged
    if (transfer.direction === "OUTGOING") transfer.networkFee = own.pick([0n, charged])
  }

  const pay = (withdrawal: Transfer, own: Dice) => {
    const { early, failedNoHash, failedThenSent, lieFor } = mood()
    if (own.chance(failedNoHash)) {
      withdrawal.status = "FAILED"
      withdrawal.isGivenBack = true
      available += withdrawal.amount
      return
    }
    charge(withdrawal, own)
    const isFailing = own.chance(failedThenSent)
    const isEarly = !isFailing && own.chance(early)
    const staysFailed = own.chance(0.3)
    const send = () =>
      payments.send({
        call: {
          from: Places.alpacaCustody,
          to: Places.usdc.ethereum,
          data: encodeFunctionData({
            abi: erc20Abi,
            functionName: "transfer",
            args: [withdrawal.to, withdrawal.amount - withdrawal.fee - withdrawal.networkFee]
          })
        },
        depth: complete,
        onSent: (hash) => {
          withdrawal.hash = hash
          Lies.sent(withdrawal.lies, own, mood(), now())
          // FAILED without a hash would be the truth about another withdrawal: one that is never paid.
          if (isFailing) {
            withdrawal.lies.hashFrom = 0
            withdrawal.status = "FAILED"
          }
          if (isEarly) withdrawal.status = "COMPLETE"
        },
        onSettled: () => {
          if (!isFailing || !staysFailed) withdrawal.status = "COMPLETE"
        }
      })
    if (!isEarly || own.chance(0.5)) return send()
    withdrawal.status = "COMPLETE"
    waits.after(own.below(lieFor + 1), send)
  }

  const credit = (deposit: Transfer, own: Dice) => {
    charge(deposit, own)
    const put = () => {
      available += deposit.amount - deposit.fee
      deposit.isCredited = true
      deposit.status = "COMPLETE"
    }
    if (!own.chance(mood().failedThenSent)) return put()
    deposit.status = "FAILED"
    waits.after(own.below(mood().lieFor + 1), put)
  }

  /** Those that are listed, and those that are not yet. */
  const deposits = new Map<Arrivals.Arrival, Transfer | undefined>()

  const list = (arrival: Arrivals.Arrival, own: Dice): void => {
    const amount = arrivals.amount(arrival, depths.listing)
    // Reorganised away meanwhile.
    if (amount === 0n) return arrivals.when(arrival, depths.listing, () => list(arrival, own))
    const { from, hash } = arrival
    const deposit = open({ direction: "INCOMING", amount, from, to: Places.alpacaDeposit, hash }, own)
    deposits.set(arrival, deposit)
    waits.after(
      Mood.duration(own, mood()),
      () => arrivals.when(arrival, depths.deposit, () => credit(deposit, own))
    )
  }

  const arrivals = Arrivals.make(ethereum, {
    to: Places.alpacaDeposit,
    tokens: [Places.usdc.ethereum],
    // What is created at the address instead of being sent there is not seen.
    isOurs: (from) => from !== Address.zero,
    onArrival: (arrival) => {
      deposits.set(arrival, undefined)
      const own = dice.fork(`deposit ${deposits.size}`)
      arrivals.when(
        arrival,
        depths.listing,
        () => waits.after(Mood.duration(own, mood()), () => list(arrival, own))
      )
    }
  })

  const isPaid = ({ direction, hash }: Transfer) => direction === "OUTGOING" && payments.isMined(hash)
  const sum = <A>(all: ReadonlyArray<A>, amount: (one: A) => bigint) =>
    all.reduce((total, one) => total + amount(one), 0n)
  const isUnderway = (transfer: Transfer) =>
    transfer.direction === "OUTGOING" && !transfer.isGivenBack && !isPaid(transfer)

  return {
    transfers: () => transfers,
    withdraw: (amount, to) => {
      if (available < amount) return undefined
      available -= amount
      const own = dice.fork(`withdrawal ${transfers.length}`)
      const withdrawal = open({ direction: "OUTGOING", amount, from: Places.alpacaCustody, to, hash: undefined }, own)
      waits.after(Mood.duration(own, mood()), () => pay(withdrawal, own))
      return withdrawal
    },
    usdc: () => available,
    inTransit: () => sum(transfers.filter(isUnderway), ({ amount }) => amount),
    arriving: () =>
      sum([...deposits], ([arrival, deposit]) => deposit?.isCredited === true ? 0n : arrivals.amount(arrival, 1)),
    kept: () =>
      sum(
        transfers.filter((transfer) => transfer.isCredited || isPaid(transfer)),
        ({ fee, networkFee }) => fee + networkFee
      ),
    isPaid
  }
}
