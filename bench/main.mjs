/**
 * What a workflow costs besides waiting for others: the whole process from the shell, and every request that it makes, counted
 * in the local world's servers. The world acts at once, so what is left is ours. Time is told as a ratio to an empty
 * Node process of the same run. Then the outbox alone: how many transactions it takes on at once. Then the store: how many
 * steps a second it makes durable, how many better-sqlite3 does alone with the same bytes, and what grows with the number of
 * operations. With `--peers` the same of others. All of it is written to RESULTS.md beside this file.
 */
import { ConfigProvider, Effect, Logger, LogLevel } from "effect"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { Config } from "../dist/index.js"
import * as LocalWorld from "../dist/layers/local/LocalWorld.js"
import { difference, summary } from "./Counting.mjs"
import { throughput } from "./Outbox.mjs"
import * as Peers from "./Peers.mjs"
import * as Results from "./Results.mjs"
import * as Scale from "./Scale.mjs"
import * as Steps from "./Steps.mjs"

const runs = 7
const ballast = path.join(import.meta.dirname, "..", "dist", "main.js")

/** Milliseconds from the start of the process to its end, and what it printed. */
const timed = (args, environment = {}) =>
  Effect.async((resume) => {
    const started = performance.now()
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env.PATH, ...environment },
      stdio: ["ignore", "pipe", "inherit"]
    })
    let printed = ""
    child.stdout.on("data", (part) => printed += part)
    child.on("error", (error) => resume(Effect.fail(error)))
    child.on("close", (code) =>
      resume(
        code === 0
          ? Effect.succeed({ millis: performance.now() - started, printed })
          : Effect.fail(new Error(`${args.join(" ")}: exit ${code}`))
      ))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "ballast-bench-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
)

/** The log goes to stderr, which is inherited. */
const quiet = { BALLAST_LOG_LEVEL: "none" }

const workflows = {
  mint: ["mint", "--symbol", "AAPL", "--quantity", "0.5", "--json"],
  redeem: ["redeem", "--symbol", "AAPL", "--quantity", "0.5", "--json"],
  toBase: ["usdc", "alpaca-to-base", "--amount", "100", "--json"],
  toAlpaca: ["usdc", "base-to-alpaca", "--amount", "100", "--json"]
}

/** Nobody is slow: what is hidden or late for a while would only be asked for again and again. */
const prompt = {
  settings: { wallets: { wire: { strangeStatus: null, hiddenMillis: 0, listLagMillis: 0 } } },
  circle: { attesting: { seenDepth: 1, listedDepth: 1, fastDepth: 1 } }
}

const program = Effect.gen(function*() {
  const world = yield* LocalWorld.make({
    blockTime: "20 millis",
    mintDelay: 0,
    redeemDelay: 0,
    walletDelay: 0,
    tokens: { AAPL: "90" },
    quirks: true,
    ...prompt
  })
  const environment = {
    ...world.environment,
    BALLAST_DATABASE: `sqlite:${path.join(yield* folder, "bench.db")}`,
    BALLAST_BASE_CONFIRMATIONS: "1",
    BALLAST_ETHEREUM_CONFIRMATIONS: "1",
    BALLAST_POLL_INTERVAL: "50 millis",
    BALLAST_ATTESTATION_POLL_INTERVAL: "50 millis",
    ...quiet
  }
  const run = (workflow) => timed([ballast, ...workflows[workflow]], environment)

  const counts = Effect.all({
    alpaca: world.alpaca.counts.all,
    circle: world.circle.counts.all,
    base: world.base.counts.all,
    ethereum: world.ethereum.counts.all
  })
  const requests = {}
  const gas = {}
  for (const workflow of Object.keys(workflows)) {
    yield* run(workflow)
    const before = yield* counts
    const { printed } = yield* run(workflow)
    const after = yield* counts
    requests[workflow] = Object.fromEntries(
      Object.keys(after).map((server) => [server, difference(after[server], before[server])])
    )
    gas[workflow] = yield* Effect.forEach(JSON.parse(printed).transactions, ({ chain, hash, step }) =>
      Effect.map(
        Effect.promise(() => world[chain].client.getTransactionReceipt({ hash })),
        ({ gasUsed }) => ({ step, gasUsed: Number(gasUsed) })
      ))
  }

  const samples = { mint: [], redeem: [], toBase: [], toAlpaca: [], list: [], help: [], node: [] }
  const sample = (name, args) => Effect.map(timed(args, environment), ({ millis }) => samples[name].push(millis))
  for (let i = 0; i < runs; i++) {
    for (const workflow of Object.keys(workflows)) yield* sample(workflow, [ballast, ...workflows[workflow]])
    yield* sample("list", [ballast, "list", "--json"])
    yield* sample("help", [ballast, "--help"])
    yield* sample("node", ["-e", "0"])
  }
  return { samples, requests, gas }
})

