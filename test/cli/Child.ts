/** The command line as a child process: what it says, how it ends, and the certainty that it is gone afterwards. */
import { Deferred, Effect, Option, Schema, type Scope } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { inspect } from "node:util"

export interface Said {
  readonly stdout: string
  readonly stderr: string
}

export interface Ended extends Said {
  /** Null when a signal ended it. */
  readonly code: number | null
}

export interface Child {
  readonly pid: number
  readonly said: () => Said
  readonly kill: (signal: "SIGKILL" | "SIGTERM" | "SIGINT") => Effect.Effect<void>
  /** Within a hard limit. */
  readonly ended: Effect.Effect<Ended>
}

export interface Command {
  readonly args: ReadonlyArray<string>
  /** All of it: nothing comes from the environment of the test. */
  readonly environment: Readonly<Record<string, string>>
  readonly folder: string
  /** What must never be said. */
  readonly secrets: ReadonlyArray<string>
}

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url))

/** Generous, for a busy machine; a run takes about a second. */
const limit = "25 seconds"

/** Also when the test runner is ended: nothing that it started may go on. */
const alive = new Set<ReturnType<typeof spawn>>()
process.on("exit", () => alive.forEach((child) => child.kill("SIGKILL")))

/** Killed, if it still runs, when the scope closes; then all that it ever said is searched for secrets. */
export const start = (
  { args, environment, folder, secrets }: Command
): Effect.Effect<Child, never, Scope.Scope> =>
  Effect.gen(function*() {
    const closed = yield* Deferred.make<Ended>()
    const output = { stdout: "", stderr: "" }
    const about = (what: string) =>
      `ballast ${args.join(" ")} ${what}\n--- stdout\n${output.stdout}\n--- stderr\n${output.stderr}`

    const child = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const child = spawn(process.execPath, [main, ...args], {
          env: environment,
          cwd: folder,
          stdio: ["ignore", "pipe", "pipe"]
        })
        alive.add(child)
        for (const stream of ["stdout", "stderr"] as const) {
          child[stream].setEncoding("utf8").on("data", (text: string) => {
            output[stream] += text
          })
        }
        child.on("close", (code) => {
          alive.delete(child)
          Deferred.unsafeDone(closed, Effect.succeed({ ...output, code }))
        })
        return child
      }),
      (child) =>
        Effect.gen(function*() {
          child.kill("SIGKILL")
          const { stderr, stdout } = yield* Deferred.await(closed)
          const told = secrets.find((secret) => stdout.includes(secret) || stderr.includes(secret))
          if (told !== undefined) yield* Effect.dieMessage(about(`tells the secret ${told}`))
        })
    )
    return {
      pid: child.pid ?? -1,
      said: () => ({ ...output }),
      kill: (signal) => Effect.sync(() => child.kill(signal)),
      ended: Deferred.await(closed).pipe(
        Effect.timeoutFail({ duration: limit, onTimeout: () => new Error(about(`has not ended within ${limit}`)) }),
        Effect.orDie
      )
    }
  })

/** Looks again until it is so. */
export const until = <A, E, R>(
  what: string,
  look: Effect.Effect<A, E, R>,
  isSo: (seen: A) => boolean
): Effect.Effect<A, E, R> =>
  Effect.gen(function*() {
    let last: A | undefined
    const looking = Effect.gen(function*() {
      while (true) {
        last = yield* look
        if (isSo(last)) return last
        yield* Effect.sleep("10 millis")
      }
    })
    const seen = yield* Effect.timeoutOption(looking, limit)
    return yield* Option.match(seen, {
      onNone: () => Effect.dieMessage(`waited in vain for ${what}; last seen: ${inspect(last)}`),
      onSome: Effect.succeed
    })
  })

/** Waits for words of its log or its result. */
export const says = (child: Child, words: string | RegExp): Effect.Effect<Said> =>
  until(
    `it to say ${String(words)}`,
    Effect.sync(child.said),
    ({ stderr, stdout }) =>
      [stdout, stderr].some((text) => typeof words === "string" ? text.includes(words) : words.test(text))
  )

const Line = Schema.parseJson(Schema.Struct({
  message: Schema.Unknown,
  logLevel: Schema.String,
  annotations: Schema.Record({ key: Schema.String, value: Schema.Unknown })
}))

/** The log lines on stderr; what is written there for people is left out. */
export const logOf = ({ stderr }: Said): ReadonlyArray<typeof Line.Type> =>
  stderr.split("\n").filter((line) => line.startsWith("{")).map((line) => Schema.decodeUnknownSync(Line)(line))

const Document = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown }))

/** The one JSON document on stdout, and nothing beside it. */
export const documentOf = ({ stdout }: Said): Readonly<Record<string, unknown>> =>
  Schema.decodeUnknownSync(Document)(stdout)
