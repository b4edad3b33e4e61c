import type * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Either, Exit, Fiber, FiberRef, TestClock } from "effect"
import * as Transaction from "../../../src/layers/sql/Transaction.ts"
import { StoreError } from "../../../src/services/StoreError.ts"
import * as Temporary from "./Temporary.ts"

const insert = (sql: SqlClient.SqlClient, condition: string) =>
  sql`INSERT INTO alerts (condition, operation, message, raised_at) VALUES (${condition}, 'b', 'c', 'd')`

const conditions = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql<{ condition: string }>`SELECT condition FROM alerts ORDER BY condition`,
    (rows) => rows.map(({ condition }) => condition)
  )

const given = Effect.gen(function*() {
  const file = yield* Temporary.file
  const sql = yield* Temporary.client(file)
  const other = yield* Temporary.client(file)
  return { sql, tx: Transaction.make(sql), other, otherTx: Transaction.make(other) }
})

const names = Array.from({ length: 64 }, (_, index) => `n${String(index).padStart(2, "0")}`)

/** Holds the connection until all have come, so that they stand in one queue. */
const together = <A, E, R>(tx: Transaction.Transactions, effects: ReadonlyArray<Effect.Effect<A, E, R>>) =>
  Effect.gen(function*() {
    const inside = yield* Deferred.make<void>()
    const go = yield* Deferred.make<void>()
    const first = yield* Effect.fork(
      tx.write("first", Effect.zipRight(Deferred.succeed(inside, undefined), Deferred.await(go)))
    )
    yield* Deferred.await(inside)
    const fibers = yield* Effect.forEach(effects, (effect) => Effect.fork(effect))
    yield* Effect.yieldNow()
    yield* Deferred.succeed(go, undefined)
    yield* Fiber.join(first)
    return yield* Effect.forEach(fibers, Fiber.await)
  })

describe("those who write at once", () => {
  it.scopedLive("share one commit, each with its own answer", () =>
    Effect.gen(function*() {
      const { other, otherTx, sql, tx } = yield* given
      const seen = new Set<number>()
      const look = Effect.map(otherTx.read("look", conditions(other)), ({ length }) => seen.add(length))
      const exits = yield* together(
        tx,
        names.map((name) => Effect.tap(tx.write("write", Effect.as(insert(sql, name), name)), look))
      )
      assert.deepStrictEqual(exits, names.map((name) => Exit.succeed(name)))
      // Whoever looks after the first answer sees all of them: nobody was answered before the commit, and there was one.
      assert.deepStrictEqual([...seen], [names.length])
    }))

  it.scopedLive("do not share a failure: who fails leaves nothing, and the others all", () =>
    Effect.gen(function*() {
      const { sql, tx } = yield* given
      const exits = yield* together(
        tx,
        names.map((name, index) =>
          tx.write("write", index % 3 === 0 ? Effect.zipRight(insert(sql, name), Effect.fail(name)) : insert(sql, name))
        )
      )
      const failed = names.filter((_, index) => index % 3 === 0)
      assert.deepStrictEqual(names.filter((_, index) => exits.at(index)?._tag === "Failure"), failed)
      assert.deepStrictEqual(
        yield* tx.read("list", conditions(sql)),
        names.filter((name) => !failed.includes(name))
      )
    }))

  it.scopedLive("do not share what SQLite says to one of them either", () =>
    Effect.gen(function*() {
      const { sql, tx } = yield* given
      const exits = yield* together(
        tx,
        names.map((name, index) =>
          Effect.either(
            tx.write(
              `write ${name}`,
              Effect.zipRight(insert(sql, name), index === 5 ? sql`INSERT INTO nowhere VALUES (1)` : sql`SELECT 1`)
            )
          )
        )
      )
      const refused = exits.flatMap((exit, index) =>
        Exit.isSuccess(exit) && Either.isLeft(exit.value) ? [[index, exit.value.left] as const] : []
      )
      const [[index, error] = [-1, undefined]] = refused
      assert.strictEqual(refused.length, 1)
      assert.strictEqual(index, 5)
      assert.instanceOf(error, StoreError)
      assert.include(error.message, "write n05")
      assert.deepStrictEqual(yield* tx.read("list", conditions(sql)), names.filter((name) => name !== "n05"))
    }))

  it.scopedLive("are not held up by one who is interrupted, in the queue or in the middle", () =>
    Effect.gen(function*() {
      const { sql, tx } = yield* given
      const inside = yield* Deferred.make<void>()
      const stuck = yield* Effect.fork(
        tx.write("write", Effect.all([insert(sql, "stuck"), Deferred.succeed(inside, undefined), Effect.never]))
      )
      yield* Deferred.await(inside)
      const queued = yield* Effect.fork(tx.write("write", insert(sql, "queued")))
      const kept = yield* Effect.fork(tx.write("write", insert(sql, "kept")))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(queued)
      yield* Fiber.interrupt(stuck)
      yield* Fiber.join(kept)
      assert.deepStrictEqual(yield* tx.read("list", conditions(sql)), ["kept"])
    }))

  it.scopedLive("are each run as their own caller", () =>
    Effect.gen(function*() {
      const { tx } = yield* given
      const caller = FiberRef.unsafeMake("nobody")
      const exits = yield* together(
        tx,
        names.map((name) => Effect.locally(tx.write("write", FiberRef.get(caller)), caller, name))
      )
      assert.deepStrictEqual(exits, names.map((name) => Exit.succeed(name)))
    }))

  it.scopedLive("write also while they clean up after an interruption", () =>
    Effect.gen(function*() {
      const { sql, tx } = yield* given
      const inside = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(
        Effect.zipRight(Deferred.succeed(inside, undefined), Effect.never).pipe(
          Effect.onInterrupt(() => Effect.orDie(tx.write("clean up", insert(sql, "cleaned"))))
        )
      )
      yield* Deferred.await(inside)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* tx.read("list", conditions(sql)), ["cleaned"])
    }))

  it.scoped("are all told that another process writes, each of its own writing, and can be interrupted until then", () =>
    Effect.gen(function*() {
      const { other, otherTx, sql, tx } = yield* given
      const begun = yield* Deferred.make<void>()
      yield* Effect.forkScoped(
        otherTx.write("write", Effect.all([insert(other, "a"), Deferred.succeed(begun, undefined), Effect.never]))
      )
      yield* Deferred.await(begun)
      const two = yield* Effect.forEach(
        ["b", "c"],
        (name) => Effect.fork(Effect.flip(tx.write(`write ${name}`, insert(sql, name))))
      )
      const impatient = yield* Effect.fork(tx.write("write d", insert(sql, "d")))
      yield* TestClock.adjust("4 seconds")
      // Ends without the clock moving on.
      yield* Fiber.interrupt(impatient)
      yield* TestClock.adjust("2 seconds")
      const errors = yield* Effect.forEach(two, (one) => Fiber.join(one))
      assert.deepStrictEqual(
        errors.map((error) => [error.reason, error.action]),
        [["Busy", "write b"], ["Busy", "write c"]]
      )
    }))
})
