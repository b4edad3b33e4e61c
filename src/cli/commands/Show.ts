import { Args, Command } from "@effect/cli"
import { Effect } from "effect"
import * as Operations from "../Operations.ts"
import * as Session from "../Session.ts"
import * as Status from "../Status.ts"
import * as Typed from "../Typed.ts"

const id = Args.text({ name: "ID" })

export const show = Command.make(
  "show",
  { id, config: Session.config, json: Session.json },
  ({ config, id, json }) =>
    Effect.flatMap(
      Typed.operationId(id),
      (id) => Session.withLog(config, Effect.zipRight(Operations.tell(id, json), Status.set(0)))
    )
).pipe(
  Command.withDescription("One operation, with every event and where its money is")
)
