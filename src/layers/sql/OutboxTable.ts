/** The outbox's rows. Every change is a short transaction that checks what it builds on; what is read is not trusted. */
import * as SqlClient from "@effect/sql/SqlClient"
import { Clock, DateTime, Effect, Option } from "effect"
import type { Address } from "../../domain/Address.ts"
import * as Foreign from "../../domain/Foreign.ts"
import type { OperationId } from "../../domain/OperationId.ts"
import type { Lease } from "../../services/Leases.ts"
import { StoreError } from "../../services/StoreError.ts"
import {
  isFruitless,
  OutboxError,
  type TransactionKey,
  type TransactionStatus
} from "../../services/TransactionOutbox.ts"
import * as Fence from "./Fence.ts"
import * as OutboxRow from "./OutboxRow.ts"
import { isOver, type Signature, type Stored } from "./OutboxRow.ts"
import * as Transaction from "./Transaction.ts"

/** What a row is reserved with. */
export interface Draft extends Pick<Stored, "key" | "chain" | "chainId" | "wallet" | "to" | "data" | "gas" | "fees"> {
  /** Absent for an empty transaction that fills a gap. */
  readonly cancelling: Option.Option<string>
}

export type End = Extract<TransactionStatus, "confirmed" | "reverted" | "cancelled" | "displaced">

