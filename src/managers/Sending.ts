/** What rows have in common that send a transaction of our wallet: approve before it, send it once, wait for its end. */
import { DateTime, Effect, Option } from "effect"
import type { Address } from "../domain/Address.ts"
import type { Reason } from "../domain/Failure.ts"
import type { OperationId } from "../domain/OperationId.ts"
import type { TokenAmount } from "../domain/TokenAmount.ts"
import { Erc20, type Sending, type Token, type Transferred } from "../services/Erc20.ts"
import type { Classified } from "../services/FailureKind.ts"
import type { Lease } from "../services/Leases.ts"
import type { StoreError } from "../services/StoreError.ts"
import {
  attemptOf,
  OutboxError,
  type OutboxTransaction,
  type SubmitError,
  TransactionOutbox,
  Transactions
} from "../services/TransactionOutbox.ts"
import { Policies } from "./Policies.ts"
import { Refused } from "./Refused.ts"
import * as Waiting from "./Waiting.ts"

/** What a port answers of a transaction that has not had its effect; `Sent`, `Burned` and the like are for the row. */
type WithoutEffect = Exclude<Transferred, { readonly _tag: "Sent" }>

interface Effectual {
  readonly _tag: string
}

export interface Options<Command, A extends Effectual, E, R, ED, RD> {
  readonly operation: OperationId
  /** The sender by the operation's first event: no other key may go on with it. */
  readonly wallet: Address
  readonly step: string
  readonly lease: Lease
  /** Moves no money, and the transaction needs it. */
  readonly approve?: { readonly token: Token; readonly spender: Address; readonly amount: TokenAmount }
  readonly send: (sending: Sending) => Effect.Effect<A | WithoutEffect, E, R>
  /** Mined, at depth. */
  readonly done: (effect: A) => Effect.Effect<Waiting.Seen<Command>, ED, RD>
  /** Nothing has moved, and nothing of it can be mined any more. */
  readonly failed: (reason: Reason, detail: string) => Effect.Effect<Command>
  /** When this try of the step began: what has come to nothing before does not end it. */
  readonly since: DateTime.Utc
  /** So many may revert since then, and each but the last is followed by a further attempt. Default one. */
  readonly limit?: number
  readonly onWait: (waitingFor: string, until: Option.Option<DateTime.Utc>) => Effect.Effect<void>
}

const notYet = (waitingFor: string) => Waiting.NotYet({ waitingFor, late: Option.none<never>() })

const isWithoutEffect = <A extends Effectual>(answer: A | WithoutEffect): answer is WithoutEffect =>
  answer._tag === "Pending" || answer._tag === "Reverted" || answer._tag === "Dead"

/** The transactions of this step that have reverted since it began. */
const fruitless = <Command, A extends Effectual, E, R, ED, RD>(
  { since, step }: Options<Command, A, E, R, ED, RD>,
  transactions: ReadonlyArray<OutboxTransaction>
) =>
  transactions.filter(({ key, reservedAt, status }) =>
    key.step === step && status === "reverted" && DateTime.greaterThanOrEqualTo(reservedAt, since)
  )

/** No other key goes on with what this wallet has begun. */
export const unlessOther = (operation: OperationId, wallet: Address) =>
  Effect.gen(function*() {
    const outbox = yield* TransactionOutbox
    if (outbox.wallet === wallet) return
    return yield* new Refused({
      reason: "OtherWallet",
      detail: `operation ${operation} was begun by wallet ${wallet}, and this key is that of ${outbox.wallet}`
    })
  })

/** Has no deadline: as long as the transaction can be mined it is waited for. */
export const once = <
  Command,
  A extends Effectual,
  E extends Classified,
  R,
  ED extends Classified,
  RD
>(
  options: Options<Command, A, E, R, ED, RD>
): Waiting.Turn<
  Command,
  E | ED | SubmitError | StoreError | Refused,
  R | RD | Erc20 | TransactionOutbox | Transactions | Policies
> => {
  const { approve, failed, lease, limit = 1, operation, since, step, wallet } = options
  const answer = (command: Effect.Effect<Command>) => Effect.map(command, (answer) => Waiting.Answer({ answer }))

  const approved = Effect.gen(function*() {
    if (approve === undefined) return undefined
    const { amount, spender, token } = approve
    const erc20 = yield* Erc20
    const allowance = yield* erc20.ensureAllowance(token, { spender, amount }, { operation, lease, since })
    switch (allowance._tag) {
      case "Enough":
        return undefined
      case "Pending":
        return notYet(allowance.waitingFor)
      case "Refused":
        return yield* answer(failed("Reverted", `nothing was sent: the approval had no effect: ${allowance.why}`))
    }
  })

  const look = Effect.gen(function*() {
    yield* unlessOther(operation, wallet)
    const transactions = yield* Effect.flatMap(Transactions, ({ list }) => list({ operation }))
    const reverted = limit === 1 ? [] : fruitless(options, transactions)
    if (reverted.length > 0 && reverted.length >= limit) {
      return yield* answer(failed("Reverted", `${step} has reverted too often, ${told(reverted)}`))
    }
    const attempt = attemptOf(transactions, step, since) + reverted.length
    const isNew = !transactions.some(({ key }) => key.step === step && key.attempt === attempt)
    const waiting = isNew ? yield* approved : undefined
    if (waiting !== undefined) return waiting
    return yield* ended(yield* options.send({ key: { operation, step, attempt }, lease }))
  }).pipe(
    // Nothing was stored, and of no attempt before it can anything be mined any more.
    Effect.catchIf(
      isReverting,
      ({ detail }) => answer(failed("Reverted", `nothing was sent: ${detail}`))
    )
  )

  const ended = (sent: A | WithoutEffect): Effect.Effect<Waiting.Seen<Command>, ED, RD> => {
    if (!isWithoutEffect(sent)) return options.done(sent)
    switch (sent._tag) {
      case "Pending":
        return Effect.succeed(notYet(sent.waitingFor))
      case "Reverted":
        return limit === 1
          ? answer(failed("Reverted", `transaction ${sent.txHash} reverted: ${sent.why}`))
          : Effect.succeed(notYet(`a further attempt, since transaction ${sent.txHash} reverted: ${sent.why}`))
      case "Dead":
        return sent.isOurs
          ? answer(failed("Cancelled", `${step} was cancelled: ${sent.why}`))
          : Effect.succeed(notYet(`a further attempt: ${sent.why}`))
    }
  }

  return Effect.flatMap(Policies, ({ transactions: { poll } }) => Waiting.until({ look, poll, onWait: options.onWait }))
}

/** The last of them, for people. */
const told = (reverted: ReadonlyArray<OutboxTransaction>): string => {
  const last = reverted.at(-1)
  const hash = Option.match(Option.flatMap(Option.fromNullable(last), ({ mined }) => mined), {
    onNone: () => "",
    onSome: ({ hash }) => ` in transaction ${hash}`
  })
  return `at last${hash}: ${Option.getOrElse(last?.detail ?? Option.none(), () => "no reason was given")}`
}

const isReverting = (error: unknown): error is OutboxError => error instanceof OutboxError && error.reason === "Reverts"
