/** Before a nonce is taken: would the call go through, what gas does it take, and can that be paid? */
import { Effect, Option } from "effect"
import type { Address } from "../../../domain/Address.ts"
import * as Decimal from "../../../domain/Decimal.ts"
import type { Chain, ChainError, ChainName, ChainView } from "../../../services/Chain.ts"
import { type OutboxCall, OutboxError, type TransactionKey } from "../../../services/TransactionOutbox.ts"
import type { Fees as FeesPerGas } from "../../sql/OutboxRow.ts"
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

/** For people: how much has to be sent, as far as that is known. */
export const shortage = (
  { balance, chain, cost, wallet }: {
    readonly chain: ChainName
    readonly wallet: Address
    readonly cost: bigint
    readonly balance: bigint
  }
): string => {
  const amounts = `gas on ${chain} can cost ${ether(cost)}, our wallet ${wallet} has ${ether(balance)}`
  return balance < cost
    ? `${amounts}: send it ${ether(cost - balance)} or more`
    : `${amounts}, which is not enough with what else it has waiting: send it ETH`
}

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
          shortage({ chain: chain.name, wallet, cost, balance })
        )
      }
      return { gas, fees }
    })
  )
