/** Failed: look whether it turned out well after all, and if so take the rebalance back into its normal rows. */
import { DateTime, Effect, Option, type Scope } from "effect"
import type { RebalanceId } from "../../domain/OperationId.ts"
import * as Outcome from "../../domain/Outcome.ts"
import * as Rebalance from "../../domain/UsdcRebalance.ts"
import type { WalletTransfer, WalletTransferId } from "../../domain/WalletTransfer.ts"
import type { AlpacaError } from "../../services/AlpacaError.ts"
import { AlpacaWallet } from "../../services/AlpacaWallet.ts"
import { CctpBridge, type CctpError } from "../../services/CctpBridge.ts"
import type { ChainError } from "../../services/Chain.ts"
import { type Erc20, Received } from "../../services/Erc20.ts"
import type { EventStore } from "../../services/EventStore.ts"
import type { Leases } from "../../services/Leases.ts"
import type { StoreError } from "../../services/StoreError.ts"
import { isTransient, Policies, retrying } from "../Policies.ts"
import { Refused } from "../Refused.ts"
import * as AlpacaDeposit from "./AlpacaDeposit.ts"
import * as AlpacaWithdrawal from "./AlpacaWithdrawal.ts"
import * as Arrival from "./Arrival.ts"
import * as OwnStep from "./OwnStep.ts"
import * as Route from "./Route.ts"

type Failed = OwnStep.Failed

const { Recovery, State } = Rebalance

/** For a failure that is settled nobody has to look. */
export const unlessSettled = (id: RebalanceId, state: Rebalance.State.State) =>
  Outcome.settled(Rebalance.aggregate.outcome(state)) ? Effect.succeedNone : always(id, state)

export const always = (id: RebalanceId, state: Rebalance.State.State) =>
  Effect.gen(function*() {
    const found = isFailed(state) ? yield* look(id, state) : Option.none()
    const at = yield* DateTime.now
    return Option.map(found, (found): Rebalance.Command => Rebalance.Recover.make({ ...found, at }))
  })

export const isFailed = (state: Rebalance.State.State): state is Failed =>
  state._tag === "WithdrawalFailed" || state._tag === "BridgingFailed" || state._tag === "DepositFailed"

/** Where the rebalance goes on, and why. */
interface Found {
  readonly to: Rebalance.Recovery.Recovery
  readonly reason: string
}

const none: Option.Option<Found> = Option.none()
const found = (to: Rebalance.Recovery.Recovery, reason: string): Option.Option<Found> => Option.some({ to, reason })

/** Where it goes on, if it does. */
export const look = (id: RebalanceId, state: Failed) =>
  Effect.gen(function*() {
    const policies = yield* Policies
    const own = yield* OwnStep.standing(id, state)
    if (Option.isSome(own)) {
      // A burn whose logs are none of ours is a matter for a person.
      const isAdopted = own.value.standing._tag === "Done" && state.failure.reason !== "Unverifiable"
      return isAdopted ? found(own.value.to, own.value.standing.why) : none
    }
    // Once, before the tries: whoever holds it does not get it again. Nobody else claims the same transfer before its record.
    if (isSought(state)) yield* AlpacaWithdrawal.alone(Route.waiting(id, state))
    return yield* retrying(outside(id, state), { schedule: policies.retry, while: isTransient })
  })

const outside = (
  id: RebalanceId,
  state: Failed
): Effect.Effect<
  Option.Option<Found>,
  AlpacaError | CctpError | ChainError | StoreError,
  AlpacaWallet | CctpBridge | Erc20 | EventStore | Leases | Policies | Scope.Scope
> => {
  switch (state._tag) {
    case "WithdrawalFailed":
      return withdrawal(id, state)
    case "BridgingFailed":
      // What the chain shows under our nonce does not change.
      return state.failure.reason === "Unverifiable" ? Effect.succeed(none) : minting(state)
    case "DepositFailed":
      return deposit(state)
  }
}

/** An order of which nothing is known: Alpaca may show a transfer of it by now. */
const isSought = (state: Failed): boolean =>
  state._tag === "WithdrawalFailed" && state.withdrawn === undefined && state.withdrawal === undefined &&
  (state.failure.reason === "TimedOut" || state.failure.reason === "Unverifiable")

