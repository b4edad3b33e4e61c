/**
 * The outbox: every transaction of our wallet is reserved, signed and stored before it is broadcast, and then looked after
 * until nothing can happen to it any more. The state diagram and the reasons are in docs/adr/0006 and 0008.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import { DateTime, Duration, Effect, Layer, Option } from "effect"
import { Alerts } from "../../services/Alerts.ts"
import { BaseChain, type Chain, type ChainName, EthereumChain } from "../../services/Chain.ts"
import type { Lease, Leases } from "../../services/Leases.ts"
import { Signer } from "../../services/Signer.ts"
import {
  isFruitless,
  type OutboxCall,
  OutboxError,
  type SubmitError,
  type Submitted,
  type TransactionKey,
  TransactionOutbox
} from "../../services/TransactionOutbox.ts"
import { isOver, type Stored } from "../sql/OutboxRow.ts"
import * as OutboxTable from "../sql/OutboxTable.ts"
import * as Conclusions from "./outbox/Conclusions.ts"
import * as Nonces from "./outbox/Nonces.ts"
import { observe } from "./outbox/Observation.ts"
import { prepare } from "./outbox/Preparation.ts"
import * as Sending from "./outbox/Sending.ts"
import * as Unblocking from "./outbox/Unblocking.ts"

export interface Options extends Unblocking.Options {
  readonly chainIds: { readonly [name in ChainName]: number }
}

/** So many transactions that something else has sent with our key may be before ours. */
const bearable = 16

const isFinal = ({ _tag }: Submitted): boolean => _tag !== "Pending" && _tag !== "Unconfirmed"

