import { assert, describe, it } from "@effect/vitest"
import { Chunk, DateTime, Effect, Either, Exit, Fiber, Layer, Option, Queue, Ref, Stream, TestClock } from "effect"
import * as Address from "../../src/domain/Address.ts"
import { EquitySymbol } from "../../src/domain/EquitySymbol.ts"
import { MintId } from "../../src/domain/OperationId.ts"
import * as Shares from "../../src/domain/Shares.ts"
import * as Mint from "../../src/domain/TokenizedEquityMint.ts"
import { EventStoreControl } from "../../src/layers/testing/EventStoreControl.ts"
import * as EventStoreMemory from "../../src/layers/testing/EventStoreMemory.ts"
import * as LeasesMemory from "../../src/layers/testing/LeasesMemory.ts"
import * as MemoryDatabase from "../../src/layers/testing/MemoryDatabase.ts"
import * as EventStream from "../../src/managers/EventStream.ts"
import * as Policies from "../../src/managers/Policies.ts"
import { EventStore } from "../../src/services/EventStore.ts"
import { StoreError } from "../../src/services/StoreError.ts"
import { settled } from "./Harness.ts"
import { record } from "./Recording.ts"

const layer = Layer.mergeAll(
  EventStoreMemory.layerMemory({ softwareVersion: "test" }),
  EventStoreMemory.layerControl,
  LeasesMemory.layerMemory({ duration: "15 seconds" }),
  Policies.layer()
).pipe(Layer.provideMerge(MemoryDatabase.layerMemory))

const idOf = (number: number) => MintId.make(`6f1b8f0e-6a1b-4f43-9a5f-${String(number).padStart(12, "0")}`)

/** One event each, with positions from 1. */
const begin = (from: number, to = from) =>
  Effect.forEach(
    Array.from({ length: to - from + 1 }, (_, index) => from + index),
    (number) =>
      record(Mint.aggregate, idOf(number), [
        Mint.RequestMint.make({
          symbol: EquitySymbol.make("AAPL"),
          quantity: Shares.fromUnits(1n),
          wallet: Address.zero,
          token: Address.zero,
          decimals: 18,
          issuer: "st0x",
          network: "base",
          at: DateTime.unsafeMake(0)
        })
      ]),
    { discard: true }
  )

/** What the stream delivers, in the background. */
const following = (options: EventStream.FollowOptions = {}) =>
  Effect.gen(function*() {
    const positions = yield* Ref.make<ReadonlyArray<number>>([])
    const fiber = yield* EventStream.follow(options).pipe(
      Stream.runForEach(({ position }) => Ref.update(positions, (all) => [...all, position])),
      Effect.fork
    )
    return { fiber, seen: Effect.zipRight(settled, Ref.get(positions)) }
  })

const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index)

/** A store whose looks are counted and may be made to fail. */
const looking = (fail: (look: number) => Option.Option<StoreError>) =>
  Effect.gen(function*() {
    const store = yield* EventStore
    const looks = yield* Ref.make<ReadonlyArray<{ readonly position: number; readonly limit: number }>>([])
    const events: EventStore["Type"]["events"] = (after) =>
      Effect.flatMap(Ref.updateAndGet(looks, (all) => [...all, after]), ({ length }) =>
        Option.match(fail(length), { onNone: () => store.events(after), onSome: Effect.fail }))
    return { looks: Ref.get(looks), store: Layer.succeed(EventStore, { ...store, events }) }
  })

const storeError = (reason: StoreError["reason"]) => new StoreError({ reason, action: "test", detail: "as told" })

