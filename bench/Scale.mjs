/** What grows with the number of operations, and what must not: recovery, memory, bytes, and the start on a long log. */
import { Effect } from "effect"
import { copyFileSync } from "node:fs"
import path from "node:path"
import * as Bundle from "./Bundle.mjs"
import { summary } from "./Counting.mjs"
import * as Steps from "./Steps.mjs"

const ballast = path.join(import.meta.dirname, "..", "dist", "main.js")

/** Of the whole database, and of the log alone, with its index; after the last checkpoint everything is in the one file. */
const sizesOf = (file) => {
  const db = new Steps.Database(file)
  const size = () => {
    db.exec("VACUUM")
    db.pragma("wal_checkpoint(TRUNCATE)")
    return db.pragma("page_count", { simple: true }) * db.pragma("page_size", { simple: true })
  }
  const all = size()
  db.exec("DELETE FROM usdc_rebalance_view; DELETE FROM leases")
  const log = size()
  db.close()
  return { all, log }
}

/** Copies a rebalance that is there, so that there are so many more; each is an operation of its own. */
const copy = (file, { copies, id }) => {
  const db = new Steps.Database(file)
  db.pragma("synchronous = OFF")
  const named = `printf('%08x-0000-4000-8000-%s', n, substr('${id}', -12))`
  db.exec(`
    CREATE TEMP TABLE copies AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${copies})
      SELECT n FROM c;
    BEGIN;
    INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
      SELECT aggregate_type, ${named}, sequence, event_type, event_version, payload, metadata
      FROM copies, events WHERE aggregate_id = '${id}' ORDER BY n, sequence;
    INSERT INTO usdc_rebalance_view
      SELECT ${named}, state, version, finished, settled, succeeded, failure, data, started_at, updated_at
      FROM copies, usdc_rebalance_view WHERE id = '${id}';
    COMMIT`)
  const { events } = db.prepare("SELECT COUNT(*) AS events FROM events").get()
  db.pragma("wal_checkpoint(TRUNCATE)")
  db.close()
  return events
}

/** So many that stand half-way. */
const halfDoneIn = (task, file, count) =>
  Effect.map(task("halfDone", file), ({ answer: id }) => copy(file, { id, copies: count - 1 }))

/** A log of so many events of operations that have settled, and a hundred that have not. */
const settledIn = (task, file, events) =>
  Effect.gen(function*() {
    yield* halfDoneIn(task, file, 100)
    const { answer: { id } } = yield* task("steps", file, 1, 1)
    return copy(file, { id, copies: Math.ceil(events / Steps.stepsEach) })
  })

/** @param timed runs a process to its end and tells what it printed and how long it took */
export const measure = (timed, home, { halfDone = 1000, long = 1_000_000, runs = 5, waiting = 10_000 } = {}) =>
  Effect.gen(function*() {
    const child = yield* Effect.promise(Bundle.child)
    const file = (name) => path.join(home, name)
    const task = (...args) =>
      Effect.map(
        timed([child, ...args.map(String)]),
        ({ millis, printed }) => ({ millis, answer: JSON.parse(printed) })
      )

    const finished = yield* task("steps", file("bytes.db"), 1000, 64)
    const { all, log } = sizesOf(file("bytes.db"))

    yield* halfDoneIn(task, file("half.db"), halfDone)
    const recovered = []
    for (let run = 0; run < 3; run++) {
      copyFileSync(file("half.db"), file(`half-${run}.db`))
      const { answer, millis } = yield* task("recover", file(`half-${run}.db`), 64)
      if (answer !== 0) return yield* Effect.fail(new Error(`${answer} of ${halfDone} were not recovered`))
      recovered.push(millis)
    }

    yield* halfDoneIn(task, file("waiting.db"), waiting)
    const { answer: peak } = yield* task("waiting", file("waiting.db"))

    const events = {
      short: yield* settledIn(task, file("short.db"), 1000),
      long: yield* settledIn(task, file("long.db"), long)
    }
    const times = { start: { short: [], long: [] }, list: { short: [], long: [] } }
    for (let run = 0; run < runs; run++) {
      for (const name of ["short", "long"]) {
        times.start[name].push((yield* task("start", file(`${name}.db`))).millis)
        const listed = yield* timed([ballast, "list", "--live", "--json"], {
          BALLAST_DATABASE: `sqlite:${file(`${name}.db`)}`,
          BALLAST_LOG_LEVEL: "none"
        })
        times.list[name].push(listed.millis)
      }
    }
    const median = ({ long, short }) => ({ short: summary(short).median, long: summary(long).median })
    return {
      cold: finished.answer.stepsPerSecond,
      payloads: finished.answer.payloads,
      bytes: log / 1000,
      bytesWithViews: all / 1000,
      recover: summary(recovered).median,
      halfDone,
      waiting,
      peak,
      events,
      start: median(times.start),
      list: median(times.list)
    }
  })
