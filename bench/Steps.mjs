/**
 * Durable steps: rebalances from the vault to Alpaca through the real driver, store, leases and views; whoever is asked
 * outside answers at once. Beside it the limit: the same payloads by better-sqlite3 alone, committed in groups.
 */
import { Deferred, Duration, Effect, Fiber, Layer, Logger, LogLevel, Option } from "effect"
import { createHash, randomUUID } from "node:crypto"
import { openSync, writeSync } from "node:fs"
import { createRequire } from "node:module"
import * as Ballast from "../dist/index.js"
import * as SqlDatabase from "../dist/layers/sql/Database.js"
import * as SqlAlerts from "../dist/layers/sql/SqlAlerts.js"
import * as SqlEventStore from "../dist/layers/sql/SqlEventStore.js"
import * as SqlLeases from "../dist/layers/sql/SqlLeases.js"
import * as Tests from "../dist/testing.js"
import { summary } from "./Counting.mjs"

/** The one that the store runs on. */
export const Database = createRequire(import.meta.resolve("@effect/sql-sqlite-node"))("better-sqlite3")

const { OperationId, TokenAmount, Usdc, UsdcRebalance, UsdcRebalanceManager } = Ballast

/** Events of one rebalance, each of which is a step on the disk. */
export const stepsEach = 8

const amount = Usdc.fromUnits(1_000_000_000n)
const tokens = TokenAmount.make({ units: amount, decimals: 6 })
const wallet = Tests.TransactionOutboxTest.wallet
const address = (digit) => `0x${digit.repeat(40)}`
const hash = (...of) => `0x${createHash("sha256").update(of.join(" ")).digest("hex")}`

/** As long as those of CCTP V2 with one attester. */
const message = `0x${"5a".repeat(376)}`
const attestation = `0x${"a5".repeat(65)}`

const vault = {
  contract: address("7"),
  reader: address("8"),
  spender: address("7"),
  id: `0x${"9a".repeat(32)}`
}

const sent = ({ operation, step }) => Ballast.Transferred.Sent({ txHash: hash(operation, step), amount: tokens })
const depositAddress = address("6")

const chain = {
  confirmations: 1,
  block: Effect.succeed({ number: 21_000_000n, timestamp: 1_700_000_000n, baseFeePerGas: 1n })
}

/** @param isAttested or Circle keeps everybody waiting */
const ports = (isAttested) =>
  Layer.mergeAll(
    Layer.succeed(Ballast.AlpacaWallet, {
      depositAddress: Effect.succeed(depositAddress),
      whitelisting: () => Effect.succeed("Approved"),
      findDeposit: ({ txHash }) =>
        Effect.succeedSome({
          id: hash(txHash).slice(2, 38).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*/, "$1-$2-4$3-8$4-$5"),
          amount,
          status: "Complete",
          txHash: Option.some(txHash),
          address: Option.none(),
          createdAt: undefined
        })
    }),
    Layer.succeed(Ballast.CctpBridge, {
      quote: () =>
        Effect.succeed({ finality: "fast", maxFee: Usdc.fromUnits(0n), fee: Usdc.fromUnits(0n), limit: amount }),
      burn: (_lane, { amount }, { key }) =>
        Effect.succeed(
          Ballast.Burned.Burned({ burnTx: hash(key.operation, "burn"), burned: amount, maxFee: Usdc.fromUnits(0n) })
        ),
      attestation: (_lane, { burnTx }) =>
        Effect.succeed(
          isAttested
            ? Ballast.Attested.Ready({
              attestation: { message, attestation, nonce: hash(burnTx, "nonce") },
              expires: 0n
            })
            : Ballast.Attested.Pending({ waitingFor: "a block that is final", delay: undefined })
        ),
      mint: (_lane, { burn }, { key }) =>
        Effect.succeed(Ballast.Minted.Minted({
          mint: { mintTx: hash(key.operation, "mint"), received: burn.burned, feeCollected: Usdc.fromUnits(0n) },
          isOurs: true
        })),
      canMint: () => Effect.succeed(true),
      reattest: () => Effect.void
    }),
    Layer.succeed(Ballast.Vault, {
      withdraw: (_move, { key }) => Effect.succeed(sent(key)),
      deposit: (_move, { key }) => Effect.succeed(sent(key)),
      deposited: () => Effect.succeed(Ballast.Received.Confirmed({ amount: tokens })),
      balance: () => Effect.succeed(Usdc.fromUnits(10n ** 15n))
    }),
    Layer.succeed(Ballast.Erc20, {
      transfer: (_token, _transfer, { key }) => Effect.succeed(sent(key)),
      received: () => Effect.succeed(Ballast.Received.Confirmed({ amount: tokens })),
      balance: () => Effect.succeed(tokens),
      confirmedBalance: () => Effect.succeed(tokens),
      ensureAllowance: () => Effect.succeed(Ballast.Allowance.Enough())
    }),
    Layer.succeed(Ballast.UsdcRoute, {
      usdc: { ethereum: address("1"), base: address("2") },
      cctp: { messenger: address("3"), transmitter: address("4"), finality: "fast" },
      vault: Option.some({ ...vault, owner: Option.none() }),
      shortWithdrawal: "fail",
      limits: {
        min: Usdc.fromUnits(1n),
        maxPerOperation: Option.none(),
        maxPerDay: Option.none(),
        concurrent: 1_000_000
      }
    }),
    // Circle answers 35 times a second: so many could not be asked about more often.
    Ballast.Policies.layer({ pollInterval: Duration.seconds(10), attestationPollInterval: Duration.minutes(5) }),
    Layer.succeed(Ballast.TransactionOutbox, { wallet, tend: Effect.succeed(0), fruitless: () => Effect.void }),
    Layer.succeed(Ballast.Transactions, { list: () => Effect.succeed([]) }),
    Layer.succeed(Ballast.EthereumChain, chain),
    Layer.succeed(Ballast.BaseChain, chain)
  )

