import { Effect, Schema } from "effect"
import type { FailureKind } from "../services/FailureKind.ts"

/** A request that Ballast does not take on. Nothing was recorded and nothing was sent. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", {
  reason: Schema.Literal(
    /** No token is configured for the symbol. */
    "UnknownEquity",
    /** No BALLAST_REDEMPTION_WALLET, or it is our own. */
    "NoRedemptionWallet",
    /** No BALLAST_VAULT_CONTRACT: there is nothing to rebalance with. */
    "NoVault",
    /** Alpaca does not send to our wallet: it is not on the whitelist, or not approved yet. */
    "NotWhitelisted",
    /** More than a configured maximum. */
    "AboveLimit",
    /** Less than BALLAST_USDC_MIN. */
    "BelowLimit",
    /** The token has too few decimals for the quantity. */
    "Inexpressible",
    /** More than there is, less what other operations are about to take. */
    "InsufficientBalance",
    /** Another operation of the same kind moves the same tokens, and has not settled. */
    "AnotherInFlight",
    /** The operation was begun by another wallet than this key's. */
    "OtherWallet",
    /** Something of what was done before can still happen: not now. */
    "StillPossible",
    /** There is no failure to try anew. */
    "NotRetryable",
    /** Something irreversible has happened, or it is over. */
    "NotCancellable",
    /** There is no failure to settle by hand. */
    "NotReconcilable",
    /** The transfer that a person named cannot be this operation's. */
    "NotOurs",
    /** The id already stands for something else. */
    "DifferentRequest",
    /** No operation has this id. */
    "UnknownOperation"
  ),
  detail: Schema.String
}) {
  get kind(): FailureKind {
    return this.reason === "StillPossible" ? "transient" : "permanent"
  }
  override get message(): string {
    return `${this.detail}. Nothing was sent`
  }
}

/** `what` is its kind, for people. */
export const unknown = (what: string, id: string): Refused =>
  new Refused({ reason: "UnknownOperation", detail: `there is no ${what} with id ${id} in this database` })

/** An operation that can be continued has begun. */
export const unlessStarted = (
  what: string,
  id: string,
  { _tag }: { readonly _tag: string }
): Effect.Effect<void, Refused> => _tag === "NotStarted" ? Effect.fail(unknown(what, id)) : Effect.void

/** The same id again is the same request again. */
export const unlessSame = (
  what: string,
  id: string,
  { asked, recorded }: { readonly asked: string; readonly recorded: string }
): Effect.Effect<void, Refused> =>
  asked === recorded ? Effect.void : Effect.fail(
    new Refused({
      reason: "DifferentRequest",
      detail: `${what} ${id} is ${recorded}; this asks for ${asked}. Use another --id for another ${what}`
    })
  )
