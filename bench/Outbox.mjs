/**
 * The outbox alone: many transfers from one wallet, all at once, through the live layers to a node that makes a block every
 * fifth of a second. What was mined is counted on the chain, what was asked by the node's own counter.
 */
import { Effect, Schedule } from "effect"
import { randomUUID } from "node:crypto"
import { encodeFunctionData, erc20Abi, getAddress } from "viem"
import { Leases, Live, OperationId, TransactionOutbox, Transactions } from "../dist/index.js"
import { difference } from "./Counting.mjs"

const transfers = 200
const recipient = getAddress(`0x${"5e".repeat(20)}`)

const isOver = ({ _tag }) => _tag !== "Pending" && _tag !== "Unconfirmed"

/** @param world a local world whose wallet has tokens; @param config how to reach it */
export const throughput = (world, config) =>
  Effect.gen(function*() {
    const outbox = yield* TransactionOutbox
    const operation = OperationId.OperationId.make(randomUUID())
    const lease = yield* Effect.flatMap(Leases, (leases) => leases.hold(`Bench/${operation}`))
    const send = (number) =>
      outbox.submitOnce(
        { operation, step: `transfer ${number}`, attempt: 1 },
        {
          chain: "base",
          to: world.tokens.AAPL.address,
          data: encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [recipient, BigInt(number + 1)] })
        },
        lease
      )
    const before = yield* world.base.counts.all
    const started = performance.now()
    const ends = yield* Effect.forEach(
      Array.from({ length: transfers }, (_, number) => number),
      (number) =>
        send(number).pipe(
          Effect.repeat({ until: isOver, schedule: Schedule.spaced("500 millis") }),
          Effect.zipRight(send(number))
        ),
      { concurrency: "unbounded" }
    )
    const seconds = (performance.now() - started) / 1000
    const methods = difference(yield* world.base.counts.all, before)
    const rows = yield* Effect.flatMap(Transactions, ({ list }) => list({ operation }))
    const nonces = rows.map(({ nonce }) => nonce).toSorted((a, b) => a - b)
    const logs = yield* Effect.promise(() =>
      world.base.client.getContractEvents({
        abi: erc20Abi,
        address: world.tokens.AAPL.address,
        eventName: "Transfer",
        args: { to: recipient },
        fromBlock: 0n
      })
    )
    return {
      transfers,
      seconds,
      perSecond: transfers / seconds,
      confirmed: ends.filter(({ _tag }) => _tag === "Confirmed").length,
      minedTransfers: logs.length,
      duplicates: logs.length - new Set(logs.map(({ args }) => String(args.value))).size,
      nonceGaps: nonces.filter((nonce, i) => nonce !== nonces[0] + i).length,
      replaced: rows.filter(({ signatures }) => signatures.length > 1).length,
      methodsPerTransfer: Object.fromEntries(
        Object.entries(methods).map(([method, count]) => [method, Math.round(100 * count / transfers) / 100])
      )
    }
  }).pipe(Effect.scoped, Effect.provide(Live.layer(config)))
