/**
 * Redemptions, and the transactions that Ballast sends. Released: a change is a new migration, this one stays as it is.
 *
 * Wei are decimal text, since they do not fit SQLite's integers. Addresses are EIP-55, hashes lower case.
 */
import type { Migration } from "./Migration.ts"

export const migration: Migration = {
  id: 2,
  name: "Outbox",
  statements: [
    `CREATE TABLE equity_redemption_view (
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
    `CREATE INDEX equity_redemption_view_live ON equity_redemption_view (started_at, id) WHERE settled = 0`,
    // One row per attempt of a step, from the reservation of its nonce on. The two constraints are the promise: one key has
    // one nonce, and one nonce has one key.
    `CREATE TABLE outbox (
      position INTEGER PRIMARY KEY AUTOINCREMENT,
      operation TEXT NOT NULL,
      step TEXT NOT NULL,
      attempt INTEGER NOT NULL,
      chain TEXT NOT NULL,
      chain_id INTEGER NOT NULL,
      wallet TEXT NOT NULL,
      nonce INTEGER NOT NULL,
      recipient TEXT NOT NULL,
      data TEXT NOT NULL,
      gas TEXT NOT NULL,
      max_fee_per_gas TEXT NOT NULL,
      max_priority_fee_per_gas TEXT NOT NULL,
      status TEXT NOT NULL,
      cancelling TEXT,
      mined_hash TEXT,
      mined_block TEXT,
      detail TEXT,
      reserved_at TEXT NOT NULL,
      ended_at TEXT,
      UNIQUE (operation, step, attempt),
      UNIQUE (chain_id, wallet, nonce)
    ) STRICT`,
    // Few are unended at any time, and they are looked for whenever a nonce is taken.
    `CREATE INDEX outbox_unended ON outbox (chain_id, wallet, nonce) WHERE ended_at IS NULL`,
    // Everything that was ever signed for a row: whichever is mined counts.
    `CREATE TABLE outbox_signatures (
      hash TEXT NOT NULL PRIMARY KEY,
      outbox INTEGER NOT NULL REFERENCES outbox (position),
      kind TEXT NOT NULL,
      max_fee_per_gas TEXT NOT NULL,
      max_priority_fee_per_gas TEXT NOT NULL,
      raw TEXT NOT NULL,
      signed_at TEXT NOT NULL
    ) STRICT`,
    `CREATE INDEX outbox_signatures_of ON outbox_signatures (outbox, signed_at)`
  ]
}