/** A world of its own, at a pace at which a mempool exists. */
const outbox = Effect.gen(function*() {
  const world = yield* LocalWorld.make({ blockTime: "200 millis", tokens: { AAPL: "1" } })
  const environment = {
    ...world.environment,
    BALLAST_DATABASE: `sqlite:${path.join(yield* folder, "outbox.db")}`,
    BALLAST_TX_STUCK_AFTER: "1 minute"
  }
  const config = yield* Effect.withConfigProvider(
    Config.all,
    ConfigProvider.fromMap(new Map(Object.entries(environment)))
  )
  return yield* throughput(world, config)
})

const { gas, requests, samples } = await Effect.runPromise(Effect.scoped(program))
const sent = await Effect.runPromise(Effect.scoped(outbox).pipe(Logger.withMinimumLogLevel(LogLevel.None)))

const steps = Effect.gen(function*() {
  const home = yield* folder
  const measured = []
  for (const concurrency of [64, 1]) {
    const workflows = concurrency === 1 ? 200 : 500
    const samples = { ours: [], raw: [], oursMedian: [], rawMedian: [] }
    for (let run = 0; run < 3; run++) {
      const name = (whose) => path.join(home, `${whose}-${concurrency}-${run}.db`)
      const { median, payloads, stepsPerSecond } = yield* Effect.withTracerEnabled(
        Steps.ours(name("ours"), { concurrency, workflows }),
        false
      )
      const raw = yield* Steps.raw(name("raw"), { concurrency, payloads, workflows })
      samples.ours.push(stepsPerSecond)
      samples.raw.push(raw.stepsPerSecond)
      samples.oursMedian.push(median)
      samples.rawMedian.push(raw.median)
    }
    const [ours, raw, oursMedian, rawMedian] = Object.values(samples).map((values) => summary(values).median)
    measured.push({ concurrency, workflows, ours, raw, ratio: raw / ours, oursMedian, rawMedian })
  }
  return measured
})
const durable = await Effect.runPromise(Effect.scoped(steps))
const scale = await Effect.runPromise(Effect.scoped(Effect.flatMap(folder, (home) => Scale.measure(timed, home))))
const peers = {}
if (process.argv.includes("--peers")) {
  for (const name of Peers.names) {
    const { payloads } = scale
    peers[name] = await Effect.runPromise(Peers.run(name, { payloads, workflows: 1000, concurrency: 64 }))
  }
}
const node = summary(samples.node).median
const times = Object.fromEntries(
  Object.entries(samples).map((
    [name, values]
  ) => [name, { ...summary(values), ratioToNode: summary(values).median / node }])
)
const { payloads, ...measured } = scale
const results = { runs, times, requests, gas, outbox: sent, steps: durable, scale: measured, peers }
const table = Results.table(results)
Results.write(table)
if (process.argv.includes("--json")) {
  console.log(JSON.stringify({ ...results, table }))
} else {
  const cell = (value) => String(value).padStart(8)
  console.log(`whole process, ${runs} runs, milliseconds and the median as a ratio to an empty Node process`)
  console.log(["", "min", "median", "max", "ratio"].map(cell).join(""))
  for (const [name, { max, median, min, ratioToNode }] of Object.entries(times)) {
    console.log([name, ...[min, median, max].map(Math.round), ratioToNode.toFixed(1)].map(cell).join(""))
  }
  for (const [workflow, servers] of Object.entries(requests)) {
    console.log(`\nrequests of one ${workflow}, counted by the servers that answered them`)
    for (const [server, counted] of Object.entries(servers)) {
      console.log(`${cell(Object.values(counted).reduce((sum, count) => sum + count, 0))}  ${server}, all together`)
      for (const [name, count] of Object.entries(counted)) console.log(`${cell(count)}  ${server}: ${name}`)
    }
    for (const { gasUsed, step } of gas[workflow]) console.log(`${cell(gasUsed)}  gas of its ${step}`)
  }
  const { methodsPerTransfer, ...rest } = sent
  console.log("\nthe outbox: transfers from one wallet, all at once, until each is confirmed")
  for (const [name, value] of Object.entries(rest)) {
    console.log(`${cell(Number.isInteger(value) ? value : value.toFixed(2))}  ${name}`)
  }
  for (const [name, count] of Object.entries(methodsPerTransfer)) {
    console.log(`${cell(count.toFixed(2))}  ${name} per transfer`)
  }
  console.log(
    "\nsteps a second on the disk (a rebalance has eight), the median of three runs; raw is better-sqlite3 alone"
  )
  console.log(["at once", "ours", "raw", "raw/ours"].map(cell).join(""))
  for (const { concurrency, ours, ratio, raw } of durable) {
    console.log([concurrency, ours, raw, ratio.toFixed(1)].map(cell).join(""))
  }
  console.log(`\n${Results.markdown(table)}`)
}
