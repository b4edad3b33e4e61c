/** Faults below the outbox, which is built again on top of a chain that does what it should not. */
import { Context } from "effect"
import { BaseChain, EthereumChain } from "../../src/services/Chain.ts"
import * as Below from "../Below.ts"
import type { Plant } from "../Program.ts"

/** Depends on a transaction as soon as it is mined. */
export const believeTheFirstBlock: Plant = (parts, plan) => {
  const changed = parts.pipe(
    Context.add(EthereumChain, { ...Context.get(parts, EthereumChain), confirmations: 1 }),
    Context.add(BaseChain, { ...Context.get(parts, BaseChain), confirmations: 1 })
  )
  return Below.rebuilt(changed, plan, Below.outbox(plan))
}
