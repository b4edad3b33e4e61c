/** Where the money of a rebalance is on its way, by the direction. */
import { DateTime, Effect } from "effect"
import type { Place, Reason } from "../../domain/Failure.ts"
import type { RebalanceId } from "../../domain/OperationId.ts"
import * as TokenAmount from "../../domain/TokenAmount.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import * as Usdc from "../../domain/Usdc.ts"
import * as Rebalance from "../../domain/UsdcRebalance.ts"
import { Alerts } from "../../services/Alerts.ts"
import type { Lane } from "../../services/CctpBridge.ts"
import { BaseChain, type ChainName, EthereumChain } from "../../services/Chain.ts"
import type { Token } from "../../services/Erc20.ts"
import * as Progress from "../Progress.ts"
import * as Waiting from "../Waiting.ts"

type Direction = Rebalance.State.Direction
type Order = Rebalance.State.Order

interface Legs {
  readonly source: ChainName
  readonly destination: ChainName
  /** Where it comes from. */
  readonly origin: Place
  /** Our wallet, after the withdrawal. */
  readonly withdrawn: Place
  /** Our wallet, after the mint. */
  readonly bridged: Place
}

export const legs: { readonly [D in Direction]: Legs } = {
  AlpacaToBase: {
    source: "ethereum",
    destination: "base",
    origin: "Alpaca",
    withdrawn: "EthereumWallet",
    bridged: "BaseWallet"
  },
  BaseToAlpaca: {
    source: "base",
    destination: "ethereum",
    origin: "Vault",
    withdrawn: "BaseWallet",
    bridged: "EthereumWallet"
  }
}

export const token = (chain: ChainName, { usdc }: Pick<Order, "usdc">): Token => ({
  chain,
  address: usdc[chain],
  decimals: Usdc.decimals
})

export const tokens = (amount: Usdc.Usdc): TokenAmount.TokenAmount =>
  TokenAmount.make({ units: amount, decimals: Usdc.decimals })

export const lane = ({ cctp, direction, usdc, wallet }: Order): Lane => {
  const { destination, source } = legs[direction]
  return { source, destination, wallet, usdc, messenger: cctp.messenger, transmitter: cctp.transmitter }
}

/** The number of the latest block there. */
export const block = (chain: ChainName) =>
  Effect.gen(function*() {
    const chains = { ethereum: yield* EthereumChain, base: yield* BaseChain }
    const { number } = yield* chains[chain].block
    return number
  })

type Failing = { readonly reason: Reason; readonly detail: string; readonly place: Place }

const timed = <C>(command: (at: DateTime.Utc) => C): Effect.Effect<C> => Effect.map(DateTime.now, command)

export const failWithdrawal = (
  failing: Failing & Pick<typeof Rebalance.FailWithdrawal.Type, "withdrawn">
): Effect.Effect<Rebalance.Command> => timed((at) => Rebalance.FailWithdrawal.make({ ...failing, at }))

export const failBridging = (failing: Failing): Effect.Effect<Rebalance.Command> =>
  timed((at) => Rebalance.FailBridging.make({ ...failing, at }))

export const failDeposit = (failing: Failing): Effect.Effect<Rebalance.Command> =>
  timed((at) => Rebalance.FailDeposit.make({ ...failing, at }))

/** A deposit that has been mined, at depth; one that moved nothing is a failure. */
export const deposited = (
  { minted }: Pick<typeof Rebalance.State.Bridged.Type, "minted">,
  place: Place,
  txHash: TxHash,
  moved: TokenAmount.TokenAmount
): Effect.Effect<Waiting.Seen<Rebalance.Command>> =>
  Effect.map(
    moved.units === 0n
      ? failDeposit({
        reason: "Reverted",
        detail: `transaction ${txHash} was mined, but moved nothing of ${Usdc.print(minted.received)} USDC`,
        place
      })
      : timed((at): Rebalance.Command =>
        Rebalance.InitiateDeposit.make({ deposit: Rebalance.State.OnchainTx.make({ txHash }), at })
      ),
    (answer) => Waiting.Answer({ answer })
  )

/** What was credited may differ from what was sent; that is a matter for a person, and no reason to stop. */
export const compare = (
  id: RebalanceId,
  { deposit, minted }: typeof Rebalance.State.DepositInitiated.Type,
  credited: Usdc.Usdc,
  rest: string
) =>
  Effect.gen(function*() {
    if (credited === minted.received) return
    const alerts = yield* Alerts
    yield* alerts.raise({
      condition: `${id}/credited-other-than-sent`,
      operation: id,
      message: `rebalance ${id}: ${
        Usdc.print(minted.received)
      } USDC were to be deposited in transaction ${deposit.txHash}, and ${
        Usdc.print(credited)
      } were credited; the difference ${rest}`
    })
  })

/** What a state waits for, with its deadline if it has one. */
export const waiting = (id: string, { _tag, since }: { readonly _tag: string; readonly since: DateTime.Utc }) =>
  Progress.waiting({ type: Rebalance.aggregate.type, id, state: _tag, since })
