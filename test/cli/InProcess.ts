/** The command line without a process of its own: for the many cases that never get past the configuration. */
import { Effect } from "effect"
import { vi } from "vitest"
import { main } from "../../src/cli/Cli.ts"
import * as Status from "../../src/cli/Status.ts"
import { type Ended, type Environment, tellsNoSecret } from "./Ballast.ts"

/** Takes the place of this process's environment and output while it runs, so one at a time. */
export const inProcess = (args: ReadonlyArray<string>, environment: Environment): Effect.Effect<Ended> =>
  Effect.gen(function*() {
    const out = { stdout: "", stderr: "" }
    const capture = (name: "stdout" | "stderr") =>
      vi.spyOn(process[name], "write").mockImplementation((text: unknown, done?: unknown) => {
        out[name] += String(text)
        if (typeof done === "function") done()
        return true
      })
    const spies = [
      capture("stdout"),
      capture("stderr"),
      vi.spyOn(console, "log").mockImplementation((...words) => {
        out.stdout += `${words.join(" ")}\n`
      }),
      vi.spyOn(console, "error").mockImplementation((...words) => {
        out.stderr += `${words.join(" ")}\n`
      })
    ]
    const before = { ...process.env }
    for (const key of Object.keys(process.env)) if (key.startsWith("BALLAST_")) delete process.env[key]
    Object.assign(process.env, environment)
    const status = yield* Status.make
    yield* main(["node", "ballast", ...args]).pipe(
      Effect.provideService(Status.Status, status),
      Effect.ensuring(Effect.sync(() => {
        for (const spy of spies) spy.mockRestore()
        process.env = before
      }))
    )
    const ended = { code: yield* status.get, ...out }
    tellsNoSecret(environment, ended)
    return ended
  })
