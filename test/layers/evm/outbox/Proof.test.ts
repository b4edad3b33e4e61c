/** What one answer of one node does not prove. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { funded, layer, sent, stored, submit, untilOver } from "./Harness.ts"

describe("a receipt", () => {
  it.effect("at depth, of a block that does not hold its transaction, ends nothing", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      yield* base.forgetPool
      const { signatures: [signature] } = yield* stored()
      yield* base.addReceipt([], signature?.hash)
      assert.strictEqual((yield* submit())._tag, "Unconfirmed")
      yield* base.mine(5)
      const error = yield* Effect.flip(submit())
      assert.strictEqual(error.kind, "transient")
      assert.include(error.message, "does not hold it")
      assert.strictEqual((yield* stored()).status, "mined")
      yield* base.reorganise(6)
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))
})
