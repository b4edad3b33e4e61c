/** Tokens on Base become shares at Alpaca: tokens sent, detected, completed. */
import { DateTime, Effect, Option } from "effect"
import * as Redemption from "../domain/EquityRedemption.ts"
import type { EquitySymbol } from "../domain/EquitySymbol.ts"
import type { RedemptionId } from "../domain/OperationId.ts"
import * as Shares from "../domain/Shares.ts"
import { EventStore } from "../services/EventStore.ts"
import type { Lease } from "../services/Leases.ts"
import { TokenizedEquities } from "../services/TokenizedEquities.ts"
import { TransactionOutbox } from "../services/TransactionOutbox.ts"
import * as EquityOrder from "./EquityOrder.ts"
import * as Issuer from "./RedemptionManager/Issuer.ts"
import * as Recheck from "./RedemptionManager/Recheck.ts"
import * as Reservation from "./RedemptionManager/Reservation.ts"
import * as Retry from "./RedemptionManager/Retry.ts"
import * as Transfer from "./RedemptionManager/Transfer.ts"
import { Refused, unlessSame, unlessStarted } from "./Refused.ts"
import * as Steps from "./Steps.ts"
import * as Verbs from "./Verbs.ts"
import * as Waiting from "./Waiting.ts"

/** What a caller asks for; the rest of the order comes from the configuration of the moment. */
export interface RedemptionRequest {
  readonly symbol: EquitySymbol
  readonly quantity: Shares.Shares
  /** Whether other redemptions of the symbol may be under way at the same time. Default false. */
  readonly parallel?: boolean
}

/** What is done in each state of a redemption: one row, at most one external write. */
export const steps = (id: RedemptionId) => ({
  Requested: (state, { lease }) => Transfer.send(id, state, lease),
  TokensSent: (state) => Issuer.awaitDetection(id, state),
  Pending: (state) => Issuer.awaitCompletion(id, state)
} satisfies Steps.Steps<
  Redemption.State.State,
  Redemption.Command,
  "NotStarted" | "Completed" | "Failed" | "Reconciled"
>)

type Opening = Steps.Opening<Redemption.Command, Refused>

type Open<E, R> = (state: Redemption.State.State, lease: Lease) => Effect.Effect<Option.Option<Opening>, E, R>

const inTurns = <E, R>(id: RedemptionId, open: Open<E, R>) =>
  Steps.drive({ name: "RedemptionManager", aggregate: Redemption.aggregate, id, steps: steps(id), open })

const drive = <E, R>(id: RedemptionId, open: Open<E, R>) => Waiting.patiently(inTurns(id, open))

const withoutGuard = Option.map((command: Redemption.Command): Opening => ({ command }))

/**
 * Sends tokens of our wallet that stand for `quantity` shares to the issuer, and answers the state in which the redemption
 * has finished. Safe to repeat with the same `id`: it continues, and is refused if it now asks for something else.
 */
export const executeRedemption = (id: RedemptionId, request: RedemptionRequest) =>
  drive(
    id,
    Effect.fnUntraced(function*(state) {
      if (state._tag === "NotStarted") return Option.some(yield* opening(id, request))
      yield* unlessSame("redemption", id, { asked: print(request), recorded: print(state) })
      return withoutGuard(yield* Recheck.unlessSettled(id, state))
    })
  )

/** As `resume`, for whoever has others to attend to in the pauses. Each turn is to be run uninterruptibly. */
export const resuming = (id: RedemptionId) =>
  inTurns(
    id,
    Effect.fnUntraced(function*(state) {
      yield* unlessStarted("redemption", id, state)
      return withoutGuard(yield* Recheck.unlessSettled(id, state))
    })
  )

/** Continues a redemption where it stands; one that failed without being settled is looked at again. */
export const resume = (id: RedemptionId) => Waiting.patiently(resuming(id))

