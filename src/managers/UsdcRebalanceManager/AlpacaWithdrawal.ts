/** Requested, from Alpaca: find the transfer that was ordered before, or order it. */
import { DateTime, Effect, Option, Schedule, Schema } from "effect"
import type { Reason } from "../../domain/Failure.ts"
import type { RebalanceId } from "../../domain/OperationId.ts"
import * as Usdc from "../../domain/Usdc.ts"
import * as Rebalance from "../../domain/UsdcRebalance.ts"
import { type WalletTransfer, WalletTransferId } from "../../domain/WalletTransfer.ts"
import { Alerts } from "../../services/Alerts.ts"
import { AlpacaError } from "../../services/AlpacaError.ts"
import { AlpacaWallet } from "../../services/AlpacaWallet.ts"
import { EventStore } from "../../services/EventStore.ts"
import { type LeaseLost, Leases } from "../../services/Leases.ts"
import type { StoreError } from "../../services/StoreError.ts"
import * as Doubt from "../Doubt.ts"
import { isTransient, Policies, retrying } from "../Policies.ts"
import { Refused } from "../Refused.ts"
import * as Steps from "../Steps.ts"
import * as Waiting from "../Waiting.ts"
import * as Route from "./Route.ts"

type Requested = typeof Rebalance.State.Requested.Type
type Seen = Waiting.Seen<Rebalance.Command>

const claimed = Schema.decodeUnknownOption(
  Schema.Struct({ withdrawal: Schema.Struct({ id: WalletTransferId }, { key: Schema.String, value: Schema.Unknown }) })
)
/** Given up, and still no other operation's. */
const abandoned = Schema.decodeUnknownOption(Schema.Struct({ abandoned: Schema.Array(WalletTransferId) }))

const claims = (data: unknown): ReadonlyArray<WalletTransferId> => [
  ...Option.toArray(Option.map(claimed(data), ({ withdrawal }) => withdrawal.id)),
  ...Option.match(abandoned(data), { onNone: () => [], onSome: ({ abandoned }) => abandoned })
]

/** Nobody's clock is so far off: whoever has claimed a transfer of ours has recorded it since. */
const clocks = { minutes: 10 }

/** The transfers that other operations have recorded as theirs since this one was intended. */
const claimedByOthers = (id: RebalanceId, since: DateTime.Utc) =>
  Effect.gen(function*() {
    const store = yield* EventStore
    const recent = yield* store.operations({ updatedSince: DateTime.subtract(since, clocks) })
    return new Set(
      recent.filter((one) => one.type === Rebalance.aggregate.type && one.id !== id)
        .flatMap(({ data }) => claims(data))
    )
  })

/** What a transfer of this rebalance must agree with; what it has given up is not taken for it again. */
const sought = (
  id: RebalanceId,
  { abandoned = [], amount, requestedAt, wallet }: Omit<Requested, "_tag" | "since">
) =>
  Effect.map(claimedByOthers(id, requestedAt), (claimed) => ({
    amount,
    address: wallet,
    since: requestedAt,
    claimed: new Set([...claimed, ...abandoned])
  }))

const isAmbiguous = (error: AlpacaError | StoreError): error is AlpacaError =>
  error._tag === "AlpacaError" && error.reason === "Ambiguous"

/** The transfer of this rebalance. Where several could be it, the error says how a person tells which. */
export const find = (id: RebalanceId, state: Omit<Requested, "_tag" | "since">) =>
  Effect.flatMap(AlpacaWallet, ({ findWithdrawal }) => Effect.flatMap(sought(id, state), findWithdrawal)).pipe(
    Effect.catchIf(isAmbiguous, (error) => {
      const detail = `${error.detail}. Say which of them it is: ballast recheck ${id} --transfer TRANSFER`
      return new AlpacaError({ ...error, detail })
    })
  )

/**
 * Alpaca knows no idempotency key. So only one operation at a time is between its look and its record; nothing is ordered
 * before a look, except by the very first try, before which nothing can have been ordered; and after an order of which
 * nothing is known, or may have been sent by a process that died, nothing is ordered again within Alpaca's settling time.
 */
