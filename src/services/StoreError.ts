import { Schema } from "effect"
import type { FailureKind } from "./FailureKind.ts"

const kinds = {
  /** Another process is writing. */
  Busy: "transient",
  /** Disk full, I/O error, file gone: nothing of the transaction was kept. */
  Unavailable: "transient",
  /** The file or its folder cannot be opened, or is no database of ours. */
  CannotOpen: "permanent",
  /** Written by a newer release. */
  NewerVersion: "permanent",
  /** The database does not have the durability that was asked for. */
  Durability: "permanent",
  /** What is stored is not what this release would have stored. */
  Corrupt: "permanent"
} as const satisfies Record<string, FailureKind>

/** The database could not do what was asked; what was to be written is not there. */
export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  reason: Schema.Literal("Busy", "Unavailable", "CannotOpen", "NewerVersion", "Durability", "Corrupt"),
  /** What was being done: `append to TokenizedEquityMint/6f1b..`. */
  action: Schema.String,
  detail: Schema.String,
  cause: Schema.optionalWith(Schema.Defect, { exact: true })
}) {
  get kind(): FailureKind {
    return kinds[this.reason]
  }
  override get message(): string {
    return `database (${this.action}): ${this.reason}: ${this.detail}`
  }
}