const stored = (file) =>
  Layer.mergeAll(
    SqlEventStore.layer({ softwareVersion: "bench" }),
    SqlLeases.layer({ duration: "1 minute" }),
    SqlAlerts.layer
  ).pipe(Layer.provideMerge(SqlDatabase.layer({ path: file, durability: "full", create: true })))

/** The time between one call and the next. */
const laps = () => {
  const millis = []
  let last = performance.now()
  return {
    millis,
    lap: () => {
      const now = performance.now()
      millis.push(now - last)
      last = now
    }
  }
}

/** Written as the command line writes it, to where nobody reads it. */
const nowhere = openSync("/dev/null", "w")
const logged = Layer.merge(
  Logger.replace(Logger.defaultLogger, Logger.map(Logger.jsonLogger, (text) => void writeSync(nowhere, `${text}\n`))),
  Logger.minimumLogLevel(LogLevel.Info)
)

/**
 * @param workflows how many, @param concurrency so many at once. With one at a time `median` is that of a step, from one
 * state to the next: of eight one also takes the lease, and lets go that of the rebalance before.
 */
export const ours = (file, { concurrency, workflows }) =>
  Effect.gen(function*() {
    const ids = Array.from({ length: workflows }, () => OperationId.RebalanceId.make(randomUUID()))
    const started = performance.now()
    const { lap, millis } = laps()
    yield* Effect.forEach(ids, (id) => UsdcRebalanceManager.executeBaseToAlpaca(id, amount), {
      concurrency,
      discard: true
    }).pipe(Effect.locally(Ballast.Progress.listener, () => Effect.sync(lap)))
    const seconds = (performance.now() - started) / 1000
    const store = yield* Ballast.EventStore
    const [first] = ids
    const state = yield* store.load(UsdcRebalance.aggregate, first)
    const history = yield* store.history(first)
    return {
      id: first,
      seconds,
      stepsPerSecond: Math.round(workflows * stepsEach / seconds),
      median: summary(millis).median,
      state: state.state._tag,
      payloads: history.map(({ payload, type }) => ({ type, text: JSON.stringify(payload) }))
    }
  }).pipe(Effect.provide(Layer.merge(ports(true), stored(file))), Effect.provide(logged))

