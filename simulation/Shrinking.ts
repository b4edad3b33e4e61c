/** From a seed that fails to the least that still fails: what does not matter is left out, one thing after the other. */
import * as Dice from "./Dice.ts"
import * as Plan from "./Plan.ts"
import * as Simulation from "./Simulation.ts"
import * as World from "./World.ts"

/** Of the run with the least in it: who did what, without what the program says about itself. */
export interface Story {
  readonly without: ReadonlyArray<string>
  readonly lines: ReadonlyArray<string>
}

const isTold = (line: string): boolean => !/process [A-Z]: (?:TRACE|DEBUG|INFO|WARN)/.test(line)

const last = 80

export const shrink = async (options: Simulation.Options, kind: string): Promise<Story> => {
  const { asks } = Plan.make(Dice.make(options.seed).fork("plan"))
  const fails = async (without: ReadonlySet<string>) => {
    const { violations } = await Simulation.run({ ...options, without, trace: false })
    return violations.some((violation) => violation.kind === kind)
  }
  let without: ReadonlySet<string> = new Set()
  for (const candidate of [...World.kindsOfFaults, ...asks.map(({ id }) => id)]) {
    const more = new Set([...without, candidate])
    if (await fails(more)) without = more
  }
  const { trace } = await Simulation.run({ ...options, without, trace: true })
  return { without: [...without], lines: trace.filter(isTold).slice(-last) }
}
