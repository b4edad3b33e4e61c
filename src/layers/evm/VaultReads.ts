/** What Rain's orderbook answers. Source: external-apis 4. */
import { Effect, Either } from "effect"
import { encodeFunctionData } from "viem"
import type { Address } from "../../domain/Address.ts"
import * as Float from "../../domain/Float.ts"
import * as Usdc from "../../domain/Usdc.ts"
import type { Vault } from "../../domain/UsdcRebalance/State.ts"
import { ChainError, type ChainReads } from "../../services/Chain.ts"
import { vaultAbi } from "./VaultAbi.ts"

/** Rounded down: trading leaves more decimals than USDC has. */
export const balance = (base: ChainReads, vault: Pick<Vault, "id" | "owner" | "reader">, token: Address) =>
  Effect.gen(function*() {
    const data = encodeFunctionData({
      abi: vaultAbi,
      functionName: "vaultBalance2",
      args: [vault.owner, token, vault.id]
    })
    const answer = yield* base.call({ to: vault.reader, data })
    const units = Either.flatMap(Float.fromHex(answer), (float) => Float.toFixedFloor(float, Usdc.decimals))
    return yield* Either.mapBoth(units, {
      onLeft: ({ message }) =>
        new ChainError({
          reason: "BadAnswer",
          chain: "base",
          action: `balance of vault ${vault.id} of ${vault.owner}`,
          detail: `${vault.reader} does not answer as an orderbook does: ${message}`
        }),
      onRight: Usdc.fromUnits
    })
  })
