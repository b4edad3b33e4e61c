/** Driving operations and telling how they stand afterwards, also when driving them failed. */
import { Effect, Option } from "effect"
import type { OperationId } from "../domain/OperationId.ts"
import * as Recovery from "../managers/Recovery.ts"
import { EventStore } from "../services/EventStore.ts"
import { Transactions } from "../services/TransactionOutbox.ts"
import * as Output from "./Output.ts"
import * as Report from "./Report.ts"
import * as Status from "./Status.ts"

/** Why an operation stays where it is, in words. */
interface Left {
  readonly message: string
}

/** One operation with its story. */
export const tell = (id: OperationId, json: boolean, left: Option.Option<Left> = Option.none()) =>
  Effect.gen(function*() {
    const store = yield* EventStore
    const operation = yield* Recovery.operation(id)
    const history = (yield* store.history(id)).filter(({ aggregate }) => aggregate === operation.type)
    const transactions = yield* Effect.flatMap(Transactions, ({ list }) => list({ operation: id }))
    const error = Option.match(left, { onNone: () => ({}), onSome: ({ message }) => ({ error: message }) })
    yield* json
      ? Output.json({ ...Report.document(operation, history, transactions), ...error })
      : Output.line(Report.story(operation, history, transactions))
    return operation
  })

/**
 * Runs `driving` and tells how the operation stands. A refusal is for the caller; any other failure left the operation
 * where it was, to be resumed.
 */
export const driven = <A, E extends { readonly _tag: string; readonly message: string }, R>(
  id: OperationId,
  json: boolean,
  driving: Effect.Effect<A, E, R>
) =>
  Effect.gen(function*() {
    const left = yield* driving.pipe(
      Effect.as(Option.none<Left>()),
      Effect.catchIf((error) => error._tag !== "Refused", (error) => Effect.succeed(Option.some<Left>(error)))
    )
    if (Option.isSome(left)) yield* Output.note(left.value.message)
    const operation = yield* tell(id, json, left)
    yield* Status.set(Option.isSome(left) ? 3 : Status.ofOperation(operation))
  })