/** A rebalance that stops half-way: Circle has not attested its burn. */
export const halfDone = (file) =>
  Effect.gen(function*() {
    const id = OperationId.RebalanceId.make(randomUUID())
    const waits = yield* Deferred.make()
    const running = yield* UsdcRebalanceManager.executeBaseToAlpaca(id, amount).pipe(
      Effect.locally(
        Ballast.Progress.listener,
        ({ waitingFor }) => Option.isSome(waitingFor) ? Deferred.succeed(waits, undefined) : Effect.void
      ),
      Effect.fork
    )
    yield* Deferred.await(waits)
    yield* Fiber.interrupt(running)
    return id
  }).pipe(Effect.provide(Layer.merge(ports(false), stored(file))), Effect.provide(logged))

/** `ballast run` on all that is live, none of which gets any further; `whenWaiting` runs once every one of them waits. */
export const waiting = (file, whenWaiting) =>
  Effect.gen(function*() {
    const store = yield* Ballast.EventStore
    let left = (yield* store.operations({ live: true })).length
    const there = new Set()
    const all = yield* Deferred.make()
    const running = yield* Effect.fork(Effect.scoped(Ballast.Recovery.run)).pipe(
      Effect.locally(Ballast.Progress.listener, ({ id, waitingFor }) => {
        if (Option.isNone(waitingFor) || there.has(id)) return Effect.void
        there.add(id)
        return --left === 0 ? Deferred.succeed(all, undefined) : Effect.void
      })
    )
    yield* Deferred.await(all)
    const answer = yield* whenWaiting
    yield* Fiber.interrupt(running)
    return answer
  }).pipe(Effect.provide(Layer.merge(ports(false), stored(file))), Effect.provide(logged))

/** What a process does that starts on such a log: finds who is live, and finishes them, so many at once. */
export const recover = (file, { concurrency }) =>
  Effect.gen(function*() {
    const store = yield* Ballast.EventStore
    const live = yield* store.operations({ live: true })
    yield* Effect.forEach(live, ({ id }) => UsdcRebalanceManager.resume(OperationId.RebalanceId.make(id)), {
      concurrency,
      discard: true
    })
    return (yield* store.operations({ live: true })).length
  }).pipe(Effect.provide(Layer.merge(ports(true), stored(file))), Effect.provide(logged))

/** What it does before that. */
export const start = (file) =>
  Effect.gen(function*() {
    const store = yield* Ballast.EventStore
    const live = yield* store.operations({ live: true })
    yield* Effect.forEach(live, ({ id }) => store.load(UsdcRebalance.aggregate, OperationId.RebalanceId.make(id)))
    return live.length
  }).pipe(Effect.provide(stored(file)), Effect.provide(logged))

/** The same bytes, by hand: one table, one prepared statement, and one commit for all that wait in a turn of the loop. */
export const raw = (file, { concurrency, payloads, workflows }) =>
  Effect.promise(async () => {
    const db = new Database(file)
    db.pragma("journal_mode = WAL")
    db.pragma("synchronous = FULL")
    db.exec(
      `CREATE TABLE events (position INTEGER PRIMARY KEY, aggregate_type TEXT NOT NULL, aggregate_id TEXT NOT NULL,
      sequence INTEGER NOT NULL, event_type TEXT NOT NULL, payload TEXT NOT NULL, occurred_at INTEGER NOT NULL,
      UNIQUE (aggregate_type, aggregate_id, sequence))`
    )
    const insert = db.prepare("INSERT INTO events VALUES (NULL, 'UsdcRebalance', ?, ?, ?, ?, ?)")
    const [begin, commit] = [db.prepare("BEGIN IMMEDIATE"), db.prepare("COMMIT")]
    let waiting = []
    const flush = () => {
      const batch = waiting
      waiting = []
      begin.run()
      for (const { id, sequence, text, type } of batch) insert.run(id, sequence, type, text, Date.now())
      commit.run()
      for (const { done } of batch) done()
    }
    const append = (row) =>
      new Promise((done) => {
        if (waiting.push({ ...row, done }) === 1) setImmediate(flush)
      })
    const ids = Array.from({ length: workflows }, () => randomUUID())
    const started = performance.now()
    const { lap, millis } = laps()
    await Promise.all(Array.from({ length: concurrency }, async () => {
      for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
        for (const [at, { text, type }] of payloads.entries()) {
          await append({ id, sequence: at + 1, text, type })
          lap()
        }
      }
    }))
    const seconds = (performance.now() - started) / 1000
    db.close()
    return { seconds, stepsPerSecond: Math.round(workflows * stepsEach / seconds), median: summary(millis).median }
  })
