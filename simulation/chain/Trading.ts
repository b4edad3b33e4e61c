/** A stranger trades with our vault: what it holds changes, and now and then there is nearly nothing in it for a while. */
import { encodeAbiParameters, type Hex, parseAbiParameters } from "viem"
import { pack } from "../../src/layers/local/VaultFloat.ts"
import type { Dice } from "../Dice.ts"
import * as Places from "../Places.ts"
import type { Timeline } from "../Timeline.ts"
import * as OrderBook from "./OrderBook.ts"
import * as Words from "./Words.ts"

const arguments_ = parseAbiParameters("address, address, bytes32, bytes32, bool")

const call = (amount: Hex, isGain: boolean) => ({
  from: Places.stranger,
  to: Places.orderbook,
  data: Words.hex(
    Words.selector(OrderBook.trade).slice(2),
    encodeAbiParameters(arguments_, [Places.wallet, Places.usdc.base, Places.vaultId, amount, isGain]).slice(2)
  )
})

type Call = ReturnType<typeof call>

/** In units of 1e-6 USDC: this much is left when all is taken. */
const rest = 60_000_000
const minutes = 60_000

export const make = ({ dice, submit, timeline, vaultBalance }: {
  readonly dice: Dice
  readonly timeline: Timeline
  readonly submit: (call: Call) => Hex
  /** In units of 1e-6 USDC. */
  readonly vaultBalance: () => bigint
}) => {
  let isDrained = false

  const drain = () => {
    const taken = vaultBalance() - BigInt(dice.below(rest))
    if (isDrained || taken <= 0n) return
    isDrained = true
    submit(call(pack(taken, -6), false))
    timeline.after(dice.between(1, 15) * minutes, () => {
      isDrained = false
      submit(call(pack(taken, -6), true))
    })
  }

  return {
    /** With more decimals than USDC has, as trades are. */
    trade: () =>
      dice.chance(0.2)
        ? drain()
        : submit(call(pack(BigInt(dice.between(1, 2_000_000_000)), -8), dice.chance(0.5)))
  }
}
