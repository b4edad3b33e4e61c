import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, TestClock } from "effect"
import * as Address from "../../src/domain/Address.ts"
import { EquitySymbol } from "../../src/domain/EquitySymbol.ts"
import * as Shares from "../../src/domain/Shares.ts"
import { AlpacaTokenizationControl } from "../../src/layers/testing/AlpacaTokenizationControl.ts"
import * as MintManager from "../../src/managers/MintManager.ts"
import {
  completing,
  eventTypes,
  execute,
  id,
  layer,
  ledger,
  leftIn,
  ordered,
  passing,
  request,
  settled,
  wallet
} from "./Harness.ts"

describe("executeMint", () => {
  it.effect("goes from the order to the tokens, and records each step", () =>
    Effect.gen(function*() {
      yield* completing("1 minute")
      const end = yield* passing(execute)
      assert.strictEqual(end._tag, "Completed")
      assert.deepStrictEqual(yield* eventTypes, ["MintRequested", "MintAccepted", "TokensReceived", "MintCompleted"])
      assert.deepStrictEqual(end._tag === "Completed" && end.sharesMinted, ordered)
      assert.lengthOf(yield* ledger, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("the same id again answers what is there, and orders nothing", () =>
    Effect.gen(function*() {
      yield* completing("1 minute")
      yield* passing(execute)
      const again = yield* passing(execute)
      assert.strictEqual(again._tag, "Completed")
      assert.lengthOf(yield* ledger, 1)
      assert.lengthOf(yield* eventTypes, 4)
    }).pipe(Effect.provide(layer)))

  const others = {
    symbol: { ...request, symbol: EquitySymbol.make("MSFT") },
    quantity: { ...request, quantity: Shares.fromUnits(1n) },
    wallet: { ...request, wallet: Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB") }
  }
  for (const [what, other] of Object.entries(others)) {
    it.effect(`the same id for another ${what} is refused, with both values`, () =>
      Effect.gen(function*() {
        yield* leftIn("MintAccepted")
        const refused = yield* Effect.flip(MintManager.executeMint(id, other))
        assert.strictEqual(refused._tag, "Refused")
        assert.include(refused.message, `10.5 AAPL to ${wallet}`)
        assert.include(refused.message, `${Shares.print(other.quantity)} ${other.symbol} to ${other.wallet}`)
      }).pipe(Effect.provide(layer)))
  }

  const refusals = {
    "an equity that is not configured": [{ ...request, symbol: EquitySymbol.make("MSFT") }, "UnknownEquity"],
    "more than the limit": [{ ...request, quantity: Shares.fromUnits(50_000_000_001n) }, "AboveLimit"]
  } as const
  for (const [what, [asked, reason]] of Object.entries(refusals)) {
    it.effect(`${what} is refused, and leaves nothing behind`, () =>
      Effect.gen(function*() {
        const refused = yield* Effect.flip(MintManager.executeMint(id, asked))
        assert.strictEqual(refused._tag === "Refused" && refused.reason, reason)
        assert.lengthOf(yield* eventTypes, 0)
        assert.lengthOf(yield* ledger, 0)
      }).pipe(Effect.provide(layer)))
  }

  it.effect("an unknown id cannot be resumed", () =>
    Effect.gen(function*() {
      const refused = yield* Effect.flip(MintManager.resume(id))
      assert.strictEqual(refused._tag === "Refused" && refused.reason, "UnknownOperation")
    }).pipe(Effect.provide(layer)))
})

describe("stopping", () => {
  it.effect("a stop during the order lets it end and be recorded", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* alpaca.delayNext("requestMint", "5 seconds", { late: true })
      const fiber = yield* Effect.fork(execute)
      yield* Effect.repeat(Effect.zipRight(Effect.yieldNow(), alpaca.calls), { until: (calls) => calls.length === 1 })
      const stopped = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* settled
      yield* TestClock.adjust("6 seconds")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.join(stopped)))
      assert.deepStrictEqual(yield* eventTypes, ["MintRequested", "MintAccepted"])
    }).pipe(Effect.provide(layer)))

  it.effect("a stop while waiting is immediate, and the lease is free", () =>
    Effect.gen(function*() {
      yield* leftIn("MintAccepted")
      yield* completing("1 second")
      assert.strictEqual((yield* passing(MintManager.resume(id), "1 minute"))._tag, "Completed")
    }).pipe(Effect.provide(layer)))

  it.effect("two at once: one drives, the other waits, one request is made", () =>
    Effect.gen(function*() {
      yield* completing("1 minute")
      const both = yield* passing(Effect.all([execute, execute], { concurrency: 2 }))
      assert.deepStrictEqual(both.map(({ _tag }) => _tag), ["Completed", "Completed"])
      assert.lengthOf(yield* ledger, 1)
      assert.lengthOf(yield* eventTypes, 4)
    }).pipe(Effect.provide(layer)))

  it.effect("a driver that was thought dead is refused its record; the one that took over adopts what it did", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      const sql = yield* SqlClient.SqlClient
      yield* alpaca.delayNext("requestMint", "5 seconds", { late: true })
      const stalled = yield* Effect.fork(Effect.flip(execute))
      yield* Effect.repeat(Effect.zipRight(Effect.yieldNow(), alpaca.calls), { until: (calls) => calls.length === 1 })
      yield* sql`UPDATE leases SET token = token + 1, owner = NULL, machine = NULL, pid = NULL, process_start = NULL, expires_at = NULL`
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual((yield* Fiber.join(stalled))._tag, "LeaseLost")
      assert.deepStrictEqual(yield* eventTypes, ["MintRequested"])
      assert.lengthOf(yield* ledger, 1)

      yield* completing("1 minute")
      assert.strictEqual((yield* passing(MintManager.resume(id)))._tag, "Completed")
      assert.lengthOf(yield* ledger, 1)
    }).pipe(Effect.provide(layer)))
})
