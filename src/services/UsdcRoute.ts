import { Context, type Option } from "effect"
import type { Address } from "../domain/Address.ts"
import type * as Cctp from "../domain/Cctp.ts"
import type { Usdc } from "../domain/Usdc.ts"
import type { Order, Vault } from "../domain/UsdcRebalance/State.ts"

/** Which contracts a rebalance goes through, and how much may go at once: configuration, read once at start. */
export class UsdcRoute extends Context.Tag("ballast/services/UsdcRoute")<UsdcRoute, {
  readonly usdc: { readonly ethereum: Address; readonly base: Address }
  readonly cctp: { readonly messenger: Address; readonly transmitter: Address; readonly finality: Cctp.Finality }
  /** Without one nothing is rebalanced. The owner is our own wallet unless told otherwise. */
  readonly vault: Option.Option<Omit<Vault, "owner"> & { readonly owner: Option.Option<Address> }>
  readonly shortWithdrawal: Order["shortWithdrawal"]
  readonly limits: {
    readonly min: Usdc
    readonly maxPerOperation: Option.Option<Usdc>
    /** Of the amounts asked for in the last 24 hours, both directions together, and of all that has not settled. */
    readonly maxPerDay: Option.Option<Usdc>
    /** Operations of one direction that have not settled. */
    readonly concurrent: number
  }
}>() {}
