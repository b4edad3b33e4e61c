/** The view tables: one row per operation, derived from the log, written with it in one transaction. */
import { DateTime, Either, Equivalence, Order, Record, Schema } from "effect"
import type { View } from "../../domain/Aggregate.ts"
import { Failure } from "../../domain/Failure.ts"
import * as Foreign from "../../domain/Foreign.ts"
import { OperationId } from "../../domain/OperationId.ts"
import * as Outcome from "../../domain/Outcome.ts"
import type { Operation } from "../../services/EventStore.ts"
import { StoreError } from "../../services/StoreError.ts"
import * as StoredJson from "./StoredJson.ts"

/** `TokenizedEquityMint` is kept in `tokenized_equity_mint_view`. */
export const tableOf = (type: string): string =>
  `${type.replace(/(?<=.)[A-Z]/g, (letter) => `_${letter}`).toLowerCase()}_view`

export const oldestFirst: Order.Order<Operation> = Order.combine(
  Order.mapInput(DateTime.Order, ({ startedAt }: Operation) => startedAt),
  Order.mapInput(Order.string, ({ id }: Operation) => id)
)

const encodeFailure = Schema.encodeSync(StoredJson.column(Failure))

export interface Columns {
  readonly state: string
  readonly finished: 0 | 1
  readonly settled: 0 | 1
  readonly succeeded: 0 | 1
  /** JSON */
  readonly failure: string | null
  /** JSON */
  readonly data: string
}

/** A row as it is written; its start stays that of the first time. */
export interface Written {
  readonly id: string
  readonly version: number
  readonly startedAt: string
  readonly updatedAt: string
  readonly view: Columns
}

/** What a view says of its operation, as columns. */
export const columns = ({ data, outcome, state }: View): Columns => ({
  state,
  finished: Outcome.finished(outcome) ? 1 : 0,
  settled: Outcome.settled(outcome) ? 1 : 0,
  succeeded: outcome._tag === "Succeeded" ? 1 : 0,
  failure: outcome._tag === "Failed" ? encodeFailure(outcome.failure) : null,
  data: JSON.stringify(data)
})

const Flag = Schema.transform(Schema.Literal(0, 1), Schema.Boolean, {
  strict: true,
  decode: (bit) => bit === 1,
  encode: (flag) => flag ? 1 : 0
})

const Row = Schema.Struct({
  id: OperationId,
  state: Schema.NonEmptyString,
  version: Schema.Positive.pipe(Schema.int()),
  finished: Flag,
  settled: Flag,
  succeeded: Flag,
  failure: Schema.NullOr(StoredJson.column(Failure)),
  data: StoredJson.column(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  started_at: Schema.DateTimeUtc,
  updated_at: Schema.DateTimeUtc
})
const decodeRow = Foreign.decoder(Row)

const outcomeOf = ({ failure, finished, succeeded }: typeof Row.Type): Outcome.Outcome => {
  if (!finished) return Outcome.InProgress()
  if (succeeded) return Outcome.Succeeded()
  return failure === null ? Outcome.Reconciled() : Outcome.Failed({ failure })
}

/** Reads a row back; it must agree with what this release would have written for it. */
export const decode = (
  action: string,
  type: string,
  row: { readonly id: string }
): Either.Either<Operation, StoreError> => {
  const corrupt = (problem: string) =>
    new StoreError({
      reason: "Corrupt",
      action,
      detail: `row ${row.id} of ${
        tableOf(type)
      }: ${problem}. The log itself is not affected; the views can be rebuilt from it`
    })
  return decodeRow(row).pipe(
    Either.mapLeft(corrupt),
    Either.flatMap((decoded) => {
      const outcome = outcomeOf(decoded)
      return Outcome.settled(outcome) === decoded.settled
        ? Either.right({
          type,
          id: decoded.id,
          version: decoded.version,
          state: decoded.state,
          outcome,
          data: decoded.data,
          startedAt: decoded.started_at,
          updatedAt: decoded.updated_at
        })
        : Either.left(corrupt(`settled is ${decoded.settled} for an operation whose outcome is ${outcome._tag}`))
    })
  )
}

/** So many are remembered. */
const mostKnown = 1_000

/**
 * Decodes the same rows again and again: one of which every column is as it was says what it said. Not by its version, which
 * a transaction that was rolled back may have shown otherwise.
 */
export const remembering = (): typeof decode => {
  const known = new Map<
    string,
    { readonly row: Record.ReadonlyRecord<string, unknown>; readonly operation: Operation }
  >()
  return (action, type, row) => {
    const columns = { type, ...row }
    const before = known.get(row.id)
    if (before !== undefined && isSameRow(before.row, columns)) return Either.right(before.operation)
    return Either.map(decode(action, type, row), (operation) => {
      if (known.size >= mostKnown) known.clear()
      known.set(row.id, { row: columns, operation })
      return operation
    })
  }
}

const isSameRow = Record.getEquivalence(Equivalence.strict<unknown>())
