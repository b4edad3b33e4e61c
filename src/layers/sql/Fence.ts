/** What a sleeper runs into: part of every transaction that stores something under a lease. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect } from "effect"
import { type Lease, LeaseLost } from "../../services/Leases.ts"

interface Row {
  readonly token: number
  /** The last holder's, also once released: whoever was taken over is told by whom. */
  readonly owner: string | null
  /** Null once released. */
  readonly expires_at: number | null
}

type Held = Pick<Lease, "name" | "token">

/** Past its expiry a lease is still its holder's, until somebody else takes it. */
export const make = (sql: SqlClient.SqlClient) => ({ name, token }: Held): Effect.Effect<void, LeaseLost | SqlError> =>
  Effect.flatMap(sql<Row>`SELECT token, owner, expires_at FROM leases WHERE name = ${name}`, ([row]) => {
    if (row?.token === token && row.expires_at !== null) return Effect.void
    const isTaken = row !== undefined && row.token !== token && row.owner !== null
    return new LeaseLost({ name, token, ...(isTaken ? { holder: row.owner } : {}) })
  })
