/** An outbox as it is written on the first day. It keeps its transactions in the database, and makes the mistake it is told to. */
import { SqlClient } from "@effect/sql/SqlClient"
import { Context, DateTime, Effect, Layer, Option, Schema } from "effect"
import { keccak256 } from "viem"
import { TxHash } from "../../src/domain/TxHash.ts"
import { BaseChain, type ChainName, EthereumChain } from "../../src/services/Chain.ts"
import { Signer } from "../../src/services/Signer.ts"
import {
  OutboxError,
  type OutboxTransaction,
  Submitted,
  type TransactionKey,
  TransactionOutbox,
  Transactions
} from "../../src/services/TransactionOutbox.ts"
import * as Below from "../Below.ts"
import type { Plant } from "../Program.ts"

export type Mistake =
  /** What is broadcast and not yet stored is forgotten by a crash, and sent again. */
  | "broadcastBeforeStoring"
  /** What is not mined after a while is sent again, at a nonce of its own. */
  | "newNonceOnRetry"
  /** A receipt is success. */
  | "believeAReverted"
  /** A nonce that has moved without a receipt of ours says that ours was displaced. */
  | "believeAMovedNonce"
  /** No further mistake: it is weak enough as it is, and what it shows by itself is not what a mistake shows. */
  | "none"

interface Row {
  readonly id: string
  readonly key: TransactionKey
  readonly chain: ChainName
  readonly to: OutboxTransaction["to"]
  readonly data: OutboxTransaction["data"]
  readonly nonce: number
  readonly raw: `0x${string}`
  readonly status: OutboxTransaction["status"]
  readonly at: number
}

const idOf = ({ attempt, operation, step }: TransactionKey) => `${operation}/${step}/${attempt}`

const hashOf = Schema.decodeSync(TxHash)

const patience = 120_000

const make = (mistake: Mistake, chainIds: Readonly<Record<ChainName, number>>) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient
    const signer = yield* Signer
    const chains = { ethereum: yield* EthereumChain, base: yield* BaseChain }
    const wallet = signer.address

    yield* Effect.orDie(sql`CREATE TABLE IF NOT EXISTS naive_outbox (id TEXT PRIMARY KEY, row TEXT NOT NULL)`)
    const rows = sql<{ row: string }>`SELECT row FROM naive_outbox`.pipe(
      Effect.orDie,
      Effect.map((found) => found.map(({ row }): Row => JSON.parse(row)))
    )
    const store = (row: Row) =>
      Effect.orDie(sql`INSERT OR REPLACE INTO naive_outbox (id, row) VALUES (${row.id}, ${JSON.stringify(row)})`)

    const send = (key: TransactionKey, call: Parameters<TransactionOutbox["Type"]["submitOnce"]>[1]) =>
      Effect.gen(function*() {
        const chain = chains[call.chain]
        const gas = yield* chain.estimateGas({ ...call, from: wallet }).pipe(Effect.catchIf(
          ({ reason }) => reason === "Reverted",
          ({ revert = "" }) => new OutboxError({ reason: "Reverts", key, detail: revert })
        ))
        const { baseFeePerGas } = yield* chain.block
        const tip = yield* chain.priorityFee
        const nonce = yield* chain.nonce(wallet, "pending")
        const raw = yield* signer.sign({
          chainId: chainIds[call.chain],
          nonce,
          to: call.to,
          data: call.data,
          value: 0n,
          gas: gas * 2n,
          maxFeePerGas: baseFeePerGas * 4n + tip,
          maxPriorityFeePerGas: tip
        })
        const at = DateTime.toEpochMillis(yield* DateTime.now)
        const row: Row = { id: idOf(key), key, ...call, nonce, raw, status: "signed", at }
        if (mistake === "broadcastBeforeStoring") {
          yield* chain.broadcast(raw)
          yield* store(row)
        } else {
          yield* store(row)
          yield* chain.broadcast(raw)
        }
        return Submitted.Pending({ nonce, waitingFor: "a block" })
      })

    const submitOnce: TransactionOutbox["Type"]["submitOnce"] = (key, call) =>
      Effect.gen(function*() {
        const row = (yield* rows).find(({ id }) => id === idOf(key))
        if (row === undefined) return yield* send(key, call)
        const chain = chains[row.chain]
        const hash = hashOf(keccak256(row.raw))
        const receipt = yield* chain.receipt(hash)
        const { number } = yield* chain.block
        if (Option.isSome(receipt)) {
          const confirmations = Number(number - receipt.value.blockNumber) + 1
          if (confirmations < chain.confirmations) {
            return Submitted.Unconfirmed({ txHash: hash, confirmations, required: chain.confirmations })
          }
          const isGood = receipt.value.status === "success" || mistake === "believeAReverted"
          yield* store({ ...row, status: isGood ? "confirmed" : "reverted" })
          return isGood
            ? Submitted.Confirmed({ receipt: receipt.value })
            : Submitted.Reverted({ txHash: hash, why: "it reverted" })
        }
        const now = DateTime.toEpochMillis(yield* DateTime.now)
        if (mistake === "newNonceOnRetry" && now - row.at > patience) return yield* send(key, call)
        if (mistake === "believeAMovedNonce" && (yield* chain.nonce(wallet, "latest")) > row.nonce) {
          yield* store({ ...row, status: "displaced" })
          return Submitted.Displaced({ nonce: row.nonce })
        }
        yield* chain.broadcast(row.raw)
        return Submitted.Pending({ nonce: row.nonce, waitingFor: "a block" })
      })

    const list: Transactions["Type"]["list"] = ({ operation } = {}) =>
      Effect.map(rows, (all) =>
        all.filter(({ key }) =>
          operation === undefined || key.operation === operation
        ).map((row): OutboxTransaction => ({
          ...row,
          chainId: chainIds[row.chain],
          wallet,
          signatures: [],
          mined: Option.none(),
          detail: Option.none(),
          isReopened: false,
          reservedAt: DateTime.unsafeMake(row.at)
        })))

    return Context.make(
      TransactionOutbox,
      TransactionOutbox.of({
        wallet,
        submitOnce,
        cancel: (key) =>
          new OutboxError({ reason: "NotFound", key, detail: "the first day has no way to cancel" }),
        fruitless: () =>
          Effect.void,
        tend: Effect.succeed(0)
      })
    ).pipe(Context.add(Transactions, { list }))
  })

export const plant = (mistake: Mistake): Plant => (parts, plan) =>
  Below.rebuilt(
    parts,
    plan,
    Layer.effectContext(make(mistake, {
      ethereum: plan.configuration.ethereum.chainId,
      base: plan.configuration.base.chainId
    }))
  )
