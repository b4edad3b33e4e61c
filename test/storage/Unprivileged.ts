/** What a user without rights is told. */
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("programs/Unprivileged.mjs", import.meta.url))

/** Of each database: the document that it prints, and its exit code. */
export const resumed = (files: ReadonlyArray<string>, environment: Readonly<Record<string, string>>) =>
  Effect.async<ReadonlyArray<{ readonly document: string; readonly code: string }>>((resume) => {
    let out = ""
    const child = spawn(process.execPath, [program, ...files], {
      cwd: "/",
      env: { PATH: process.env["PATH"], ...environment },
      stdio: ["ignore", "pipe", "pipe"]
    })
    child.stdout.on("data", (part) => out += String(part))
    child.on("close", () => {
      const lines = out.split("\n")
      resume(Effect.succeed(
        files.map((_, index) => ({ document: lines[2 * index] ?? "", code: lines[2 * index + 1] ?? "" }))
      ))
    })
  })
