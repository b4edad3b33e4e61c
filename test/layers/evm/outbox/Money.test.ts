/** What can be paid for: by the wallet, and under the ceiling. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, TestClock } from "effect"
import { Alerts } from "../../../../src/services/Alerts.ts"
import { alerts, funded, gwei, layer, sent, stored, submit, untilOver, wallet } from "./Harness.ts"

const messages = Effect.flatMap(Alerts, ({ raised }) => Effect.map(raised, (all) => all.map(({ message }) => message)))

describe("a replacement that the wallet cannot pay", () => {
  it.effect("is not signed: the amounts are told once, and what is out goes on", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.setBalance(wallet, 160_000n * gwei)
      yield* submit()
      yield* base.setBaseFee(20n * gwei)
      for (let minute = 0; minute < 20; minute++) {
        yield* TestClock.adjust("1 minute")
        yield* submit()
      }
      assert.lengthOf((yield* stored()).signatures, 1)
      assert.deepStrictEqual(yield* alerts, ["transfer/1/gas-on-base"])
      // 75,000 gas at 2 x 20 gwei + 0.001 gwei.
      const [message] = yield* messages
      assert.include(message, "can cost 0.003000075 ETH")
      assert.include(message, "has 0.00016 ETH")
      assert.include(message, "0.002840075 ETH or more")
      yield* base.setBaseFee(gwei)
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("any more, and that every node has forgotten: the cheaper one before it is broadcast as well", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      yield* base.setBaseFee(20n * gwei)
      yield* TestClock.adjust("3 minutes")
      yield* submit()
      assert.lengthOf((yield* stored()).signatures, 2)
      yield* base.setBalance(wallet, 160_000n * gwei)
      yield* base.forgetPool
      yield* base.setBaseFee(gwei)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      const { mined, signatures } = yield* stored()
      assert.lengthOf(signatures, 2)
      assert.strictEqual(Option.getOrThrow(mined).hash, signatures[0]?.hash)
      assert.deepStrictEqual(yield* alerts, ["transfer/1/gas-on-base"])
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))
})

describe("a call signed at the ceiling", () => {
  for (const answer of ["Invalid", "Reverted"] as const) {
    it.effect(`and answered ${answer}: the empty one has no fees to outbid, and uses the nonce up`, () =>
      Effect.gen(function*() {
        const base = yield* funded
        yield* base.setBaseFee(150n * gwei)
        for (let i = 0; i < 20; i++) yield* base.answerBroadcast(answer, { isTaken: false })
        yield* submit()
        assert.strictEqual((yield* stored()).signatures[0]?.maxFeePerGas, 200n * gwei)
        for (let i = 0; i < 19; i++) {
          yield* TestClock.adjust("10 seconds")
          yield* submit()
        }
        const end = yield* untilOver()
        assert.include(end._tag === "Cancelled" && end.why, "no node takes it")
        assert.deepStrictEqual(yield* alerts, [])
        assert.deepStrictEqual(yield* sent, [])
      }).pipe(Effect.provide(layer)))
  }

  it.effect("and gas is dearer than that: it is told that the empty one waits, apart from what waits to be sent", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.setBaseFee(150n * gwei)
      for (let i = 0; i < 40; i++) yield* base.answerBroadcast("Invalid", { isTaken: false })
      yield* submit()
      yield* base.setBaseFee(250n * gwei)
      for (let i = 0; i < 25; i++) {
        yield* TestClock.adjust("10 seconds")
        yield* submit()
      }
      assert.deepStrictEqual(yield* alerts, ["transfer/1/cancellation-at-fee-ceiling"])
      assert.include((yield* messages)[0], "empty transaction")
    }).pipe(Effect.provide(layer)))
})
