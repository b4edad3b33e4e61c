/** Our vault of USDC on Base, in the orderbook or behind the inventory, and what trading does to it. */
import { Effect } from "effect"
import { type Address, encodeFunctionData, type Hex, keccak256, stringToHex } from "viem"
import * as Usdc from "../../domain/Usdc.ts"
import type * as Chain from "./Chain.ts"
import { inventoryAbi, orderBookAbi } from "./ContractAbis.ts"
import { execute } from "./Execution.ts"
import type { LocalWorldError } from "./LocalWorldError.ts"
import type { Plan } from "./UsdcDeployment.ts"
import * as VaultFloat from "./VaultFloat.ts"

/** How we use the orderbook: directly, or through an inventory that owns the vaults. */
export type Shape = "orderbook" | "inventory"

export interface RainVault {
  readonly shape: Shape
  readonly orderBook: Address
  /** Deployed in either shape. */
  readonly inventory: Address
  /** Takes deposits and withdrawals, and is what must be approved: the orderbook or the inventory. */
  readonly contract: Address
  /** To the orderbook: our wallet or the inventory. */
  readonly owner: Address
  readonly id: Hex
  /** In units of 1e-6 USDC, rounded down. */
  readonly balance: Effect.Effect<bigint, LocalWorldError>
  /** As the orderbook has it. */
  readonly float: Effect.Effect<Hex, LocalWorldError>
  /**
   * Changes the balance as trading does: a gain is paid from the world's own pocket, a loss into it. `coefficient` times
   * 10^`exponent` USDC, so that a balance can have more decimals than a payment; negative for a loss, of no more than is there.
   */
  readonly trade: (coefficient: bigint, exponent: number) => Effect.Effect<void, LocalWorldError>
  /** Of the inventory. */
  readonly setPaused: (isPaused: boolean) => Effect.Effect<void, LocalWorldError>
  /** Whether the inventory lets this account deposit and withdraw. Ours may at first. */
  readonly setOperator: (account: Address, isOperator: boolean) => Effect.Effect<void, LocalWorldError>
}

/** Whose vaults ours are to the orderbook. */
export const ownerOf = ({ inventory }: Plan, shape: Shape, wallet: Address): Address =>
  shape === "orderbook" ? wallet : inventory

const operatorRole = keccak256(stringToHex("OPERATOR_ROLE"))

export const make = ({ chain, plan, shape, wallet }: {
  readonly chain: Chain.Chain
  readonly plan: Plan
  readonly shape: Shape
  /** Ours. */
  readonly wallet: Address
}): RainVault => {
  const { inventory, orderBook, vaultId } = plan
  const owner = ownerOf(plan, shape, wallet)
  const float = chain.attempt("balance of the vault", () =>
    chain.client.readContract({
      address: orderBook,
      abi: orderBookAbi,
      functionName: "vaultBalance2",
      args: [owner, plan.usdc.base, vaultId]
    }))
  const order = (what: string, to: Address, data: Hex) => execute(chain, plan.owner, { what, to, data })
  return {
    shape,
    orderBook,
    inventory,
    contract: shape === "orderbook" ? orderBook : inventory,
    owner,
    id: vaultId,
    float,
    balance: Effect.map(float, (float) => VaultFloat.toUnits(float, Usdc.decimals)),
    trade: (coefficient, exponent) => {
      const amount = VaultFloat.pack(coefficient < 0n ? -coefficient : coefficient, exponent)
      return order(
        "trading",
        orderBook,
        encodeFunctionData({
          abi: orderBookAbi,
          functionName: "trade",
          args: [owner, plan.usdc.base, vaultId, amount, coefficient > 0n]
        })
      )
    },
    setPaused: (isPaused) =>
      order(
        "pausing the inventory",
        inventory,
        encodeFunctionData({ abi: inventoryAbi, functionName: isPaused ? "pause" : "unpause" })
      ),
    setOperator: (account, isOperator) =>
      order(
        "changing a role of the inventory",
        inventory,
        encodeFunctionData({
          abi: inventoryAbi,
          functionName: isOperator ? "grantRole" : "revokeRole",
          args: [operatorRole, account]
        })
      )
  }
}
