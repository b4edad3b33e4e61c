/** A program whose processes do not exclude each other. */
import { SqlClient } from "@effect/sql/SqlClient"
import { Context, Effect } from "effect"
import { Leases } from "../../src/services/Leases.ts"
import type { Plant } from "../Program.ts"

/** Unlike `Effect.never`, without a timer that would outlive the simulation. */
const silent = Effect.async<never>(() => undefined)

/** Whoever wants a lease has it, under the token of whoever has it already: no fence stops him. */
export const ignoreTheLease: Plant = (parts) =>
  Effect.sync(() => {
    const sql = Context.get(parts, SqlClient)
    const leases = Context.get(parts, Leases)
    const share = (name: string) =>
      sql<{ readonly token: number }>`
        INSERT INTO leases (name, token, owner, machine, pid, process_start, expires_at)
        VALUES (${name}, 1, 'everybody', NULL, NULL, NULL, ${Number.MAX_SAFE_INTEGER})
        ON CONFLICT (name) DO UPDATE SET owner = 'everybody', expires_at = excluded.expires_at
        RETURNING token`.pipe(Effect.orDie, Effect.map(([row]) => row?.token ?? 1))
    return Context.add(parts, Leases, {
      ...leases,
      hold: (name) => Effect.map(share(name), (token) => ({ name, token, lost: silent })),
      confirm: () => Effect.void
    })
  })