/** Asks Alpaca about a failed redemption and adopts what turned out well after all. */
export const recheck = (id: RedemptionId) =>
  drive(
    id,
    Effect.fnUntraced(function*(state) {
      yield* unlessStarted("redemption", id, state)
      return withoutGuard(yield* Recheck.always(id, state))
    })
  )

/** Orders a new try of a redemption whose tokens never left, once nothing can send them any more. */
export const retry = (id: RedemptionId) =>
  drive(
    id,
    Effect.fnUntraced(function*(state, lease) {
      yield* Verbs.unlessFailed(subject(id, state), "NotRetryable")
      return state._tag === "Failed" ? Option.some<Opening>(yield* Retry.opening(id, state, lease)) : Option.none()
    })
  )

/** Cancels a redemption before its tokens leave; where they leave all the same it goes on. */
export const cancel = (id: RedemptionId, reason: string) =>
  drive(
    id,
    Effect.fnUntraced(function*(state, lease) {
      yield* Verbs.unlessCancellable(subject(id, state))
      if (state._tag !== "Requested") return Option.none()
      if (yield* Transfer.cancelled(id, state, reason, lease)) {
        yield* Verbs.goesOn(subject(id, state), "its tokens have left before an empty transaction could take the nonce")
        return Option.none()
      }
      const command: Redemption.Command = Redemption.Cancel.make({ reason, at: yield* DateTime.now })
      return withoutGuard(Option.some(command))
    })
  )

/** Records that a person has settled by hand what had failed. */
export const reconcile = (id: RedemptionId, reconciliation: Verbs.Reconciliation) =>
  drive(
    id,
    (state) =>
      Effect.map(
        Verbs.reconciled(
          subject(id, state),
          reconciliation,
          (fields): Redemption.Command => Redemption.Reconcile.make(fields)
        ),
        withoutGuard
      )
  )

const subject = (id: RedemptionId, state: Redemption.State.State) =>
  Verbs.subjectOf("redemption", Redemption.aggregate, id, state)

/** The order that a request becomes under today's configuration. */
const order = ({ quantity, symbol }: RedemptionRequest) =>
  Effect.gen(function*() {
    const { decimals: _, ...equity } = yield* EquityOrder.make({ symbol, quantity })
    const { wallet } = yield* TransactionOutbox
    return { symbol, quantity, ...equity, wallet, redemptionWallet: yield* redemptionWallet }
  })

/** And what must hold when it is recorded. */
const opening = (id: RedemptionId, request: RedemptionRequest) =>
  Effect.gen(function*() {
    const ordered = yield* order(request)
    const guard = yield* Reservation.make(id, ordered, request.parallel ?? false)
    return { command: Redemption.RequestRedemption.make({ ...ordered, at: yield* DateTime.now }), guard }
  })

/** What would be recorded, after all the checks of `executeRedemption`. Records and sends nothing. */
export const plan = (id: RedemptionId, request: RedemptionRequest) =>
  Effect.gen(function*() {
    const store = yield* EventStore
    const ordered = yield* order(request)
    const guard = yield* Reservation.make(id, ordered, request.parallel ?? false)
    yield* guard.admits(yield* store.operations({ live: true }))
    return ordered
  })

const redemptionWallet = Effect.gen(function*() {
  const { redemptionWallet } = yield* TokenizedEquities
  const { wallet } = yield* TransactionOutbox
  const refuse = (detail: string) => new Refused({ reason: "NoRedemptionWallet", detail })
  if (Option.isNone(redemptionWallet)) {
    return yield* refuse("BALLAST_REDEMPTION_WALLET is missing: where does the issuer take tokens back?")
  }
  if (redemptionWallet.value === wallet) {
    return yield* refuse(`BALLAST_REDEMPTION_WALLET ${wallet} is our own wallet: what is sent there redeems nothing`)
  }
  return redemptionWallet.value
})

const print = ({ quantity, symbol }: RedemptionRequest) => `${Shares.print(quantity)} ${symbol}`
