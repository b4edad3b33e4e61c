/** Between the reservation and the broadcast: signers that fail, and processes that die there. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, TestClock } from "effect"
import { ChainControl } from "../../../../src/layers/testing/ChainControl.ts"
import { SignerControl } from "../../../../src/layers/testing/SignerTest.ts"
import * as TransactionOutboxTest from "../../../../src/layers/testing/TransactionOutboxTest.ts"
import { Signer, SignerError } from "../../../../src/services/Signer.ts"
import { TransactionOutbox } from "../../../../src/services/TransactionOutbox.ts"
import {
  alerts,
  all,
  funded,
  layer,
  second,
  sent,
  stored,
  submit,
  theirKey,
  transfer,
  transferOf,
  untilOver,
  wallet,
  world
} from "./Harness.ts"

const fails = (reason: SignerError["reason"]) => new SignerError({ reason, action: "nonce 0", detail: "as told" })

describe("a signer", () => {
  it.effect("out of reach: the nonce stays reserved, and is signed the next time", () =>
    Effect.gen(function*() {
      yield* funded
      const signer = yield* SignerControl
      yield* signer.failNext(fails("Unavailable"))
      const error = yield* Effect.flip(submit())
      assert.strictEqual(error._tag === "SignerError" && error.kind, "transient")
      assert.deepInclude(yield* stored(), { status: "reserved", nonce: 0, signatures: [] })
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.strictEqual((yield* stored()).nonce, 0)
      const asked = yield* signer.asked
      assert.deepStrictEqual(asked[0], asked[1], "the same transaction both times")
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("that refuses the call: its nonce is used up by an empty transaction, nothing moves", () =>
    Effect.gen(function*() {
      yield* funded
      const signer = yield* SignerControl
      yield* signer.failNext(fails("Refused"))
      const end = yield* untilOver()
      assert.include(end._tag === "Cancelled" && end.why, "the signer refused it: as told")
      assert.deepStrictEqual(yield* sent, [])
      assert.strictEqual((yield* untilOver(theirKey, transferOf(7n)))._tag, "Confirmed", "others go on")
    }).pipe(Effect.provide(layer)))

  it.effect("that answers other bytes is not believed: nothing is stored, nothing sent", () =>
    Effect.gen(function*() {
      const base = yield* funded
      const signer = yield* SignerControl
      const real = yield* Signer
      const wrong = {
        nonce: 1,
        to: TransactionOutboxTest.wallet,
        gas: 1_000_000n,
        maxFeePerGas: 10n ** 12n,
        chainId: 1,
        data: "0x01"
      } as const
      yield* signer.answerNext("0x02")
      yield* Effect.either(submit())
      const [asked] = yield* signer.asked
      if (asked === undefined) return assert.fail("nothing was asked for")
      for (const [field, value] of Object.entries(wrong)) {
        yield* signer.answerNext(yield* real.sign({ ...asked, [field]: value }))
        // The script is used up by the line above.
        const error = yield* Effect.flip(submit())
        assert.strictEqual(error._tag === "SignerError" && error.reason, "WrongSignature")
        assert.include(error.message, `its ${field} is another one`)
      }
      assert.lengthOf((yield* stored()).signatures, 0)
      assert.notInclude(yield* base.calls, "broadcast")
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
    }).pipe(Effect.provide(layer)))

  it.effect("that takes its time does not hold up others behind it for ever: what it left is signed by whoever waits", () =>
    Effect.gen(function*() {
      yield* funded
      const signer = yield* SignerControl
      yield* signer.delayNext("50 seconds")
      const slow = yield* Effect.fork(submit())
      yield* Effect.repeatN(Effect.yieldNow(), 50)
      assert.strictEqual((yield* stored()).status, "reserved")
      yield* submit(transferOf(7n), theirKey)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* untilOver(theirKey, transferOf(7n)))._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n, 7n])
      assert.strictEqual((yield* Fiber.join(slow))._tag, "Pending")
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.lengthOf((yield* stored()).signatures, 1, "the late signature came too late")
    }).pipe(Effect.provide(layer)))
})

describe("a signer that never answers", () => {
  it.effect("is given up: tend comes to its end, and a person is told of what stays unsigned for long", () =>
    Effect.gen(function*() {
      yield* funded
      const signer = yield* SignerControl
      const outbox = yield* TransactionOutbox
      yield* signer.delayNext("1 day")
      const waiting = yield* Effect.fork(Effect.flip(submit()))
      yield* TestClock.adjust("1 minute")
      const error = yield* Fiber.join(waiting)
      assert.strictEqual(error._tag === "SignerError" && error.reason, "Unavailable")
      assert.strictEqual(error.kind, "transient")
      assert.lengthOf(yield* alerts, 0)
      for (let looks = 0; looks < 3; looks++) {
        yield* signer.delayNext("1 day")
        const tending = yield* Effect.fork(outbox.tend)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* Fiber.join(tending), 1)
        yield* TestClock.adjust("1 minute")
      }
      assert.deepStrictEqual(yield* alerts, ["transfer/1/unsigned"])
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))
})

describe("a row that was read before it was signed again", () => {
  it.effect("says nothing about what was mined since: its own later signature is not taken for somebody else's", () =>
    Effect.gen(function*() {
      const base = yield* funded
      const { ethereum } = yield* ChainControl
      const outbox = yield* TransactionOutbox
      const signer = yield* SignerControl
      yield* ethereum.setBalance(wallet, 10n ** 18n)
      yield* ethereum.giveEquity(wallet, 100n)
      yield* signer.failNext(fails("Unavailable"))
      yield* Effect.either(submit({ ...transfer, chain: "ethereum" }, theirKey))
      yield* submit()
      yield* base.setBaseFee(10_000_000_000n)
      yield* TestClock.adjust("3 minutes")
      // It has read both rows, and waits for the signer of the first.
      yield* signer.delayNext("50 seconds")
      const tending = yield* Effect.fork(outbox.tend)
      yield* Effect.repeatN(Effect.yieldNow(), 100)
      yield* submit()
      assert.lengthOf((yield* stored()).signatures, 2)
      yield* base.mine(3)
      yield* TestClock.adjust("50 seconds")
      yield* Fiber.join(tending)
      assert.notStrictEqual((yield* stored()).status, "displaced")
      assert.strictEqual((yield* submit())._tag, "Confirmed")
      const again = yield* Effect.flip(submit(transfer, second))
      assert.strictEqual(again._tag === "OutboxError" && again.reason, "EarlierAttempt")
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))
})

describe("a process that dies", () => {
  /** Lets it go on in the background, and forgets it where it then is. */
  const abandoned = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.zipRight(Effect.forkDaemon(effect), Effect.repeatN(Effect.yieldNow(), 100))

  it.scoped("before the signature: the next one signs for the same nonce", () =>
    Effect.gen(function*() {
      const { born } = yield* world
      const first = yield* born()
      yield* Effect.gen(function*() {
        yield* funded
        const signer = yield* SignerControl
        yield* signer.delayNext("1 day")
        yield* abandoned(submit())
        assert.strictEqual((yield* stored()).status, "reserved")
      }).pipe(Effect.provide(first.life))
      const second = yield* born()
      yield* Effect.gen(function*() {
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* untilOver())._tag, "Confirmed")
        const { nonce, signatures } = yield* stored()
        assert.deepStrictEqual([nonce, signatures.length], [0, 1])
        assert.deepStrictEqual(yield* sent, [5n])
      }).pipe(Effect.provide(second.life))
      yield* second.end
    }))

  it.scoped("after the bytes were stored: the next one broadcasts them", () =>
    Effect.gen(function*() {
      const { born } = yield* world
      const first = yield* born()
      yield* Effect.gen(function*() {
        const base = yield* funded
        yield* base.answerBroadcast("Unknown", { isTaken: false })
        yield* submit()
      }).pipe(Effect.provide(first.life))
      yield* first.end
      const second = yield* born()
      yield* Effect.gen(function*() {
        const before = yield* stored()
        assert.strictEqual(before.status, "signed")
        assert.strictEqual((yield* untilOver())._tag, "Confirmed")
        assert.strictEqual(Option.getOrThrow((yield* stored()).mined).hash, before.signatures[0]?.hash)
        assert.deepStrictEqual(yield* sent, [5n])
        assert.lengthOf(yield* all, 1)
      }).pipe(Effect.provide(second.life))
      yield* second.end
    }))

  it.scoped("after it was mined: the next one finds it, and broadcasts nothing", () =>
    Effect.gen(function*() {
      const { born } = yield* world
      const first = yield* born()
      yield* Effect.gen(function*() {
        const base = yield* funded
        yield* submit()
        yield* base.mine(5)
      }).pipe(Effect.provide(first.life))
      yield* first.end
      const second = yield* born()
      yield* Effect.gen(function*() {
        const { base } = yield* ChainControl
        const before = (yield* base.calls).filter((call) => call === "broadcast").length
        assert.strictEqual((yield* submit())._tag, "Confirmed")
        assert.strictEqual((yield* base.calls).filter((call) => call === "broadcast").length, before)
        assert.deepStrictEqual(yield* sent, [5n])
      }).pipe(Effect.provide(second.life))
      yield* second.end
    }))
})
