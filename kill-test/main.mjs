/**
 * Kills `ballast` at random moments of all four workflows, as often as asked, and lets it come through; then judges by the
 * local world's own books that nothing happened twice and nothing is lost.
 *
 *     npm run kill-test -- [--kills 200] [--seed S] [--json]
 *
 * The seed gives the same moments again; what a process does by then is the machine's affair.
 */
import { parseArgs } from "node:util"
import { found, violations } from "./Judge.mjs"
import { kinds, lane, numbers, order } from "./Lanes.mjs"
import * as Sandbox from "./Sandbox.mjs"

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    seed: { type: "string" },
    json: { type: "boolean", default: false }
  }
})
const kills = Number(values.kills)
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000_000))
if (!Number.isSafeInteger(kills) || kills < 1 || !Number.isSafeInteger(seed)) {
  process.stderr.write("--kills takes a number from 1, --seed a whole number\n")
  process.exit(2)
}

const begun = performance.now()
const seconds = () => Math.round((performance.now() - begun) / 100) / 10
const sandbox = await Sandbox.start()
const before = await found(sandbox)

const shared = {
  kills,
  byState: {},
  byCommand: {},
  operations: [],
  story: new Map(),
  isRunning: false,
  tell: ({ id }, line) => {
    shared.story.set(id, [...shared.story.get(id) ?? [], `${seconds()} s: ${line}`])
  }
}

/** Tokens to redeem. */
const stock = { ...order("mint"), quantity: "40" }
stock.command = ["mint", "--symbol", "AAPL", "--quantity", stock.quantity, "--id", stock.id]
shared.operations.push(stock)
const stocked = await sandbox.start(...stock.command, "--json").ended

const progress = setInterval(() => {
  if (!values.json) {
    process.stderr.write(`${seconds()} s: ${kills - shared.kills} kills, ${shared.operations.length} operations\n`)
  }
}, 15_000)
const random = numbers(seed)
// A lane that gives up says why; the others come to their end before anything is judged.
const ended = stocked.code === 0
  ? await Promise.allSettled(kinds.map((kind) => lane(sandbox, kind, numbers(random() * 4_294_967_296), shared)))
  : [{ status: "rejected", reason: new Error(`the first mint fails: ${stocked.stderr}`) }]
clearInterval(progress)

const faults = [
  ...ended.flatMap((one) => one.status === "rejected" ? [{ detail: String(one.reason?.message ?? one.reason) }] : []),
  ...await violations(sandbox, shared.operations, before)
]
await sandbox.stop()

const told = faults.map(({ detail, id }) => ({
  detail,
  ...id === undefined ? {} : { id, story: shared.story.get(id) ?? [] }
}))
const delivered = kills - shared.kills
const summary = {
  seed,
  kills: delivered,
  operations: shared.operations.length,
  seconds: seconds(),
  byState: shared.byState,
  byCommand: shared.byCommand,
  violations: told
}
if (values.json) {
  process.stdout.write(`${JSON.stringify(summary)}\n`)
} else {
  const table = Object.entries(shared.byState).toSorted().map(([state, times]) =>
    `  ${String(times).padStart(4)}  ${state}`
  )
  process.stdout.write([
    `${delivered} kills of ${shared.operations.length} operations in ${summary.seconds} seconds, seed ${seed}: ${told.length} violations`,
    ...table,
    ...told.flatMap((
      { detail, id, story = [] }
    ) => [`VIOLATION ${id ?? ""} ${detail}`, ...story.map((line) => `    ${line}`)]),
    ""
  ].join("\n"))
}
process.exitCode = told.length === 0 && delivered >= kills ? 0 : 1
