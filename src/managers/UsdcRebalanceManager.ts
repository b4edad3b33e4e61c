/** USDC between Alpaca and the vault on Base: withdraw, burn, attest, mint, deposit. */
import { DateTime, Effect, Option } from "effect"
import type { RebalanceId } from "../domain/OperationId.ts"
import * as Usdc from "../domain/Usdc.ts"
import * as Rebalance from "../domain/UsdcRebalance.ts"
import type { WalletTransferId } from "../domain/WalletTransfer.ts"
import { CctpBridge } from "../services/CctpBridge.ts"
import { EventStore } from "../services/EventStore.ts"
import type { Lease } from "../services/Leases.ts"
import { Refused, unknown, unlessSame } from "./Refused.ts"
import * as Steps from "./Steps.ts"
import * as AlpacaDeposit from "./UsdcRebalanceManager/AlpacaDeposit.ts"
import * as AlpacaWithdrawal from "./UsdcRebalanceManager/AlpacaWithdrawal.ts"
import * as Arrival from "./UsdcRebalanceManager/Arrival.ts"
import * as Bridging from "./UsdcRebalanceManager/Bridging.ts"
import * as Cancel from "./UsdcRebalanceManager/Cancel.ts"
import * as Limits from "./UsdcRebalanceManager/Limits.ts"
import * as Order from "./UsdcRebalanceManager/Order.ts"
import * as Recheck from "./UsdcRebalanceManager/Recheck.ts"
import * as Retry from "./UsdcRebalanceManager/Retry.ts"
import * as Route from "./UsdcRebalanceManager/Route.ts"
import * as VaultDeposit from "./UsdcRebalanceManager/VaultDeposit.ts"
import * as VaultWithdrawal from "./UsdcRebalanceManager/VaultWithdrawal.ts"
import * as Verbs from "./Verbs.ts"
import * as Waiting from "./Waiting.ts"

type Rest =
  | "NotStarted"
  | "DepositConfirmed"
  | "WithdrawalFailed"
  | "BridgingFailed"
  | "DepositFailed"
  | "Reconciled"

type Table = Steps.Steps<Rebalance.State.State, Rebalance.Command, Rest>

const alpacaToBase = (id: RebalanceId) => ({
  Requested: (state, attempt) => AlpacaWithdrawal.findOrOrder(id, state, attempt),
  Withdrawing: (state) => Arrival.awaitArrival(id, state),
  WithdrawalComplete: (state, { lease }) => Bridging.burn(id, state, lease),
  Bridging: (state) => Bridging.awaitAttestation(id, state),
  Attested: (state, { lease }) => Bridging.mint(id, state, lease),
  Bridged: (state, { lease }) => VaultDeposit.send(id, state, lease),
  DepositInitiated: (state) => VaultDeposit.confirm(id, state)
} satisfies Table)

const baseToAlpaca = (id: RebalanceId) => ({
  Requested: (state, { lease }) => VaultWithdrawal.send(id, state, lease),
  Withdrawing: (state) => Arrival.awaitArrival(id, state),
  WithdrawalComplete: (state, { lease }) => Bridging.burn(id, state, lease),
  Bridging: (state) => Bridging.awaitAttestation(id, state),
  Attested: (state, { lease }) => Bridging.mint(id, state, lease),
  Bridged: (state, { lease }) => AlpacaDeposit.send(id, state, lease),
  DepositInitiated: (state) => AlpacaDeposit.awaitCredit(id, state)
} satisfies Table)

type Opening = Steps.Opening<Rebalance.Command, Refused>

const driving = { name: "UsdcRebalanceManager", aggregate: Rebalance.aggregate }

type Open<E, R> = (state: Rebalance.State.State, lease: Lease) => Effect.Effect<Option.Option<Opening>, E, R>

/** By the table of its direction, which never changes once it is recorded. */
const inTurns = <E, R>(id: RebalanceId, direction: Rebalance.State.Direction, open: Open<E, R>) =>
  direction === "AlpacaToBase"
    ? Steps.drive({ ...driving, id, steps: alpacaToBase(id), open })
    : Steps.drive({ ...driving, id, steps: baseToAlpaca(id), open })

const withoutGuard = Option.map((command: Rebalance.Command): Opening => ({ command }))

const execute = (direction: Rebalance.State.Direction) => (id: RebalanceId, amount: Usdc.Usdc) =>
  Waiting.patiently(inTurns(
    id,
    direction,
    Effect.fnUntraced(function*(state) {
      if (state._tag === "NotStarted") return Option.some(yield* opening(id, direction, amount))
      yield* unlessSame("rebalance", id, { asked: print({ direction, amount }), recorded: print(state) })
      return withoutGuard(yield* Recheck.unlessSettled(id, state))
    })
  ))

/**
 * Withdraws `amount` from Alpaca and puts what arrives of it into the vault, and answers the state in which the rebalance
 * has finished. Safe to repeat with the same `id`: it continues, and is refused if it now asks for something else.
 */
export const executeAlpacaToBase = execute("AlpacaToBase")

