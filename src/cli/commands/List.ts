import { Command, Options } from "@effect/cli"
import { Effect } from "effect"
import { EventStore } from "../../services/EventStore.ts"
import * as Output from "../Output.ts"
import * as Report from "../Report.ts"
import * as Session from "../Session.ts"
import * as Status from "../Status.ts"

const live = Options.boolean("live").pipe(Options.withDescription("Only those that are not settled"))

export const list = Command.make(
  "list",
  { live, config: Session.config, json: Session.json },
  ({ config, json, live }) =>
    Session.withLog(
      config,
      Effect.gen(function*() {
        const store = yield* EventStore
        const operations = yield* store.operations(live ? { live } : {})
        yield* json
          ? Output.json(operations.map(Report.summary))
          : Output.line(operations.length === 0 ? "none" : Output.table([Report.header, ...operations.map(Report.row)]))
        yield* Status.set(0)
      })
    )
).pipe(Command.withDescription("All operations, oldest first"))
