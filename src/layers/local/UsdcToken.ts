/** USDC on one chain of the local world, and what its issuer can do to it. */
import { type Effect } from "effect"
import { type Address, encodeFunctionData, type Hex } from "viem"
import type * as Chain from "./Chain.ts"
import { usdcAbi } from "./ContractAbis.ts"
import { execute } from "./Execution.ts"
import type { LocalWorldError } from "./LocalWorldError.ts"

export interface UsdcToken {
  readonly address: Address
  /** Creates so many units of 1e-6 at an address; mined when it is done. */
  readonly mint: (to: Address, units: bigint) => Effect.Effect<void, LocalWorldError>
  /** In units of 1e-6. */
  readonly balanceOf: (owner: Address) => Effect.Effect<bigint, LocalWorldError>
  readonly totalSupply: Effect.Effect<bigint, LocalWorldError>
  /** Neither sends nor receives any more, or does again. */
  readonly setBlacklisted: (account: Address, isBlacklisted: boolean) => Effect.Effect<void, LocalWorldError>
  /** Stops every movement, or allows it again. */
  readonly setPaused: (isPaused: boolean) => Effect.Effect<void, LocalWorldError>
  /** What a minter may create before it is asked anew. */
  readonly setMinterAllowance: (minter: Address, units: bigint) => Effect.Effect<void, LocalWorldError>
}

export const make = ({ address, chain, owner }: {
  readonly address: Address
  readonly chain: Chain.Chain
  readonly owner: Chain.Wallet
}): UsdcToken => {
  const abi = usdcAbi
  const order = (what: string, data: Hex) => execute(chain, owner, { what, to: address, data })
  return {
    address,
    mint: (to, units) => order("creating USDC", encodeFunctionData({ abi, functionName: "mint", args: [to, units] })),
    balanceOf: (account) =>
      chain.attempt(
        "balance of USDC",
        () => chain.client.readContract({ address, abi, functionName: "balanceOf", args: [account] })
      ),
    totalSupply: chain.attempt(
      "supply of USDC",
      () => chain.client.readContract({ address, abi, functionName: "totalSupply" })
    ),
    setBlacklisted: (account, isBlacklisted) =>
      order(
        "blacklisting",
        encodeFunctionData({ abi, functionName: "setBlacklisted", args: [account, isBlacklisted] })
      ),
    setPaused: (isPaused) =>
      order("pausing USDC", encodeFunctionData({ abi, functionName: "setPaused", args: [isPaused] })),
    setMinterAllowance: (minter, units) =>
      order(
        "changing a minter's allowance",
        encodeFunctionData({ abi, functionName: "configureMinter", args: [minter, units] })
      )
  }
}
