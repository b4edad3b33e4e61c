/** The goals beside what was reached, as ratios within one run. */
import { writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import os from "node:os"
import path from "node:path"

const label = { dbos: "DBOS on PostgreSQL", restate: "Restate", "effect-workflow": "@effect/workflow" }

const round = (value, digits = 1) => value === undefined ? "-" : value.toFixed(digits)

/** What a peer's figure is, or why there is none. */
const beside = (peers, name, figure, ratioOf, met, goal) => {
  const peer = peers[name]
  if (peer === undefined) return { theirs: "not asked for", ratio: undefined, goal, isMet: undefined }
  if (peer.unavailable !== undefined) return { theirs: peer.unavailable, ratio: undefined, goal, isMet: undefined }
  const ratio = ratioOf(peer[figure])
  return { theirs: String(Math.round(peer[figure])), ratio, goal, isMet: met(ratio) }
}

/** One row for each measure: ours, what it is held against, the ratio, the goal and whether it is met. */
export const table = ({ peers, scale, steps, times }) => {
  const [many, one] = steps
  const faster = (name, least) => ({
    measure: `steps a second, cold process, against ${label[name]}`,
    ours: String(Math.round(scale.cold)),
    ...beside(peers, name, "stepsPerSecond", (theirs) => scale.cold / theirs, (r) => r >= least, `>= ${least}x`)
  })
  const sooner = (name, most) => ({
    measure: `recovery of ${scale.halfDone} half-done, ms, against ${label[name]}`,
    ours: String(Math.round(scale.recover)),
    ...beside(peers, name, "recoverMillis", (theirs) => scale.recover / theirs, (r) => r <= most, `<= ${most}x`)
  })
  const against = (measure, ours, theirs, ratio, most) => ({
    measure,
    ours: String(Math.round(ours)),
    theirs: theirs === undefined ? "-" : String(Math.round(theirs)),
    ratio,
    goal: `<= ${most}${theirs === undefined ? "" : "x"}`,
    isMet: ratio <= most
  })
  return [
    faster("dbos", 10),
    faster("restate", 8),
    faster("effect-workflow", 40),
    against("steps a second, 64 at once, raw better-sqlite3 in groups over ours", many.ours, many.raw, many.ratio, 6),
    against(
      "one step, one at a time, median in microseconds, against one raw transaction",
      one.oursMedian * 1000,
      one.rawMedian * 1000,
      one.oursMedian / one.rawMedian,
      3
    ),
    sooner("dbos", 0.2),
    sooner("restate", 1),
    against(`peak memory with ${scale.waiting} waiting, MB`, scale.peak, undefined, scale.peak, 200),
    {
      measure: `bytes of a finished workflow, against ${label.dbos}`,
      ours: String(Math.round(scale.bytes)),
      ...beside(peers, "dbos", "bytesPerWorkflow", (theirs) => scale.bytes / theirs, (r) => r <= 0.75, "<= 0.75x")
    },
    against(
      `start, ms: 100 live on ${scale.events.long} events against ${scale.events.short}`,
      scale.start.long,
      scale.start.short,
      scale.start.long / scale.start.short,
      1.5
    ),
    against(
      "list --live on them, ms",
      scale.list.long,
      scale.list.short,
      scale.list.long / scale.list.short,
      2
    ),
    against(
      "ballast --help, ms, against node -e 0",
      times.help.median,
      times.node.median,
      times.help.ratioToNode,
      3
    )
  ]
}

const verdict = (isMet) => isMet === undefined ? "not measured" : isMet ? "yes" : "no"

export const markdown = (rows) =>
  [
    "| measure | ours | theirs | ratio | goal | met |",
    "|---|---|---|---|---|---|",
    ...rows.map(({ goal, isMet, measure, ours, ratio, theirs }) =>
      `| ${measure} | ${ours} | ${theirs} | ${round(ratio, 2)} | ${goal} | ${verdict(isMet)} |`
    )
  ].join("\n")

const require = createRequire(import.meta.url)
const versionOf = (name) => require(`${name}/package.json`).version

export const write = (rows) => {
  const [cpu] = os.cpus()
  const memory = Math.round(os.totalmem() / 2 ** 30)
  writeFileSync(
    path.join(import.meta.dirname, "RESULTS.md"),
    `# Results of npm run bench

${new Date().toISOString().slice(0, 10)}, ${os.cpus().length} cores (${
      cpu?.model.trim() ?? "unknown"
    }), ${memory} GiB, ${os.type()} ${os.release()},
Node ${process.versions.node}, effect ${versionOf("effect")}, better-sqlite3 ${
      versionOf("better-sqlite3")
    }. Durability full. A
workflow is a USDC rebalance from the vault to Alpaca of eight steps, through the driver, store, leases and views, with ports
that answer at once. Read the ratios: all figures of a row are of one run on one machine. Why some goals are missed:
[PROFILE.md](PROFILE.md).

${markdown(rows)}
`
  )
}
