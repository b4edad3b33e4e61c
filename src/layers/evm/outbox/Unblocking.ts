/**
 * What keeps a transaction from being mined, and what is done about it: bytes that a node has forgotten are broadcast
 * again, a gap before them is filled, and what pays too little is replaced at its nonce.
 */
import { DateTime, Duration, Effect, Option } from "effect"
import * as Decimal from "../../../domain/Decimal.ts"
import { Alerts } from "../../../services/Alerts.ts"
import type { Broadcast, Chain, ChainName } from "../../../services/Chain.ts"
import type { SubmitError } from "../../../services/TransactionOutbox.ts"
import { hasBytes, isOver, type Stored } from "../../sql/OutboxRow.ts"
import type { OutboxTable } from "../../sql/OutboxTable.ts"
import * as Fees from "./Fees.ts"
import type { Nonces } from "./Nonces.ts"
import { market } from "./Preparation.ts"
import { conditionOf, describe, emptyGas, gasOf, newest, type Sending } from "./Sending.ts"

export interface Options {
  /** After which a transaction that is out and not mined is replaced. */
  readonly stuckAfter: Duration.Duration
  /** Wei: nothing is signed that could pay more per gas. */
  readonly maxFeePerGas: bigint
}

/** So many nonces are looked after at once. */
const atOnce = 32

/** The step of an empty transaction that fills a gap. */
const filling = "fill nonce"
export const isFilling = ({ key }: Stored): boolean => key.step.startsWith(filling)

