import { Effect } from "effect"
import * as Looking from "../Looking.ts"
import * as Operations from "../Operations.ts"
import * as Status from "../Status.ts"
import * as Typed from "../Typed.ts"

export const run = ({ config, id, json }: Typed.Common & { readonly id: string }) =>
  Effect.flatMap(
    Typed.operationId(id),
    (id) => Looking.withLog(config, Effect.zipRight(Operations.tell(id, json), Status.set(0)))
  )
