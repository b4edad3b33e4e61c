/** What is done to the local world's vaults in the tests. */
import { Effect } from "effect"
import { type Address, decodeEventLog, encodeFunctionData, getAddress, type Hex, keccak256, stringToHex } from "viem"
import type * as Chain from "../../../src/layers/local/Chain.ts"
import { orderBookAbi } from "../../../src/layers/local/ContractAbis.ts"
import * as VaultFloat from "../../../src/layers/local/VaultFloat.ts"
import * as Nodes from "./UsdcNodes.ts"

const { abi, wallet } = Nodes

export const vaultId = keccak256(stringToHex("a vault"))
export const units = (value: bigint) => VaultFloat.pack(value, -6)

export type Shape = "orderBook" | "inventory"
export type Where = Pick<Nodes.Nodes, "plan">
interface Asked {
  readonly token?: Address
  readonly id?: Hex
  readonly from?: Address
}

const move = (functionName: "deposit4" | "withdraw4") =>
(shape: Shape) =>
(
  { plan }: Where,
  amount: Hex,
  { from = wallet, id = vaultId, token = plan.usdc.base }: Asked = {}
): Nodes.Transaction => ({
  from,
  to: plan[shape],
  data: encodeFunctionData({ abi, functionName, args: [token, id, amount, []] })
})
export const [deposit, withdraw] = [move("deposit4"), move("withdraw4")]

export const byOwner = ({ plan }: Where, to: Address, data: Hex): Nodes.Transaction => ({
  from: plan.owner.address,
  to,
  data
})

/** As trading changes the wallet's vault. */
export const trade = (where: Where, amount: Hex) =>
  byOwner(
    where,
    where.plan.orderBook,
    encodeFunctionData({
      abi: orderBookAbi,
      functionName: "trade",
      args: [wallet, where.plan.usdc.base, vaultId, amount, true]
    })
  )

export const balanceOf = ({ chains, plan }: Nodes.Nodes, owner: Address, id: Hex = vaultId) =>
  Nodes.read(
    chains.base,
    plan.orderBook,
    encodeFunctionData({ abi, functionName: "vaultBalance2", args: [owner, plan.usdc.base, id] })
  )

/** What it does has not been afterwards. */
export const given = <A, E>(run: (nodes: Nodes.Nodes, base: Chain.Chain) => Effect.Effect<A, E>) =>
  Effect.flatMap(Nodes.UsdcNodes, (nodes) => Nodes.aside(nodes.chains.base, run(nodes, nodes.chains.base)))

/** What the orderbook says of its last move, and what the wallet has got by it. */
export const moving = (nodes: Nodes.Nodes, transaction: Nodes.Transaction) =>
  Effect.gen(function*() {
    const before = yield* Nodes.balanceOf(nodes, "base", wallet)
    const [receipt = { logs: [] }] = yield* Nodes.done(nodes.chains.base, transaction)
    const told = receipt.logs.filter(({ address }) => getAddress(address) === nodes.plan.orderBook)
      .map(({ data, topics: [first, ...others] }) =>
        decodeEventLog({ abi: orderBookAbi, data, topics: [first, ...others] })
      )
    return { told, gain: (yield* Nodes.balanceOf(nodes, "base", wallet)) - before }
  })
