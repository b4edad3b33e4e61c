/** Rows of the outbox as they are drafted and signed, and the table over one connection or two. */
import * as SqlClient from "@effect/sql/SqlClient"
import { it } from "@effect/vitest"
import { Effect, Layer, Option, type Scope } from "effect"
import * as Address from "../../../src/domain/Address.ts"
import { OperationId } from "../../../src/domain/OperationId.ts"
import * as TxHash from "../../../src/domain/TxHash.ts"
import * as OutboxTable from "../../../src/layers/sql/OutboxTable.ts"
import * as Temporary from "./Temporary.ts"

export const operation = OperationId.make("6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e")
export const other = OperationId.make("7a2c9f1f-7b2c-4054-8b60-1a6b4b2d3e4f")
export const wallet = Address.make("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
export const theirs = Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")
const to = Address.make("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")

/** The key of a step of the first operation. */
export const keyOf = (step: string, attempt = 1) => ({ operation, step, attempt })

export const draft = (changes: Partial<OutboxTable.Draft> = {}): OutboxTable.Draft => ({
  key: keyOf("transfer"),
  chain: "base",
  chainId: 8453,
  wallet,
  to,
  data: "0xa9059cbb",
  // More than fits a number, or an integer of SQLite.
  gas: 10n ** 19n + 1n,
  fees: { maxFeePerGas: 10n ** 20n + 1n, maxPriorityFeePerGas: 10n ** 20n },
  cancelling: Option.none(),
  ...changes
})

export const hashOf = (digit: string) => TxHash.make(`0x${digit.repeat(64)}`)

export const signature = (digit: string, kind: "call" | "cancellation" = "call") => ({
  hash: hashOf(digit),
  kind,
  maxFeePerGas: 10n ** 20n + 1n,
  maxPriorityFeePerGas: 10n ** 20n,
  raw: `0x02${digit.repeat(8)}`
} as const)

export const where = Option.some({ hash: hashOf("a"), block: 2n ** 64n })

/** As the row stands in the database, to be compared before and after. */
export const rows = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) =>
    Effect.all([sql`SELECT * FROM outbox ORDER BY position`, sql`SELECT * FROM outbox_signatures ORDER BY rowid`])
)

/** A test over a database of its own. */
export const test = <E>(
  name: string,
  body: (
    table: OutboxTable.OutboxTable
  ) => Effect.Effect<void, E, Layer.Layer.Success<typeof Temporary.ports> | Scope.Scope>
) => it.scoped(name, () => Effect.provide(Effect.flatMap(OutboxTable.make, body), Temporary.ports))

/** Twice, each over a connection of its own to one database. */
export const two = Effect.gen(function*() {
  const file = yield* Temporary.file
  const open = Effect.flatMap(
    Layer.build(Temporary.portsOver(file)),
    (connection) => Effect.provide(OutboxTable.make, connection)
  )
  return [yield* open, yield* open] as const
})
