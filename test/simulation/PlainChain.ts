/** A chain as those beside it see it, without contracts: what is sent to it is mined, and may be mined again elsewhere. */
import { decodeFunctionData, erc20Abi, type Hex, keccak256, parseAbi, toHex } from "viem"
import type { Dice } from "../../simulation/Dice.ts"
import type { Mined, Onlooker } from "../../simulation/Onlooker.ts"
import type { Timeline } from "../../simulation/Timeline.ts"
import * as Address from "../../src/domain/Address.ts"

export interface PlainChain extends Onlooker {
  /** A transaction that does just that. Answers its hash. */
  readonly put: (what: Partial<Pick<Mined, "transfers" | "did" | "status">>) => Hex
  /** What was submitted, by its data. */
  readonly submitted: () => ReadonlyArray<
    { readonly from: Address.Address; readonly to: Address.Address; readonly data: Hex }
  >
  readonly mined: () => ReadonlyArray<Mined>
}

const abi = [...erc20Abi, ...parseAbi(["function mint(address to, uint256 amount)"])]

const transfers = (
  call: { readonly from: Address.Address; readonly to: Address.Address; readonly data: Hex }
): Mined["transfers"] => {
  try {
    const { args, functionName } = decodeFunctionData({ abi, data: call.data })
    if (functionName !== "transfer" && functionName !== "mint") return []
    const [to, amount] = args
    return [{ token: call.to, from: functionName === "mint" ? Address.zero : call.from, to: Address.make(to), amount }]
  } catch {
    return []
  }
}

export const make = (options: {
  readonly timeline: Timeline
  readonly dice: Dice
  readonly blockTime: number
  /** Per block: that as many as `depth` of the newest are put there anew. */
  readonly reorganisation: number
  readonly depth: number
}): PlainChain => {
  const { blockTime, depth, dice, reorganisation, timeline } = options
  const blocks: Array<ReadonlyArray<Mined>> = []
  const places = new Map<Hex, number>()
  const submitted: Array<{ readonly from: Address.Address; readonly to: Address.Address; readonly data: Hex }> = []
  const listeners: Array<(mined: ReadonlyArray<Mined>) => void> = []
  let waiting: Array<Mined> = []
  let count = 0

  const append = () => {
    const [now, later] = [waiting.filter(() => dice.chance(0.8)), new Set(waiting)]
    for (const one of now) {
      later.delete(one)
      places.set(one.hash, blocks.length)
    }
    waiting = [...later]
    blocks.push(now)
    return now
  }

  const tick = () => {
    const undone = dice.chance(reorganisation) ? Math.min(dice.between(1, depth), blocks.length) : 0
    for (let each = 0; each < undone; each++) {
      const gone = blocks.pop() ?? []
      for (const { hash } of gone) places.delete(hash)
      waiting = [...gone, ...waiting]
    }
    const mined = Array.from({ length: undone + 1 }, append).flat()
    listeners.forEach((listener) => listener(mined))
    timeline.after(blockTime, tick)
  }
  timeline.after(blockTime, tick)

  const put: PlainChain["put"] = ({ did = [], status = "success", transfers = [] }) => {
    const hash = keccak256(toHex(`transaction ${count++} of a chain with blocks of ${blockTime}`))
    waiting.push({ hash, status, transfers, did })
    return hash
  }

  return {
    put,
    submit: (call) => {
      submitted.push(call)
      return put({ transfers: transfers(call) })
    },
    submitted: () => submitted,
    mined: () => blocks.flat(),
    head: () => blocks.length,
    receipt: (hash) => blocks[places.get(hash) ?? -1]?.find((one) => one.hash === hash),
    depth: (hash) => {
      const place = places.get(hash)
      return place === undefined ? 0 : blocks.length - place
    },
    onBlock: (listener) => listeners.push(listener)
  }
}
