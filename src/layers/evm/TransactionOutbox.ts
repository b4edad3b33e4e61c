/**
 * The outbox: every transaction of our wallet is reserved, signed and stored before it is broadcast, and then looked after
 * until nothing can happen to it any more. The state diagram and the reasons are in docs/adr/0006.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Layer, Option } from "effect"
import type { TxHash } from "../../domain/TxHash.ts"
import { Alerts } from "../../services/Alerts.ts"
import { BaseChain, type ChainError, type ChainName, EthereumChain } from "../../services/Chain.ts"
import type { Lease, Leases } from "../../services/Leases.ts"
import { Signer } from "../../services/Signer.ts"
import {
  isEnded,
  type OutboxCall,
  OutboxError,
  type SubmitError,
  Submitted,
  type TransactionKey,
  TransactionOutbox
} from "../../services/TransactionOutbox.ts"
import * as OutboxTable from "../sql/OutboxTable.ts"
import * as Nonces from "./outbox/Nonces.ts"
import { observe, type Seen } from "./outbox/Observation.ts"
import { prepare } from "./outbox/Preparation.ts"
import * as Sending from "./outbox/Sending.ts"
import * as Unblocking from "./outbox/Unblocking.ts"

export interface Options extends Unblocking.Options {
  readonly chainIds: { readonly [name in ChainName]: number }
}

type Stored = OutboxTable.Stored

const make = (options: Options) =>
  Effect.gen(function*() {
    const { address: wallet } = yield* Signer
    const alerts = yield* Alerts
    const chains = { ethereum: yield* EthereumChain, base: yield* BaseChain }
    const table = yield* OutboxTable.make
    const nonces = yield* Nonces.make
    const sending = yield* Sending.make(table, chains)
    const { isWorrying, unblock } = yield* Unblocking.make(options, { chains, nonces, sending, table })

    const pending = (row: Stored, waitingFor?: string): Submitted => {
      const hash = Option.match(Sending.newest(row), { onNone: () => "", onSome: ({ hash }) => ` ${hash}` })
      const refused = Option.match(sending.answerTo(row), {
        onNone: () => "",
        onSome: ({ answer, detail }) => sending.isOut(row) ? "" : `; the last broadcast: ${answer}, ${detail}`
      })
      return Submitted.Pending({
        nonce: row.nonce,
        waitingFor: waitingFor ?? `a block on ${row.chain} with transaction${hash} (nonce ${row.nonce})${refused}`
      })
    }

    /** Somebody else has gone on with it since it was read: look again. */
    const changed = (row: Stored) => pending(row, "a further look, since it has changed meanwhile")

    /**
     * Why it reverted: asked again on the state of its block, and of the one before. A guess where that has changed, and
     * nothing where the node has dropped it: it is for people, and no reason to wait.
     */
    const reasonOf = (row: Stored, block: bigint): Effect.Effect<string> => {
      const again = (at: bigint) =>
        chains[row.chain].look((view) => view.call({ from: row.wallet, to: row.to, data: row.data }, at)).pipe(
          Effect.as(Option.none<string>()),
          Effect.catchAll(({ revert }) => Effect.succeed(Option.fromNullable(revert)))
        )
      return Effect.gen(function*() {
        const after = yield* again(block)
        const why = Option.isSome(after) ? after : yield* again(block - 1n)
        return Option.getOrElse(why, () => "the reason cannot be reproduced")
      })
    }

    const end = (
      row: Stored,
      how: OutboxTable.End,
      detail: Option.Option<string>,
      where: Stored["mined"] = Option.none()
    ): Effect.Effect<boolean, SubmitError> =>
      Effect.gen(function*() {
        const ended = yield* table.end(row, how, { detail, where })
        if (ended.status !== how) return false
        sending.forget(row)
        yield* Effect.logInfo(`${Sending.describe(row)}: nonce ${row.nonce} on ${row.chain} is ${ended.status}`)
        // Nobody else waits for what only filled the gaps before it.
        const mine = (yield* table.unended(wallet)).filter((one) =>
          Unblocking.isFilling(one) && one.chain === row.chain && one.key.operation === row.key.operation &&
          one.nonce < row.nonce
        )
        yield* Effect.forEach(mine, advance, { discard: true })
        return true
      })

    const mined = (row: Stored, { confirmations, receipt, signature }: Extract<Seen, { _tag: "Mined" }>) =>
      Effect.gen(function*() {
        const { blockNumber: block, status, txHash } = receipt
        const where = Option.some({ hash: txHash, block })
        const required = chains[row.chain].confirmations
        if (confirmations < required) {
          const isNews = !Option.exists(row.mined, (last) => last.hash === txHash && last.block === block)
          if (isNews) yield* table.mined(row, where)
          return Submitted.Unconfirmed({ txHash, confirmations, required })
        }
        if (signature.kind === "cancellation") {
          if (!(yield* end(row, "cancelled", row.cancelling, where))) return changed(row)
          return Submitted.Cancelled({ txHash, why: Option.getOrElse(row.cancelling, () => "cancelled") })
        }
        if (status === "reverted") {
          const why = yield* reasonOf(row, block)
          if (!(yield* end(row, "reverted", Option.some(why), where))) return changed(row)
          return Submitted.Reverted({ txHash, why })
        }
        if (!(yield* end(row, "confirmed", Option.none(), where))) return changed(row)
        return Submitted.Confirmed({ receipt })
      })

    /** Told before it is recorded: without the record nothing is concluded, and it is found again. */
    const adopt = (row: Stored, { by: { txHash }, kind }: Extract<Seen, { _tag: "Unknown" }>) =>
      Effect.gen(function*() {
        yield* alerts.raise({
          condition: Sending.conditionOf(row, "unknown-signature"),
          operation: row.key.operation,
          message: `${
            Sending.describe(row)
          }: nonce ${row.nonce} on ${row.chain} was used by ${txHash}, which does just what this ${
            kind === "call" ? "was to do" : "was cancelled with"
          } but was never stored here. It counts as this one. Was a backup of the database restored, or does something else sign with our key?`
        })
        yield* table.adopt(row, { hash: txHash, kind })
        return changed(row)
      })

    /** The proof is the block that holds the other one: not that ours cannot be seen. */
    const displaced = (row: Stored, txHash: TxHash): Effect.Effect<Submitted, SubmitError> =>
      Effect.gen(function*() {
        const used = `nonce ${row.nonce} on ${row.chain} was used by ${txHash}, another transaction of ${wallet}`
        if (!(yield* end(row, "displaced", Option.some(used)))) return changed(row)
        yield* alerts.raise({
          condition: Sending.conditionOf(row, "displaced"),
          operation: row.key.operation,
          message: `${
            Sending.describe(row)
          }: ${used}, so it can never be mined. Something else sends with our key: stop it`
        })
        return Submitted.Displaced({ nonce: row.nonce })
      })

    /** Used by ours or by another one, which the node cannot tell: nothing is done until it can. */
    const undecided = (row: Stored, isFindable: boolean) =>
      Effect.gen(function*() {
        if (isFindable) {
          return pending(row, `the receipt of what used nonce ${row.nonce} on ${row.chain}, which may come late`)
        }
        const key = `BALLAST_${row.chain.toUpperCase()}_RPC_URL`
        yield* alerts.raise({
          condition: Sending.conditionOf(row, "nonce-used"),
          operation: row.key.operation,
          message: `${
            Sending.describe(row)
          }: nonce ${row.nonce} on ${row.chain} is used, and the node shows neither the receipt of ${
            row.signatures.map(({ hash }) => hash).join(" or ")
          } nor another transaction there. It keeps too little of the past: add an archive node to ${key}`
        })
        return pending(row, `a node that can tell what used nonce ${row.nonce} on ${row.chain} (${key})`)
      })

    /** What is over is read from the row, and its receipt from the chain. */
    const over = (row: Stored): Effect.Effect<Submitted, ChainError> =>
      Effect.gen(function*() {
        const why = Option.getOrElse(row.detail, () => "no reason was recorded")
        if (row.status === "displaced" || Option.isNone(row.mined)) return Submitted.Displaced({ nonce: row.nonce })
        const { hash: txHash } = row.mined.value
        if (row.status === "cancelled") return Submitted.Cancelled({ txHash, why })
        if (row.status === "reverted") return Submitted.Reverted({ txHash, why })
        const receipt = yield* chains[row.chain].look((view) => view.receipt(txHash))
        return Option.match(receipt, {
          onNone: () => pending(row, `${row.chain} to show the receipt of ${txHash}, which it has shown before`),
          onSome: (receipt) => Submitted.Confirmed({ receipt })
        })
      })

    /** Nothing that this chain shows says anything about it, least of all that its nonce is used. */
    const elsewhere = (row: Stored) =>
      Effect.gen(function*() {
        const detail = `it was made for ${row.chain} as chain ${row.chainId}, and BALLAST_${row.chain.toUpperCase()}_CHAIN_ID is ${
          options.chainIds[row.chain]
        } now`
        yield* alerts.raise({
          condition: Sending.conditionOf(row, "other-chain"),
          operation: row.key.operation,
          message: `${Sending.describe(row)}: ${detail}. It is left alone until it is started with its own chain again`
        })
        return yield* new OutboxError({ reason: "OtherCall", key: row.key, detail })
      })

    const advance = (row: Stored): Effect.Effect<Submitted, SubmitError> =>
      Effect.gen(function*() {
        if (row.chainId !== options.chainIds[row.chain]) return yield* elsewhere(row)
        if (isEnded(row)) return yield* over(row)
        if (row.wallet !== wallet) {
          const detail = `it is stored for ${row.wallet}, our wallet is ${wallet} now`
          return yield* new OutboxError({ reason: "OtherCall", key: row.key, detail })
        }
        if (row.signatures.length === 0) return pending(yield* sending.start(row))
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
          case "Unknown":
            return yield* adopt(row, seen)
          case "Displaced":
            return yield* displaced(row, seen.by.txHash)
          case "NonceUsed":
            return yield* undecided(row, seen.isFindable)
        }
      }).pipe(
        Effect.withSpan("TransactionOutbox.advance", { attributes: { ...row.key, chain: row.chain, nonce: row.nonce } })
      )

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

    const reserve = (key: TransactionKey, call: OutboxCall, lease: Lease) =>
      Effect.gen(function*() {
        const chain = chains[call.chain]
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
          reserve: (pending, nonceLease) => table.reserve(draft, [lease, nonceLease], pending)
        })
      })

    const submitOnce: TransactionOutbox["Type"]["submitOnce"] = (key, call, lease) =>
      Effect.gen(function*() {
        const known = yield* table.find(key)
        if (Option.isSome(known)) return yield* Effect.flatMap(sameCall(key, call, known.value), advance)
        // A stop falls before the reservation or after the broadcast, though any point in between would do no harm.
        return yield* Effect.uninterruptible(
          reserve(key, call, lease).pipe(Effect.flatMap((row) => sameCall(key, call, row)), Effect.flatMap(advance))
        )
      }).pipe(Effect.withSpan("TransactionOutbox.submitOnce", { attributes: { ...key, chain: call.chain } }))

    const cancel: TransactionOutbox["Type"]["cancel"] = (key, why, lease) =>
      Effect.gen(function*() {
        const known = yield* table.find(key)
        if (Option.isNone(known)) {
          return yield* new OutboxError({ reason: "NotFound", key, detail: "there is nothing to cancel" })
        }
        return yield* Effect.flatMap(table.cancel(known.value, why, [lease]), advance)
      }).pipe(Effect.withSpan("TransactionOutbox.cancel", { attributes: { ...key } }))

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

    return TransactionOutbox.of({ wallet, submitOnce, cancel, tend })
  })

export const layer = (
  options: Options
): Layer.Layer<
  TransactionOutbox,
  never,
  SqlClient.SqlClient | Signer | Leases | Alerts | EthereumChain | BaseChain
> => Layer.effect(TransactionOutbox, make(options))
