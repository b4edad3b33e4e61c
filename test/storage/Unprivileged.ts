/** Commands of a user without rights. */
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("programs/Unprivileged.mjs", import.meta.url))

export const run = (args: ReadonlyArray<string>, environment: Readonly<Record<string, string>>) =>
  Effect.async<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>((resume) => {
    const out = { stdout: "", stderr: "" }
    const child = spawn(process.execPath, [program, ...args], {
      cwd: "/",
      env: { PATH: process.env["PATH"], ...environment },
      stdio: ["ignore", "pipe", "pipe"]
    })
    child.stdout.on("data", (part) => out.stdout += String(part))
    child.stderr.on("data", (part) => out.stderr += String(part))
    child.on("close", (code) => resume(Effect.succeed({ code, ...out })))
  })
