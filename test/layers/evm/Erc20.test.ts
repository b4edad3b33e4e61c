/** What the contract suite of Erc20 cannot make a real node do. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Address from "../../../src/domain/Address.ts"
import * as TokenAmount from "../../../src/domain/TokenAmount.ts"
import * as TransferLogs from "../../../src/layers/evm/TransferLogs.ts"
import { ChainControl } from "../../../src/layers/testing/ChainControl.ts"
import * as MemoryChain from "../../../src/layers/testing/MemoryChain.ts"
import { ChainError } from "../../../src/services/Chain.ts"
import { Erc20, Received, Transferred } from "../../../src/services/Erc20.ts"
import { cancel, foreign, funded, key, layer, lease, transfer as call, untilOver } from "./outbox/Harness.ts"

const ours = Address.make("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
const theirs = Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")
const token = { chain: "base", address: MemoryChain.token, decimals: 18 } as const
const transfer = { token: token.address, from: theirs, to: ours, units: 5n }

describe("Erc20.received", () => {
  it.effect("a node that has fallen behind is not believed, and is asked again later", () =>
    Effect.gen(function*() {
      const erc20 = yield* Erc20
      const { base } = yield* ChainControl
      yield* base.mine(5)
      const txHash = yield* base.transfer(transfer)
      const look = erc20.received(token, { txHash, recipient: ours })
      assert.deepStrictEqual(yield* look, Received.Unconfirmed({ confirmations: 1, required: 3 }))
      yield* base.lag(3)
      const error = yield* Effect.flip(look)
      assert.strictEqual(error.reason, "Unavailable")
      assert.strictEqual(error.kind, "transient")
      assert.include(error.message, "behind 6 that was seen")
      yield* base.mine(4)
      assert.deepStrictEqual(yield* look, Received.Unconfirmed({ confirmations: 2, required: 3 }))
      yield* base.lag(0)
      assert.deepStrictEqual(yield* look, Received.Confirmed({ amount: { units: 5n, decimals: 18 } }))
    }).pipe(Effect.provide(layer)))

  it.effect("a node that has always lagged knows nothing of the transaction", () =>
    Effect.gen(function*() {
      const erc20 = yield* Erc20
      const { base } = yield* ChainControl
      const txHash = yield* base.transfer(transfer)
      yield* base.lag(1)
      assert.deepStrictEqual(yield* erc20.received(token, { txHash, recipient: ours }), Received.NotMined())
    }).pipe(Effect.provide(layer)))

  it.effect("the head is read before the receipt, so that it is never ahead of what the receipt tells", () =>
    Effect.gen(function*() {
      const erc20 = yield* Erc20
      const { base } = yield* ChainControl
      const txHash = yield* base.transfer(transfer)
      yield* erc20.received(token, { txHash, recipient: ours })
      assert.deepStrictEqual(yield* base.calls, ["block", "receipt"])
    }).pipe(Effect.provide(layer)))

  it.effect("an amount that cannot be read is an error, and not zero", () =>
    Effect.gen(function*() {
      const erc20 = yield* Erc20
      const { base } = yield* ChainControl
      const topics = [TransferLogs.transferTopic, TransferLogs.word(theirs), TransferLogs.word(ours)]
      const txHash = yield* base.addReceipt([{ address: token.address, topics, data: "0x05" }])
      yield* base.mine(2)
      const error = yield* Effect.flip(erc20.received(token, { txHash, recipient: ours }))
      assert.strictEqual(
        error.message,
        `base (receipt of ${txHash}): BadAnswer: amount of a transfer of ${token.address}: expected 32 bytes, got 1`
      )
    }).pipe(Effect.provide(layer)))

  it.effect("while the chain cannot be asked nothing is said", () =>
    Effect.gen(function*() {
      const erc20 = yield* Erc20
      const { base } = yield* ChainControl
      const txHash = yield* base.transfer(transfer)
      const look = erc20.received(token, { txHash, recipient: ours })
      yield* base.unavailable
      assert.strictEqual((yield* Effect.flip(look)).kind, "transient")
      yield* base.available
      const wrong = new ChainError({ reason: "WrongChain", chain: "base", action: "chain id", detail: "1" })
      yield* base.failNext(wrong)
      assert.strictEqual((yield* Effect.flip(look)).message, wrong.message)
      assert.deepStrictEqual(yield* look, Received.Unconfirmed({ confirmations: 1, required: 3 }))
    }).pipe(Effect.provide(layer)))
})

/** The transfer that the harness of the outbox submits under its key too. */
const send = Effect.gen(function*() {
  const erc20 = yield* Erc20
  const amount = TokenAmount.make({ units: 5n, decimals: 18 })
  return yield* erc20.transfer(
    { ...token, address: MemoryChain.equity },
    { recipient: theirs, amount },
    { key, lease: yield* lease }
  )
}).pipe(Effect.scoped)

describe("Erc20.transfer", () => {
  it.effect("that a token declines without reverting has sent nothing, whatever was asked for", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.setAnswer(call.to, call.data, `0x${"00".repeat(32)}`)
      assert.strictEqual((yield* send)._tag, "Pending")
      yield* untilOver()
      const end = yield* send
      assert.deepStrictEqual(end._tag === "Sent" && end.amount, TokenAmount.make({ units: 0n, decimals: 18 }))
    }).pipe(Effect.provide(layer)))

  it.effect("that we cancelled is dead by us, for the reason that was given", () =>
    Effect.gen(function*() {
      yield* funded
      yield* send
      yield* cancel("because")
      yield* untilOver()
      assert.deepStrictEqual(yield* send, Transferred.Dead({ isOurs: true, why: "because" }))
    }).pipe(Effect.provide(layer)))

  it.effect("whose nonce something else used is dead, and not by us", () =>
    Effect.gen(function*() {
      const base = yield* funded
      yield* base.answerBroadcast("Unknown", { isTaken: false })
      yield* send
      yield* foreign(0)
      yield* untilOver()
      const end = yield* send
      assert.isFalse(end._tag === "Dead" ? end.isOurs : undefined)
      assert.include(end._tag === "Dead" && end.why, "nonce 0 on base")
    }).pipe(Effect.provide(layer)))
})

describe("Erc20.balance", () => {
  for (const answer of ["0x", "0x01", `0x${"00".repeat(64)}`] as const) {
    it.effect(`an answer of ${(answer.length - 2) / 2} bytes is no balance`, () =>
      Effect.gen(function*() {
        const erc20 = yield* Erc20
        const { base } = yield* ChainControl
        const balanceOf = `0x70a08231${TransferLogs.word(ours).slice(2)}` as const
        yield* base.setCode(theirs, "0x01")
        yield* base.setAnswer(theirs, balanceOf, answer)
        const error = yield* Effect.flip(erc20.balance({ ...token, address: theirs }, ours))
        assert.strictEqual(error.reason, "BadAnswer")
        assert.include(error.message, `token balance of ${ours}`)
        assert.include(error.message, `${theirs} is no ERC-20 token`)
      }).pipe(Effect.provide(layer)))
  }
})
