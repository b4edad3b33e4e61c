import type * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, TestClock } from "effect"
import * as Transaction from "../../../src/layers/sql/Transaction.ts"
import { StoreError } from "../../../src/services/StoreError.ts"
import * as Temporary from "./Temporary.ts"

const insert = (sql: SqlClient.SqlClient, condition: string) =>
  sql`INSERT INTO alerts (condition, operation, message, raised_at) VALUES (${condition}, 'b', 'c', 'd')`

const count = (sql: SqlClient.SqlClient) =>
  Effect.map(sql<{ n: number }>`SELECT COUNT(*) AS n FROM alerts`, ([row]) => row?.n)

/** Two connections to one new database, as two processes have them. */
const two = Effect.gen(function*() {
  const file = yield* Temporary.file
  const ours = yield* Temporary.client(file)
  const theirs = yield* Temporary.client(file)
  return { ours, theirs, tx: Transaction.make(ours), theirTx: Transaction.make(theirs) }
})

describe("a transaction", () => {
  it.scopedLive("that fails leaves nothing, and the error is the body's own", () =>
    Effect.gen(function*() {
      const { ours, tx } = yield* two
      const error = yield* Effect.flip(
        tx.write("write", Effect.zipRight(insert(ours, "a"), Effect.fail("no" as const)))
      )
      assert.strictEqual(error, "no")
      assert.strictEqual(yield* tx.read("count", count(ours)), 0)
    }))

  it.scopedLive("that dies or is interrupted leaves nothing, and does not keep the connection", () =>
    Effect.gen(function*() {
      const { ours, theirTx, theirs, tx } = yield* two
      const died = yield* Effect.exit(tx.write("write", Effect.zipRight(insert(ours, "a"), Effect.dieMessage("bug"))))
      assert.isTrue(Exit.isFailure(died))
      const inside = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(
        tx.write("write", Effect.all([insert(ours, "b"), Deferred.succeed(inside, undefined), Effect.never]))
      )
      yield* Deferred.await(inside)
      yield* Fiber.interrupt(fiber)
      yield* theirTx.write("write", insert(theirs, "c"))
      assert.strictEqual(yield* tx.read("count", count(ours)), 1)
    }))

  it.scopedLive("whose commit fails is a typed error, leaves nothing, and does not keep the lock", () =>
    Effect.gen(function*() {
      const { ours, theirTx, theirs, tx } = yield* two
      yield* ours`PRAGMA foreign_keys = 1`
      yield* ours`CREATE TABLE parent (id INTEGER PRIMARY KEY)`
      yield* ours`CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)`
      const error = yield* Effect.flip(
        tx.write("write", Effect.zipRight(insert(ours, "a"), ours`INSERT INTO child (id) VALUES (1)`))
      )
      assert.instanceOf(error, StoreError)
      assert.include(error.message, "SQLITE_CONSTRAINT_FOREIGNKEY")
      yield* theirTx.write("write", insert(theirs, "b"))
      assert.strictEqual(yield* tx.read("count", count(ours)), 1)
    }))

  it.scopedLive("waits while another process writes, without holding up this one", () =>
    Effect.gen(function*() {
      const { ours, theirTx, theirs, tx } = yield* two
      const begun = yield* Deferred.make<void>()
      let ticks = 0
      yield* Effect.fork(Effect.forever(Effect.zipRight(Effect.sync(() => ticks++), Effect.sleep("5 millis"))))
      const theirWrite = yield* Effect.fork(theirTx.write(
        "write",
        Effect.all([insert(theirs, "a"), Deferred.succeed(begun, undefined), Effect.sleep("200 millis")])
      ))
      yield* Deferred.await(begun)
      const before = ticks
      yield* tx.write("write", insert(ours, "b"))
      assert.isAbove(ticks - before, 2, "others ran in the meantime")
      yield* Fiber.join(theirWrite)
      assert.strictEqual(yield* tx.read("count", count(ours)), 2)
    }))

  it.scoped("gives up as Busy when the other process does not end", () =>
    Effect.gen(function*() {
      const { ours, theirTx, theirs, tx } = yield* two
      const begun = yield* Deferred.make<void>()
      yield* Effect.forkScoped(
        theirTx.write("write", Effect.all([insert(theirs, "a"), Deferred.succeed(begun, undefined), Effect.never]))
      )
      yield* Deferred.await(begun)
      const waiting = yield* Effect.fork(Effect.flip(tx.write("write", insert(ours, "b"))))
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual((yield* Fiber.poll(waiting))._tag, "None")
      yield* TestClock.adjust("2 seconds")
      const error = yield* Fiber.join(waiting)
      assert.instanceOf(error, StoreError)
      assert.strictEqual(error.reason, "Busy")
    }))

  it.scopedLive("sees what it read still true when it writes, though others want to write", () =>
    Effect.gen(function*() {
      const { ours, theirTx, theirs, tx } = yield* two
      let runs = 0
      const readThenWrite = (sql: SqlClient.SqlClient, label: string) =>
        Effect.flatMap(
          Effect.tap(count(sql), () => Effect.sync(() => runs++)),
          (n) => Effect.zipRight(Effect.sleep("20 millis"), insert(sql, `${label}${n}`))
        )
      yield* Effect.all([
        tx.write("write", readThenWrite(ours, "a")),
        theirTx.write("write", readThenWrite(theirs, "b"))
      ], {
        concurrency: "unbounded"
      })
      const rows = yield* tx.read("list", ours<{ condition: string }>`SELECT condition FROM alerts ORDER BY position`)
      assert.deepStrictEqual(rows.map(({ condition }) => condition.slice(1)), ["0", "1"])
      assert.strictEqual(runs, 2, "neither was begun in vain")
    }))

  it.scopedLive("that reads sees one state of the database, whatever others commit", () =>
    Effect.gen(function*() {
      const { ours, theirTx, theirs, tx } = yield* two
      const looked = yield* Deferred.make<void>()
      const written = yield* Deferred.make<void>()
      yield* Effect.fork(
        Deferred.await(looked).pipe(
          Effect.zipRight(theirTx.write("write", insert(theirs, "a"))),
          Effect.zipRight(Deferred.succeed(written, undefined))
        )
      )
      const [before, , , after] = yield* tx.read(
        "count twice",
        Effect.all([count(ours), Deferred.succeed(looked, undefined), Deferred.await(written), count(ours)])
      )
      assert.deepStrictEqual([before, after], [0, 0])
      assert.strictEqual(yield* tx.read("count", count(ours)), 1)
    }))

  it.scopedLive("is not seen by the others of its own process before it is committed", () =>
    Effect.gen(function*() {
      const { ours, tx } = yield* two
      const written = yield* Deferred.make<void>()
      const writing = yield* Effect.fork(tx.write(
        "write",
        Effect.all([
          insert(ours, "a"),
          Deferred.succeed(written, undefined),
          Effect.sleep("20 millis"),
          Effect.fail("no")
        ])
      ))
      yield* Deferred.await(written)
      assert.strictEqual(yield* tx.read("count", count(ours)), 0)
      assert.isTrue(Exit.isFailure(yield* Fiber.await(writing)))
    }))

  it.scopedLive("inside another one is a mistake that shows, and no deadlock", () =>
    Effect.gen(function*() {
      const { ours, tx } = yield* two
      const exit = yield* Effect.exit(tx.write("outer", tx.write("inner", insert(ours, "a"))))
      assert.include(String(exit), "inner")
      assert.strictEqual(yield* tx.read("count", count(ours)), 0)
    }))
})
