/** A database that another process has for itself. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { fileURLToPath } from "node:url"
import * as Processes from "../layers/sql/Processes.ts"

const program = fileURLToPath(new URL("programs/Lock.mjs", import.meta.url))

/** Held when this answers; `free` lets go of it, and so does the end of the scope. */
export const held = (file: string, what: "write" | "all") =>
  Effect.gen(function*() {
    const child = yield* Processes.start(program, file, what)
    assert.strictEqual(yield* child.line, "held")
    return {
      free: Effect.gen(function*() {
        yield* child.tell("\n")
        assert.strictEqual(yield* child.line, "free")
      })
    }
  })
