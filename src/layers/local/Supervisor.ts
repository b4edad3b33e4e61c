/**
 * The watchdog between us and a child process: a small Node program that starts the child, tells us on stdout, one JSON
 * document per line, what becomes of it, and kills it as soon as its own stdin closes. The kernel closes that pipe
 * however we end, SIGKILL included, so no chain outlives the process that started it.
 *
 * It leads a process group of its own, so that Ctrl-C in a terminal reaches us alone and the chain lives until we have
 * finished with it.
 */
import { Deferred, Effect, Option, Schema, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { createInterface } from "node:readline"

/**
 * Plain JavaScript for `node -e`. Arguments: a regular expression whose first group is what the child prints once it is
 * ready, then the command line. The child's further output is drained and its last lines kept for the report.
 */
export const source = `
const { spawn } = require("node:child_process")
const [pattern, command, ...args] = process.argv.slice(1)
const ready = new RegExp(pattern)
const tell = (report) => { try { process.stdout.write(JSON.stringify(report) + "\\n") } catch {} }
process.stdout.on("error", () => {})
for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"]) process.on(signal, () => stop())
let tail = ""
let isReady = false
const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], windowsHide: true })
const stop = () => {
  child.kill("SIGTERM")
  setTimeout(() => child.kill("SIGKILL"), 1000).unref()
}
const read = (chunk) => {
  tail = (tail + chunk).slice(-4000)
  const found = isReady ? null : ready.exec(tail)
  if (found) {
    isReady = true
    tell({ event: "ready", pid: child.pid, match: found[1] })
  }
}
child.stdout.on("data", read)
child.stderr.on("data", read)
child.on("error", (error) => { tell({ event: "failed", detail: error.message }); process.exitCode = 1; process.stdin.destroy() })
child.on("close", (code, signal) => {
  tell({ event: "exited", detail: (signal || "code " + code) + (tail.trim() ? ": " + tail.trim().split("\\n").slice(-5).join(" | ") : "") })
  process.stdin.destroy()
})
process.stdin.on("close", stop)
process.stdin.on("error", stop)
process.stdin.resume()
`

const Report = Schema.parseJson(Schema.Union(
  Schema.Struct({ event: Schema.Literal("ready"), pid: Schema.Int, match: Schema.String }),
  Schema.Struct({ event: Schema.Literal("failed", "exited"), detail: Schema.String })
))

/** A supervised process that is up. */
export interface Supervised {
  /** Of the child itself, not of its supervisor. */
  readonly pid: number
  /** The first group of the readiness pattern. */
  readonly match: string
  /** Resolves with the circumstances when the child is gone. */
  readonly exited: Effect.Effect<string>
}

/** How long a child may take to leave before its whole group is killed. */
const patience = "3 seconds"

const killGroup = (supervisor: ChildProcess) => {
  try {
    if (supervisor.pid !== undefined && process.platform !== "win32") process.kill(-supervisor.pid, "SIGKILL")
    else supervisor.kill("SIGKILL")
  } catch {
    // Already gone.
  }
}

/** Starts `command` and waits until its output matches `ready`. Fails with what it said instead. */
export const start = (
  command: string,
  args: ReadonlyArray<string>,
  ready: RegExp
): Effect.Effect<Supervised, string, Scope.Scope> =>
  Effect.gen(function*() {
    const started = yield* Deferred.make<{ readonly pid: number; readonly match: string }, string>()
    const exited = yield* Deferred.make<string>()
    const left = yield* Deferred.make<void>()
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        const supervisor = spawn(process.execPath, ["-e", source, "--", ready.source, command, ...args], {
          stdio: ["pipe", "pipe", "ignore"],
          detached: process.platform !== "win32",
          windowsHide: true
        })
        const gone = (detail: string) => {
          Deferred.unsafeDone(started, Effect.fail(detail))
          Deferred.unsafeDone(exited, Effect.succeed(detail))
        }
        supervisor.stdin.on("error", () => undefined)
        createInterface({ input: supervisor.stdout }).on("line", (line) => {
          const report = Option.getOrUndefined(Schema.decodeOption(Report)(line))
          if (report?.event === "ready") Deferred.unsafeDone(started, Effect.succeed(report))
          else if (report !== undefined) gone(`it ${report.event}, ${report.detail}`)
        })
        const leave = (detail: string) => {
          gone(detail)
          Deferred.unsafeDone(left, Effect.void)
        }
        supervisor.on("error", (error) => leave(`its supervisor failed, ${error.message}`))
        supervisor.on("exit", () => leave("its supervisor exited"))
        return supervisor
      }),
      (supervisor) =>
        Effect.sync(() => supervisor.stdin.end()).pipe(
          Effect.zipRight(Deferred.await(left)),
          Effect.timeoutOption(patience),
          Effect.flatMap(Option.match({
            onSome: () => Effect.void,
            onNone: () => Effect.sync(() => killGroup(supervisor)).pipe(Effect.zipRight(Deferred.await(left)))
          }))
        )
    )
    const report = yield* Deferred.await(started)
    return { pid: report.pid, match: report.match, exited: Deferred.await(exited) }
  })
