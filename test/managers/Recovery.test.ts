import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber, TestClock } from "effect"
import { MintId, OperationId } from "../../src/domain/OperationId.ts"
import * as Outcome from "../../src/domain/Outcome.ts"
import * as Shares from "../../src/domain/Shares.ts"
import { AlpacaTokenizationControl } from "../../src/layers/testing/AlpacaTokenizationControl.ts"
import * as MintManager from "../../src/managers/MintManager.ts"
import * as Recovery from "../../src/managers/Recovery.ts"
import { EventStore } from "../../src/services/EventStore.ts"
import { Leases } from "../../src/services/Leases.ts"
import { TransactionOutbox } from "../../src/services/TransactionOutbox.ts"
import { alerts, completing, error, id, layer, ledger, leftIn, passing, request, settled } from "./Harness.ts"

const other = MintId.make("7a2c9f1f-7b2c-4054-8b60-1a6b4b2d3e4f")

const live = Effect.flatMap(EventStore, (store) => store.operations({ live: true }))

describe("resumeAll", () => {
  it.effect("continues everything that is not settled; one that fails does not touch the others", () =>
    Effect.gen(function*() {
      const alpaca = yield* AlpacaTokenizationControl
      yield* leftIn("MintAccepted")
      yield* alpaca.loseAnswer
      yield* alpaca.failNext("findMint", error("Unauthenticated"))
      yield* passing(Effect.either(MintManager.executeMint(other, { ...request, quantity: Shares.fromUnits(1n) })))
      yield* completing("1 minute")
      yield* alpaca.failNext("findMint", error("Forbidden"))

      const resumed = yield* passing(Recovery.resumeAll)
      const states = resumed.map(({ operation, result }) =>
        [operation.id, Either.match(result, { onLeft: ({ _tag }) => _tag, onRight: ({ state }) => state })] as const
      )
      assert.deepStrictEqual(Object.fromEntries(states), { [id]: "Completed", [other]: "AlpacaError" })
      assert.deepStrictEqual((yield* live).map(({ id }) => id), [other])
    }).pipe(Effect.provide(layer)))
})

describe("one operation", () => {
  it.effect("resume and recheck of what does not exist are refused", () =>
    Effect.gen(function*() {
      for (const verb of [Recovery.resume, Recovery.recheck]) {
        const refused = yield* Effect.flip(verb(OperationId.make(other)))
        assert.strictEqual(refused._tag === "Refused" && refused.reason, "UnknownOperation")
      }
    }).pipe(Effect.provide(layer)))

  it.effect("resume answers how the operation stands afterwards", () =>
    Effect.gen(function*() {
      yield* leftIn("MintAccepted")
      yield* completing("1 minute")
      const { outcome, state } = yield* passing(Recovery.resume(id))
      assert.deepStrictEqual([state, Outcome.settled(outcome)], ["Completed", true])
    }).pipe(Effect.provide(layer)))
})

describe("run", () => {
  const running = Effect.fork(Effect.scoped(Recovery.run))

  it.effect("resumes what it finds at once, and what comes later on its schedule", () =>
    Effect.gen(function*() {
      yield* leftIn("MintAccepted")
      const process = yield* running
      yield* completing("1 second")
      yield* TestClock.adjust("1 minute")
      yield* settled
      assert.lengthOf(yield* live, 0)

      const alpaca = yield* AlpacaTokenizationControl
      yield* alpaca.loseAnswer
      yield* alpaca.failNext("findMint", error("Unauthenticated"))
      yield* passing(Effect.either(MintManager.executeMint(other, request)))
      assert.lengthOf(yield* live, 1)
      const [taken] = yield* alpaca.requestsOf(other)
      assert.isDefined(taken)
      yield* TestClock.adjust("10 minutes")
      yield* settled
      const [found] = yield* Effect.flatMap(EventStore, (store) => store.operations({ id: other }))
      assert.notStrictEqual(found?.state, "MintRequested")
      yield* Fiber.interrupt(process)
    }).pipe(Effect.provide(layer)))

  it.effect("goes on with its rounds when what it tends beside them never comes back, and tends one at a time", () =>
    Effect.gen(function*() {
      let tended = 0
      const stuck = Effect.updateService(running, TransactionOutbox, (outbox) => ({
        ...outbox,
        tend: Effect.zipRight(
          Effect.sync(() => {
            tended += 1
          }),
          Effect.never
        )
      }))
      const process = yield* stuck
      yield* TestClock.adjust("1 minute")
      const alpaca = yield* AlpacaTokenizationControl
      yield* alpaca.loseAnswer
      yield* alpaca.failNext("findMint", error("Unauthenticated"))
      yield* passing(Effect.either(MintManager.executeMint(other, request)))
      yield* TestClock.adjust("10 minutes")
      yield* settled
      const [found] = yield* Effect.flatMap(EventStore, (store) => store.operations({ id: other }))
      assert.notStrictEqual(found?.state, "MintRequested")
      assert.strictEqual(tended, 1)
      yield* Fiber.interrupt(process)
    }).pipe(Effect.provide(layer)))

  it.effect("leaves to others what they drive, and goes on itself when they are gone", () =>
    Effect.gen(function*() {
      yield* leftIn("MintAccepted")
      yield* completing("1 second")
      const leases = yield* Leases
      const theirs = yield* Effect.fork(
        Effect.scoped(Effect.zipRight(leases.hold(`TokenizedEquityMint/${id}`), Effect.never))
      )
      yield* settled
      const process = yield* running
      yield* TestClock.adjust("1 minute")
      assert.lengthOf(yield* live, 1)
      yield* Fiber.interrupt(theirs)
      yield* TestClock.adjust("1 minute")
      yield* settled
      assert.lengthOf(yield* live, 0)
      yield* Fiber.interrupt(process)
    }).pipe(Effect.provide(layer)))

  it.effect("stopped, it has released every lease and left every operation resumable", () =>
    Effect.gen(function*() {
      yield* leftIn("MintAccepted")
      const process = yield* running
      yield* settled
      yield* Fiber.interrupt(process)
      const leases = yield* Leases
      assert.isUndefined(yield* leases.holder(`TokenizedEquityMint/${id}`))
      yield* completing("1 second")
      assert.strictEqual((yield* passing(Recovery.resume(id))).state, "Completed")
      assert.lengthOf(yield* ledger, 1)
      assert.lengthOf(yield* alerts, 0)
    }).pipe(Effect.provide(layer)))
})