export const findOrOrder = (id: RebalanceId, state: Requested, attempt: Steps.Try) =>
  Effect.gen(function*() {
    const alpaca = yield* AlpacaWallet
    const leases = yield* Leases
    const policies = yield* Policies
    const { deadline, poll, settlingTime } = policies.wallet
    const onWait = Route.waiting(id, state)
    const account = yield* alone(onWait)

    const late = DateTime.addDuration(state.since, deadline)
    const isUntouched = attempt.first && DateTime.Equivalence(state.since, state.requestedAt)
    /** Until when an order that nothing is known of may still show up. */
    let settledAt = isUntouched
      ? Option.none<DateTime.Utc>()
      : Option.some(DateTime.addDuration(yield* DateTime.now, settlingTime))

    const order: Effect.Effect<Seen, AlpacaError | LeaseLost | StoreError, Alerts> = Effect.gen(function*() {
      const isFirst = Option.isNone(settledAt)
      // Nobody else is at it, for this operation or for another one that could take what comes of the order for its own.
      yield* Effect.forEach([account, attempt.lease], leases.confirm, { discard: true })
      return yield* alpaca.orderWithdrawal({ amount: state.amount, address: state.wallet }).pipe(
        Effect.tap((taken) => asOrdered(id, state, taken)),
        Effect.flatMap(initiate),
        Effect.catchIf(
          (error) => error.reason === "OutcomeUnknown",
          ({ detail }) =>
            Effect.map(DateTime.now, (now): Seen => {
              settledAt = Option.some(DateTime.addDuration(now, settlingTime))
              return notYet(`Alpaca to show whether it has taken the order (${detail})`)
            })
        ),
        Effect.catchIf(
          (error): error is Refusal => isRefusal(error, isFirst),
          (refusal) => Effect.map(refused(refusal, isFirst), (answer) => Waiting.Answer({ answer }))
        )
      )
    })

    const look = Effect.gen(function*() {
      if (Option.isNone(settledAt)) return yield* order
      const begun = yield* DateTime.now
      const found = yield* Effect.interruptible(find(id, state))
      if (Option.isSome(found)) return yield* initiate(found.value)
      if (DateTime.lessThan(begun, settledAt.value)) return notYet("Alpaca to show an order that may have been sent")
      if (DateTime.lessThan(begun, late)) return yield* order
      return Waiting.Answer({
        answer: yield* Route.failWithdrawal({
          reason: "TimedOut",
          detail: `Alpaca shows no transfer of ${Usdc.print(state.amount)} USDC to ${state.wallet} since ${
            DateTime.formatIso(state.requestedAt)
          }, and none is ordered this late`,
          place: "AlpacaInTransit"
        })
      })
    })

    const decided = Doubt.lasting(look, {
      id,
      deadline: late,
      failed: (detail) =>
        Effect.map(
          Route.failWithdrawal({ reason: "Unverifiable", detail, place: "AlpacaInTransit" }),
          (answer) => Waiting.Answer({ answer })
        )
    })

    const pauses = yield* Schedule.driver(poll)
    while (true) {
      const seen = yield* retrying(decided, {
        schedule: policies.retry,
        while: (error) => isTransient(error) && error._tag !== "LeaseLost"
      })
      if (seen._tag === "Answer") return seen.answer
      yield* onWait(seen.waitingFor, Option.some(late))
      yield* Effect.interruptible(Effect.ignore(pauses.next(undefined)))
    }
  })

/** A further order may be refused because an earlier one, of which nothing is known yet, has taken what there is. */
const refused = ({ detail, reason }: Refusal, isFirst: boolean) =>
  isFirst
    ? Route.failWithdrawal({ reason: reasons[reason], detail, place: "Alpaca" })
    : Route.failWithdrawal({
      reason: "TimedOut",
      detail: `Alpaca refuses a further order (${detail}), and whether it has taken an earlier one is not known`,
      place: "AlpacaInTransit"
    })

/** What Alpaca has taken is recorded whatever it is: what comes of it is read from the chain. */
const asOrdered = (id: RebalanceId, { amount, wallet }: Requested, taken: WalletTransfer) =>
  Effect.gen(function*() {
    if (taken.amount === amount && Option.getOrElse(taken.address, () => wallet) === wallet) return
    const alerts = yield* Alerts
    yield* alerts.raise({
      condition: `${id}/taken-other-than-ordered`,
      operation: id,
      message: `rebalance ${id}: ${
        Usdc.print(amount)
      } USDC to ${wallet} were ordered, and Alpaca says that transfer ${taken.id} is of ${
        Usdc.print(taken.amount)
      } USDC to ${Option.getOrElse(taken.address, () => "an address that it does not name")}: look at it`
    })
  }).pipe(
    // The transfer has to be recorded all the same.
    Effect.catchTag("StoreError", (failed) => Effect.logError(`the alert could not be stored: ${failed.message}`))
  )

