import { Effect, Either, Option } from "effect"
import * as Recovery from "../../managers/Recovery.ts"
import * as Operations from "../Operations.ts"
import * as Output from "../Output.ts"
import * as Report from "../Report.ts"
import * as Session from "../Session.ts"
import * as Status from "../Status.ts"
import * as Typed from "../Typed.ts"

export const run = (typed: Typed.Driving & { readonly id: Option.Option<string> }) =>
  Session.withPorts(
    typed,
    () => Effect.transposeMapOption(typed.id, Typed.operationId),
    Option.match({
      onNone: () => all(typed.json),
      onSome: (id) => Operations.driven(id, typed.json, Recovery.resume(id))
    })
  )

const all = (json: boolean) =>
  Effect.gen(function*() {
    const resumed = yield* Recovery.resumeAll
    const told = resumed.map(({ operation, result }) => ({
      operation: Either.getOrElse(result, () => operation),
      error: Either.match(result, { onLeft: ({ message }) => ({ error: message }), onRight: () => ({}) })
    }))
    yield* json
      ? Output.json(told.map(({ error, operation }) => ({ ...Report.summary(operation), ...error })))
      : Output.line(
        told.length === 0
          ? "nothing to resume: everything is settled"
          : told.map(({ error, operation }) =>
            [`${operation.type} ${operation.id}`, Report.verdict(operation), ...Object.values(error)].join("\n  ")
          ).join("\n")
      )
    yield* Status.set(
      Status.worst(resumed.map(({ result }) => Either.match(result, { onLeft: () => 3, onRight: Status.ofOperation })))
    )
  })
