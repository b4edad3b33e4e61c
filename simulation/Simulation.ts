/** One run from one seed: the world, the processes, and an auditor who looks at both after every step. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import type { ChainName } from "../src/services/Chain.ts"
import * as Audit from "./Audit.ts"
import * as Dice from "./Dice.ts"
import * as Log from "./Log.ts"
import * as Network from "./Network.ts"
import * as Plan from "./Plan.ts"
import * as Program from "./Program.ts"
import * as Timeline from "./Timeline.ts"
import * as Trace from "./Trace.ts"
import * as World from "./World.ts"

/** What happens from outside. */
export interface Scenario {
  readonly plan: Plan.Plan
  readonly weather: Network.Weather
  readonly moods: World.Moods
  /** Milliseconds, until everything is calm. */
  readonly badTime: number
  /** Orders what comes to his mind while things are bad, and what helps when they are calm. */
  readonly hasOperator: boolean
  /** What a person orders at a certain time, in milliseconds from the beginning, again and again until it is settled. */
  readonly orders: ReadonlyArray<{ readonly at: number; readonly verb: Program.Verb; readonly id: string }>
  /** `ballast run`, or a shell: then only what is asked for is driven. */
  readonly isDaemon: boolean
  /** When a process is killed, in milliseconds from the beginning. */
  readonly kills: ReadonlyArray<number>
  /** Where CCTP is paused until everything is calm. */
  readonly paused?: ChainName
}

export interface Options {
  readonly seed: number
  /** Drawn from the seed by default. */
  readonly scenario?: Scenario
  readonly trace?: boolean
  /** A fault in the program, or somebody who looks into it. */
  readonly plant?: Program.Plant
  /** Leaves out what does not matter, to find what does. */
  readonly without?: ReadonlySet<string>
  /** For databases; of memory where there is such a thing. */
  readonly folder?: string
}

export interface Result {
  readonly seed: number
  readonly operations: number
  /** The states in which they have ended. */
  readonly states: ReadonlyArray<string>
  readonly crashes: number
  readonly faults: number
  readonly violations: ReadonlyArray<Audit.Violation>
  readonly trace: ReadonlyArray<string>
}

const minutes = 60_000
const hours = 60 * minutes

/** 2026-01-01. */
const beginning = 1_767_225_600_000

/** Nothing takes so many turns of its promises at one moment. */
const mostTurns = 1_000

/** A person who does not wait; what he settles by hand nobody can check any more. */
const impatient = ["recheck", "retry", "retry", "cancel"] as const

