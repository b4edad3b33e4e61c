/** Two chains, Alpaca and Circle, and what they start with. */
import * as SimulatedAlpaca from "./alpaca/SimulatedAlpaca.ts"
import * as Bounds from "./Bounds.ts"
import * as SimulatedChain from "./chain/SimulatedChain.ts"
import * as SimulatedCircle from "./circle/SimulatedCircle.ts"
import type { Dice } from "./Dice.ts"
import * as Network from "./Network.ts"
import * as Places from "./Places.ts"
import type { Books } from "./References.ts"
import type { Timeline } from "./Timeline.ts"
import type { Trace } from "./Trace.ts"

const minutes = 60_000

/** How long it lasts. */
export const badTime = (dice: Dice): number => dice.between(30, 180) * minutes

/** @param without kinds of faults that are left out, to find the ones that matter */
export const weather = (dice: Dice, without: ReadonlySet<string>): Network.Weather => {
  const some = (name: keyof Network.Weather, chances: readonly [number, ...ReadonlyArray<number>]) => {
    const chance = dice.pick(chances)
    return without.has(name) ? 0 : chance
  }
  return {
    fault: some("fault", [0.03, 0.06, 0.12]),
    crash: some("crash", [0.006, 0.012, 0.03]),
    freeze: some("freeze", [0, 0.001, 0.004]),
    outage: some("outage", [0, 0.0005, 0.002])
  }
}

export interface World extends Books {
  /** What is in our places, less what was there at the beginning. */
  readonly moved: () => ReadonlyArray<readonly [place: string, units: bigint]>
  /** Grows with all that changes a place of ours. */
  readonly changes: () => number
  readonly calm: () => void
}

const wei = 10n ** 18n
const usdc = 10n ** 6n
const tokens = 10n ** 18n
const shares = 10n ** 9n

const beginning = {
  usdcAtAlpaca: 1_000_000n * usdc,
  usdcInVault: 500_000n * usdc,
  shares: 100_000n * shares,
  tokens: 10_000n * tokens
}

const symbols = ["AAPL", "TSLA"] as const

type Mood = SimulatedAlpaca.Mood | SimulatedChain.Mood | SimulatedCircle.Mood

/** Each kind of strangeness is there in some runs and not in others. */
const mixed = <M extends Mood>(calm: M, wild: M, dice: Dice, without: ReadonlySet<string>): M => {
  const left = new Set(Object.keys(wild).filter((kind) => without.has(kind) || dice.chance(0.3)))
  return Object.assign(
    { ...wild },
    ...Object.entries(calm).filter(([kind]) => left.has(kind)).map(([kind, value]) => ({ [kind]: value }))
  )
}

/** All that can be left out of a run. */
export const kindsOfFaults: ReadonlyArray<string> = [
  "operator",
  ...Object.keys(Network.calm),
  ...new Set([SimulatedAlpaca.wild, SimulatedChain.wild, SimulatedCircle.wild].flatMap((mood) => Object.keys(mood)))
]

const genesis = {
  ethereum: {
    wei: [[Places.wallet, 1_000n * wei]],
    tokens: [[Places.usdc.ethereum, Places.alpacaCustody, 100_000_000n * usdc], [
      Places.usdc.ethereum,
      Places.stranger,
      1_000_000n * usdc
    ]],
    vault: 0n
  },
  base: {
    wei: [[Places.wallet, 1_000n * wei]],
    tokens: [
      ...symbols.map((symbol) => [Places.equities[symbol].token, Places.wallet, beginning.tokens] as const),
      [Places.usdc.base, Places.stranger, 1_000_000n * usdc]
    ],
    vault: beginning.usdcInVault
  }
} as const

const blockTimes = { ethereum: 12_000, base: 2_000 }

/** Our own moves in and out of the vault; others trade with it. */
const ofOurVault = (base: SimulatedChain.SimulatedChain): bigint =>
  base.transactions().filter(({ from, status }) => from === Places.wallet && status === "success")
    .flatMap(({ did }) => did)
    .reduce(
      (sum, one) =>
        one.kind === "vaultDeposit" ? sum + one.amount : one.kind === "vaultWithdraw" ? sum - one.amount : sum,
      0n
    )

export interface Moods {
  readonly chains: SimulatedChain.Mood
  readonly alpaca: SimulatedAlpaca.Mood
  readonly circle: SimulatedCircle.Mood
}

export const calm: Moods = {
  chains: SimulatedChain.calm,
  alpaca: SimulatedAlpaca.calm,
  circle: SimulatedCircle.calm
}

export const moods = (dice: Dice, without: ReadonlySet<string>): Moods => ({
  chains: mixed(SimulatedChain.calm, SimulatedChain.wild, dice.fork("chains"), without),
  alpaca: mixed(SimulatedAlpaca.calm, SimulatedAlpaca.wild, dice.fork("Alpaca"), without),
  circle: mixed(SimulatedCircle.calm, SimulatedCircle.wild, dice.fork("Circle"), without)
})

export const make = ({ dice, moods, timeline, trace }: {
  readonly timeline: Timeline
  readonly trace: Trace
  readonly dice: Dice
  readonly moods: Moods
}): World => {
  const chain = (name: "ethereum" | "base") =>
    SimulatedChain.make({
      name,
      timeline,
      dice: dice.fork(name),
      mood: moods.chains,
      blockTime: blockTimes[name],
      genesis: genesis[name]
    })
  const chains = { ethereum: chain("ethereum"), base: chain("base") }
  const alpaca = SimulatedAlpaca.make({
    timeline,
    dice: dice.fork("Alpaca"),
    mood: moods.alpaca,
    ...chains,
    shares: { AAPL: beginning.shares, TSLA: beginning.shares },
    usdc: beginning.usdcAtAlpaca
  })
  const circle = SimulatedCircle.make({
    timeline,
    dice: dice.fork("Circle"),
    mood: moods.circle,
    chains
  })
  let changes = 0
  for (const one of [chains.ethereum, chains.base]) {
    one.onBlock((mined) => {
      if (mined.length > 0) changes++
      for (const { did, from, hash, nonce, status } of mined) {
        const who = from === Places.wallet ? `our transaction ${nonce}` : "somebody else's transaction"
        trace.tell(
          one.name,
          `block ${one.head()}: ${who} ${hash} (${status}) ${did.map(({ kind }) => kind).join(", ")}`
        )
      }
    })
  }
  return {
    chains,
    alpaca,
    circle,
    moved: () => [
      [Bounds.places.alpacaUsdc, alpaca.usdc() - beginning.usdcAtAlpaca],
      [Bounds.places.ethereum, chains.ethereum.balanceOf(Places.usdc.ethereum, Places.wallet)],
      [Bounds.places.base, chains.base.balanceOf(Places.usdc.base, Places.wallet)],
      [Bounds.places.vault, ofOurVault(chains.base)],
      ...symbols.flatMap((symbol) => [
        [Bounds.places.shares(symbol), alpaca.shares(symbol) - beginning.shares] as const,
        [
          Bounds.places.tokens(symbol),
          chains.base.balanceOf(Places.equities[symbol].token, Places.wallet) - beginning.tokens
        ] as const
      ])
    ],
    changes: () => changes,
    calm: () => {
      for (const one of [chains.ethereum, chains.base]) one.setMood(SimulatedChain.calm)
      alpaca.setMood(SimulatedAlpaca.calm)
      circle.setMood(SimulatedCircle.calm)
    }
  }
}
