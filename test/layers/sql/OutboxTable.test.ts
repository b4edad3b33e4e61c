import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
// That of chai takes Some and None for equal.
import { deepStrictEqual } from "@effect/vitest/utils"
import { DateTime, Effect, Option, TestClock } from "effect"
import type { Stored } from "../../../src/layers/sql/OutboxRow.ts"
import type * as OutboxTable from "../../../src/layers/sql/OutboxTable.ts"
import { Leases } from "../../../src/services/Leases.ts"
import { StoreError } from "../../../src/services/StoreError.ts"
import { draft, hashOf, keyOf, operation, other, rows, signature, test, theirs, two, wallet, where } from "./Drafts.ts"
import * as Temporary from "./Temporary.ts"

type Table = OutboxTable.OutboxTable

const nowhere = { detail: Option.none(), where: Option.none() }

/** Reserved at nonce 4, and signed once. */
const signed = (table: Table) => Effect.flatMap(table.reserve(draft(), [], 4), (row) => table.sign(row, signature("a")))

const current = (table: Table) => Effect.flatten(table.find(draft().key))

describe("a signature", () => {
  test("is stored with its bytes and its time, and the row is signed from then on", (table) =>
    Effect.gen(function*() {
      const row = yield* table.reserve(draft(), [], 4)
      yield* TestClock.setTime(1_767_622_400_123)
      const first = { ...signature("a"), signedAt: DateTime.unsafeMake(1_767_622_400_123) }
      const answer = yield* table.sign(row, signature("a"))
      deepStrictEqual(answer, { ...row, status: "signed", signatures: [first] })
      deepStrictEqual(yield* current(table), answer)
    }))

  test("is kept beside all that were there before, oldest first, whatever their hashes", (table) =>
    Effect.gen(function*() {
      let row = yield* table.reserve(draft(), [], 4)
      for (const digit of ["c", "a", "b"]) {
        row = yield* table.sign(row, signature(digit, digit === "b" ? "cancellation" : "call"))
        if (digit === "a") yield* TestClock.adjust("1 second")
      }
      deepStrictEqual(row.signatures.map(({ hash, kind }) => `${hash.charAt(2)} ${kind}`), [
        "c call",
        "a call",
        "b cancellation"
      ])
      deepStrictEqual(yield* current(table), row)
    }))

  test("is the newest also when the clock was set back before it", (table) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(1_767_622_400_123)
      const row = yield* signed(table)
      yield* TestClock.setTime(1_767_622_300_123)
      const { signatures } = yield* table.sign(row, signature("b"))
      deepStrictEqual(signatures.map(({ hash }) => hash), [hashOf("a"), hashOf("b")])
    }))

  test("that somebody else has stored in the meantime is what counts", (table) =>
    Effect.gen(function*() {
      const stale = yield* table.reserve(draft(), [], 4)
      const row = yield* table.sign(stale, signature("a"))
      deepStrictEqual(yield* table.sign(stale, signature("b")), row)
      const replaced = yield* table.sign(row, signature("b"))
      deepStrictEqual(yield* table.sign(row, signature("c")), replaced)
      assert.lengthOf(replaced.signatures, 2)
    }))

  it.scopedLive("by two connections at once is stored once, and both are told which", () =>
    Effect.gen(function*() {
      const [one, another] = yield* two
      const row = yield* one.reserve(draft(), [], 4)
      const [first, second] = yield* Effect.all([one.sign(row, signature("a")), another.sign(row, signature("b"))], {
        concurrency: "unbounded"
      }).pipe(Temporary.inSmallTurns)
      assert.lengthOf(first.signatures, 1)
      deepStrictEqual(first, second)
      deepStrictEqual(yield* current(one), first)
    }))

  test("does not make a mined row wait for its block again", (table) =>
    Effect.gen(function*() {
      const row = yield* signed(table)
      yield* table.mined(row, where)
      assert.strictEqual((yield* table.sign(row, signature("b"))).status, "mined")
    }))
})