/** Lets promises go on until none can. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

const drawn = (dice: Dice.Dice, without: ReadonlySet<string>): Scenario => ({
  plan: Plan.make(dice.fork("plan")),
  weather: World.weather(dice.fork("weather"), without),
  moods: World.moods(dice.fork("moods"), without),
  badTime: World.badTime(dice.fork("bad time")),
  hasOperator: !without.has("operator"),
  orders: [],
  isDaemon: true,
  kills: []
})

export const run = async (
  { folder = tmpdir(), plant, scenario, seed, trace: isTraced = false, without = new Set() }: Options
): Promise<Result> => {
  const dice = Dice.make(seed)
  const { badTime, hasOperator, isDaemon, kills, moods, orders, paused, plan, weather } = scenario ??
    drawn(dice, without)
  const timeline = Timeline.make(beginning)
  const trace = Trace.make(timeline, isTraced)
  const home = mkdtempSync(path.join(folder, "ballast-simulation-"))
  const database = path.join(home, "ballast.db")
  const asks = plan.asks.filter(({ id }) => !without.has(id))
  const network = Network.make({ timeline, trace, weather, dice: dice.fork("network") })
  const world = World.make({ timeline, trace, dice: dice.fork("world"), moods })
  const audit = Audit.make({ world, plan, timeline, trace })
  const counts = { crashes: 0, processes: 0 }
  const running = new Map<string, Program.Program>()
  let log: Log.Log | undefined

  const surroundings = { ...world, timeline, network, trace }

  const launch = (name: string) => {
    counts.processes++
    const program = Program.start(surroundings, {
      name,
      database,
      plan,
      plant,
      isDaemon,
      dice: dice.fork(`${name} ${counts.processes}`),
      touched: audit.touched,
      acknowledged: audit.acknowledged,
      died: (why) => audit.died(name, why),
      crashed: () => {
        counts.crashes++
        audit.touched()
        running.delete(name)
        timeline.after(crashed.between(500, 3 * minutes), () => launch(name))
      }
    })
    running.set(name, program)
    trace.tell(name, "starts")
  }
  const crashed = dice.fork("restarts")

  /** Somebody who asks until it is in the log, of whatever process there is. */
  const insist = (ask: Plan.Ask) => {
    const [process] = running.values()
    if (log?.operation(ask.id) !== undefined) return
    if (process !== undefined) {
      trace.tell("user", `asks ${process.name} for ${Plan.describe(ask)}`)
      process.ask(ask)
    }
    timeline.after(7 * minutes, () => insist(ask))
  }

  const command = (order: Scenario["orders"][number]) => {
    const found = log?.operation(order.id)
    if (found !== undefined && audit.isSettled(found)) return
    for (const process of [...running.values()].slice(0, 1)) process.order(order.verb, order.id)
    timeline.after(7 * minutes, () => command(order))
  }

  /** Somebody who orders what comes to his mind while things are bad, and what helps when they are calm. */
  const operate = (isCalm: boolean) => {
    const all = log?.operations() ?? []
    const open = all.filter((one) => !audit.isSettled(one))
    const [process] = running.values()
    const [first, ...others] = isCalm ? open : all
    if (process !== undefined && first !== undefined) {
      const { id, state } = operator.pick([first, ...others])
      const choice: readonly [Program.Verb, ...ReadonlyArray<Program.Verb>] = !isCalm
        ? impatient
        : state._tag.endsWith("Failed")
        ? ["retry", "reconcile"]
        : ["recheck"]
      const verb = operator.pick(choice)
      trace.tell("operator", `orders ${process.name} to ${verb} ${id}`)
      process.order(verb, id)
    }
  }
  const operator = dice.fork("operator")

  const settle = async () => {
    for (let turns = 0; turns < mostTurns; turns++) {
      let hasRun = false
      for (const program of running.values()) if (program.run()) hasRun = true
      if (!hasRun && !network.takeStirred()) return
      await turn()
    }
    audit.died("some process", "it is busy without end while no time passes")
  }

  const isDone = () =>
    log !== undefined && asks.every(({ id }) => log?.operation(id) !== undefined) &&
    log.operations().every(audit.isSettled)

  try {
    for (let at = 0; at < plan.processes; at++) launch(`process ${"AB"[at]}`)
    await settle()
    log = Log.open(database)
    for (const ask of asks) timeline.after(ask.at, () => insist(ask))
    for (const order of orders) timeline.after(order.at, () => command(order))
    for (const at of kills) {
      timeline.after(at, () => {
        for (const process of running.values()) process.crash("of SIGKILL")
      })
    }
    if (paused !== undefined) world.chains[paused].set({ cctpPaused: true })
    const calmAt = beginning + badTime
    const endAt = calmAt + 12 * hours
    timeline.after(calmAt - beginning, () => {
      trace.tell("world", "is calm from now on")
      network.setWeather(Network.calm)
      world.calm()
      if (paused !== undefined) world.chains[paused].set({ cctpPaused: false })
    })
    const shift = (isCalm: boolean) => {
      operate(isCalm)
      timeline.after(operator.between(10, 40) * minutes, () => shift(timeline.now() >= calmAt + hours))
    }
    if (hasOperator) timeline.after(operator.between(5, 60) * minutes, () => shift(false))
    let checked = timeline.now()
    while (audit.violations.length === 0 && timeline.now() < endAt && timeline.next()) {
      await settle()
      const isNews = audit.look(log)
      if ((isNews || timeline.now() - checked > minutes) && audit.violations.length === 0) {
        checked = timeline.now()
        if (isDone()) break
      }
    }
    audit.end(log, { isInTime: isDone() })
    return {
      seed,
      operations: log.operations().length,
      states: log.operations().map(({ state }) => state._tag),
      crashes: counts.crashes,
      faults: network.counts.faults,
      violations: audit.violations,
      trace: trace.lines
    }
  } finally {
    for (const program of running.values()) program.end()
    log?.close()
    rmSync(home, { recursive: true, force: true })
  }
}
