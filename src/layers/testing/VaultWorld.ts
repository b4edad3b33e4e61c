import { Context, type Effect } from "effect"
import type { Address } from "../../domain/Address.ts"
import type { Float } from "../../domain/Float.ts"
import type { Usdc } from "../../domain/Usdc.ts"
import type { Vault } from "../../domain/UsdcRebalance/State.ts"

/**
 * The other side of a vault, as its contract suite needs it. Blocks come when they are mined and not otherwise; what is
 * changed here is so at once, or in a block of its own.
 */
export class VaultWorld extends Context.Tag("ballast/testing/VaultWorld")<VaultWorld, {
  /** USDC on Base. */
  readonly token: Address
  /** The shape of all of them; which one is said by its id. */
  readonly vault: Omit<Vault, "id">
  /** Whether a vault pays what it has when it has less than is asked: the orderbook does, an inventory reverts. */
  readonly paysPartly: boolean
  /** With whatever waits in the mempool. */
  readonly mine: (blocks: number) => Effect.Effect<void>
  /** Enough of the chain's own coin for all that it will send. */
  readonly giveGas: (owner: Address) => Effect.Effect<void>
  /** That much more than before. */
  readonly giveUsdc: (owner: Address, amount: Usdc) => Effect.Effect<void>
  readonly usdcOf: (owner: Address) => Effect.Effect<Usdc>
  /** Changes what is in a vault as trading does; a negative number takes, and no more than is there. In USDC. */
  readonly trade: (id: Vault["id"], change: Float) => Effect.Effect<void>
  /** What is in a vault, in USDC, in whatever encoding the orderbook has it. */
  readonly holding: (id: Vault["id"]) => Effect.Effect<Float>
}>() {}
