import { assert, describe, it } from "@effect/vitest"
// That of chai takes Some and None for equal.
import { deepStrictEqual } from "@effect/vitest/utils"
import { DateTime, Effect, Option, TestClock } from "effect"
import type * as OutboxTable from "../../../src/layers/sql/OutboxTable.ts"
import { Leases } from "../../../src/services/Leases.ts"
import { OutboxError } from "../../../src/services/TransactionOutbox.ts"
import { draft, keyOf, other, rows, signature, test, theirs, two, where } from "./Drafts.ts"
import * as Temporary from "./Temporary.ts"

describe("reserve", () => {
  test("stores all that the transaction is made of, before it is signed", (table) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(1_767_622_400_123)
      const asked = draft({ cancelling: Option.some("to fill a gap") })
      const row = yield* table.reserve(asked, [], 4)
      const { position, ...stored } = row
      deepStrictEqual(stored, {
        ...asked,
        nonce: 4,
        status: "reserved",
        isReopened: false,
        signatures: [],
        mined: Option.none(),
        detail: Option.none(),
        reservedAt: DateTime.unsafeMake(1_767_622_400_123)
      })
      deepStrictEqual(yield* table.find(asked.key), Option.some(row))
    }))

  const gaps: ReadonlyArray<readonly [taken: ReadonlyArray<number>, pending: number, got: ReadonlyArray<number>]> = [
    [[], 7, [7, 8]],
    [[4, 5, 6], 4, [7, 8]],
    [[4, 6], 4, [5, 7]],
    [[4, 6, 8, 9], 4, [5, 7, 10]],
    [[5], 4, [4, 6]],
    [[4, 5], 2, [2, 3, 6]],
    [[3, 4, 5], 5, [6]],
    [[3, 5], 6, [6]]
  ]
  for (const [taken, pending, got] of gaps) {
    test(`with ${taken.join(" ") || "nothing"} taken and ${pending} pending it gives ${got.join(", then ")}`, (table) =>
      Effect.gen(function*() {
        yield* Effect.forEach(taken, (nonce) => table.reserve(draft({ key: keyOf(`old ${nonce}`) }), [], nonce))
        const given = yield* Effect.forEach(
          got,
          (_, index) => table.reserve(draft({ key: keyOf(`new ${index}`) }), [], pending)
        )
        deepStrictEqual(given.map(({ nonce }) => nonce), got)
      }))
  }

  test("counts the nonces of each wallet on each chain for itself", (table) =>
    Effect.gen(function*() {
      const others = [
        draft(),
        draft({ key: keyOf("a"), chain: "ethereum", chainId: 1 }),
        draft({
          key: keyOf("b"),
          wallet: theirs
        })
      ]
      const given = yield* Effect.forEach(others, (one) => table.reserve(one, [], 4))
      deepStrictEqual(given.map(({ nonce }) => nonce), [4, 4, 4])
    }))

  test("does not give the nonce of one that has ended again", (table) =>
    Effect.gen(function*() {
      const row = yield* table.reserve(draft(), [], 4)
      yield* table.end(row, "displaced", { detail: Option.none(), where: Option.none() })
      assert.strictEqual((yield* table.reserve(draft({ key: keyOf("next") }), [], 4)).nonce, 5)
    }))

  test("gives a key that is there already what it has, whatever is asked by then, and by whom", (table) =>
    Effect.gen(function*() {
      const row = yield* table.reserve(draft(), [], 4)
      const signed = yield* table.sign(row, signature("a"))
      const before = yield* rows
      const lost = { name: "lost", token: 7, lost: Effect.never }
      for (const later of [draft(), draft({ to: theirs, data: "0x", gas: 1n, wallet: theirs })]) {
        deepStrictEqual(yield* table.reserve(later, [lost], 9), signed)
      }
      deepStrictEqual(yield* rows, before)
    }))

  test("takes no nonce without every one of its leases", (table) =>
    Effect.gen(function*() {
      const leases = yield* Leases
      const held = yield* leases.hold("held")
      const released = yield* Effect.scoped(leases.hold("released"))
      const takenOver = yield* Effect.scoped(leases.hold("taken over"))
      yield* leases.hold("taken over")
      for (const lost of [released, takenOver, { ...held, token: held.token + 1 }, { ...held, name: "never" }]) {
        for (const both of [[lost, held], [held, lost]]) {
          const error = yield* Effect.flip(table.reserve(draft(), both, 4))
          assert.strictEqual(error._tag, "LeaseLost")
          assert.include(error, { name: lost.name, token: lost.token })
        }
      }
      deepStrictEqual(yield* table.find(draft().key), Option.none())
      assert.strictEqual((yield* table.reserve(draft(), [held], 4)).nonce, 4)
    }))

  it.scopedLive("over two connections at once gives no nonce twice, and leaves none out", () =>
    Effect.gen(function*() {
      const tables = yield* two
      const reserving = Array.from({ length: 20 }, (_, index) =>
        tables.map((table, which) => table.reserve(draft({ key: keyOf(`${which} ${index}`) }), [], 4))).flat()
      const given = yield* Effect.all(reserving, { concurrency: "unbounded" }).pipe(Temporary.inSmallTurns)
      const nonces = given.map(({ nonce }) =>
        nonce
      ).toSorted((one, other) => one - other)
      deepStrictEqual(nonces, Array.from({ length: 40 }, (_, index) => 4 + index))
    }))

  it.scopedLive("of one key over two connections at once is one row, and both are told of it", () =>
    Effect.gen(function*() {
      const [one, another] = yield* two
      const [first, second] = yield* Effect.all([one.reserve(draft(), [], 4), another.reserve(draft(), [], 4)], {
        concurrency: "unbounded"
      }).pipe(Temporary.inSmallTurns)
      deepStrictEqual(first, second)
      assert.lengthOf(yield* one.list(Option.none()), 1)
    }))
})

