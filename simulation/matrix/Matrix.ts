/** Each workflow, stopped at each of its points in each way, and once more after that; the end is always the same. */
import * as Shares from "../../src/domain/Shares.ts"
import * as Usdc from "../../src/domain/Usdc.ts"
import * as Dice from "../Dice.ts"
import * as Network from "../Network.ts"
import * as Plan from "../Plan.ts"
import * as Simulation from "../Simulation.ts"
import * as World from "../World.ts"
import * as CrashPoints from "./CrashPoints.ts"

const asking = { id: "00000000-0000-4000-8000-000000000001", at: 1_000 }
const quantity = Shares.fromUnits(10_500_000_000n)
const amount = Usdc.fromUnits(1_000_000_000n)

const minutes = 60_000

const plan = (ask: Plan.Ask): Plan.Plan => ({ ...Plan.make(Dice.make(1)), asks: [ask], processes: 1 })

const scenario = (ask: Plan.Ask, more: Partial<Simulation.Scenario> = {}): Simulation.Scenario => ({
  weather: Network.calm,
  moods: World.calm,
  badTime: 30 * minutes,
  hasOperator: false,
  orders: [],
  isDaemon: true,
  kills: [],
  ...more,
  plan: plan(ask)
})

const circle = (more: Partial<World.Moods["circle"]>) => ({
  moods: { ...World.calm, circle: { ...World.calm.circle, ...more } }
})

const toBase = { ...asking, kind: "toBase", amount } as const
const toAlpaca = { ...asking, kind: "toAlpaca", amount } as const
const mint = { ...asking, kind: "mint", symbol: "AAPL", quantity } as const
const redeem = { ...asking, kind: "redeem", symbol: "AAPL", quantity } as const

/** The four workflows. */
export const workflows: Readonly<Record<string, Simulation.Scenario>> = {
  mint: scenario(mint),
  redemption: scenario(redeem),
  "USDC to Base": scenario(toBase),
  "USDC to Alpaca": scenario(toAlpaca)
}

/** What leads to calls that no workflow makes on a good day. */
export const badDays: Readonly<Record<string, Simulation.Scenario>> = {
  "a message that expires": scenario(toBase, circle({ expiry: 1, expiryBlocks: 1 })),
  "a mint on Base by a stranger": scenario(toBase, circle({ thirdParty: 1, thirdPartyWithin: 1_000 })),
  "a mint on Ethereum by a stranger": scenario(toAlpaca, circle({ thirdParty: 1, thirdPartyWithin: 1_000 })),
  "CCTP is paused": scenario(toBase, { paused: "base", badTime: 10 * minutes }),
  "the issuer keeps a fee": scenario(mint, {
    moods: { ...World.calm, alpaca: { ...World.calm.alpaca, fee: 1 } }
  }),
  "a transfer is cancelled": scenario(redeem, {
    moods: { ...World.calm, chains: { ...World.calm.chains, passOver: 1 } },
    badTime: 20 * minutes,
    isDaemon: false,
    kills: [minutes],
    orders: [{ at: 5 * minutes, verb: "cancel", id: asking.id }]
  })
}

interface Run {
  readonly control: CrashPoints.Control
  /** The states in which the operations have ended, and what went wrong. */
  readonly end: string
}

const run = async (
  scenario: Simulation.Scenario,
  folder: string,
  stops: CrashPoints.Control["stops"]
): Promise<Run> => {
  const control = CrashPoints.control(stops)
  const { states, violations } = await Simulation.run({ seed: 1, scenario, folder, plant: CrashPoints.plant(control) })
  return { control, end: [...states, ...violations.map(({ kind, what }) => `${kind}: ${what}`)].join("; ") }
}

const kinds: ReadonlyArray<CrashPoints.Kind> = ["before", "after", "lost"]

export interface Report {
  /** In the order of the calls. */
  readonly points: ReadonlyArray<string>
  /** What was called in any life, and what could have been. */
  readonly called: ReadonlySet<string>
  readonly callable: ReadonlySet<string>
  readonly runs: number
  readonly end: string
  /** Those that ended otherwise than without a stop. */
  readonly differing: ReadonlyArray<string>
}

export interface Extent {
  readonly folder: string
  /**
   * Every way to stop at every point, and all again with a further stop; or every so manieth point in one of the ways, and
   * the first point of each call that is not in `known`.
   */
  readonly points: "all" | number
  readonly known?: ReadonlySet<string>
}

export const explore = async (
  name: string,
  scenario: Simulation.Scenario,
  { folder, known = new Set(), points: which }: Extent
): Promise<Report> => {
  const dice = Dice.make(7).fork(name)
  // Whatever kills the process by itself ends a life too: the last one is the one to stop.
  const before = scenario.kills.map(() => undefined)
  const undisturbed = await run(scenario, folder, [])
  const points = undisturbed.control.visited[before.length] ?? []
  const called = new Set(undisturbed.control.visited.flat())
  const differing: Array<string> = []
  let runs = 0
  const hold = async (stops: ReadonlyArray<CrashPoints.Stop>) => {
    runs++
    const { control, end } = await run(scenario, folder, [...before, ...stops])
    for (const call of control.visited.flat()) called.add(call)
    if (end !== undisturbed.end) {
      const told = stops.map(({ at, kind }) => `${kind} ${points[at]} (point ${at})`).join(", then ")
      differing.push(`${name}, stopped ${told}: ${end} instead of ${undisturbed.end}`)
    }
  }
  const again = () => ({ at: dice.below(points.length), kind: dice.pick(["before", "after"] as const) })
  for (const [at, call] of points.entries()) {
    if (which === "all") {
      for (const kind of kinds) await hold([{ at, kind }])
      await hold([{ at, kind: "after" }, again()])
    } else if (at % which === 0 || (points.indexOf(call) === at && !known.has(call))) {
      const turn = Math.floor(at / which)
      await hold(turn % 4 === 3 ? [{ at, kind: "after" }, again()] : [{ at, kind: kinds[turn % 4] ?? "before" }])
    }
  }
  const { callable } = undisturbed.control
  return { points, called, callable, runs, end: undisturbed.end, differing }
}