/** Withdraws `amount` from the vault and puts what arrives of it into Alpaca's wallet; otherwise as the other direction. */
export const executeBaseToAlpaca = execute("BaseToAlpaca")

/** As `resume`, for whoever has others to attend to in the pauses. Each turn is to be run uninterruptibly. */
export const resuming = (id: RebalanceId) =>
  startedInTurns(id, (state) => Effect.map(Recheck.unlessSettled(id, state), withoutGuard))

/** Continues a rebalance where it stands; one that failed without being settled is looked at again. */
export const resume = (id: RebalanceId) => Waiting.patiently(resuming(id))

/**
 * Asks Alpaca, Circle and the chains about a failed rebalance and adopts what turned out well after all. `transfer` is what a
 * person says of a withdrawal from Alpaca where several could be ours: it is this one.
 */
export const recheck = (id: RebalanceId, transfer: Option.Option<WalletTransferId> = Option.none()) =>
  started(id, (state) =>
    Effect.gen(function*() {
      return withoutGuard(
        Option.isSome(transfer)
          ? Option.some(yield* Recheck.named(id, state, transfer.value))
          : yield* Recheck.always(id, state)
      )
    }))

/** Orders a new try of the step that failed, once nothing of the old one can still happen; what has come goes on. */
export const retry = (id: RebalanceId) =>
  started(id, (state, lease) =>
    Effect.gen(function*() {
      yield* Verbs.unlessFailed(subject(id, state), "NotRetryable")
      return Recheck.isFailed(state) ? Option.some<Opening>(yield* Retry.opening(id, state, lease)) : Option.none()
    }))

/** Cancels a rebalance before anything has left its source; what has left all the same goes on. */
export const cancel = (id: RebalanceId, reason: string) =>
  started(id, (state, lease) =>
    Effect.gen(function*() {
      yield* Verbs.unlessCancellable(subject(id, state))
      return state._tag === "Requested"
        ? withoutGuard(yield* Cancel.command(id, state, reason, lease))
        : Option.none()
    }))

/** Records that a person has settled by hand what had failed. */
export const reconcile = (id: RebalanceId, reconciliation: Verbs.Reconciliation) =>
  started(id, (state) =>
    Effect.map(
      Verbs.reconciled(
        subject(id, state),
        reconciliation,
        (fields): Rebalance.Command => Rebalance.Reconcile.make(fields)
      ),
      withoutGuard
    ))

const subject = (id: RebalanceId, state: Rebalance.State.State) =>
  Verbs.subjectOf("rebalance", Rebalance.aggregate, id, state)

const started = <E, R>(id: RebalanceId, open: Open<E, R>) => Waiting.patiently(startedInTurns(id, open))

const startedInTurns = <E, R>(id: RebalanceId, open: Open<E, R>) =>
  Effect.flatMap(
    Effect.flatMap(EventStore, (store) => store.load(Rebalance.aggregate, id)),
    ({ state }) => state._tag === "NotStarted" ? unknown("rebalance", id) : inTurns(id, state.direction, open)
  )

/** What is recorded first, and what must hold when it is. */
const opening = (id: RebalanceId, direction: Rebalance.State.Direction, amount: Usdc.Usdc) =>
  Effect.gen(function*() {
    const { guard, order } = yield* admitted(id, direction, amount)
    return { command: Rebalance.RequestRebalance.make({ ...order, at: yield* DateTime.now }), guard }
  })

/** What would be recorded and what it would cost just now, after all the checks of `execute`. Records and sends nothing. */
export const plan = (id: RebalanceId, direction: Rebalance.State.Direction, amount: Usdc.Usdc) =>
  Effect.gen(function*() {
    const store = yield* EventStore
    const { guard, order, quote } = yield* admitted(id, direction, amount)
    const counted = guard.since === undefined ? {} : { orSince: guard.since }
    yield* guard.admits(yield* store.operations({ live: true, ...counted }))
    return { order, quote }
  })

/** The order, once it is known that what it withdraws can also be burned. */
const admitted = (id: RebalanceId, direction: Rebalance.State.Direction, amount: Usdc.Usdc) =>
  Effect.gen(function*() {
    const bridge = yield* CctpBridge
    const order = yield* Order.make(direction, amount)
    const guard = yield* Limits.guard(id, order)
    const quote = yield* bridge.quote(Route.lane(order), { amount, finality: order.cctp.finality })
    if (amount > quote.limit) {
      return yield* new Refused({
        reason: "AboveLimit",
        detail: `${Usdc.print(amount)} USDC are above what one message of CCTP may burn, ${Usdc.print(quote.limit)}`
      })
    }
    if (quote.maxFee >= amount) {
      return yield* new Refused({
        reason: "BelowLimit",
        detail: `${Usdc.print(amount)} USDC are not more than the fee that CCTP has to be offered, ${
          Usdc.print(quote.maxFee)
        }`
      })
    }
    return { order, guard, quote }
  })

const print = ({ amount, direction }: { readonly amount: Usdc.Usdc; readonly direction: string }) =>
  `${direction} of ${Usdc.print(amount)} USDC`
