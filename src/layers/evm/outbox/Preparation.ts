/** Before a nonce is taken: would the call go through, what gas does it take, and can that be paid? */
import { Effect, Option } from "effect"
import type { Address } from "../../../domain/Address.ts"
import * as Decimal from "../../../domain/Decimal.ts"
import type { Chain, ChainError, ChainView } from "../../../services/Chain.ts"
import { type OutboxCall, OutboxError, type TransactionKey } from "../../../services/TransactionOutbox.ts"
import type { Fees as FeesPerGas } from "../../sql/OutboxTable.ts"
import * as Fees from "./Fees.ts"

export interface Prepared {
  readonly gas: bigint
  readonly fees: FeesPerGas
}

/** A quarter more than the estimate: until it is mined others may change what the call meets. */
const margin = (estimate: bigint): bigint => estimate + estimate / 4n

export const market = (view: ChainView): Effect.Effect<Fees.Market, ChainError> =>
  Effect.map(view.priorityFee, (priorityFee) => ({ baseFeePerGas: view.head.baseFeePerGas, priorityFee }))

const gwei = (wei: bigint) => `${Decimal.print(wei, 9)} gwei`
const ether = (wei: bigint) => `${Decimal.print(wei, 18)} ETH`

const isReverted = ({ reason }: ChainError): boolean => reason === "Reverted"

export const prepare = (
  chain: Chain,
  wallet: Address,
  key: TransactionKey,
  call: OutboxCall,
  ceiling: bigint
): Effect.Effect<Prepared, ChainError | OutboxError> =>
  chain.look((view) =>
    Effect.gen(function*() {
      const refuse = (reason: OutboxError["reason"], detail: string) => new OutboxError({ reason, key, detail })
      const message = { from: wallet, to: call.to, data: call.data }
      const estimate = yield* view.estimateGas(message).pipe(
        // Some nodes tell the contract's reason only where the call itself is executed.
        Effect.catchIf(isReverted, (error) => Effect.zipRight(view.call(message), error)),
        Effect.catchIf(
          isReverted,
          (error) => refuse("Reverts", `on ${chain.name} it would revert now: ${error.revert ?? error.detail}`)
        )
      )
      const gas = margin(estimate)
      const now = yield* market(view)
      const fees = yield* Option.match(Fees.first(now, ceiling), {
        onNone: () =>
          refuse(
            "FeesTooHigh",
            `gas on ${chain.name} costs ${
              gwei(now.baseFeePerGas + now.priorityFee)
            } now, the ceiling BALLAST_MAX_FEE_PER_GAS is ${gwei(ceiling)}`
          ),
        onSome: Effect.succeed
      })
      const cost = gas * fees.maxFeePerGas
      const balance = yield* view.balance(wallet)
      if (balance < cost) {
        return yield* refuse(
          "InsufficientFunds",
          `gas on ${chain.name} can cost ${ether(cost)}, our wallet ${wallet} has ${ether(balance)}: send it ${
            ether(cost - balance)
          } or more`
        )
      }
      return { gas, fees }
    })
  )