const told = (wallet: Requested["wallet"], { address }: WalletTransfer) => Option.getOrElse(address, () => wallet)

/**
 * The transfer that a person says is this rebalance's, where several could be: it must still be one that can be. To be
 * called `alone`.
 */
export const named = (
  id: RebalanceId,
  state: Omit<Requested, "_tag" | "since">,
  transfer: WalletTransferId
) =>
  Effect.gen(function*() {
    const alpaca = yield* AlpacaWallet
    const policies = yield* Policies
    const refuse = (why: string) =>
      new Refused({ reason: "NotOurs", detail: `transfer ${transfer} is not taken for rebalance ${id}: ${why}` })
    const { claimed, since } = yield* sought(id, state)
    if (claimed.has(transfer)) return yield* refuse("it is recorded as another one's, or was given up")
    const shown = yield* retrying(alpaca.getTransfer(transfer), { schedule: policies.retry, while: isTransient })
    if (Option.isNone(shown)) return yield* refuse("Alpaca does not show it")
    const { amount, createdAt } = shown.value
    if (told(state.wallet, shown.value) !== state.wallet) {
      return yield* refuse(`it goes to ${told(state.wallet, shown.value)}, and not to ${state.wallet}`)
    }
    if (amount > state.amount) {
      return yield* refuse(`it is of ${Usdc.print(amount)} USDC, and ${Usdc.print(state.amount)} were asked for`)
    }
    if (DateTime.lessThan(createdAt, DateTime.subtract(since, clocks))) {
      return yield* refuse(`it is older than the rebalance: of ${DateTime.formatIso(createdAt)}`)
    }
    return Rebalance.State.AlpacaTransfer.make({ id: transfer })
  })

/** No other operation of the account is between its look and its record. Held until the record, which needs it. */
export const alone = (onWait: ReturnType<typeof Route.waiting>) =>
  Effect.gen(function*() {
    const leases = yield* Leases
    const { wallet } = yield* Policies
    const pauses = yield* Schedule.driver(wallet.poll)
    while (true) {
      const held = yield* Effect.either(leases.hold("AlpacaWallet/withdrawal"))
      if (held._tag === "Right") return yield* Effect.as(Steps.recordedUnder(held.right), held.right)
      if (held.left._tag !== "LeaseHeld") return yield* held.left
      yield* onWait(`another withdrawal from Alpaca to be ordered: ${held.left.message}`, Option.none())
      yield* Effect.interruptible(Effect.ignore(pauses.next(undefined)))
    }
  })

const notYet = (waitingFor: string): Seen => Waiting.NotYet({ waitingFor, late: Option.none() })

const initiate = ({ id }: WalletTransfer): Effect.Effect<Seen> =>
  Effect.map(DateTime.now, (at) =>
    Waiting.Answer({
      answer: Rebalance.Initiate.make({ withdrawal: Rebalance.State.AlpacaTransfer.make({ id }), at })
    }))

const reasons = {
  InsufficientPosition: "InsufficientPosition",
  InvalidRequest: "InvalidRequest",
  Rejected: "Rejected",
  NotWhitelisted: "NotWhitelisted",
  TravelRule: "TravelRule",
  Unauthenticated: "Unauthorized",
  Forbidden: "Unauthorized"
} as const satisfies Partial<Record<AlpacaError["reason"], Reason>>

type Refusal = AlpacaError & { readonly reason: keyof typeof reasons }

/**
 * A refusal of the order holds: what an earlier try may have taken has been looked for until Alpaca had settled. Refused
 * credentials say nothing about an order that an earlier try, with credentials that were still good, may have placed.
 */
const isRefusal = (error: AlpacaError, isFirst: boolean): error is Refusal =>
  error.reason in reasons && (isFirst || (error.reason !== "Unauthenticated" && error.reason !== "Forbidden"))