describe("where it is mined", () => {
  test("is kept, and forgotten when a reorganisation has taken it away", (table) =>
    Effect.gen(function*() {
      const row = yield* signed(table)
      yield* table.mined(row, where)
      deepStrictEqual(yield* current(table), { ...row, status: "mined", mined: where })
      yield* table.mined(row, Option.none())
      deepStrictEqual(yield* current(table), row)
    }))
})

describe("the end", () => {
  test("is kept with where and why", (table) =>
    Effect.gen(function*() {
      const row = yield* signed(table)
      const ended = yield* table.end(row, "reverted", { detail: Option.some("paused"), where })
      deepStrictEqual(ended, { ...row, status: "reverted", mined: where, detail: Option.some("paused") })
      deepStrictEqual(yield* current(table), ended)
    }))

  for (const how of ["confirmed", "reverted", "cancelled", "displaced"] as const) {
    test(`as ${how} is final: nothing that comes later changes anything`, (table) =>
      Effect.gen(function*() {
        const row = yield* signed(table)
        const detail = Option.some("the first word")
        const ended = yield* table.end(row, how, { detail, where })
        assert.strictEqual(ended.status, how)
        const before = yield* rows
        yield* TestClock.adjust("1 minute")
        for (const later of ["confirmed", "reverted", "cancelled", "displaced"] as const) {
          deepStrictEqual(yield* table.end(row, later, nowhere), ended)
        }
        yield* table.mined(row, Option.some({ hash: hashOf("b"), block: 7n }))
        yield* table.mined(row, Option.none())
        // As an older look has it, and as the row is now.
        deepStrictEqual(yield* table.sign(row, signature("b")), ended)
        deepStrictEqual(yield* table.sign(ended, signature("b")), ended)
        deepStrictEqual(yield* table.cancel(row, "too late", []), ended)
        deepStrictEqual(yield* rows, before)
      }))
  }

  test("is not told of a row that was signed again since it was read: the new signature may be what was seen", (table) =>
    Effect.gen(function*() {
      const stale = yield* signed(table)
      const row = yield* table.sign(stale, signature("b"))
      deepStrictEqual(yield* table.end(stale, "displaced", nowhere), row)
      deepStrictEqual(yield* current(table), row)
      assert.strictEqual((yield* table.end(row, "displaced", nowhere)).status, "displaced")
    }))

  it.scopedLive("told by two connections at once is the word of one of them, whole", () =>
    Effect.gen(function*() {
      const [one, another] = yield* two
      const row = yield* signed(one)
      const [first, second] = yield* Effect.all([
        one.end(row, "confirmed", { detail: Option.none(), where }),
        another.end(row, "displaced", { detail: Option.some("used by another one"), where: Option.none() })
      ], { concurrency: "unbounded" }).pipe(Temporary.inSmallTurns)
      deepStrictEqual(first, second)
      assert.strictEqual(Option.isSome(first.mined), first.status === "confirmed")
    }))
})

describe("a cancellation", () => {
  test("is recorded beside the status, and the first reason counts", (table) =>
    Effect.gen(function*() {
      const row = yield* signed(table)
      const cancelling = yield* table.cancel(row, "changed my mind", [])
      deepStrictEqual(cancelling, { ...row, cancelling: Option.some("changed my mind") })
      deepStrictEqual(yield* table.cancel(row, "another reason", []), cancelling)
      deepStrictEqual(yield* current(table), cancelling)
    }))

  test("needs its lease", (table) =>
    Effect.gen(function*() {
      const row = yield* signed(table)
      const released = yield* Effect.scoped(Effect.flatMap(Leases, (leases) => leases.hold("a")))
      assert.strictEqual((yield* Effect.flip(table.cancel(row, "why", [released])))._tag, "LeaseLost")
      deepStrictEqual(yield* current(table), row)
    }))
})

