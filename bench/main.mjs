/**
 * What a mint costs besides waiting for others: the whole process from the shell, and every request that it makes, counted
 * in the local world's servers. The world acts at once, so what is left is ours. Time is told as a ratio to an empty
 * Node process of the same run.
 */
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import * as LocalWorld from "../dist/layers/local/LocalWorld.js"

const runs = 7
const ballast = path.join(import.meta.dirname, "..", "dist", "main.js")

/** Milliseconds from the start of the process to its end. */
const timed = (args, environment = {}) =>
  Effect.async((resume) => {
    const started = performance.now()
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env.PATH, ...environment },
      stdio: ["ignore", "ignore", "inherit"]
    })
    child.on("error", (error) => resume(Effect.fail(error)))
    child.on("exit", (code) =>
      resume(
        code === 0
          ? Effect.succeed(performance.now() - started)
          : Effect.fail(new Error(`${args.join(" ")}: exit ${code}`))
      ))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

const summary = (samples) => {
  const sorted = samples.toSorted((a, b) => a - b)
  return { min: sorted[0], median: sorted[Math.floor(sorted.length / 2)], max: sorted.at(-1) }
}

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "ballast-bench-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
)

const difference = (after, before) =>
  Object.fromEntries(Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)]))

const program = Effect.gen(function*() {
  const world = yield* LocalWorld.make({ blockTime: "20 millis", mintDelay: 0, quirks: true })
  const environment = {
    ...world.environment,
    BALLAST_DATABASE: `sqlite:${path.join(yield* folder, "bench.db")}`,
    BALLAST_BASE_CONFIRMATIONS: "1",
    BALLAST_POLL_INTERVAL: "20 millis",
    BALLAST_LOG_LEVEL: "info",
    BALLAST_LOG_FORMAT: "json"
  }
  const mint = () =>
    timed([ballast, "mint", "--symbol", "AAPL", "--quantity", "0.5", "--json"], { ...environment, ...quiet })
  yield* mint()

  const counts = Effect.all({
    alpaca: world.alpaca.counts.all,
    base: world.base.counts.all,
    ethereum: world.ethereum.counts.all
  })
  const before = yield* counts
  yield* mint()
  const after = yield* counts
  const requests = Object.fromEntries(
    Object.keys(after).map((server) => [server, difference(after[server], before[server])])
  )

  const samples = { mint: [], list: [], help: [], node: [] }
  for (let i = 0; i < runs; i++) {
    samples.mint.push(yield* mint())
    samples.list.push(yield* timed([ballast, "list", "--json"], environment))
    samples.help.push(yield* timed([ballast, "--help"]))
    samples.node.push(yield* timed(["-e", "0"]))
  }
  return { samples, requests }
})

/** The log goes to stderr, which is inherited. */
const quiet = { BALLAST_LOG_LEVEL: "none" }

const { requests, samples } = await Effect.runPromise(Effect.scoped(program))
const node = summary(samples.node).median
const times = Object.fromEntries(
  Object.entries(samples).map((
    [name, values]
  ) => [name, { ...summary(values), ratioToNode: summary(values).median / node }])
)
if (process.argv.includes("--json")) {
  console.log(JSON.stringify({ runs, times, requests }))
} else {
  const cell = (value) => String(value).padStart(8)
  console.log(`whole process, ${runs} runs, milliseconds and the median as a ratio to an empty Node process`)
  console.log(["", "min", "median", "max", "ratio"].map(cell).join(""))
  for (const [name, { max, median, min, ratioToNode }] of Object.entries(times)) {
    console.log([name, ...[min, median, max].map(Math.round), ratioToNode.toFixed(1)].map(cell).join(""))
  }
  console.log("\nrequests of one mint, counted by the servers that answered them")
  for (const [server, counted] of Object.entries(requests)) {
    for (const [name, count] of Object.entries(counted)) console.log(`${cell(count)}  ${server}: ${name}`)
  }
}
