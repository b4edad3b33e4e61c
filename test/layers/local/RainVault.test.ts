/** The local world's vaults say and do what Rain's orderbook and an inventory before it do: external-apis 4. */
import { describe, expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import { type Address, encodeDeployData, encodeFunctionData, type Hex, size, zeroAddress, zeroHash } from "viem"
import { inventoryAbi } from "../../../src/layers/local/ContractAbis.ts"
import * as Contracts from "../../../src/layers/local/Contracts.ts"
import * as VaultFloat from "../../../src/layers/local/VaultFloat.ts"
import * as Nodes from "./UsdcNodes.ts"
import * as Vaults from "./VaultClient.ts"

const { abi, granted, stranger, wallet, word } = Nodes
const { deposit, units, vaultId, withdraw } = Vaults
type Where = Vaults.Where

const operatorRole = "0x97667070c54ef182b0f5858b034beac1b6f3089aa2d3188bb1e8929f4fa9b929"
const inventoryOrder = (where: Where, data: Hex) => Vaults.byOwner(where, where.plan.inventory, data)
const paused = (where: Where) => inventoryOrder(where, encodeFunctionData({ abi: inventoryAbi, functionName: "pause" }))

/** Answers every call with a zero. */
const alwaysFalse: Hex = "0x5f5f5260205ff3"

/** A token that says 0 when it is asked for its decimals, and makes this call when it is to move. */
const reentrant = (to: Address, data: Hex): Hex => {
  const length = size(data).toString(16).padStart(4, "0")
  const code = [
    "6004 36 11 600e 57 5f 5f 52 6020 5f f3", // calldatasize > 4 ? goto 0e : return 0
    `5b 61${length} 603c 5f 39`, // 0e: memory = code[3c..]
    `5f 5f 61${length} 5f 5f 73${to.slice(2)} 5a f1 50`, // call
    "3d 5f 5f 3e 3d 5f fd" // revert with what it says
  ].join("").replaceAll(" ", "")
  return `0x${code}${data.slice(2)}`
}

interface Bad {
  readonly by?: (where: Where) => ReadonlyArray<Nodes.Transaction>
  readonly codeOf?: (where: Where) => Hex
  readonly ask: (where: Where) => Nodes.Transaction
  readonly selector?: string
  readonly says: (where: Where) => string
}

const ofOrderBook: Readonly<Record<string, Bad>> = {
  "a deposit into no vault": {
    ask: (where) => deposit("orderBook")(where, zeroHash, { id: zeroHash }),
    selector: "0x5dbdfd90",
    says: ({ plan }) => `ZeroVaultId(${wallet}, ${plan.usdc.base})`
  },
  "a withdrawal from no vault": {
    ask: (where) => withdraw("orderBook")(where, zeroHash, { id: zeroHash }),
    selector: "0x5dbdfd90",
    says: ({ plan }) => `ZeroVaultId(${wallet}, ${plan.usdc.base})`
  },
  "a deposit of nothing": {
    ask: (where) => deposit("orderBook")(where, zeroHash),
    selector: "0x6dde9c30",
    says: ({ plan }) => `ZeroDepositAmount(${wallet}, ${plan.usdc.base}, ${vaultId})`
  },
  "a deposit of less than nothing": {
    ask: (where) => deposit("orderBook")(where, units(-1n)),
    selector: "0x6dde9c30",
    says: ({ plan }) => `ZeroDepositAmount(${wallet}, ${plan.usdc.base}, ${vaultId})`
  },
  "a withdrawal of nothing": {
    ask: (where) => withdraw("orderBook")(where, zeroHash),
    selector: "0x00e8e934",
    says: ({ plan }) => `ZeroWithdrawTargetAmount(${wallet}, ${plan.usdc.base}, ${vaultId})`
  },
  "a token without code": {
    ask: (where) => deposit("orderBook")(where, units(1n), { token: stranger }),
    selector: "0xee07877f",
    says: () => `TokenDecimalsReadFailure(${stranger}, 3)`
  },
  "a token that says no": {
    codeOf: () => alwaysFalse,
    ask: (where) => deposit("orderBook")(where, units(1_000_000n), { token: stranger }),
    selector: "0x5274afe7",
    says: () => `SafeERC20FailedOperation(${stranger})`
  },
  "a token that comes back": {
    codeOf: (where) => {
      const { data } = deposit("orderBook")(where, units(1n))
      return reentrant(where.plan.orderBook, data)
    },
    ask: (where) => deposit("orderBook")(where, units(1_000_000n), { token: stranger }),
    selector: "0x3ee5aeb5",
    says: () => "ReentrancyGuardReentrantCall()"
  },
  "a missing allowance": {
    by: (where) => [Nodes.approval(where, "base", where.plan.orderBook, 99n)],
    ask: (where) => deposit("orderBook")(where, units(100n)),
    says: () => "ERC20: transfer amount exceeds allowance"
  },
  "a missing balance": {
    ask: (where) => deposit("orderBook")(where, units(granted + 1n)),
    says: () => "ERC20: transfer amount exceeds balance"
  }
}

const ofInventory: Readonly<Record<string, Bad>> = {
  "more than there is": {
    by: (where) => [deposit("inventory")(where, units(84n))],
    ask: (where) => withdraw("inventory")(where, units(100n)),
    selector: "0xba8a45d9",
    says: ({ plan }) => `InsufficientVaultLiquidity(${plan.usdc.base}, 100, 84)`
  },
  "an empty vault": {
    ask: (where) => withdraw("inventory")(where, units(100n)),
    selector: "0xba8a45d9",
    says: ({ plan }) => `InsufficientVaultLiquidity(${plan.usdc.base}, 100, 0)`
  },
  "somebody who is no operator": {
    ask: (where) => deposit("inventory")(where, units(100n), { from: stranger }),
    selector: "0xe2517d3f",
    says: () => `AccessControlUnauthorizedAccount(${stranger}, ${operatorRole})`
  },
  "somebody who is no operator any more": {
    by: (where) => [
      inventoryOrder(
        where,
        encodeFunctionData({ abi: inventoryAbi, functionName: "revokeRole", args: [operatorRole, wallet] })
      )
    ],
    ask: (where) => withdraw("inventory")(where, units(100n)),
    selector: "0xe2517d3f",
    says: () => `AccessControlUnauthorizedAccount(${wallet}, ${operatorRole})`
  },
  "a deposit while it is paused": {
    by: (where) => [paused(where)],
    ask: (where) => deposit("inventory")(where, units(100n)),
    selector: "0xd93c0665",
    says: () => "EnforcedPause()"
  },
  "a withdrawal while it is paused": {
    by: (where) => [paused(where)],
    ask: (where) => withdraw("inventory")(where, units(100n)),
    selector: "0xd93c0665",
    says: () => "EnforcedPause()"
  },
  "a deposit of nothing, in the orderbook's words": {
    ask: (where) => deposit("inventory")(where, zeroHash),
    selector: "0x6dde9c30",
    says: ({ plan }) => `ZeroDepositAmount(${plan.inventory}, ${plan.usdc.base}, ${vaultId})`
  },
  "a deposit of less than nothing": {
    ask: (where) => deposit("inventory")(where, VaultFloat.pack(-1n, 0)),
    selector: "0x4a7d166b",
    says: () => "NegativeFixedDecimalConversion(-1, 0)"
  },
  "a deposit of more decimals than USDC has": {
    ask: (where) => deposit("inventory")(where, VaultFloat.pack(10_000_005n, -7)),
    says: () => "ERC20: transfer amount exceeds balance"
  }
}

layer(Nodes.layer, { excludeTestServices: true })("a vault", (it) => {
  for (const [shape, cases] of Object.entries({ orderbook: ofOrderBook, inventory: ofInventory })) {
    describe(`of the ${shape} refuses`, () => {
      for (const [what, { ask, by = () => [], codeOf, says, selector = "0x08c379a0" }] of Object.entries(cases)) {
        it.effect(what, () =>
          Vaults.given((nodes, base) =>
            Effect.gen(function*() {
              yield* Nodes.done(base, ...by(nodes))
              if (codeOf !== undefined) yield* Nodes.setCode(base, stranger, codeOf(nodes))
              const data = yield* Nodes.revert(base, ask(nodes))
              expect(Nodes.words(data)).toBe(says(nodes))
              expect(data.slice(0, 10)).toBe(selector)
            })
          ))
      }
    })
  }

  it.effect("of an inventory is of one orderbook and has an operator, or cannot be", () =>
    Vaults.given(({ plan }, base) =>
      Effect.gen(function*() {
        const { RaindexInventory: { bytecode } } = yield* Contracts.load()
        for (const args of [[zeroAddress, wallet], [plan.orderBook, zeroAddress]] as const) {
          const data = encodeDeployData({ abi: inventoryAbi, bytecode, args })
          expect(yield* Nodes.said(base, { from: wallet, data })).toBe("ZeroAddress()")
        }
        const ask = (data: Hex) => Nodes.read(base, plan.inventory, data)
        expect(yield* ask(encodeFunctionData({ abi, functionName: "OPERATOR_ROLE" }))).toBe(operatorRole)
        expect(yield* ask(encodeFunctionData({ abi, functionName: "RAINDEX" }))).toBe(word(plan.orderBook))
        const hasRole = (account: Address) =>
          Effect.map(ask(encodeFunctionData({ abi, functionName: "hasRole", args: [operatorRole, account] })), BigInt)
        expect([yield* hasRole(wallet), yield* hasRole(stranger)]).toEqual([1n, 0n])
      })
    ))
})
