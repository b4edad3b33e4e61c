/** `npm run simulate`: many seeds at once, one with its trace, or a planted fault until it is found. */
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { createInterface } from "node:readline"
import { parseArgs } from "node:util"
import * as Broken from "./Broken.ts"
import * as Matrix from "./matrix/Matrix.ts"
import * as Shrinking from "./Shrinking.ts"
import * as Simulation from "./Simulation.ts"

const usage = `npm run simulate -- [--seeds N] [--from N] [--jobs N] [--json]   N seeds, from 1 on unless told otherwise
npm run simulate -- --seed N [--trace]                             one of them again, line by line
npm run simulate -- --matrix                                       stopped at every point of every workflow
npm run simulate -- --broken NAME [--seeds N]                      with a planted fault, until a seed shows it
planted faults: ${Object.keys(Broken.all).join(", ")}
`

class Misuse extends Error {}

const number = (name: string, text: string): number => {
  if (!/^[0-9]{1,9}$/.test(text)) throw new Misuse(`--${name} expects a whole number, got ${JSON.stringify(text)}`)
  return Number(text)
}

/** Databases live a fraction of a second: in memory, where the system has such a folder. */
const folder = existsSync("/dev/shm") ? { folder: "/dev/shm" } : {}

const planted = (name: string | undefined): Broken.Broken | undefined => {
  if (name === undefined) return undefined
  const found = Broken.all[name]
  if (found === undefined) throw new Misuse(`--broken knows no ${JSON.stringify(name)}`)
  return found
}

interface Job {
  readonly from: number
  readonly seeds: number
  readonly step: number
  readonly broken?: string
}

/** One after the other; with a planted fault no further than to the seed that shows it. */
const work = async ({ broken, from, seeds, step }: Job, tell: (result: Simulation.Result) => void): Promise<void> => {
  const plant = planted(broken)?.plant
  for (let seed = from; seed < from + seeds; seed += step) {
    const result = await Simulation.run({ seed, ...folder, ...(plant === undefined ? {} : { plant }) })
    tell(result)
    if (plant !== undefined && result.violations.length > 0) return
  }
}

/** In a process of its own, since a run keeps one core busy. */
const elsewhere = (job: Job, tell: (result: Simulation.Result) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const [script = ""] = process.argv.slice(1)
    const child = spawn(process.execPath, ["--max-semi-space-size=64", script, "--job", JSON.stringify(job)], {
      stdio: ["ignore", "pipe", "inherit"]
    })
    process.once("exit", () => child.kill())
    createInterface({ input: child.stdout }).on("line", (line) => tell(JSON.parse(line)))
    child.on("error", reject)
    child.on("close", (code) => code === 0 ? resolve() : reject(new Error(`a job ended with code ${code}`)))
  })

interface Summary {
  readonly seeds: number
  readonly operations: number
  readonly crashes: number
  readonly faults: number
  readonly duplicateEffects: number
  readonly lostMoney: number
  readonly stuck: number
  readonly violations: ReadonlyArray<{ readonly seed: number; readonly kind: string; readonly what: string }>
}

const summary = (results: ReadonlyArray<Simulation.Result>): Summary => {
  const sum = (of: (result: Simulation.Result) => number) => results.reduce((total, result) => total + of(result), 0)
  const violations = results.flatMap(({ seed, violations }) => violations.map((one) => ({ seed, ...one })))
    .toSorted((one, other) => one.seed - other.seed)
  const count = (kind: string) => violations.filter((one) => one.kind === kind).length
  return {
    seeds: results.length,
    operations: sum(({ operations }) => operations),
    crashes: sum(({ crashes }) => crashes),
    faults: sum(({ faults }) => faults),
    duplicateEffects: count("duplicateEffect"),
    lostMoney: count("lostMoney"),
    stuck: count("stuck"),
    violations
  }
}

const out = (text: string): void => void process.stdout.write(`${text}\n`)