describe("looking", () => {
  const some = (table: Table) =>
    Effect.gen(function*() {
      const reserve = (nonce: number, changes: Partial<OutboxTable.Draft>) =>
        table.reserve(draft({ key: keyOf(`step ${nonce}`), ...changes }), [], nonce)
      yield* reserve(7, {})
      yield* reserve(5, { key: { operation: other, step: "transfer", attempt: 1 } })
      yield* reserve(9, { chain: "ethereum", chainId: 1 })
      yield* reserve(6, { wallet: theirs })
      const ended = yield* reserve(4, {})
      yield* table.end(ended, "displaced", nowhere)
    })
  const nonces = (found: ReadonlyArray<Stored>) => found.map(({ nonce }) => nonce)

  test("at all of them, or those of one operation, is in the order of their reservation", (table) =>
    Effect.gen(function*() {
      yield* some(table)
      deepStrictEqual(nonces(yield* table.list(Option.none())), [7, 5, 9, 6, 4])
      deepStrictEqual(nonces(yield* table.list(Option.some(operation))), [7, 9, 6, 4])
      deepStrictEqual(nonces(yield* table.list(Option.some(other))), [5])
    }))

  test("at those that have not ended is by wallet, in the order of their nonces on each chain", (table) =>
    Effect.gen(function*() {
      yield* some(table)
      deepStrictEqual(nonces(yield* table.unended(wallet)), [9, 5, 7])
      deepStrictEqual(nonces(yield* table.unended(theirs)), [6])
    }))

  test("at who has a nonce tells also of one that has ended, and of none on another chain or of another wallet", (table) =>
    Effect.gen(function*() {
      yield* some(table)
      const who = (chainId: number, of: typeof wallet, nonce: number) =>
        Effect.map(table.at(chainId, of, nonce), Option.map(({ key, status }) => `${key.step} ${status}`))
      deepStrictEqual(yield* who(8453, wallet, 4), Option.some("step 4 displaced"))
      deepStrictEqual(yield* who(8453, wallet, 5), Option.some("transfer reserved"))
      deepStrictEqual(yield* who(1, wallet, 9), Option.some("step 9 reserved"))
      deepStrictEqual(yield* who(8453, theirs, 6), Option.some("step 6 reserved"))
      for (const [chainId, of, nonce] of [[1, wallet, 7], [8453, wallet, 6], [8453, wallet, 8]] as const) {
        deepStrictEqual(yield* who(chainId, of, nonce), Option.none())
      }
    }))

  test("counts the rows of a wallet on one chain between two nonces", (table) =>
    Effect.gen(function*() {
      for (const nonce of [4, 5, 7]) yield* table.reserve(draft({ key: keyOf(`step ${nonce}`) }), [], nonce)
      yield* table.reserve(draft({ key: keyOf("elsewhere"), chain: "ethereum", chainId: 1 }), [], 6)
      yield* table.reserve(draft({ key: keyOf("another's"), wallet: theirs }), [], 6)
      const counts = yield* Effect.forEach([[4, 8], [4, 7], [5, 6], [6, 7], [8, 4]] as const, ([from, to]) =>
        table.between(8453, wallet, from, to))
      deepStrictEqual(counts, [3, 2, 1, 0, 0])
    }))

  test("for another operation, step or attempt finds nothing", (table) =>
    Effect.gen(function*() {
      yield* signed(table)
      for (const key of [keyOf("burn"), keyOf("transfer", 2), { ...keyOf("transfer"), operation: other }]) {
        deepStrictEqual(yield* table.find(key), Option.none())
      }
    }))
})

