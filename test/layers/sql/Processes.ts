/** The programs beside this file as processes of their own. */
import { Effect } from "effect"
import * as esbuild from "esbuild"
import { spawn } from "node:child_process"
import { createRequire } from "node:module"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath, pathToFileURL } from "node:url"

const native = pathToFileURL(createRequire(import.meta.url).resolve("better-sqlite3")).href

/** Node 20 does not run TypeScript: one file of JavaScript in `folder`, everything in it but the native module. */
export const bundle = (program: "Appender" | "Hammer" | "Holder", folder: string): Effect.Effect<string> => {
  const outfile = path.join(folder, `${program}.mjs`)
  return Effect.promise(() =>
    esbuild.build({
      entryPoints: [fileURLToPath(new URL(`programs/${program}.ts`, import.meta.url))],
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "error",
      alias: { "better-sqlite3": native },
      external: ["file://*"],
      banner: { js: `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);` }
    })
  ).pipe(Effect.as(outfile))
}

/** Killed with the scope, if it has not ended by then. */
export const start = (program: string, ...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, [program, ...args], { stdio: ["pipe", "pipe", "inherit"] })
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      return {
        pid: child.pid,
        /** What it prints next; undefined once it has ended. */
        line: Effect.promise(() => lines.next()).pipe(Effect.map(({ value }) => value)),
        tell: (text: string) => Effect.sync(() => child.stdin.write(text)),
        /** Ends when the process has. */
        kill: Effect.async<void>((resume) => {
          child.on("exit", () => resume(Effect.void))
          child.kill("SIGKILL")
        }),
        child
      }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )
