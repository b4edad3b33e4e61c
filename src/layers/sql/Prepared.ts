/**
 * Statements whose text does not depend on their values. A statement that the client builds from a template is put together,
 * traced and given a context each time, which costs more than SQLite takes for it.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Option } from "effect"

export type Prepared = <Row extends object>(
  text: string,
  values: ReadonlyArray<string | number | null>
) => Effect.Effect<ReadonlyArray<Row>, SqlError>

/** In the transaction that is open where it is run, if there is one. The text is the program's own: no value stands in it. */
export const make = (sql: SqlClient.SqlClient): Prepared =>
<Row extends object>(
  text: string,
  values: ReadonlyArray<string | number | null>
) =>
  Effect.flatMap(Effect.serviceOption(SqlClient.TransactionConnection), (transaction) =>
    Option.isSome(transaction)
      ? transaction.value[0].execute(text, values, undefined)
      : sql.unsafe<Row>(text, values))
