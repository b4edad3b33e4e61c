import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, TestClock } from "effect"
import * as HighestBlock from "../../../src/layers/evm/HighestBlock.ts"

describe("the highest block that was seen", () => {
  it.effect("is forgotten once every node that answers has been behind it for five minutes", () =>
    Effect.gen(function*() {
      const highest = HighestBlock.make("base")
      assert.deepStrictEqual(highest.show(1284n), Option.none())
      for (let minute = 0; minute < 5; minute++) {
        assert.deepStrictEqual(highest.show(1283n), Option.some(1284n))
        yield* highest.missed
        yield* TestClock.adjust("1 minute")
      }
      assert.deepStrictEqual(highest.show(1283n), Option.some(1284n))
      yield* highest.missed
      assert.deepStrictEqual(highest.show(1283n), Option.none())
    }))

  it.effect("is not forgotten because nodes do not answer", () =>
    Effect.gen(function*() {
      const highest = HighestBlock.make("base")
      highest.show(1284n)
      highest.show(1283n)
      yield* highest.missed
      yield* TestClock.adjust("6 minutes")
      yield* highest.missed
      assert.deepStrictEqual(highest.show(1283n), Option.some(1284n))
    }))
})
