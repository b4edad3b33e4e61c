/** Commands that are killed at a call. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { Fault } from "../../src/layers/local/Fault.ts"
import { eventually, Sandbox, start } from "./Ballast.ts"

const long = 600_000

export const delayBefore: Fault = { _tag: "DelayBefore", millis: long }
export const delayAfter: Fault = { _tag: "DelayAfter", millis: long }
/** Arrives only after the process that sent it is dead and the next one has begun. */
export const delayed: Fault = { _tag: "DelayBefore", millis: 700 }

/** Starts a command and kills it once `call` has arrived; `fault` keeps it from going on. */
export const killedAt = (
  args: ReadonlyArray<string>,
  [server, call]: readonly ["alpaca" | "base" | "ethereum", string],
  fault: Fault,
  more: Effect.Effect<boolean> = Effect.succeed(true)
) =>
  Effect.scoped(Effect.gen(function*() {
    const { environment, world } = yield* Sandbox
    const { counts, faults } = world[server]
    const seen = yield* counts.of(call)
    const held = yield* faults.add({ on: call, fault, times: "forever" })
    const child = yield* start(args, environment)
    yield* eventually(`${call} arrives`, Effect.map(counts.of(call), (count) => count > seen))
    yield* eventually(`${call} takes effect`, more)
    const { code } = yield* child.kill("SIGKILL")
    assert.isNull(code, "it was still running")
    yield* faults.remove(held)
  }))
