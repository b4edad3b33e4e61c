/** Failed: look whether it turned out well after all, and if so take the rebalance back into its normal rows. */
import { DateTime, Effect, Option, type Scope } from "effect"
import type { RebalanceId } from "../../domain/OperationId.ts"
import * as Outcome from "../../domain/Outcome.ts"
import * as Rebalance from "../../domain/UsdcRebalance.ts"
import type { WalletTransfer } from "../../domain/WalletTransfer.ts"
import type { AlpacaError } from "../../services/AlpacaError.ts"
import { AlpacaWallet } from "../../services/AlpacaWallet.ts"
import { CctpBridge, type CctpError } from "../../services/CctpBridge.ts"
import type { ChainError } from "../../services/Chain.ts"
import { type Erc20, Received } from "../../services/Erc20.ts"
import type { EventStore } from "../../services/EventStore.ts"
import type { Leases } from "../../services/Leases.ts"
import type { StoreError } from "../../services/StoreError.ts"
import { isTransient, Policies, retrying } from "../Policies.ts"
import * as AlpacaDeposit from "./AlpacaDeposit.ts"
import * as AlpacaWithdrawal from "./AlpacaWithdrawal.ts"
import * as Arrival from "./Arrival.ts"
import * as Route from "./Route.ts"

const { Recovery, State } = Rebalance

/** For a failure that is settled nobody has to look. */
export const unlessSettled = (id: RebalanceId, state: Rebalance.State.State) =>
  Outcome.settled(Rebalance.aggregate.outcome(state)) ? Effect.succeedNone : always(id, state)

export const always = (id: RebalanceId, state: Rebalance.State.State) =>
  Effect.gen(function*() {
    const policies = yield* Policies
    const to = yield* retrying(look(id, state), { schedule: policies.retry, while: isTransient })
    const at = yield* DateTime.now
    return Option.map(to, (to): Rebalance.Command => Rebalance.Recover.make({ to, at }))
  })

type Found = Option.Option<Rebalance.Recovery.Recovery>

/** Where the rebalance goes on, if it does. */
const look = (
  id: RebalanceId,
  state: Rebalance.State.State
): Effect.Effect<
  Found,
  AlpacaError | CctpError | ChainError | StoreError,
  AlpacaWallet | CctpBridge | Erc20 | EventStore | Leases | Policies | Scope.Scope
> => {
  switch (state._tag) {
    case "WithdrawalFailed":
      return withdrawal(id, state)
    case "BridgingFailed":
      return bridging(state)
    case "DepositFailed":
      return deposit(state)
    default:
      return Effect.succeedNone
  }
}

/** A withdrawal that brought something is what it is; one that was never ordered has nothing to be found. */
const withdrawal = (id: RebalanceId, state: typeof State.WithdrawalFailed.Type) =>
  Effect.gen(function*() {
    const alpaca = yield* AlpacaWallet
    const { failure, withdrawal, withdrawn } = state
    if (state.direction !== "AlpacaToBase" || withdrawn !== undefined) return Option.none()
    if (withdrawal === undefined) {
      if (failure.reason !== "TimedOut") return Option.none()
      // Nobody else claims the same transfer between this look and its record.
      yield* AlpacaWithdrawal.alone(Route.waiting(id, state))
      const found = yield* Effect.flatMap(AlpacaWithdrawal.sought(id, state), alpaca.findWithdrawal)
      return Option.map(found, ({ id }) => Recovery.Withdrawing.make({ withdrawal: State.AlpacaTransfer.make({ id }) }))
    }
    if (withdrawal._tag !== "AlpacaTransfer") return Option.none()
    const shown = yield* alpaca.getTransfer(withdrawal.id)
    const hasNews = Option.isSome(shown) && (yield* isNews(state, shown.value))
    return hasNews ? Option.some(Recovery.Withdrawing.make({ withdrawal })) : Option.none()
  })

/** Whether the normal rows would now get further than the failure did: of what was sent the chain's word counts, not Alpaca's. */
const isNews = (state: typeof State.WithdrawalFailed.Type, { status, txHash }: WalletTransfer) =>
  Option.match(txHash, {
    onNone: () => Effect.succeed(status === "Failed" && state.failure.reason !== "Rejected"),
    onSome: (txHash) =>
      Effect.map(
        Arrival.receivedBy(state, txHash),
        // What only lacks confirmations is on its way: the row waits for them.
        Received.$match({
          NotMined: () => false,
          Reverted: () => false,
          Unconfirmed: () => true,
          Confirmed: ({ amount }) => amount.units > 0n
        })
      )
  })

const bridging = (state: typeof State.BridgingFailed.Type) =>
  Effect.gen(function*() {
    const bridge = yield* CctpBridge
    const { attested, burn, withdrawal, withdrawn } = state
    if (burn === undefined) return Option.none()
    const known = { withdrawal, withdrawn, burn }
    if (attested === undefined) {
      const seen = yield* bridge.attestation(Route.lane(state), burn)
      return seen._tag === "Ready" ? Option.some(Recovery.Bridging.make(known)) : Option.none()
    }
    if (yield* bridge.canMint(Route.lane(state), { ...attested, burn })) {
      return Option.some(Recovery.Attested.make({ ...known, attested }))
    }
    // Attesters change. What Circle shows now may be signed by those that the destination knows now.
    const seen = yield* bridge.attestation(Route.lane(state), burn)
    return seen._tag === "Ready" && seen.attestation.attestation !== attested.attestation
      ? Option.some(Recovery.Attested.make({ ...known, attested: seen.attestation }))
      : Option.none()
  })

const deposit = (state: typeof State.DepositFailed.Type) =>
  Effect.gen(function*() {
    const { attested, burn, deposit, direction, minted, withdrawal, withdrawn } = state
    if (direction !== "BaseToAlpaca" || deposit === undefined) return Option.none()
    const shown = yield* AlpacaDeposit.found(state, deposit)
    return Option.exists(shown, ({ status }) => status === "Complete")
      ? Option.some(Recovery.DepositInitiated.make({ withdrawal, withdrawn, burn, attested, minted, deposit }))
      : Option.none()
  })
