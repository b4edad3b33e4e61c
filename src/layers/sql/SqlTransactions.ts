/** What the outbox has stored, for whoever only looks. */
import type * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Layer, Option } from "effect"
import { Transactions } from "../../services/TransactionOutbox.ts"
import * as OutboxTable from "./OutboxTable.ts"

export const layer: Layer.Layer<Transactions, never, SqlClient.SqlClient> = Layer.effect(
  Transactions,
  Effect.map(OutboxTable.make, ({ list }) => ({ list: ({ operation } = {}) => list(Option.fromNullable(operation)) }))
)