const many = async (
  { broken, from, jobs, json, seeds }: {
    readonly from: number
    readonly seeds: number
    readonly jobs: number
    readonly json: boolean
    readonly broken: string | undefined
  }
): Promise<boolean> => {
  const begun = process.hrtime.bigint()
  const results: Array<Simulation.Result> = []
  const tell = (result: Simulation.Result) => {
    results.push(result)
    for (const { kind, what } of json ? [] : result.violations) out(`seed ${result.seed}: ${kind}: ${what}`)
  }
  const shared = Array.from({ length: Math.min(jobs, seeds) }, (_, at) => ({
    from: from + at,
    seeds: seeds - at,
    step: Math.min(jobs, seeds),
    ...(broken === undefined ? {} : { broken })
  }))
  await Promise.all(shared.map((job) => shared.length === 1 ? work(job, tell) : elsewhere(job, tell)))
  const all = summary(results)
  const [first] = all.violations
  if (json) {
    out(JSON.stringify(all))
    return first === undefined
  }
  const seconds = Number((process.hrtime.bigint() - begun) / 1_000_000n) / 1000
  out(
    `${all.seeds} seeds, ${all.operations} operations, ${all.crashes} crashes, ${all.faults} faults in ${seconds} s: ${
      first === undefined ? "no violation" : `${all.violations.length} violations`
    }`
  )
  if (first !== undefined) {
    const plant = planted(broken)?.plant
    const { lines, without } = await Shrinking.shrink(
      { seed: first.seed, ...folder, ...(plant === undefined ? {} : { plant }) },
      first.kind
    )
    out(`\nseed ${first.seed}, without ${without.join(", ") || "leaving anything out"}:\n${lines.join("\n")}`)
    out(`\nagain: npm run simulate -- --seed ${first.seed} --trace${broken === undefined ? "" : ` --broken ${broken}`}`)
  }
  return first === undefined
}

const one = async (seed: number, { broken, json, trace }: { broken?: string; json: boolean; trace: boolean }) => {
  const plant = planted(broken)?.plant
  const result = await Simulation.run({ seed, trace, ...folder, ...(plant === undefined ? {} : { plant }) })
  for (const line of result.trace) out(line)
  if (!trace || json) out(JSON.stringify(summary([result])))
  return result.violations.length === 0
}

/** All of it, which takes some minutes; the tests do a part of it. */
const matrix = async (json: boolean): Promise<boolean> => {
  const reports: Array<{ readonly name: string; readonly points: number; readonly runs: number }> = []
  const differing: Array<string> = []
  for (const [name, scenario] of Object.entries({ ...Matrix.workflows, ...Matrix.badDays })) {
    const report = await Matrix.explore(name, scenario, { folder: tmpdir(), ...folder, points: "all" })
    reports.push({ name, points: report.points.length, runs: report.runs })
    differing.push(...report.differing)
    if (!json) out(`${name}: ${report.points.length} points, ${report.runs} runs, all to ${report.end}`)
    for (const one of json ? [] : report.differing) out(`  but ${one}`)
  }
  if (json) out(JSON.stringify({ scenarios: reports, differing }))
  return differing.length === 0
}

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string" },
      from: { type: "string" },
      seed: { type: "string" },
      jobs: { type: "string", default: String(availableParallelism()) },
      broken: { type: "string" },
      job: { type: "string" },
      trace: { type: "boolean", default: false },
      matrix: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false }
    }
  })
  const { broken, json, trace } = values
  if (values.help) {
    out(usage)
    return 0
  }
  if (values.matrix) return await matrix(json) ? 0 : 1
  if (values.job !== undefined) {
    await work(JSON.parse(values.job), (result) => out(JSON.stringify(result)))
    return 0
  }
  if (values.seed !== undefined) {
    return await one(number("seed", values.seed), { json, trace, ...(broken === undefined ? {} : { broken }) }) ? 0 : 1
  }
  const { from: first, within } = planted(broken) ?? { from: 1, within: 100 }
  const from = values.from === undefined ? first : number("from", values.from)
  const seeds = values.seeds === undefined ? within : number("seeds", values.seeds)
  const jobs = number("jobs", values.jobs)
  return await many({ from, seeds, jobs, json, broken }) ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof Misuse) && !(error instanceof TypeError)) throw error
  process.stderr.write(`${error.message}\n\n${usage}`)
  process.exitCode = 2
}
