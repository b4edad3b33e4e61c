/** What is recorded, told and answered about what was seen of a transaction. */
import { DateTime, Duration, Effect, Option } from "effect"
import type { TxHash } from "../../../domain/TxHash.ts"
import type { Alerts } from "../../../services/Alerts.ts"
import type { Chain, ChainName } from "../../../services/Chain.ts"
import { type SubmitError, Submitted } from "../../../services/TransactionOutbox.ts"
import { hasBytes, isOver, type Stored } from "../../sql/OutboxRow.ts"
import type { End, OutboxTable } from "../../sql/OutboxTable.ts"
import { confirmations, receiptOf, type Seen } from "./Observation.ts"
import * as Sending from "./Sending.ts"

export const make = ({ alerts, chains, sending, stuckAfter, table }: {
  readonly alerts: Alerts["Type"]
  readonly chains: { readonly [name in ChainName]: Chain }
  readonly sending: Sending.Sending
  /** After which a person is told of what should not take so long. */
  readonly stuckAfter: Duration.Duration
  readonly table: OutboxTable
}) => {
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
    how: End,
    detail: Option.Option<string>,
    where: Stored["mined"] = Option.none()
  ): Effect.Effect<boolean, SubmitError> =>
    Effect.gen(function*() {
      const ended = yield* table.end(row, how, { detail, where })
      if (!isOver(ended) || ended.status !== how) return false
      sending.forget(row)
      yield* Effect.logInfo(`${Sending.describe(row)}: nonce ${row.nonce} on ${row.chain} is ${ended.status}`)
      return true
    })

  const mined = (row: Stored, { confirmations: depth, receipt, signature }: Extract<Seen, { _tag: "Mined" }>) =>
    Effect.gen(function*() {
      waitingSince.delete(row.position)
      const { blockNumber: block, status, txHash } = receipt
      const where = Option.some({ hash: txHash, block })
      const required = chains[row.chain].confirmations
      if (depth < required) {
        const isNews = !Option.exists(row.mined, (last) => last.hash === txHash && last.block === block)
        if (isNews) yield* table.mined(row, where)
        return Submitted.Unconfirmed({ txHash, confirmations: depth, required })
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
      if (row.isReopened) {
        yield* alerts.raise({
          condition: Sending.conditionOf(row, "late-effect"),
          operation: row.key.operation,
          message: `${
            Sending.describe(row)
          } had ended as ${row.status}, and after a reorganisation ${txHash} has had its effect on ${row.chain} after all. Its operation may have gone on without it: look whether it was done twice`
        })
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

  /** Also for what was recorded by a process that could not tell it any more. */
  const tellDisplaced = (row: Stored) =>
    alerts.raise({
      condition: Sending.conditionOf(row, "displaced"),
      operation: row.key.operation,
      message: `${Sending.describe(row)}: ${
        Option.getOrElse(row.detail, () => `nonce ${row.nonce} on ${row.chain} was used by another transaction`)
      }, so it can never be mined. Something else sends with our key: stop it`
    })

  /** The proof is the block that holds the other one: not that ours cannot be seen. */
  const displaced = (row: Stored, txHash: TxHash): Effect.Effect<Submitted, SubmitError> =>
    Effect.gen(function*() {
      const used = `nonce ${row.nonce} on ${row.chain} was used by ${txHash}, another transaction of ${row.wallet}`
      const detail = Option.some(used)
      if (!(yield* end(row, "displaced", detail))) return changed(row)
      yield* tellDisplaced({ ...row, detail })
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

  /** Since when this process has looked for its receipt in vain. */
  const waitingSince = new Map<number, DateTime.Utc>()

  /** Broadcast again, since that does no harm where it is mined, and brings it back where it is not. */
  const withoutReceipt = (row: Stored, txHash: TxHash, what: "receipt-gone" | "receipt-missing") =>
    Effect.gen(function*() {
      const now = yield* DateTime.now
      const since = waitingSince.get(row.position) ?? now
      waitingSince.set(row.position, since)
      yield* sending.broadcast(
        row,
        Option.fromNullable(row.signatures.find((one) => one.hash === txHash && hasBytes(one)))
      )
      if (Duration.greaterThanOrEqualTo(DateTime.distanceDuration(since, now), stuckAfter)) {
        const key = `BALLAST_${row.chain.toUpperCase()}_RPC_URL`
        yield* alerts.raise({
          condition: Sending.conditionOf(row, what),
          operation: row.key.operation,
          message: `${Sending.describe(row)} waits for the receipt of ${txHash}, which no node of ${row.chain} shows, ${
            what === "receipt-gone"
              ? "though it was shown before and counted as confirmed: they have dropped it, or a deep reorganisation took it off the chain"
              : `though a block at depth holds it: they lack what is recorded of it`
          }. It is broadcast again meanwhile. Add a node that keeps receipts to ${key}`
        })
      }
      const shown = what === "receipt-gone" ? ", which it has shown before" : ", which a block of it holds"
      return pending(row, `${row.chain} to show the receipt of ${txHash}${shown}`)
    })

  /** The block comes before the receipt. */
  const included = (row: Stored, txHash: TxHash) => withoutReceipt(row, txHash, "receipt-missing")

  /** What is over is read from the row, and its receipt from the chain. */
  const over = (row: Stored): Effect.Effect<Submitted, SubmitError> =>
    Effect.gen(function*() {
      const why = Option.getOrElse(row.detail, () => "no reason was recorded")
      if (row.status === "displaced" || Option.isNone(row.mined)) {
        yield* tellDisplaced(row)
        return Submitted.Displaced({ nonce: row.nonce })
      }
      const { hash: txHash } = row.mined.value
      if (row.status === "cancelled") return Submitted.Cancelled({ txHash, why })
      if (row.status === "reverted") return Submitted.Reverted({ txHash, why })
      const { confirmations: required, look } = chains[row.chain]
      const found = yield* look((view) =>
        Effect.map(receiptOf(view, row), Option.map((found) => ({ ...found, head: view.head.number })))
      )
      if (Option.isNone(found)) return yield* withoutReceipt(row, txHash, "receipt-gone")
      waitingSince.delete(row.position)
      const { head, receipt, signature } = found.value
      const depth = confirmations(head, receipt.blockNumber)
      if (depth < required) return Submitted.Unconfirmed({ txHash: receipt.txHash, confirmations: depth, required })
      if (signature.kind === "call" && receipt.status === "success") return Submitted.Confirmed({ receipt })
      const instead = `it was confirmed once, and since a reorganisation of ${row.chain} it has had no effect`
      yield* alerts.raise({
        condition: Sending.conditionOf(row, "effect-lost"),
        operation: row.key.operation,
        message: `${Sending.describe(row)}: ${instead} (${receipt.txHash}). Its operation may have gone on from it`
      })
      return Submitted.Reverted({ txHash: receipt.txHash, why: instead })
    })

  return { adopt, displaced, included, mined, over, pending, tellDisplaced, undecided }
}
