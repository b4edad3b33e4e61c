/** A database that was made with one chain, and is opened with another one behind the same name. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { TransactionOutbox } from "../../../../src/services/TransactionOutbox.ts"
import { alerts, cancel, foreign, funded, sent, stored, submit, untilOver, world } from "./Harness.ts"

describe("a row of another chain", () => {
  it.scoped("is left alone whatever this chain shows, a person is told once, and it goes on with its own chain", () =>
    Effect.gen(function*() {
      const { born } = yield* world
      const first = yield* born()
      yield* Effect.gen(function*() {
        const base = yield* funded
        yield* base.answerBroadcast("Unknown", { isTaken: false })
        yield* submit()
      }).pipe(Effect.provide(first.life))
      yield* first.end
      const wrong = yield* born({ chainIds: { ethereum: 1, base: 84532 } })
      yield* Effect.gen(function*() {
        const base = yield* funded
        const outbox = yield* TransactionOutbox
        const before = yield* stored()
        yield* base.unavailable
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(yield* outbox.tend, 1)
        assert.strictEqual(yield* outbox.tend, 1)
        yield* base.available
        assert.deepStrictEqual(yield* stored(), before)
        assert.deepStrictEqual(yield* alerts, ["transfer/1/other-chain"])
        const error = yield* Effect.flip(cancel("an operator said so"))
        assert.strictEqual(error._tag === "OutboxError" && error.reason, "OtherCall")
        assert.include(error.message, "chain 8453")
        assert.include(error.message, "84532")
      }).pipe(Effect.provide(wrong.life))
      yield* wrong.end
      const right = yield* born()
      yield* Effect.gen(function*() {
        assert.strictEqual((yield* untilOver())._tag, "Confirmed")
        assert.deepStrictEqual(yield* sent, [5n])
      }).pipe(Effect.provide(right.life))
      yield* right.end
    }))

  it.scoped("is not ended by what has used the nonce here", () =>
    Effect.gen(function*() {
      const { born } = yield* world
      const first = yield* born()
      yield* Effect.gen(function*() {
        const base = yield* funded
        yield* base.answerBroadcast("Unknown", { isTaken: false })
        yield* submit()
        yield* foreign(0)
        yield* base.mine(20)
      }).pipe(Effect.provide(first.life))
      yield* first.end
      const wrong = yield* born({ chainIds: { ethereum: 1, base: 84532 } })
      yield* Effect.gen(function*() {
        const outbox = yield* TransactionOutbox
        yield* TestClock.adjust("1 hour")
        yield* outbox.tend
        assert.strictEqual((yield* stored()).status, "signed")
      }).pipe(Effect.provide(wrong.life))
      yield* wrong.end
    }))
})
