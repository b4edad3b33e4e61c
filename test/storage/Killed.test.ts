/** Processes that are killed wherever they are, again and again: what they had acknowledged is there, and all of it agrees. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schedule } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import * as Migrations from "../../src/layers/sql/Migrations.ts"
import * as SqlTransactions from "../../src/layers/sql/SqlTransactions.ts"
import * as Verification from "../../src/managers/Verification.ts"
import { Transactions } from "../../src/services/TransactionOutbox.ts"
import * as Processes from "../layers/sql/Processes.ts"
import * as Temporary from "../layers/sql/Temporary.ts"

/** Processes that are killed, all on one database. */
const kills = 12
/** Of each, moments before its death: it is stopped, and what a kill would leave at that moment is kept. */
const moments = 5

const ports = (file: string) => Layer.provideMerge(SqlTransactions.layer, Temporary.portsOver(file))

/** What of it is not in the database that is left, and what does not agree in there. */
const wrong = (told: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const transactions = yield* Effect.flatMap(Transactions, ({ list }) => list())
    const signed = transactions.filter(({ signatures }) => signatures.length > 0)
    const events = yield* sql<{ id: string; sequence: number }>`SELECT aggregate_id AS id, sequence FROM events`
    const found = new Set([
      ...events.map(({ id, sequence }) => `event ${id} ${sequence}`),
      ...signed.map(({ key }) => `transaction ${key.operation}`)
    ])
    assert.lengthOf(yield* sql`SELECT id FROM schema_migrations`, Migrations.all.length)
    return [...told.filter((line) => !found.has(line)), ...(yield* Verification.verify).faults]
  })

/** A process that waits for its turn: most of its life is its start. */
const waiting = (program: string, file: string, seed: number) =>
  Effect.gen(function*() {
    const child = yield* Processes.start(program, file, String(seed))
    assert.strictEqual(yield* child.line, "ready")
    const told: Array<string> = []
    // In the background: whatever it says has been acknowledged by then.
    const listen: Effect.Effect<void> = Effect.flatMap(
      child.line,
      (line) => line === undefined ? Effect.void : Effect.zipRight(Effect.sync(() => told.push(line)), listen)
    )
    return { ...child, told, listening: yield* Effect.fork(listen) }
  })
type Child = Effect.Effect.Success<ReturnType<typeof waiting>>

/** So many lines of it have come. */
const heard = ({ told }: Child, count: number) =>
  Effect.repeat(Effect.sync(() => told.length >= count), {
    until: (enough) => enough,
    schedule: Schedule.spaced("1 millis")
  })

const signal = ({ child }: Child, name: NodeJS.Signals) => Effect.sync(() => void child.kill(name))

/** What a kill at this moment leaves behind: the shared memory beside it is gone with the process. */
const stopped = <A, E, R>(child: Child, file: string, copy: string, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    yield* signal(child, "SIGSTOP")
    yield* Effect.repeat(Effect.sync(() => isStopped(child.pid ?? 0)), { until: (stopped) => stopped })
    for (const part of ["", "-wal"]) {
      if (fs.existsSync(file + part)) fs.copyFileSync(file + part, copy + part)
    }
    return yield* Effect.ensuring(effect, signal(child, "SIGCONT"))
  })

const isStopped = (pid: number): boolean => {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8")
  return stat.charAt(stat.lastIndexOf(")") + 2) === "T"
}

const isPossible = fs.existsSync("/proc/self/stat")

describe("a process that is killed", () => {
  // Where there is no /proc nobody can tell when a process has truly stopped.
  it.scopedLive.skipIf(!isPossible)(
    "in the middle of its commits loses nothing that it had acknowledged",
    () =>
      Effect.gen(function*() {
        const folder = yield* Temporary.folder
        const file = path.join(folder, "ballast.db")
        const program = yield* Processes.bundle("Appender", folder)
        const all: Array<string> = []
        let images = 0
        const dying = (child: Child, kill: number) =>
          Effect.gen(function*() {
            yield* child.tell("go\n")
            for (let moment = 0; moment < moments; moment++) {
              // The first while it opens the database, or creates it; the others in or between two commits.
              yield* moment === 0
                ? Effect.sleep(`${kill * 2} millis`)
                : Effect.zipRight(heard(child, child.told.length + moment), Effect.sleep(`${kill % 3} millis`))
              const copy = path.join(folder, `${kill}-${moment}.db`)
              const found = Effect.suspend(() =>
                fs.existsSync(copy) ? Effect.provide(wrong([...all, ...child.told]), ports(copy)) : Effect.succeed([])
              )
              assert.deepStrictEqual(yield* stopped(child, file, copy, found), [], copy)
              if (fs.existsSync(copy)) images += 1
            }
            yield* child.kill
            yield* child.listening
            all.push(...child.told)
          })
        let next = yield* waiting(program, file, 0)
        for (let kill = 1; kill <= kills; kill++) {
          const [, following] = yield* Effect.all([dying(next, kill), waiting(program, file, kill)], {
            concurrency: "unbounded"
          })
          next = following
        }
        assert.isAtLeast(all.length, kills * 10)
        assert.isAbove(images, kills * moments - 10)
        assert.deepStrictEqual(yield* Effect.provide(wrong(all), ports(file)), [])
      }),
    120_000
  )
})
