import { Effect } from "effect"
import { EventStore } from "../../services/EventStore.ts"
import * as Looking from "../Looking.ts"
import * as Output from "../Output.ts"
import * as Report from "../Report.ts"
import * as Status from "../Status.ts"
import type { Common } from "../Typed.ts"

export const run = ({ config, json, live }: Common & { readonly live: boolean }) =>
  Looking.withLog(
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