/** A withdrawal that brought something is what it is; one that was never ordered has nothing to be found. */
const withdrawal = (id: RebalanceId, state: typeof State.WithdrawalFailed.Type) =>
  Effect.gen(function*() {
    const alpaca = yield* AlpacaWallet
    const { withdrawal, withdrawn } = state
    if (withdrawn !== undefined) return none
    if (withdrawal === undefined) {
      if (!isSought(state)) return none
      const shown = yield* AlpacaWithdrawal.find(id, state)
      return Option.flatMap(shown, ({ id }) =>
        found(
          Recovery.Withdrawing.make({ withdrawal: State.AlpacaTransfer.make({ id }) }),
          `Alpaca shows transfer ${id}`
        ))
    }
    if (withdrawal._tag !== "AlpacaTransfer") return none
    const shown = yield* alpaca.getTransfer(withdrawal.id)
    const hasNews = Option.isSome(shown) && (yield* isNews(state, shown.value))
    return hasNews
      ? found(Recovery.Withdrawing.make({ withdrawal }), `transfer ${withdrawal.id} has come to an end after all`)
      : none
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

/** A burn is minted as soon as it is attested, and its mint would not be refused. */
export const minting = (state: typeof State.BridgingFailed.Type) =>
  Effect.gen(function*() {
    const bridge = yield* CctpBridge
    const { attested, burn, withdrawal, withdrawn } = state
    if (burn === undefined) return none
    const known = { withdrawal, withdrawn, burn }
    if (attested === undefined) {
      const seen = yield* bridge.attestation(Route.lane(state), burn)
      return seen._tag === "Ready" ? found(Recovery.Bridging.make(known), "Circle has attested the burn") : none
    }
    if (yield* bridge.canMint(Route.lane(state), { ...attested, burn })) {
      return found(Recovery.Attested.make({ ...known, attested }), "the burn is minted, or can be minted now")
    }
    // Attesters change. What Circle shows now may be signed by those that the destination knows now.
    const seen = yield* bridge.attestation(Route.lane(state), burn)
    return seen._tag === "Ready" && seen.attestation.attestation !== attested.attestation
      ? found(Recovery.Attested.make({ ...known, attested: seen.attestation }), "Circle has attested the burn anew")
      : none
  })

const deposit = (state: typeof State.DepositFailed.Type) =>
  Effect.gen(function*() {
    const { attested, burn, deposit, direction, minted, withdrawal, withdrawn } = state
    if (direction !== "BaseToAlpaca" || deposit === undefined) return none
    const shown = yield* AlpacaDeposit.found(state, deposit)
    return Option.exists(shown, ({ status }) => status === "Complete")
      ? found(
        Recovery.DepositInitiated.make({ withdrawal, withdrawn, burn, attested, minted, deposit }),
        "Alpaca has credited the deposit"
      )
      : none
  })

/** What a person says: of several transfers it is this one. Legal while nobody knows which it is. */
export const named = (id: RebalanceId, state: Rebalance.State.State, transfer: WalletTransferId) =>
  Effect.gen(function*() {
    const isUnknown =
      (state._tag === "Requested" || (state._tag === "WithdrawalFailed" && state.withdrawn === undefined)) &&
      state.direction === "AlpacaToBase"
    if (!isUnknown) {
      return yield* new Refused({
        reason: "NotOurs",
        detail: `rebalance ${id} is ${state._tag} and does not wait to be told which transfer of Alpaca's is its own`
      })
    }
    yield* AlpacaWithdrawal.alone(Route.waiting(id, state))
    const withdrawal = yield* AlpacaWithdrawal.named(id, state, transfer)
    const at = yield* DateTime.now
    const command: Rebalance.Command = state._tag === "Requested"
      ? Rebalance.Initiate.make({ withdrawal, at })
      : Rebalance.Recover.make({
        to: Recovery.Withdrawing.make({ withdrawal }),
        reason: `a person says that transfer ${transfer} is its withdrawal`,
        at
      })
    return command
  })