describe("a further attempt", () => {
  const again = draft({ key: keyOf("transfer", 2) })
  const refused = (table: OutboxTable.OutboxTable, asked: OutboxTable.Draft) =>
    Effect.map(Effect.flip(table.reserve(asked, [], 4)), (error) => {
      if (!(error instanceof OutboxError)) return assert.fail(error._tag)
      assert.strictEqual(error.reason, "EarlierAttempt")
      deepStrictEqual(error.key, asked.key)
      return error.detail
    })
  const ends = { confirmed: false, reverted: true, cancelled: true, displaced: true } as const

  test("is refused while the one before it can still be mined", (table) =>
    Effect.gen(function*() {
      const row = yield* table.reserve(draft(), [], 4)
      assert.strictEqual(yield* refused(table, again), "attempt 1 is reserved")
      yield* table.sign(row, signature("a"))
      assert.strictEqual(yield* refused(table, again), "attempt 1 is signed")
      yield* table.mined(row, where)
      assert.strictEqual(yield* refused(table, again), "attempt 1 is mined")
      deepStrictEqual(yield* table.find(again.key), Option.none())
    }))

  for (const [how, isAllowed] of Object.entries(ends) as ReadonlyArray<[OutboxTable.End, boolean]>) {
    test(`is ${isAllowed ? "taken" : "refused"} once the one before it is ${how}`, (table) =>
      Effect.gen(function*() {
        const row = yield* table.reserve(draft(), [], 4)
        yield* table.end(row, how, { detail: Option.none(), where })
        if (isAllowed) assert.strictEqual((yield* table.reserve(again, [], 4)).nonce, 5)
        else assert.strictEqual(yield* refused(table, again), `attempt 1 is ${how}`)
      }))
  }

  test("is refused when one before it was never made, of this step and this operation", (table) =>
    Effect.gen(function*() {
      yield* table.reserve(draft({ key: keyOf("burn") }), [], 4)
      yield* table.reserve(draft({ key: { ...keyOf("transfer"), operation: other } }), [], 4)
      assert.strictEqual(yield* refused(table, again), "an attempt before it was never made")
      const row = yield* table.reserve(draft(), [], 4)
      yield* table.end(row, "displaced", { detail: Option.none(), where: Option.none() })
      assert.strictEqual(
        yield* refused(table, draft({ key: keyOf("transfer", 3) })),
        "an attempt before it was never made"
      )
    }))
})
