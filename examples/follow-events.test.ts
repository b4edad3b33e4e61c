/** The log on a file, followed by a connection of one's own into tables of one's own. */
import { SqlClient } from "@effect/sql"
import { assert, it } from "@effect/vitest"
import { EquitySymbol, EventStore, MintManager, OperationId, Policies, Shares } from "ballast"
import { World } from "ballast/testing"
import { Effect, Exit, Fiber, Layer, TestClock } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Following from "./follow-events.ts"

const idOf = (digit: number) => OperationId.MintId.make(`6f1b8f0e-6a1b-4f43-9a5f-00000000000${digit}`)

const mint = (digit: number) =>
  Effect.flatMap(World.World, ({ wallet }) =>
    World.passing(
      MintManager.executeMint(idOf(digit), {
        symbol: EquitySymbol.EquitySymbol.make("AAPL"),
        quantity: Shares.fromUnits(1_000_000_000n),
        wallet
      })
    ))

/** Starts, lets it look, and stops it. */
const followed = (connection: ReturnType<typeof Following.connection>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(Following.follow)
    yield* TestClock.adjust("3 seconds")
    yield* Fiber.interrupt(fiber)
    const sql = yield* SqlClient.SqlClient
    return {
      position: yield* Following.position,
      rows: yield* sql`SELECT operation, kind, steps, last FROM inventory_steps ORDER BY operation`
    }
  }).pipe(Effect.provide(connection))

const whole = (digit: number) => ({
  operation: idOf(digit),
  kind: "TokenizedEquityMint",
  steps: 4,
  last: "MintCompleted"
})

it.scoped("counts each event once, wherever it is stopped, and leaves the database whole", () =>
  Effect.gen(function*() {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "ballast-follow-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
    )
    const database = join(folder, "ballast.db")
    const connection = Following.connection(database)
    yield* Effect.gen(function*() {
      yield* mint(1)
      assert.deepStrictEqual(yield* followed(connection), { position: 4, rows: [whole(1)] })
      assert.deepStrictEqual(yield* followed(connection), { position: 4, rows: [whole(1)] })

      // What cannot be recorded as a whole is not recorded in part.
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* sql`CREATE TRIGGER deny BEFORE INSERT ON inventory_steps BEGIN SELECT RAISE(ABORT, 'denied'); END`
        yield* mint(2)
        assert.isTrue(Exit.isFailure(yield* Effect.exit(World.passing(Following.follow))))
        assert.strictEqual(yield* Following.position, 4)
        yield* sql`DROP TRIGGER deny`
      }).pipe(Effect.provide(connection))

      // Beside the operations that it follows, in one process.
      const fiber = yield* Effect.fork(Effect.provide(Following.follow, connection))
      yield* mint(3)
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* followed(connection), { position: 12, rows: [whole(1), whole(2), whole(3)] })

      const store = yield* EventStore
      assert.deepStrictEqual(yield* store.integrity, [])
    }).pipe(Effect.provide(Layer.merge(World.layer({ database }), Policies.layer())))
    // Ballast opens it again, with the tables of another beside its own.
    yield* Effect.provide(mint(4), Layer.merge(World.layer({ database }), Policies.layer()))
    assert.lengthOf(
      (yield* Effect.provide(followed(connection), Layer.merge(World.layer({ database }), Policies.layer()))).rows,
      4
    )
  }))
