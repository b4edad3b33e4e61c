/** What a sleeper runs into: part of every transaction that stores something under a lease. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect } from "effect"
import { type Lease, LeaseLost } from "../../services/Leases.ts"
import * as Prepared from "./Prepared.ts"

interface Row {
  readonly name: string
  readonly token: number
  /** The last holder's, also once released: whoever was taken over is told by whom. */
  readonly owner: string | null
  /** Null once released. */
  readonly expires_at: number | null
}

export type Held = Pick<Lease, "name" | "token">

/** Past its expiry a lease is still its holder's, until somebody else takes it. */
const lostOf = ({ name, token }: Held, row: Row | undefined): LeaseLost | undefined => {
  if (row?.token === token && row.expires_at !== null) return undefined
  const isTaken = row !== undefined && row.token !== token && row.owner !== null
  return new LeaseLost({ name, token, ...(isTaken ? { holder: row.owner } : {}) })
}

/** Reads all of them at once; the answer says of each whether it is lost. */
export const make = (sql: SqlClient.SqlClient) => {
  const prepared = Prepared.make(sql)
  return (leases: ReadonlyArray<Held>): Effect.Effect<(lease: Held) => LeaseLost | undefined, SqlError> =>
    Effect.map(
      prepared<Row>(
        `SELECT name, token, owner, expires_at FROM leases WHERE name IN (SELECT value FROM json_each(?))`,
        [JSON.stringify(leases.map(({ name }) => name))]
      ),
      (rows) => {
        const byName = new Map(rows.map((row) => [row.name, row]))
        return (lease) => lostOf(lease, byName.get(lease.name))
      }
    )
}

/** Fails when this one is lost. */
export const unlessLost = (sql: SqlClient.SqlClient) => {
  const fence = make(sql)
  return (lease: Held): Effect.Effect<void, LeaseLost | SqlError> =>
    Effect.flatMap(fence([lease]), (lost) => lost(lease) ?? Effect.void)
}