describe("follow", () => {
  it.effect("catches up across pages, and goes on with what comes", () =>
    Effect.gen(function*() {
      yield* begin(1, 7)
      const { fiber, seen } = yield* following({ limit: 3 })
      assert.deepStrictEqual(yield* seen, upTo(7))
      yield* begin(8)
      assert.deepStrictEqual(yield* seen, upTo(7))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* seen, upTo(8))
      yield* begin(9, 14)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* seen, upTo(14))
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(layer)))

  it.effect("delivers what is appended while it reads once, and in its place", () =>
    Effect.gen(function*() {
      yield* begin(1, 4)
      const seen = yield* EventStream.follow({ limit: 2 }).pipe(
        Stream.tap(({ position }) => position <= 4 ? begin(position + 4) : Effect.void),
        Stream.take(8),
        Stream.runCollect
      )
      assert.deepStrictEqual(Chunk.toReadonlyArray(seen).map(({ position }) => position), upTo(8))
    }).pipe(Effect.provide(layer)))

  it.effect("is resumed from any position, one that the log has left out among them", () =>
    Effect.gen(function*() {
      yield* begin(1, 6)
      const control = yield* EventStoreControl
      yield* control.removeEvent({ type: Mint.aggregate.type, id: idOf(4), sequence: 1 })
      for (const [position, expected] of [[3, [5, 6]], [4, [5, 6]], [5, [6]], [6, []]] as const) {
        const { fiber, seen } = yield* following({ position, limit: 2 })
        assert.deepStrictEqual(yield* seen, expected)
        yield* Fiber.interrupt(fiber)
      }
    }).pipe(Effect.provide(layer)))

  it.effect("reads no further than whoever takes", () =>
    Effect.gen(function*() {
      yield* begin(1, 9)
      const { looks, store } = yield* looking(() => Option.none())
      const gate = yield* Queue.unbounded<void>()
      const fiber = yield* EventStream.follow({ limit: 3 }).pipe(
        Stream.runForEach(() => Queue.take(gate)),
        Effect.provide(store),
        Effect.fork
      )
      yield* settled
      assert.lengthOf(yield* looks, 1)
      yield* Queue.offerAll(gate, [undefined, undefined])
      yield* settled
      assert.lengthOf(yield* looks, 1)
      yield* Queue.offer(gate, undefined)
      yield* settled
      assert.deepStrictEqual((yield* looks).map(({ position }) => position), [0, 3])
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
    }).pipe(Effect.provide(layer)))

  it.effect("outlasts a store that is busy for a while, and skips nothing by it", () =>
    Effect.gen(function*() {
      yield* begin(1, 5)
      const { looks, store } = yield* looking((look) =>
        look >= 2 && look <= 5 ? Option.some(storeError("Busy")) : Option.none()
      )
      const { fiber, seen } = yield* Effect.provide(following({ limit: 2 }), store)
      assert.deepStrictEqual(yield* seen, [1, 2])
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* seen, upTo(5))
      assert.isAbove((yield* looks).length, 6)
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(layer)))

  it.effect("ends in the store's error when that does not pass", () =>
    Effect.gen(function*() {
      yield* begin(1)
      const { store } = yield* looking((look) => look === 1 ? Option.none() : Option.some(storeError("CannotOpen")))
      const { fiber, seen } = yield* Effect.provide(following(), store)
      assert.deepStrictEqual(yield* seen, [1])
      const error = yield* Effect.flip(Fiber.join(fiber))
      assert.strictEqual(error.reason, "CannotOpen")
    }).pipe(Effect.provide(layer)))

  it.effect("delivers all that stands before an event that cannot be read", () =>
    Effect.gen(function*() {
      yield* begin(1, 5)
      const store = yield* EventStore
      const damaged: EventStore["Type"]["events"] = (after) =>
        after.position < 4 && 4 <= after.position + after.limit
          ? Effect.fail(storeError("Corrupt"))
          : store.events(after)
      const { fiber, seen } = yield* Effect.provideService(following(), EventStore, { ...store, events: damaged })
      assert.deepStrictEqual(yield* seen, [1, 2, 3])
      const end = yield* Effect.either(Fiber.join(fiber))
      assert.isTrue(Either.isLeft(end) && end.left.reason === "Corrupt")
    }).pipe(Effect.provide(layer)))
})

describe("recorded", () => {
  it.effect("ends with the last event that is there", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* Stream.runCount(EventStream.recorded()), 0)
      yield* begin(1, 5)
      const last = yield* Stream.runLast(EventStream.recorded({ position: 2, limit: 2 }))
      assert.deepStrictEqual(Option.map(last, ({ position }) => position), Option.some(5))
    }).pipe(Effect.provide(layer)))
})