const make = (options: Options) =>
  Effect.gen(function*() {
    const { address: wallet } = yield* Signer
    const alerts = yield* Alerts
    const chains = { ethereum: yield* EthereumChain, base: yield* BaseChain }
    const table = yield* OutboxTable.make
    const nonces = yield* Nonces.make
    const sending = yield* Sending.make(table, chains)
    const { isWorrying, unblock } = yield* Unblocking.make(options, { chains, nonces, sending, table })

    const { adopt, displaced, included, mined, over, pending, tellDisplaced, undecided } = Conclusions.make({
      alerts,
      chains,
      sending,
      stuckAfter: options.stuckAfter,
      table
    })

    /**
     * Of another chain, nothing that this one shows says anything about it, least of all that its nonce is used. What
     * another wallet has sent to its end can still be told.
     */
    const isOurs = (row: Stored) =>
      Effect.gen(function*() {
        const refuse = (detail: string) => new OutboxError({ reason: "OtherCall", key: row.key, detail })
        const chainId = options.chainIds[row.chain]
        if (row.chainId !== chainId) {
          const variable = `BALLAST_${row.chain.toUpperCase()}_CHAIN_ID`
          const detail = `it was made for ${row.chain} as chain ${row.chainId}, and ${variable} is ${chainId} now`
          yield* alerts.raise({
            condition: Sending.conditionOf(row, "other-chain"),
            operation: row.key.operation,
            message: `${Sending.describe(row)}: ${detail}. It is left alone for as long as that is so`
          })
          return yield* refuse(detail)
        }
        if (row.wallet === wallet || isOver(row)) return
        return yield* refuse(`it is stored for ${row.wallet}, our wallet is ${wallet} now`)
      })

    /** It holds up all nonces behind its own. */
    const unsigned = (row: Stored) =>
      Effect.flatMap(DateTime.now, (now) =>
        Effect.when(
          alerts.raise({
            condition: Sending.conditionOf(row, "unsigned"),
            operation: row.key.operation,
            message: `${Sending.describe(row)} has had nonce ${row.nonce} on ${row.chain} since ${
              DateTime.formatIso(row.reservedAt)
            }, and the signer has not signed it: see to it that it does. It is asked again and again, and nothing behind this nonce is mined before`
          }),
          () => Duration.greaterThanOrEqualTo(DateTime.distanceDuration(row.reservedAt, now), options.stuckAfter)
        ))

    const advance = (row: Stored): Effect.Effect<Submitted, SubmitError> =>
      Effect.gen(function*() {
        yield* isOurs(row)
        if (isOver(row)) return yield* over(row)
        if (row.signatures.length === 0) {
          yield* unsigned(row)
          return pending(yield* sending.start(row))
        }
        const answer = yield* look(row)
        if (isFinal(answer)) yield* Effect.forEach(yield* filledFor(row), advance, { discard: true })
        return answer
      }).pipe(
        Effect.withSpan("TransactionOutbox.advance", { attributes: { ...row.key, chain: row.chain, nonce: row.nonce } })
      )

    const look = (row: Stored): Effect.Effect<Submitted, SubmitError> =>
      Effect.gen(function*() {
        const seen = yield* observe(chains[row.chain], row, { thorough: yield* isWorrying(row) })
        if (seen._tag === "Mined") return yield* mined(row, seen)
        if (row.status === "mined") {
          yield* Effect.logWarning(`${Sending.describe(row)}: a reorganisation has taken it off ${row.chain} again`)
          yield* table.mined(row, Option.none())
          sending.forget(row)
        }
        switch (seen._tag) {
          case "NotMined":
            return pending(row)
          case "Waiting":
            return yield* Effect.map(unblock(row, seen), () => pending(row))
          case "Included":
            return yield* included(row, seen.txHash)
          case "Unknown":
            return yield* adopt(row, seen)
          case "Displaced":
            return yield* displaced(row, seen.by.txHash)
          case "NonceUsed":
            return yield* undecided(row, seen.isFindable)
        }
      })

    /** Nobody else waits for what only filled the gaps before it. */
    const filledFor = (row: Stored) =>
      Effect.map(table.unended(wallet), (rows) =>
        rows.filter((one) =>
          Unblocking.isFilling(one) && one.chain === row.chain && one.key.operation === row.key.operation &&
          one.nonce < row.nonce
        ))

    /** One key, one call: whatever has changed since, this transaction has not. */
    const sameCall = (key: TransactionKey, call: OutboxCall, row: Stored) =>
      row.wallet === wallet && row.chain === call.chain && row.chainId === options.chainIds[call.chain] &&
        row.to === call.to && row.data === call.data
        ? Effect.succeed(row)
        : new OutboxError({
          reason: "OtherCall",
          key,
          detail: `stored is a call of ${row.to} on ${row.chain} (${row.chainId}) by ${row.wallet} with ${
            row.data.slice(0, 10)
          }..; asked is one of ${call.to} on ${call.chain} (${options.chainIds[call.chain]}) by ${wallet} with ${
            call.data.slice(0, 10)
          }..`
        })

    /** What it is put behind must be mined first, or an empty transaction take the place of each that vanishes. */
    const isBearable = (key: TransactionKey, chain: Chain, chainId: number, pending: number) =>
      Effect.gen(function*() {
        // Where the last ones before it are all ours, nobody else sends.
        const close = Math.max(0, pending - bearable - 1)
        if ((yield* table.between(chainId, wallet, close, pending)) === pending - close) {
          return
        }
        const latest = yield* chain.nonce(wallet, "latest")
        const foreign = pending - latest - (yield* table.between(chainId, wallet, latest, pending))
        if (foreign <= bearable) {
          return
        }
        const detail = `${foreign} transactions of our wallet ${wallet} that are none of ours wait on ${chain.name}`
        yield* alerts.raise({
          condition: Sending.conditionOf({ key }, "foreign-queue"),
          operation: key.operation,
          message: `${detail}, and nothing is put behind so many. Something else sends with our key: stop it`
        })
        return yield* new OutboxError({ reason: "ForeignQueue", key, detail })
      })

    const reserve = (key: TransactionKey, call: OutboxCall, lease: Lease) =>
      Effect.gen(function*() {
        const chain = chains[call.chain]
        const before = key.attempt > 1 ? yield* table.find({ ...key, attempt: key.attempt - 1 }) : Option.none<Stored>()
        if (Option.isSome(before) && before.value.status === "displaced") {
          yield* tellDisplaced(before.value)
        }
        const prepared = yield* prepare(chain, wallet, key, call, options.maxFeePerGas).pipe(
          Effect.tapError((error) =>
            error.reason === "FeesTooHigh"
              ? alerts.raise({
                condition: Sending.conditionOf({ key }, "fee-ceiling"),
                operation: key.operation,
                message: error.message
              })
              : Effect.void
          )
        )
        const chainId = options.chainIds[call.chain]
        const draft = { key, ...call, chainId, wallet, ...prepared, cancelling: Option.none() }
        return yield* nonces.take({
          key,
          chain,
          chainId,
          wallet,
          reserve: (pending, nonceLease) =>
            Effect.zipRight(
              isBearable(key, chain, chainId, pending),
              table.reserve(draft, [lease, nonceLease], pending)
            )
        })
      })

    const submitOnce: TransactionOutbox["Type"]["submitOnce"] = (key, call, lease) =>
      Effect.gen(function*() {
        const known = yield* table.find(key)
        if (Option.isSome(known)) {
          return yield* Effect.flatMap(sameCall(key, call, known.value), advance)
        }
        // A stop falls before the reservation or after the broadcast, though any point in between would do no harm.
        return yield* Effect.uninterruptible(
          reserve(key, call, lease).pipe(
            Effect.flatMap((row) =>
              sameCall(key, call, row)
            ),
            Effect.flatMap(advance)
          )
        )
      }).pipe(Effect.withSpan("TransactionOutbox.submitOnce", { attributes: { ...key, chain: call.chain } }))

    const cancel: TransactionOutbox["Type"]["cancel"] = (key, why, lease) =>
      Effect.gen(function*() {
        const known = yield* table.find(key)
        if (Option.isNone(known)) {
          return yield* new OutboxError({ reason: "NotFound", key, detail: "there is nothing to cancel" })
        }
        yield* isOurs(known.value)
        return yield* Effect.flatMap(table.cancel(known.value, why, [lease]), advance)
      }).pipe(Effect.withSpan("TransactionOutbox.cancel", { attributes: { ...key } }))

    const fruitless: TransactionOutbox["Type"]["fruitless"] = (key, why, lease) =>
      Effect.gen(function*() {
        const row = Option.getOrUndefined(yield* table.find(key))
        if (row === undefined) {
          return yield* new OutboxError({ reason: "NotFound", key, detail: "there is nothing that was fruitless" })
        }
        const now = yield* table.fruitless(row, why, [lease])
        if (isFruitless(now)) return
        return yield* new OutboxError({
          reason: "EarlierAttempt",
          key,
          detail: `it is ${now.status}, and not confirmed`
        })
      }).pipe(Effect.withSpan("TransactionOutbox.fruitless", { attributes: { ...key } }))

    const tend: TransactionOutbox["Type"]["tend"] = Effect.gen(function*() {
      const rows = yield* table.unended(wallet)
      yield* Effect.forEach(
        rows,
        (row) =>
          Effect.catchAll(advance(row), (error) => Effect.logWarning(`left for the next time: ${error.message}`)),
        { discard: true }
      )
      return (yield* table.unended(wallet)).length
    }).pipe(Effect.withSpan("TransactionOutbox.tend"))

    return TransactionOutbox.of({ wallet, submitOnce, cancel, fruitless, tend })
  })

export const layer = (
  options: Options
): Layer.Layer<
  TransactionOutbox,
  never,
  SqlClient.SqlClient | Signer | Leases | Alerts | EthereumChain | BaseChain
> => Layer.effect(TransactionOutbox, make(options))
