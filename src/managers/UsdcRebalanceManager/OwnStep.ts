/** The transaction of our own wallet that a failed rebalance stopped at, where it was one. */
import { Effect, Option } from "effect"
import type { RebalanceId } from "../../domain/OperationId.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import * as Rebalance from "../../domain/UsdcRebalance.ts"
import type { ChainError } from "../../services/Chain.ts"
import { type Erc20, Received } from "../../services/Erc20.ts"
import type { Vault } from "../../services/Vault.ts"
import * as Standing from "../Standing.ts"
import * as AlpacaDeposit from "./AlpacaDeposit.ts"
import * as Arrival from "./Arrival.ts"
import * as Route from "./Route.ts"
import * as VaultDeposit from "./VaultDeposit.ts"

const { Recovery, State } = Rebalance

export type Failed =
  | typeof State.WithdrawalFailed.Type
  | typeof State.BridgingFailed.Type
  | typeof State.DepositFailed.Type

interface OwnStep {
  readonly standing: Standing.Standing
  /** Where it is taken again, or adopted. */
  readonly to: Rebalance.Recovery.Recovery
}

const ownStep = (standing: Standing.Standing, to: OwnStep["to"]): Option.Option<OwnStep> =>
  Option.some({ standing, to })
const none: Option.Option<OwnStep> = Option.none()

/** What has become of it, and where it is taken again, or adopted. None where somebody else has the money. */
export const standing = (id: RebalanceId, state: Failed) =>
  Effect.gen(function*() {
    switch (state._tag) {
      case "WithdrawalFailed": {
        if (state.direction !== "BaseToAlpaca" || state.withdrawn !== undefined) return none
        const found = yield* Standing.of(id, Rebalance.steps.withdraw, (txHash) => Arrival.receivedBy(state, txHash))
        return ownStep(found, Recovery.Requested.make({}))
      }
      case "BridgingFailed": {
        const { burn, withdrawal, withdrawn } = state
        if (burn !== undefined) return none
        // A burn that is mined has burned all of it.
        const burned = Effect.succeed(Received.Confirmed({ amount: Route.tokens(withdrawn.received) }))
        const found = yield* Standing.of(id, Rebalance.steps.burn, () => burned)
        return ownStep(found, Recovery.WithdrawalComplete.make({ withdrawal, withdrawn }))
      }
      case "DepositFailed": {
        const { attested, burn, deposit, direction, minted, withdrawal, withdrawn } = state
        if (deposit !== undefined) return none
        const moved = (txHash: TxHash): Effect.Effect<Received, ChainError, Erc20 | Vault> =>
          direction === "AlpacaToBase" ? VaultDeposit.moved(state, txHash) : AlpacaDeposit.moved(state, txHash)
        const found = yield* Standing.of(id, Rebalance.steps.deposit, moved)
        return ownStep(found, Recovery.Bridged.make({ withdrawal, withdrawn, burn, attested, minted }))
      }
    }
  })
