/**
 * The log, its views, leases and alerts. Released: a change is a new migration, this one stays as it is.
 *
 * Times are ISO 8601 in UTC, which sort as text; a lease's expiry is in milliseconds since 1970. JSON is kept as text.
 */
import type { Migration } from "./Migration.ts"

export const migration: Migration = {
  id: 1,
  name: "Initial",
  statements: [
    // The position is explicit: an implicit rowid may change on VACUUM. AUTOINCREMENT never uses one twice.
    `CREATE TABLE events (
      position INTEGER PRIMARY KEY AUTOINCREMENT,
      aggregate_type TEXT NOT NULL,
      aggregate_id TEXT NOT NULL,
      sequence INTEGER NOT NULL,
      event_type TEXT NOT NULL,
      event_version INTEGER NOT NULL,
      payload TEXT NOT NULL,
      metadata TEXT NOT NULL,
      UNIQUE (aggregate_type, aggregate_id, sequence)
    ) STRICT`,
    `CREATE TABLE snapshots (
      aggregate_type TEXT NOT NULL,
      aggregate_id TEXT NOT NULL,
      last_sequence INTEGER NOT NULL,
      payload TEXT NOT NULL,
      timestamp TEXT NOT NULL,
      PRIMARY KEY (aggregate_type, aggregate_id)
    ) STRICT`,
    `CREATE TABLE tokenized_equity_mint_view (
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
    // Most operations are settled; those that are not are looked for at every start.
    `CREATE INDEX tokenized_equity_mint_view_live ON tokenized_equity_mint_view (started_at, id) WHERE settled = 0`,
    // A released lease keeps its row, with no owner, so that its tokens go on growing.
    `CREATE TABLE leases (
      name TEXT NOT NULL PRIMARY KEY,
      token INTEGER NOT NULL,
      owner TEXT,
      machine TEXT,
      pid INTEGER,
      process_start TEXT,
      expires_at INTEGER
    ) STRICT`,
    `CREATE TABLE alerts (
      position INTEGER PRIMARY KEY AUTOINCREMENT,
      condition TEXT NOT NULL UNIQUE,
      operation TEXT NOT NULL,
      message TEXT NOT NULL,
      raised_at TEXT NOT NULL
    ) STRICT`
  ]
}
