/** A disk that is full at every point: what could not be written is not there, nothing else is touched, and it goes on. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Logger, Scope, TestClock } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import * as Mints from "../../src/layers/testing/contracts/EventStoreMints.ts"
import { Leases } from "../../src/services/Leases.ts"
import { StoreError } from "../../src/services/StoreError.ts"
import * as Temporary from "../layers/sql/Temporary.ts"
import * as Room from "./Room.ts"
import * as Tables from "./Tables.ts"

/** How room is taken from a database that is open, and given back. */
interface Shortage {
  /** So much more of it than is used already. */
  readonly leave: (file: string, bytes: number) => Effect.Effect<void, unknown, SqlClient.SqlClient>
  readonly end: Effect.Effect<void, unknown, SqlClient.SqlClient>
  /** What the operator is told. */
  readonly told: RegExp
  /** From one point to the next. */
  readonly step: number
}

const pageSize = 4096

const pages = (most: (used: number) => number) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.gen(function*() {
      const [count] = yield* sql<{ page_count: number }>`PRAGMA page_count`.unprepared
      yield* sql`PRAGMA max_page_count = ${sql.literal(String(most(count?.page_count ?? 0)))}`.unprepared
    }))

const shortages: Readonly<Record<string, Shortage>> = {
  "max_page_count": {
    leave: (_, bytes) => pages((used) => used + bytes / pageSize),
    end: pages(() => 1_000_000),
    told: /SQLITE_FULL\): nothing of this is recorded; make room on its disk/,
    step: pageSize
  },
  "a file size limit": {
    leave: (file, bytes) => Effect.suspend(() => Room.atMost(fs.statSync(`${file}-wal`).size + bytes)),
    end: Room.enough,
    told: /SQLITE_IOERR_WRITE\): nothing of this is recorded; its disk or file system refused: see whether it is full/,
    // Not a whole number of pages: a write is cut in two.
    step: 17_001
  }
}

const isUnavailable = (error: unknown): error is StoreError =>
  error instanceof StoreError && error.reason === "Unavailable" && error.kind === "transient"

describe("a full disk", () => {
  for (const [kind, { end, leave, step, told }] of Object.entries(shortages)) {
    const isPossible = kind === "max_page_count" || Room.isLimitable
    // Only Linux lets a process be limited while it runs.
    it.scoped.skipIf(!isPossible)(
      `by ${kind}, wherever it strikes, keeps all that was acknowledged`,
      () =>
        Effect.gen(function*() {
          const folder = yield* Temporary.folder
          const empty = path.join(folder, "empty.db")
          yield* Effect.provide(Effect.void, Temporary.database(empty))
          const struck = new Set<string>()
          for (let room = 0, isStruck = true; isStruck; room += step) {
            isStruck = false
            const file = path.join(folder, `${room}.db`)
            fs.copyFileSync(empty, file)
            const left = yield* Effect.gen(function*() {
              const lease = yield* Mints.hold(Mints.a)
              const steps = yield* Tables.stepsOf(lease)
              yield* leave(file, room)
              for (const [name, run] of steps) {
                const before = yield* Tables.rows
                const first = yield* Effect.either(run)
                if (first._tag === "Left") {
                  if (!isUnavailable(first.left)) return assert.fail(`${name}, ${room}: ${first.left}`)
                  assert.match(first.left.message, told)
                  struck.add(name)
                  isStruck = true
                  assert.deepStrictEqual(yield* Tables.rows, before, `${name}: nothing half written`)
                  assert.deepStrictEqual(yield* Tables.rowsOf(file), before, `${name}: nor for others`)
                  yield* end
                  yield* run
                }
                assert.notDeepEqual(yield* Tables.rows, before, `${name} is written`)
              }
              return yield* Tables.rows
            }).pipe(
              Effect.ensuring(Effect.orDie(end)),
              Effect.scoped,
              Effect.provide(Temporary.portsOver(file))
            )
            const [leases, others] = [left[2], left.filter((_, index) => index !== 2)]
            assert.lengthOf(leases ?? [], 1)
            const found = yield* Tables.rowsOf(file)
            assert.deepStrictEqual(found.filter((_, index) => index !== 2), others, "and after it was opened again")
          }
          assert.deepStrictEqual([...struck], [
            "the intent",
            "a nonce",
            "a signature",
            "its end",
            "two events at once",
            "an alert"
          ])
        })
    )
  }

  it.scoped.skipIf(!Room.isLimitable)(
    "does not end a lease: it is held until there is room to renew it",
    () =>
      Effect.gen(function*() {
        const file = yield* Temporary.file
        yield* Effect.gen(function*() {
          const leases = yield* Leases
          const scope = yield* Scope.make()
          const lease = yield* Scope.extend(leases.hold("one"), scope)
          const until = Effect.map(leases.holder("one"), (holder) => holder?.until.epochMillis ?? 0)
          const before = yield* until
          yield* Room.without(file)(TestClock.adjust("10 seconds"))
          assert.strictEqual(yield* until, before)
          yield* TestClock.adjust("2 seconds")
          assert.isAbove(yield* until, before, "renewed as soon as there is room")
          assert.strictEqual(yield* Mints.append(lease, Mints.a, [], [Mints.requested]), 1)
          // Released without room: it expires by itself.
          yield* Room.without(file)(Scope.close(scope, Exit.void))
          assert.isDefined(yield* leases.holder("one"))
          yield* TestClock.adjust("16 seconds")
          assert.strictEqual((yield* leases.hold("one")).token, 2)
        }).pipe(Effect.provide(Layer.merge(Temporary.portsOver(file), Logger.remove(Logger.defaultLogger))))
      })
  )
})