describe("what has ended without effect, and whose nonce a reorganisation has freed", () => {
  for (const how of ["reverted", "displaced"] as const) {
    test(`keeps its status ${how} and is looked after again, until it ends anew`, (table) =>
      Effect.gen(function*() {
        const row = yield* signed(table)
        const ended = yield* table.end(row, how, { ...nowhere, detail: Option.some("so it was") })
        const reopened = yield* table.reopen(ended, "it is free")
        deepStrictEqual(reopened, { ...ended, isReopened: true, cancelling: Option.some("it is free") })
        deepStrictEqual(yield* table.unended(wallet), [reopened])
        yield* table.mined(reopened, where)
        deepStrictEqual(yield* current(table), reopened)
        const further = yield* Effect.flip(table.reserve(draft({ key: keyOf("transfer", 2) }), [], 5))
        assert.include(further.message, "EarlierAttempt")
        const again = yield* table.sign(reopened, signature("b", "cancellation"))
        assert.lengthOf(again.signatures, 2)
        deepStrictEqual((yield* table.end(again, "cancelled", { ...nowhere, where })).status, "cancelled")
        deepStrictEqual(yield* table.unended(wallet), [])
      }))
  }

  for (const how of ["confirmed", "cancelled"] as const) {
    test(`is none that is ${how}`, (table) =>
      Effect.gen(function*() {
        const ended = yield* table.end(yield* signed(table), how, { ...nowhere, where })
        deepStrictEqual(yield* table.reopen(ended, "it is free"), ended)
      }))
  }
})

describe("a signature that was found on the chain", () => {
  test("is kept without bytes beside the others, unless it was signed again since", (table) =>
    Effect.gen(function*() {
      const row = yield* signed(table)
      const adopted = yield* table.adopt(row, { hash: hashOf("f"), kind: "call" })
      deepStrictEqual(adopted.signatures.map(({ hash, raw }) => [hash, raw]), [
        [hashOf("a"), row.signatures[0]?.raw],
        [hashOf("f"), "0x"]
      ])
      deepStrictEqual(yield* table.adopt(row, { hash: hashOf("e"), kind: "call" }), adopted)
    }))
})

describe("a row that this release would not have written", () => {
  const damages = [
    "UPDATE outbox SET status = 'lost'",
    "UPDATE outbox SET status = 'confirmed'",
    "UPDATE outbox SET status = 'displaced'",
    "UPDATE outbox SET ended_at = '2026-01-05T12:00:00.000Z'",
    "UPDATE outbox SET ended_at = 'today'",
    "UPDATE outbox SET chain = 'solana'",
    "UPDATE outbox SET wallet = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD'",
    "UPDATE outbox SET recipient = ''",
    "UPDATE outbox SET nonce = -1",
    "UPDATE outbox SET data = 'a9059cbb'",
    "UPDATE outbox SET gas = '1.5'",
    "UPDATE outbox SET max_fee_per_gas = '-1'",
    "UPDATE outbox SET mined_hash = '0x'",
    "UPDATE outbox SET mined_block = 'latest'",
    "UPDATE outbox SET reserved_at = 'yesterday'",
    "UPDATE outbox_signatures SET hash = '0x'",
    "UPDATE outbox_signatures SET kind = 'other'",
    "UPDATE outbox_signatures SET raw = '02'",
    "UPDATE outbox_signatures SET signed_at = ''"
  ]
  for (const damage of damages) {
    test(`is refused by its number, and nothing is done with it: ${damage}`, (table) =>
      Effect.gen(function*() {
        const row = yield* signed(table)
        yield* (yield* SqlClient.SqlClient).unsafe(damage)
        const before = yield* rows
        const looks: ReadonlyArray<Effect.Effect<unknown, StoreError>> = [
          table.list(Option.none()),
          table.sign(row, signature("b"))
        ]
        for (const look of looks) {
          const error = yield* Effect.flip(look)
          assert.instanceOf(error, StoreError)
          assert.strictEqual(error.reason, "Corrupt")
          assert.include(error.message, `row ${row.position}:`)
        }
        deepStrictEqual(yield* rows, before)
      }))
  }

  for (const [what, damage] of [["operation", "'me'"], ["attempt", "0"], ["step", "''"]] as const) {
    test(`is refused by its number also when its ${what} is ${damage}`, (table) =>
      Effect.gen(function*() {
        const row = yield* signed(table)
        yield* (yield* SqlClient.SqlClient).unsafe(`UPDATE outbox SET ${what} = ${damage}`)
        const error = yield* Effect.flip(table.unended(wallet))
        deepStrictEqual([error.reason, error.message.includes(`row ${row.position}:`)], ["Corrupt", true])
      }))
  }
})
