/**
 * A vault on a chain in memory, in the shape of Rain's orderbook: it takes what was approved, and pays what it has. There is
 * one: whatever USDC the contract holds is in it, whoever asks and by whichever id.
 */
import { Either, Option } from "effect"
import { decodeFunctionData } from "viem"
import * as Address from "../../domain/Address.ts"
import * as Float from "../../domain/Float.ts"
import * as Usdc from "../../domain/Usdc.ts"
import { vaultAbi } from "../evm/VaultAbi.ts"
import * as MemoryChain from "./MemoryChain.ts"

const unitsOf = (float: `0x${string}`) =>
  Float.fromHex(float).pipe(
    Either.flatMap((amount) => Float.toFixedFloor(amount, Usdc.decimals)),
    Either.mapLeft(({ message }) => message)
  )

export const contract: MemoryChain.Contract = (state, { data, from, to: vault }) => {
  const call = Option.getOrUndefined(Option.liftThrowable(() => decodeFunctionData({ abi: vaultAbi, data }))())
  if (call === undefined) return Either.left("no such function")
  const token = Address.make(call.functionName === "vaultBalance2" ? call.args[1] : call.args[0])
  const held = state.units.get(MemoryChain.holding(token, vault)) ?? 0n
  switch (call.functionName) {
    case "deposit4":
      return Either.flatMap(unitsOf(call.args[2]), (units) => {
        const allowance = `${token}/${from}/${vault}`
        const allowed = state.allowances.get(allowance) ?? 0n
        if (allowed < units) return Either.left("ERC20: insufficient allowance")
        const allowances = new Map(state.allowances).set(allowance, allowed - units)
        return MemoryChain.move({ ...state, allowances }, { token, from, to: vault, units })
      })
    case "withdraw4":
      return Either.flatMap(
        unitsOf(call.args[2]),
        (asked) => MemoryChain.move(state, { token, from: vault, to: from, units: asked < held ? asked : held })
      )
    case "vaultBalance2":
      return Either.mapBoth(Float.toHex(Float.fromFixed(held, Usdc.decimals)), {
        onLeft: ({ message }) => message,
        onRight: (output) => ({ after: state, output, logs: [] })
      })
  }
}
