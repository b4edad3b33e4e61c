/** A manager whose disk is full, at every moment of a redemption: it stops with a clear word, and goes on with each effect once. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber, Layer, Logger, Option, TestClock } from "effect"
import { SignerControl } from "../../src/layers/testing/SignerTest.ts"
import * as Verification from "../../src/managers/Verification.ts"
import { StoreError } from "../../src/services/StoreError.ts"
import * as Temporary from "../layers/sql/Temporary.ts"
import { passing, settled } from "../managers/Harness.ts"
import * as Redemptions from "../managers/Redemptions.ts"
import * as Room from "./Room.ts"

const events = ["RedemptionRequested", "TokensSent", "Detected", "RedemptionCompleted"]

const recorded = (count: number) => Effect.map(Redemptions.eventTypes, ({ length }) => length === count)

const outbox = (status: string) =>
  Effect.map(Redemptions.transactions, (all) => all.some((transaction) => transaction.status === status))

/** In the order in which they come. */
const moments = {
  "before anything is recorded": Effect.succeed(true),
  "its nonce is reserved and the signer is slow": outbox("reserved"),
  "its transfer is out": outbox("signed"),
  "its transfer is mined": outbox("mined"),
  "Alpaca is to detect it": recorded(2),
  "Alpaca is to credit it": recorded(3)
}

describe.skipIf(!Room.isLimitable)("a redemption without room", () => {
  for (const [moment, isReached] of Object.entries(moments)) {
    it.scoped(`when ${moment} stays as it is, says so, and goes on once there is room`, () =>
      Effect.gen(function*() {
        const file = yield* Temporary.file
        const lines: Array<string> = []
        const logger = Logger.map(Logger.logfmtLogger, (line) => void lines.push(line))
        yield* Effect.gen(function*() {
          yield* Redemptions.running
          yield* Redemptions.completing("10 seconds")
          yield* Effect.flatMap(SignerControl, ({ delayNext }) => delayNext("3 seconds"))
          const driving = yield* Effect.fork(Effect.either(Redemptions.execute))
          while (!(yield* isReached)) {
            yield* settled
            if (!(yield* isReached)) yield* TestClock.adjust("1 second")
          }
          yield* Room.none(file)
          const before = yield* Redemptions.eventTypes
          const error = yield* Effect.map(passing(Fiber.join(driving)), Either.getLeft).pipe(
            Effect.map(Option.getOrThrow)
          )
          assert.instanceOf(error, StoreError)
          assert.strictEqual(error.reason, "Unavailable")
          for (const word of [Redemptions.id, "nothing of this is recorded", "see whether it is full"]) {
            assert.include(error.message, word)
          }
          assert.deepStrictEqual(yield* Redemptions.eventTypes, before, "nothing was recorded")
          if (before.length > 1) assert.include(lines.join("\n"), "could not be recorded, and until it is", "at once")
          assert.isAtMost((yield* Redemptions.sent).length, before.length === 0 ? 0 : 1)

          yield* Room.enough
          const done = yield* passing(Redemptions.execute)
          assert.strictEqual(done._tag, "Completed")
          assert.deepStrictEqual(yield* Redemptions.eventTypes, events)
          assert.deepStrictEqual(yield* Redemptions.sent, [Redemptions.amount])
          assert.deepStrictEqual((yield* Verification.verify).faults, [])
        }).pipe(
          Effect.ensuring(Room.enough),
          Effect.provide(Layer.merge(Redemptions.layerOver(file), Logger.replace(Logger.defaultLogger, logger)))
        )
      }))
  }
})
