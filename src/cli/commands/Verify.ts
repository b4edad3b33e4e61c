import { Command, Options } from "@effect/cli"
import { Effect } from "effect"
import * as Verification from "../../managers/Verification.ts"
import { EventStore } from "../../services/EventStore.ts"
import * as Output from "../Output.ts"
import * as Session from "../Session.ts"
import * as Status from "../Status.ts"

const rebuild = Options.boolean("rebuild").pipe(Options.withDescription("Write all views again from the log first"))

export const verify = Command.make(
  "verify",
  { rebuild, config: Session.config, json: Session.json },
  (typed) =>
    Session.withLog(
      typed.config,
      Effect.gen(function*() {
        const store = yield* EventStore
        if (typed.rebuild) {
          yield* Effect.flatMap(store.rebuildViews, (views) => Output.note(`${views} views written again`))
        }
        const verified = yield* Verification.verify
        const { events, faults, operations } = verified
        yield* typed.json ? Output.json(verified) : Output.line(
          [
            `${events} events of ${operations} operations replayed, ${faults.length} faults`,
            ...faults.map(({ detail, id, type }) => `  ${type} ${id}: ${detail}`)
          ].join("\n")
        )
        yield* Status.set(faults.length === 0 ? 0 : 1)
      })
    )
).pipe(Command.withDescription("Replays the whole log and holds the views against it"))
