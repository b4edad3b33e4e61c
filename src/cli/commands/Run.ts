import { Effect } from "effect"
import { setFlagsFromString } from "node:v8"
import * as Recovery from "../../managers/Recovery.ts"
import { EventStore } from "../../services/EventStore.ts"
import * as Output from "../Output.ts"
import * as Session from "../Session.ts"
import * as Status from "../Status.ts"
import type { Common } from "../Typed.ts"

/**
 * Those who wait leave little to do and much that can be thrown away: collected when the heap has grown by a fifth instead of
 * to its double, ten thousand of them take half the memory, and no more time.
 */
const frugally = Effect.sync(() => setFlagsFromString("--heap-growing-percent=20"))

export const run = ({ config, json }: Common) =>
  Session.withPorts(
    { config, noWait: true },
    () => Effect.void,
    () =>
      Status.set(0).pipe(
        Effect.zipRight(frugally),
        Effect.zipRight(Effect.scoped(Recovery.run)),
        Effect.onInterrupt(() => stopped(json))
      )
  )

const stopped = (json: boolean) =>
  Effect.gen(function*() {
    const store = yield* EventStore
    const live = yield* store.operations({ live: true })
    yield* json
      ? Output.json({ stopped: true, live: live.map(({ id }) => id) })
      : Output.note(`stopped between steps; ${live.length} not settled, continue with: ballast run`)
  }).pipe(Effect.catchAll(({ message }) => Output.note(message)))
