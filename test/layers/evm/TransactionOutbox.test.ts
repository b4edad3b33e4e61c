import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, TestClock } from "effect"
import * as Address from "../../../src/domain/Address.ts"
import { ChainControl } from "../../../src/layers/testing/ChainControl.ts"
import { Alerts } from "../../../src/services/Alerts.ts"
import { BaseChain } from "../../../src/services/Chain.ts"
import { Signer } from "../../../src/services/Signer.ts"
import { TransactionOutbox } from "../../../src/services/TransactionOutbox.ts"
import {
  all,
  cancel,
  funded,
  key,
  layer,
  lease,
  other,
  sent,
  stored,
  submit,
  transfer,
  transferOf,
  wallet
} from "./OutboxHarness.ts"

const gwei = 1_000_000_000n
const theirs = { operation: other, step: "transfer", attempt: 1 }
const second = { ...key, attempt: 2 }

const alerts = Effect.flatMap(
  Alerts,
  ({ raised }) => Effect.map(raised, (all) => all.map(({ condition }) => condition.replace(/^[^/]*\//, "")))
)

/** A transaction that our key signs and our outbox does not know. */
const foreign = (nonce: number) =>
  Effect.gen(function*() {
    const signer = yield* Signer
    const chain = yield* BaseChain
    const raw = yield* signer.sign({
      chainId: 8453,
      nonce,
      to: Address.make("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"),
      data: "0x",
      value: 0n,
      gas: 21_000n,
      maxFeePerGas: 50n * gwei,
      maxPriorityFeePerGas: gwei
    })
    return yield* chain.broadcast(raw)
  })

/** Blocks and looks, until the answer is final. */
const untilOver = (under = key, call = transfer) =>
  Effect.gen(function*() {
    const { base } = yield* ChainControl
    for (let looks = 0; looks < 30; looks++) {
      const submitted = yield* submit(call, under)
      if (submitted._tag !== "Pending" && submitted._tag !== "Unconfirmed") return submitted
      yield* TestClock.adjust("10 seconds")
      yield* base.mine(1)
    }
    return assert.fail("never over")
  })

describe("submitOnce", () => {
  it.effect("sends once, and answers how far it is", () =>
    Effect.gen(function*() {
      const base = yield* funded
      assert.strictEqual((yield* submit())._tag, "Pending")
      assert.strictEqual((yield* submit())._tag, "Pending")
      yield* base.mine(1)
      assert.deepInclude(yield* submit(), { _tag: "Unconfirmed", confirmations: 1, required: 3 })
      assert.strictEqual((yield* stored()).status, "mined")
      yield* base.mine(2)
      assert.strictEqual((yield* submit())._tag, "Confirmed")
      assert.strictEqual((yield* submit())._tag, "Confirmed", "also when it is over")
      assert.deepStrictEqual(yield* sent, [5n])
      assert.lengthOf(yield* all, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("one key stands for one call", () =>
    Effect.gen(function*() {
      yield* funded
      yield* submit()
      const error = yield* Effect.flip(submit(transferOf(6n)))
      assert.strictEqual(error._tag === "OutboxError" && error.reason, "OtherCall")
      assert.deepStrictEqual(yield* Effect.zipRight(untilOver(), sent), [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("many at once have nonces without a gap, and each is sent once", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.giveEquity(wallet, 1_000n)
      const outbox = yield* TransactionOutbox
      const held = yield* lease
      const keys = Array.from({ length: 20 }, (_, i) => ({ ...key, step: `transfer ${i}` }))
      yield* Effect.forEach(keys, (key, i) => outbox.submitOnce(key, transferOf(BigInt(i)), held), {
        concurrency: "unbounded"
      })
      yield* base.mine(3)
      yield* Effect.forEach(keys, (key, i) => outbox.submitOnce(key, transferOf(BigInt(i)), held))
      const rows = yield* all
      assert.deepStrictEqual(rows.map(({ nonce }) => nonce).toSorted((a, b) => a - b), keys.map((_, i) => i))
      assert.isTrue(rows.every(({ status }) => status === "confirmed"))
      assert.sameMembers(yield* Effect.map(sent, (units) => [...units]), keys.map((_, i) => BigInt(i)))
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.effect("begins after what else of ours waits in the mempool", () =>
    Effect.gen(function*() {
      yield* funded
      yield* foreign(0)
      assert.deepInclude(yield* submit(), { _tag: "Pending", nonce: 1 })
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
    }).pipe(Effect.provide(layer)))
})

describe("nothing is stored, and nothing sent", () => {
  const untouched = Effect.gen(function*() {
    const { base } = yield* ChainControl
    assert.lengthOf(yield* all, 0)
    assert.notInclude(yield* base.calls, "broadcast")
  })

  it.effect("where the call would revert: the reason is told", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.pauseEquity(true)
      const error = yield* Effect.flip(submit())
      assert.strictEqual(error._tag === "OutboxError" && error.reason, "Reverts")
      assert.strictEqual(error.kind, "permanent")
      assert.include(error.message, "EquityToken: paused")
      yield* untouched
    }).pipe(Effect.provide(layer)))

  it.effect("where the gas cannot be paid: what is missing is told", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.setBalance(wallet, 50_000n * gwei)
      const error = yield* Effect.flip(submit())
      assert.strictEqual(error._tag === "OutboxError" && error.reason, "InsufficientFunds")
      // 75,000 gas at 2 x 1 gwei + 0.001 gwei.
      assert.include(error.message, "can cost 0.000150075 ETH")
      assert.include(error.message, `our wallet ${wallet} has 0.00005 ETH`)
      assert.include(error.message, "0.000100075 ETH or more")
      yield* untouched
    }).pipe(Effect.provide(layer)))

  it.effect("where gas costs more than the ceiling: a person is told, and it goes on when it is cheaper", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.setBaseFee(201n * gwei)
      const error = yield* Effect.flip(submit())
      assert.strictEqual(error._tag === "OutboxError" && error.reason, "FeesTooHigh")
      assert.strictEqual(error.kind, "transient")
      assert.deepStrictEqual(yield* alerts, ["transfer/1/fee-ceiling"])
      yield* untouched
      yield* base.setBaseFee(150n * gwei)
      assert.strictEqual((yield* submit())._tag, "Pending")
      assert.strictEqual((yield* stored()).signatures[0]?.maxFeePerGas, 200n * gwei)
    }).pipe(Effect.provide(layer)))

  it.effect("for whoever has lost the right to drive the operation", () =>
    Effect.gen(function*() {
      yield* funded
      const outbox = yield* TransactionOutbox
      const released = yield* Effect.scoped(lease)
      const error = yield* Effect.flip(outbox.submitOnce(key, transfer, released))
      assert.strictEqual(error._tag, "LeaseLost")
      yield* untouched
    }).pipe(Effect.provide(layer)))

  it.effect("while the chain cannot be asked", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.unavailable
      assert.strictEqual((yield* Effect.flip(submit())).kind, "transient")
      yield* base.available
      yield* untouched
    }).pipe(Effect.provide(layer)))
})

describe("the broadcast", () => {
  const answers = [
    ["Unknown", true],
    ["Unknown", false],
    ["AlreadyKnown", true],
    ["NonceGap", false],
    ["Underpriced", false]
  ] as const
  for (const [answer, isTaken] of answers) {
    it.effect(`answered ${answer}, ${isTaken ? "and taken all the same" : "and not taken"}: sent once`, () =>
      Effect.gen(function*() {
        const base = yield* funded
        yield* base.answerBroadcast(answer, { isTaken })
        assert.strictEqual((yield* submit())._tag, "Pending")
        assert.strictEqual((yield* untilOver())._tag, "Confirmed")
        assert.deepStrictEqual(yield* sent, [5n])
        assert.strictEqual((yield* stored()).nonce, 0)
      }).pipe(Effect.provide(layer)))
  }

  it.effect("answered for want of funds: a person is told once, and after that it goes on", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.answerBroadcast("InsufficientFunds", { isTaken: false })
      yield* submit()
      yield* base.answerBroadcast("InsufficientFunds", { isTaken: false })
      const waiting = yield* submit()
      assert.include(waiting._tag === "Pending" && waiting.waitingFor, "InsufficientFunds")
      assert.deepStrictEqual(yield* alerts, ["transfer/1/gas-on-base"])
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.lengthOf((yield* stored()).signatures, 1)
    }).pipe(Effect.provide(layer)))

  for (const answer of ["Invalid", "Reverted"] as const) {
    it.effect(`answered ${answer} for too long: its nonce is used up by an empty transaction`, () =>
      Effect.gen(function*() {
        const base = yield* funded
        for (let i = 0; i < 20; i++) yield* base.answerBroadcast(answer, { isTaken: false })
        yield* submit()
        for (let i = 0; i < 19; i++) {
          yield* TestClock.adjust("10 seconds")
          yield* submit()
        }
        const end = yield* untilOver()
        assert.include(end._tag === "Cancelled" && end.why, "no node takes it")
        assert.deepStrictEqual(yield* sent, [])
        assert.deepStrictEqual((yield* stored()).signatures.map(({ kind }) => kind), ["call", "cancellation"])
      }).pipe(Effect.provide(layer)))
  }
})

describe("bad days of the chain", () => {
  it.effect("a node forgets it: the same bytes go out again", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      yield* base.forgetPool
      yield* base.mine(5)
      assert.strictEqual((yield* submit())._tag, "Pending")
      assert.deepStrictEqual(yield* sent, [])
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
      assert.lengthOf((yield* stored()).signatures, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("a node that is behind a block we have seen is not believed", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      yield* base.mine(1)
      yield* submit()
      yield* base.lag(1)
      const error = yield* Effect.flip(submit())
      assert.strictEqual(error.kind, "transient")
      assert.include(error.message, "behind")
      yield* base.lag(0)
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.lengthOf((yield* stored()).signatures, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("a node shows the count before the receipt: nothing is concluded from it", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      yield* base.mine(1)
      yield* base.hideReceipts(true)
      yield* TestClock.adjust("1 minute")
      const waiting = yield* submit()
      assert.include(waiting._tag === "Pending" && waiting.waitingFor, "may come late")
      yield* base.hideReceipts(false)
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("a node counts it and never shows the receipt, however deep: the block that holds it proves that it is ours", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.mine(100)
      yield* submit()
      yield* base.mine(1)
      yield* base.hideReceipts(true)
      for (let looks = 0; looks < 10; looks++) {
        yield* base.mine(30)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* submit())._tag, "Pending")
      }
      const early = yield* Effect.flip(submit(transfer, second))
      assert.strictEqual(early._tag === "OutboxError" && early.reason, "EarlierAttempt")
      assert.lengthOf(yield* alerts, 0)
      yield* base.hideReceipts(false)
      assert.strictEqual((yield* submit())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("the fee spikes: replaced at its nonce, whichever is mined counts, and it is one transfer", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      yield* base.setBaseFee(20n * gwei)
      yield* base.mine(1)
      yield* TestClock.adjust("2 minutes")
      yield* submit()
      assert.lengthOf((yield* stored()).signatures, 1, "it still has time")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      const { mined, nonce, signatures } = yield* stored()
      assert.lengthOf(signatures, 2)
      assert.strictEqual(nonce, 0)
      assert.strictEqual(Option.getOrThrow(mined).hash, signatures[1]?.hash)
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("replaced, and it is the first that is mined: that one counts", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      yield* TestClock.adjust("3 minutes")
      yield* base.answerBroadcast("Accepted", { isTaken: false })
      yield* submit()
      yield* base.mine(1)
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      const { mined, signatures } = yield* stored()
      assert.lengthOf(signatures, 2)
      assert.strictEqual(Option.getOrThrow(mined).hash, signatures[0]?.hash)
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("the fee climbs over the ceiling: a person is told once, nothing is signed, and it goes on by itself", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      yield* base.setBaseFee(300n * gwei)
      for (let i = 0; i < 60; i++) {
        yield* TestClock.adjust("1 minute")
        yield* submit()
      }
      const { signatures } = yield* stored()
      assert.isTrue(signatures.every(({ maxFeePerGas }) => maxFeePerGas <= 200n * gwei))
      assert.isBelow(signatures.length, 4)
      assert.deepStrictEqual(yield* alerts, ["transfer/1/fee-ceiling"])
      yield* base.setBaseFee(100n * gwei)
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("a reorganisation of two blocks: back to waiting, and broadcast again", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      yield* base.mine(2)
      assert.strictEqual((yield* submit())._tag, "Unconfirmed")
      yield* base.reorganise(2)
      assert.deepStrictEqual(yield* sent, [])
      assert.strictEqual((yield* submit())._tag, "Pending")
      assert.strictEqual((yield* stored()).status, "signed")
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
      assert.lengthOf((yield* stored()).signatures, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("mined and reverted: the reason is told at depth, and only then there may be another attempt", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      const early = yield* Effect.flip(submit(transfer, second))
      assert.strictEqual(early._tag === "OutboxError" && early.reason, "EarlierAttempt")
      yield* base.pauseEquity(true)
      yield* base.mine(1)
      assert.strictEqual((yield* submit())._tag, "Unconfirmed")
      const end = yield* untilOver()
      assert.strictEqual(end._tag === "Reverted" && end.why, "EquityToken: paused")
      assert.deepInclude(yield* submit(), { _tag: "Reverted", why: "EquityToken: paused" })
      yield* base.pauseEquity(false)
      assert.strictEqual((yield* untilOver(second))._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
      const late = yield* Effect.flip(submit(transfer, { ...key, attempt: 3 }))
      assert.strictEqual(
        late._tag === "OutboxError" && late.reason,
        "EarlierAttempt",
        "one that was confirmed is enough"
      )
    }).pipe(Effect.provide(layer)))
})

describe("nonces", () => {
  it.effect("one that somebody else used with our key is given up at depth, and a person is told by what", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.mine(200)
      yield* base.answerBroadcast("Unknown", { isTaken: false })
      yield* submit()
      assert.strictEqual((yield* foreign(0)).answer, "Accepted")
      yield* base.mine(1)
      assert.strictEqual((yield* submit())._tag, "Pending", "used, but not at depth")
      const early = yield* Effect.flip(submit(transfer, second))
      assert.strictEqual(early._tag === "OutboxError" && early.reason, "EarlierAttempt")
      yield* base.mine(2)
      assert.deepInclude(yield* submit(), { _tag: "Displaced", nonce: 0 })
      assert.deepInclude(yield* submit(), { _tag: "Displaced", nonce: 0 })
      assert.deepStrictEqual(yield* alerts, ["transfer/1/displaced"])
      assert.include(Option.getOrThrow((yield* stored()).detail), "was used by 0x")
      assert.strictEqual((yield* untilOver(second))._tag, "Confirmed")
      assert.strictEqual((yield* stored(second)).nonce, 1)
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("one that was used long ago: found however old the block is", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.mine(50)
      yield* base.answerBroadcast("Unknown", { isTaken: false })
      yield* submit()
      yield* foreign(0)
      yield* base.mine(3000)
      yield* TestClock.adjust("8 days")
      assert.strictEqual((yield* submit())._tag, "Displaced")
    }).pipe(Effect.provide(layer)))

  it.effect("one that was used when the node's state does not reach back: nothing is concluded, and a person is told", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.answerBroadcast("Unknown", { isTaken: false })
      yield* submit()
      yield* foreign(0)
      yield* base.mine(300)
      yield* base.forgetStateBefore(250n)
      yield* TestClock.adjust("1 day")
      for (let looks = 0; looks < 3; looks++) {
        const waiting = yield* submit()
        assert.include(waiting._tag === "Pending" && waiting.waitingFor, "BALLAST_BASE_RPC_URL")
        yield* base.mine(1)
      }
      assert.deepStrictEqual(yield* alerts, ["transfer/1/nonce-used"])
      yield* base.forgetStateBefore(0n)
      assert.strictEqual((yield* submit())._tag, "Displaced")
    }).pipe(Effect.provide(layer)))

  it.effect("one that somebody else's transaction waits at is not fought for, and a person is told when it takes long", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.answerBroadcast("Unknown", { isTaken: false })
      yield* submit()
      yield* foreign(0)
      yield* base.setBaseFee(100n * gwei)
      for (let looks = 0; looks < 30; looks++) {
        yield* TestClock.adjust("10 seconds")
        yield* base.mine(1)
        const waiting = yield* submit()
        assert.strictEqual(waiting._tag, "Pending")
      }
      assert.lengthOf((yield* stored()).signatures, 1)
      assert.deepStrictEqual(yield* alerts, ["transfer/1/nonce-occupied"])
      yield* base.setBaseFee(gwei)
      yield* base.mine(3)
      assert.strictEqual((yield* submit())._tag, "Displaced")
      assert.strictEqual((yield* untilOver(second))._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("a gap that somebody else has left before ours is filled, once it has had its chance", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* foreign(0)
      yield* submit()
      yield* base.forgetPool
      yield* TestClock.adjust("1 minute")
      yield* submit()
      assert.lengthOf(yield* all, 1, "it may still come")
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      const rows = yield* all
      assert.deepStrictEqual(rows.map(({ key, nonce, status }) => [key.step, nonce, status]), [
        ["transfer", 1, "confirmed"],
        ["fill nonce 0 on base", 0, "cancelled"]
      ])
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("a gap is given to the next transaction, if one comes", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* foreign(0)
      yield* submit()
      yield* base.forgetPool
      yield* submit(transferOf(7n), theirs)
      assert.strictEqual((yield* stored(theirs)).nonce, 0)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [7n, 5n])
    }).pipe(Effect.provide(layer)))

  it.effect("what another operation has left before ours is broadcast, and replaced if that is what is stuck", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit(transferOf(7n), theirs)
      yield* base.setBaseFee(20n * gwei)
      yield* submit()
      yield* base.forgetPool
      yield* TestClock.adjust("3 minutes")
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [7n, 5n])
      assert.isAbove((yield* stored(theirs)).signatures.length, 1)
      const outbox = yield* TransactionOutbox
      assert.strictEqual(yield* outbox.tend, 0)
      assert.strictEqual((yield* stored(theirs)).status, "confirmed", "its end is recorded by whoever looks")
    }).pipe(Effect.provide(layer)))
})

describe("cancel", () => {
  it.effect("takes the place of what waits; nothing moves, and there may be another attempt", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      yield* cancel("an operator said so")
      const end = yield* untilOver()
      assert.strictEqual(end._tag === "Cancelled" && end.why, "an operator said so")
      assert.deepStrictEqual(yield* sent, [])
      assert.strictEqual((yield* untilOver(second))._tag, "Confirmed")
      yield* base.mine(1)
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("comes too late: then the call counts", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* submit()
      yield* base.mine(1)
      assert.strictEqual((yield* cancel("too late"))._tag, "Unconfirmed")
      assert.strictEqual((yield* untilOver())._tag, "Confirmed")
      assert.strictEqual((yield* cancel("much too late"))._tag, "Confirmed")
      assert.deepStrictEqual(yield* sent, [5n])
    }).pipe(Effect.provide(layer)))

  it.effect("of what was never stored there is nothing", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(cancel("why not"))
      assert.strictEqual(error._tag === "OutboxError" && error.reason, "NotFound")
    }).pipe(Effect.provide(layer)))
})