export const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const { durableWrite: write, read } = Transaction.make(sql)

  const now = Effect.map(Clock.currentTimeMillis, (millis) => DateTime.formatIso(DateTime.unsafeMake(millis)))

  const stored = (row: { readonly position: number }) =>
    Effect.gen(function*() {
      const signatures = yield* sql`SELECT * FROM outbox_signatures WHERE outbox = ${row.position} ORDER BY rowid`
      return yield* OutboxRow.decode(row, signatures)
    }).pipe(
      Effect.catchTag("ParseError", (error) =>
        new StoreError({
          reason: "Corrupt",
          action: "read the outbox",
          detail: `row ${row.position}: ${Foreign.explain(error)}`
        }))
    )

  type Found = { readonly position: number }

  const byKey = ({ attempt, operation, step }: TransactionKey) =>
    sql<Found>`SELECT * FROM outbox WHERE operation = ${operation} AND step = ${step} AND attempt = ${attempt}`.pipe(
      Effect.flatMap(Effect.forEach(stored)),
      Effect.map(([row]) => Option.fromNullable(row))
    )

  const holds = Fence.unlessLost(sql)

  const earlierAttempts = (key: TransactionKey) =>
    Effect.gen(function*() {
      const earlier = yield* Effect.flatMap(
        sql<Found>`
          SELECT * FROM outbox WHERE operation = ${key.operation} AND step = ${key.step} AND attempt < ${key.attempt}`,
        Effect.forEach(stored)
      )
      const open = earlier.find((one) => !isOver(one) || (one.status === "confirmed" && !isFruitless(one)))
      const refuse = (detail: string) => new OutboxError({ reason: "EarlierAttempt", key, detail })
      if (open !== undefined) {
        return yield* refuse(`attempt ${open.key.attempt} is ${open.isReopened ? "off the chain again" : open.status}`)
      }
      if (earlier.length !== key.attempt - 1) return yield* refuse("an attempt before it was never made")
    })

  /** The lowest nonce from `pending` on that has no row: so a gap that somebody else has left is filled. */
  const freeNonce = (chainId: number, wallet: Address, pending: number) =>
    Effect.map(
      sql<{ nonce: number }>`
        SELECT nonce FROM outbox WHERE chain_id = ${chainId} AND wallet = ${wallet} AND nonce >= ${pending}
        ORDER BY nonce`,
      (taken) => taken.reduce((free, { nonce }) => nonce === free ? free + 1 : free, pending)
    )

  /** The row of this key: that which is there, or a new one at the nonce that is free. */
  const reserve = (draft: Draft, leases: ReadonlyArray<Lease>, pending: number) => {
    const { chain, chainId, data, fees, gas, key, to, wallet } = draft
    return write(
      `reserve a nonce for ${key.step} of ${key.operation}`,
      Effect.gen(function*() {
        const known = yield* byKey(key)
        if (Option.isSome(known)) return known.value
        yield* Effect.forEach(leases, holds, { discard: true })
        yield* earlierAttempts(key)
        const nonce = yield* freeNonce(chainId, wallet, pending)
        const [row] = yield* sql<Found>`
          INSERT INTO outbox (operation, step, attempt, chain, chain_id, wallet, nonce, recipient, data, gas,
            max_fee_per_gas, max_priority_fee_per_gas, status, cancelling, reserved_at)
          VALUES (${key.operation}, ${key.step}, ${key.attempt}, ${chain}, ${chainId}, ${wallet}, ${nonce}, ${to}, ${data},
            ${String(gas)}, ${String(fees.maxFeePerGas)}, ${String(fees.maxPriorityFeePerGas)}, 'reserved',
            ${Option.getOrNull(draft.cancelling)}, ${yield* now})
          RETURNING *`
        return yield* row === undefined ? Effect.dieMessage("an INSERT returned no row") : stored(row)
      })
    )
  }

  const reload = (position: number) =>
    Effect.flatMap(
      sql<Found>`SELECT * FROM outbox WHERE position = ${position}`,
      ([row]) => row === undefined ? Effect.dieMessage(`row ${position} of the outbox is gone`) : stored(row)
    )

  /** Keeps the bytes, unless somebody else has signed in the meantime: then that is what counts. Answers what is there. */
  const sign = (row: Stored, signature: Omit<Signature, "signedAt">) =>
    write(
      `store a signature of ${row.key.step} of ${row.key.operation}`,
      Effect.gen(function*() {
        const current = yield* reload(row.position)
        // Nor a call of what has been cancelled since.
        const isCancelled = Option.isSome(current.cancelling) && Option.isNone(row.cancelling)
        if (isOver(current) || isCancelled || current.signatures.length !== row.signatures.length) return current
        const { hash, kind, maxFeePerGas, maxPriorityFeePerGas, raw } = signature
        yield* sql`
          INSERT INTO outbox_signatures (hash, outbox, kind, max_fee_per_gas, max_priority_fee_per_gas, raw, signed_at)
          VALUES (${hash}, ${row.position}, ${kind}, ${String(maxFeePerGas)}, ${String(maxPriorityFeePerGas)}, ${raw},
            ${yield* now})`
        yield* sql`UPDATE outbox SET status = 'signed' WHERE position = ${row.position} AND status = 'reserved'`
        return yield* reload(row.position)
      })
    )

  /**
   * A signature that was found on the chain, whose bytes nobody has: from now on it counts as the row's own. Not where
   * somebody else has signed or ended it in the meantime. Answers what is there.
   */
  const adopt = (row: Stored, { hash, kind }: Pick<Signature, "hash" | "kind">) => {
    const { maxFeePerGas, maxPriorityFeePerGas } = row.signatures.at(-1) ?? row.fees
    return sign(row, { hash, kind, maxFeePerGas, maxPriorityFeePerGas, raw: OutboxRow.noBytes })
  }

  /** Where it was seen, or that it is seen no more. */
  const mined = (row: Stored, where: Stored["mined"]) =>
    write(
      `record where ${row.key.step} of ${row.key.operation} is mined`,
      sql`
        UPDATE outbox SET status = ${Option.isSome(where) ? "mined" : "signed"},
          mined_hash = ${Option.getOrNull(Option.map(where, ({ hash }) => hash))},
          mined_block = ${Option.getOrNull(Option.map(where, ({ block }) => String(block)))}
        WHERE position = ${row.position} AND ended_at IS NULL AND status NOT IN ('reverted', 'displaced')`
    )

  /**
   * Nothing can happen to it any more. The first to say so counts; and nothing is said of a row that was signed again since
   * it was read: what was seen may be that very signature. Answers what is there.
   */
  const end = (row: Stored, how: End, { detail, where }: {
    readonly detail: Option.Option<string>
    readonly where: Stored["mined"]
  }) =>
    write(
      `record the end of ${row.key.step} of ${row.key.operation}`,
      Effect.gen(function*() {
        const current = yield* reload(row.position)
        if (current.signatures.length !== row.signatures.length) return current
        yield* sql`
          UPDATE outbox SET status = ${how}, detail = ${Option.getOrNull(detail)}, ended_at = ${yield* now},
            mined_hash = ${Option.getOrNull(Option.map(where, ({ hash }) => hash))},
            mined_block = ${Option.getOrNull(Option.map(where, ({ block }) => String(block)))}
          WHERE position = ${row.position} AND ended_at IS NULL`
        return yield* reload(row.position)
      })
    )

  /** From now on only empty transactions are signed at its nonce. */
  const cancel = (row: Stored, why: string, leases: ReadonlyArray<Lease>) =>
    write(
      `cancel ${row.key.step} of ${row.key.operation}`,
      Effect.gen(function*() {
        yield* Effect.forEach(leases, holds, { discard: true })
        yield* sql`
          UPDATE outbox SET cancelling = ${why}
          WHERE position = ${row.position} AND ended_at IS NULL AND cancelling IS NULL`
        return yield* reload(row.position)
      })
    )

  /** Answers what is there: only of what is confirmed it is kept. */
  const fruitless = (row: Stored, why: string, leases: ReadonlyArray<Lease>) =>
    write(
      `record that ${row.key.step} of ${row.key.operation} was fruitless`,
      Effect.gen(function*() {
        yield* Effect.forEach(leases, holds, { discard: true })
        yield* sql`
          UPDATE outbox SET detail = ${why} WHERE position = ${row.position} AND status = 'confirmed' AND detail IS NULL`
        return yield* reload(row.position)
      })
    )

  /** What had no effect could have one again, unless an empty transaction takes its nonce. Answers what is there. */
  const reopen = (row: Stored, why: string) =>
    write(
      `take up ${row.key.step} of ${row.key.operation} again`,
      Effect.gen(function*() {
        yield* sql`
          UPDATE outbox SET ended_at = NULL, cancelling = COALESCE(cancelling, ${why})
          WHERE position = ${row.position} AND status IN ('reverted', 'displaced')`
        return yield* reload(row.position)
      })
    )

  const at = (chainId: number, wallet: Address, nonce: number) =>
    read(
      `look who has nonce ${nonce}`,
      sql<Found>`SELECT * FROM outbox WHERE chain_id = ${chainId} AND wallet = ${wallet} AND nonce = ${nonce}`.pipe(
        Effect.flatMap(Effect.forEach(stored)),
        Effect.map(([row]) => Option.fromNullable(row))
      )
    )

  /** How many nonces from one to before another have a row. */
  const between = (chainId: number, wallet: Address, from: number, to: number) =>
    read(
      `count the nonces from ${from} to ${to}`,
      Effect.map(
        sql<{ n: number }>`
          SELECT COUNT(*) AS n FROM outbox
          WHERE chain_id = ${chainId} AND wallet = ${wallet} AND nonce >= ${from} AND nonce < ${to}`,
        ([row]) => row?.n ?? 0
      )
    )

  /** Of one wallet, by nonce. */
  const unended = (wallet: Address) =>
    read(
      "list the transactions that have not ended",
      Effect.flatMap(
        sql<Found>`SELECT * FROM outbox WHERE wallet = ${wallet} AND ended_at IS NULL ORDER BY chain_id, nonce`,
        Effect.forEach(stored)
      )
    )

  const list = (operation: Option.Option<OperationId>) =>
    read(
      "list transactions",
      Effect.flatMap(
        Option.match(operation, {
          onNone: () => sql<Found>`SELECT * FROM outbox ORDER BY position`,
          onSome: (operation) => sql<Found>`SELECT * FROM outbox WHERE operation = ${operation} ORDER BY position`
        }),
        Effect.forEach(stored)
      )
    )

  return {
    find: (key: TransactionKey) => read(`look up ${key.step} of ${key.operation}`, byKey(key)),
    reserve,
    sign,
    adopt,
    mined,
    end,
    cancel,
    fruitless,
    reopen,
    at,
    between,
    unended,
    list
  }
})

export type OutboxTable = Effect.Effect.Success<typeof make>
