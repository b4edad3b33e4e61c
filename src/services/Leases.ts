import { Context, type DateTime, type Effect, Schema, type Scope } from "effect"
import type { FailureKind } from "./FailureKind.ts"
import type { StoreError } from "./StoreError.ts"

/** The right to drive one operation, until it is released, expires or is taken over. */
export interface Lease {
  /** What is leased: `TokenizedEquityMint/6f1b..`. */
  readonly name: string
  /** The fencing token: larger than that of every earlier holder. Appends check it. */
  readonly token: number
  /** Fails as soon as the holder knows that it holds the lease no more; never ends otherwise. */
  readonly lost: Effect.Effect<never, LeaseLost>
}

/** Somebody else drives this operation right now. Not an error of anybody: wait, or let him. */
export class LeaseHeld extends Schema.TaggedError<LeaseHeld>()("LeaseHeld", {
  name: Schema.String,
  /** Who: `process 4711 on host-a`. */
  holder: Schema.String,
  until: Schema.DateTimeUtc
}) {
  readonly kind: FailureKind = "transient"
  override get message(): string {
    return `${this.name} is being driven by ${this.holder} (lease until ${this.until.toJSON()}, renewed while it works)`
  }
}

/** We were thought dead and somebody else took over; whatever we were about to record was refused. */
export class LeaseLost extends Schema.TaggedError<LeaseLost>()("LeaseLost", {
  name: Schema.String,
  token: Schema.Int,
  /** Who took it over last, as far as that is known: `process 4711 on host-a`. */
  holder: Schema.optional(Schema.String)
}) {
  readonly kind: FailureKind = "transient"
  override get message(): string {
    const { holder = "another process", name, token } = this
    return `lost the lease on ${name} (fencing token ${token}): ${holder} has taken it over and goes on; nothing was recorded by this one after that`
  }
}

/** Exclusive rights to drive operations, shared by all processes on one database. */
export class Leases extends Context.Tag("ballast/services/Leases")<Leases, {
  /**
   * Takes the lease if it is free, released or expired, or if its holder was a process of this machine that is no more;
   * renews it while the scope is open, and releases it when the scope closes.
   */
  readonly hold: (name: string) => Effect.Effect<Lease, LeaseHeld | StoreError, Scope.Scope>
  /**
   * Renews the lease now, or fails because somebody has taken it over. To be asked immediately before an effect that no
   * database can refuse: a process that was stopped in the meantime does not know that it was.
   */
  readonly confirm: (lease: Lease) => Effect.Effect<void, LeaseLost | StoreError>
  /** Who holds it now, if anybody does. */
  readonly holder: (
    name: string
  ) => Effect.Effect<{ readonly holder: string; readonly until: DateTime.Utc } | undefined, StoreError>
}>() {}
