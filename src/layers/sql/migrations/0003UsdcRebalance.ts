/** Rebalances of USDC. Released: a change is a new migration, this one stays as it is. */
import type { Migration } from "./Migration.ts"

export const migration: Migration = {
  id: 3,
  name: "UsdcRebalance",
  statements: [
    `CREATE TABLE usdc_rebalance_view (
      id TEXT NOT NULL PRIMARY KEY,
      state TEXT NOT NULL,
      version INTEGER NOT NULL,
      finished INTEGER NOT NULL,
      settled INTEGER NOT NULL,
      succeeded INTEGER NOT NULL,
      failure TEXT,
      data TEXT NOT NULL,
      started_at TEXT NOT NULL,
      updated_at TEXT NOT NULL
    ) STRICT`,
    `CREATE INDEX usdc_rebalance_view_live ON usdc_rebalance_view (started_at, id) WHERE settled = 0`,
    // What a limit counts: all that began within a day.
    `CREATE INDEX usdc_rebalance_view_started ON usdc_rebalance_view (started_at)`,
    // Whose claims on transfers are looked at: all of which something was recorded lately.
    `CREATE INDEX usdc_rebalance_view_updated ON usdc_rebalance_view (updated_at)`
  ]
}
