/** All that a database holds, to be compared before and after; and the steps that write every kind of row there is. */
import * as SqlClient from "@effect/sql/SqlClient"
import { Effect, type Layer, Option } from "effect"
import * as OutboxTable from "../../src/layers/sql/OutboxTable.ts"
import * as Mints from "../../src/layers/testing/contracts/EventStoreMints.ts"
import { Alerts } from "../../src/services/Alerts.ts"
import type { Lease } from "../../src/services/Leases.ts"
import { draft, signature, where } from "../layers/sql/Drafts.ts"
import * as Temporary from "../layers/sql/Temporary.ts"

export type Ports = Layer.Layer.Success<typeof Temporary.ports>

const names = ["events", "tokenized_equity_mint_view", "leases", "outbox", "outbox_signatures", "alerts"] as const

/** Every row of every table. */
export const rows = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => Effect.forEach(names, (name) => sql`SELECT * FROM ${sql(name)} ORDER BY rowid`)
)

/** As whoever opens the file next finds it. */
export const rowsOf = (file: string) => Effect.provide(rows, Temporary.database(file))

/** So long that each row needs pages of its own. */
const long = "x".repeat(6_000)
const longHex = `0x${"ab".repeat(3_000)}` as const

const key = { operation: Mints.a, step: "transfer", attempt: 1 }
const requested = { ...Mints.requested, issuer: long }
const failed = { ...Mints.timedOut, detail: long }

/** What one operation writes, in order, under this lease. */
export const stepsOf = (lease: Lease) =>
  Effect.map(
    OutboxTable.make,
    (table): ReadonlyArray<readonly [name: string, Effect.Effect<unknown, unknown, Ports>]> => {
      const reserve = table.reserve(draft({ key, data: longHex }), [lease], 4)
      const row = Effect.flatMap(table.find(key), Effect.orDie)
      return [
        ["the intent", Mints.append(lease, Mints.a, [], [requested])],
        ["a nonce", reserve],
        ["a signature", Effect.flatMap(row, (found) => table.sign(found, { ...signature("a"), raw: longHex }))],
        [
          "its end",
          Effect.flatMap(row, (found) => table.end(found, "confirmed", { detail: Option.some(long), where }))
        ],
        ["two events at once", Mints.append(lease, Mints.a, [requested], [Mints.accepted, failed])],
        [
          "an alert",
          Effect.flatMap(Alerts, ({ raise }) => raise({ condition: "c", operation: Mints.a, message: long.repeat(3) }))
        ]
      ]
    }
  )