export const make = (
  options: Options,
  { chains, nonces, sending, table }: {
    readonly table: OutboxTable
    readonly nonces: Nonces
    readonly sending: Sending
    readonly chains: { readonly [name in ChainName]: Chain }
  }
) =>
  Effect.gen(function*() {
    const alerts = yield* Alerts
    const ceiling = options.maxFeePerGas

    const age = (row: Stored) =>
      Effect.map(DateTime.now, (now) =>
        Option.match(newest(row), {
          onNone: () => Duration.zero,
          onSome: ({ signedAt }) => DateTime.distanceDuration(signedAt, now)
        }))

    const isToBeEmptied = (row: Stored): boolean =>
      Option.isSome(row.cancelling) && Option.exists(newest(row), ({ kind }) => kind === "call")

    const tooExpensive = (row: Stored, baseFee: bigint) => {
      const isEmpty = isToBeEmptied(row)
      return alerts.raise({
        condition: conditionOf(row, isEmpty ? "cancellation-at-fee-ceiling" : "stuck-at-fee-ceiling"),
        operation: row.key.operation,
        message: `${describe(row)} is ${isEmpty ? "to be cancelled" : "stuck"} at nonce ${row.nonce} on ${row.chain}: ${
          isEmpty ? "the empty transaction in its place" : "replacing it"
        } would take more than BALLAST_MAX_FEE_PER_GAS (${Decimal.print(ceiling, 9)} gwei; the base fee is ${
          Decimal.print(baseFee, 9)
        } gwei). It goes on when gas is cheaper, or with a higher ceiling`
      })
    }

    const isAnswered = (row: Stored, answer: Broadcast["answer"]) =>
      Option.exists(sending.answerTo(row), (said) => said.answer === answer)

    /** At the nonce of a row that was signed only once there is another transaction, so it is none of this outbox. */
    const isForeign = (row: Stored) => row.signatures.length === 1 && isAnswered(row, "Occupied")

    /** Whether the newest signature has had its chance. */
    const isDue = (row: Stored) =>
      Effect.map(age(row), (age) =>
        Duration.greaterThanOrEqualTo(age, options.stuckAfter) ||
        isAnswered(row, "Underpriced") ||
        isAnswered(row, "Occupied"))

    /** What no node takes will never be mined, and its nonce must not stay in the way of others. */
    const unlessHopeless = (row: Stored) =>
      Option.match(
        Option.filter(sending.answerTo(row), ({ answer }) => answer === "Invalid" || answer === "Reverted"),
        {
          onNone: () => Effect.succeed(row),
          onSome: ({ detail }) => table.cancel(row, `no node takes it: ${detail}`, [])
        }
      )

    /** No node has the call, so that the empty transaction in its place has nothing to outbid. */
    const isUntaken = (row: Stored) =>
      isToBeEmptied(row) && !sending.isAnyOut(row) && (isAnswered(row, "Invalid") || isAnswered(row, "Reverted"))

    /** Whoever sends with our key as well is not fought, but told of. */
    const leave = (row: Stored) =>
      Effect.flatMap(age(row), (age) =>
        Duration.lessThan(age, options.stuckAfter) ? Effect.void : alerts.raise({
          condition: conditionOf(row, "nonce-occupied"),
          operation: row.key.operation,
          message: `${
            describe(row)
          } waits: another transaction of our wallet ${row.wallet} is at nonce ${row.nonce} on ${row.chain} and is not mined. Something else sends with our key: stop it, and see its transaction through`
        }))

    const replace = (stuck: Stored): Effect.Effect<void, SubmitError> =>
      Effect.gen(function*() {
        const row = yield* unlessHopeless(stuck)
        const last = newest(row)
        if (isOver(row) || Option.isNone(last)) return
        const { balance, now } = yield* chains[row.chain].look((view) =>
          Effect.all({ now: market(view), balance: view.balance(row.wallet) })
        )
        const fees = isUntaken(row) ? Fees.first(now, ceiling) : Fees.replacement(last.value, now, ceiling)
        if (Option.isNone(fees)) {
          yield* tooExpensive(row, now.baseFeePerGas)
          return
        }
        const cost = gasOf(row) * fees.value.maxFeePerGas
        // A dearer one that cannot be paid would take the place of one that can.
        yield* balance < cost ? sending.tellShortage(row, cost, balance) : sending.replace(row, fees.value)
      })

    /** An empty transaction at a nonce that nobody uses and that ours waits for. */
    const fill = (waiting: Stored, nonce: number): Effect.Effect<void, SubmitError> =>
      Effect.gen(function*() {
        const { chain, chainId, wallet } = waiting
        const key = { operation: waiting.key.operation, step: `${filling} ${nonce} on ${chain}`, attempt: 1 }
        const now = yield* chains[chain].look(market)
        const fees = Fees.first(now, ceiling)
        if (Option.isNone(fees)) {
          yield* tooExpensive(waiting, now.baseFeePerGas)
          return
        }
        yield* alerts.raise({
          condition: conditionOf(waiting, "gap"),
          operation: waiting.key.operation,
          message: `${
            describe(waiting)
          } waits on ${chain} for nonce ${nonce}, at which nothing is known of our wallet ${wallet}: an empty transaction fills the gap. Something else has sent with our key: stop it`
        })
        const cancelling = Option.some(`it fills a gap that ${describe(waiting)} waits for`)
        const draft = { key, chain, chainId, wallet, to: wallet, data: "0x", gas: emptyGas, cancelling } as const
        const row = yield* nonces.take({
          key,
          chain: chains[chain],
          chainId,
          wallet,
          // Unless the node has got to know a transaction there in the meantime.
          reserve: (pending, lease) =>
            pending === nonce
              ? Effect.asSome(table.reserve({ ...draft, fees: fees.value }, [lease], pending))
              : Effect.succeedNone
        })
        if (Option.isSome(row) && row.value.signatures.length === 0) yield* sending.start(row.value)
      })

    /** Its operation has gone on without it, so that it must not come to life again. */
    const isDead = (row: Stored): boolean => isOver(row) && (row.status === "reverted" || row.status === "displaced")

    const bury = (row: Stored): Effect.Effect<void, SubmitError> =>
      Effect.gen(function*() {
        const what =
          `it had ended as ${row.status}, and a reorganisation of ${row.chain} has freed nonce ${row.nonce} again`
        yield* alerts.raise({
          condition: conditionOf(row, "off-the-chain"),
          operation: row.key.operation,
          message: `${
            describe(row)
          }: ${what}, from deeper than BALLAST_${row.chain.toUpperCase()}_CONFIRMATIONS. An empty transaction takes the nonce, so that this one cannot be mined after all. Was that a node of another chain?`
        })
        const reopened = yield* table.reopen(row, what)
        yield* isToBeEmptied(reopened) ? replace(reopened) : sending.broadcast(reopened)
      })

    /** Makes the node have what is stored for one nonce. */
    const restore = (row: Stored) =>
      isDead(row)
        ? bury(row)
        : row.signatures.length === 0
        ? Effect.asVoid(sending.start(row))
        // Also what was confirmed: then the chain has lost it again, deeper than anybody expected.
        : sending.broadcast(
          row,
          Option.orElse(
            Option.flatMap(
              row.mined,
              ({ hash }) => Option.fromNullable(row.signatures.find((one) => one.hash === hash && hasBytes(one)))
            ),
            () => newest(row)
          )
        )

    const restoreFrom = (pending: number, row: Stored): Effect.Effect<void, SubmitError> =>
      Effect.gen(function*() {
        for (let nonce = pending; nonce <= row.nonce && nonce < pending + atOnce; nonce++) {
          const found = nonce === row.nonce ? Option.some(row) : yield* table.at(row.chainId, row.wallet, nonce)
          if (Option.isSome(found)) {
            yield* restore(found.value)
          } else if (Duration.greaterThanOrEqualTo(yield* age(row), options.stuckAfter)) {
            yield* fill(row, nonce)
          } else {
            // Somebody else's transaction may be on its way to this node.
            return
          }
        }
      })

    /** @param seen the first nonce that is not mined, and the first that the node does not have */
    const unblock = (
      row: Stored,
      { latest, pending }: { readonly latest: number; readonly pending: number }
    ): Effect.Effect<void, SubmitError> =>
      Effect.gen(function*() {
        if (isToBeEmptied(row)) yield* replace(row)
        else if (pending <= row.nonce) yield* restoreFrom(pending, row)
        else if (!sending.isOut(row)) yield* sending.broadcast(row)
        // Only the first in line can be stuck by what it pays.
        const first = latest === row.nonce ? Option.some(row) : yield* table.at(row.chainId, row.wallet, latest)
        if (Option.isNone(first) || isOver(first.value) || !(yield* isDue(first.value))) return
        yield* isForeign(first.value) ? leave(first.value) : replace(first.value)
      })

    /** Whether a look must go further than to the receipt. */
    const isWorrying = (row: Stored) =>
      Effect.map(age(row), (age) =>
        row.status === "mined" ||
        Option.isSome(row.cancelling) ||
        !sending.isOut(row) ||
        Duration.greaterThanOrEqualTo(age, Duration.times(options.stuckAfter, 0.25)))

    return { isWorrying, unblock }
  })
