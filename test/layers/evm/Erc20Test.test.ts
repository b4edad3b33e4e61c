/** The scripted Erc20: what a test of a manager is told that it asked for, and what it can be made to answer. */
import { assert, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import * as Address from "../../../src/domain/Address.ts"
import { OperationId } from "../../../src/domain/OperationId.ts"
import * as TokenAmount from "../../../src/domain/TokenAmount.ts"
import * as TxHash from "../../../src/domain/TxHash.ts"
import * as Erc20Test from "../../../src/layers/testing/Erc20Test.ts"
import { ChainError } from "../../../src/services/Chain.ts"
import { Allowance, Erc20, Transferred } from "../../../src/services/Erc20.ts"
import { OutboxError, type SubmitError } from "../../../src/services/TransactionOutbox.ts"

const operation = OperationId.make("6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e")
const key = { operation, step: "transfer", attempt: 1 }
const second = { ...key, attempt: 2 }
const lease = { name: "Test", token: 1, lost: Effect.never }
const recipient = Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")
const token = {
  chain: "base",
  address: Address.make("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
  decimals: 18
} as const
const amount = TokenAmount.make({ units: 5n, decimals: 18 })
const down = new ChainError({ reason: "Unavailable", chain: "base", action: "any", detail: "down" })
const refusal = new OutboxError({ reason: "Reverts", key, detail: "EquityToken: paused" })

const transfer = (under = key) =>
  Effect.flatMap(Erc20, (erc20) => erc20.transfer(token, { recipient, amount }, { key: under, lease }))
const allow = Effect.flatMap(
  Erc20,
  (erc20) =>
    erc20.ensureAllowance(token, { spender: recipient, amount }, { operation, lease, since: DateTime.unsafeMake(0) })
)
const balance = Effect.flatMap(Erc20, (erc20) => erc20.balance(token, recipient))

it.effect("a transfer is on its way until the test says what has become of it", () =>
  Effect.gen(function*() {
    const control = yield* Erc20Test.Erc20Control
    assert.strictEqual((yield* transfer())._tag, "Pending")
    const sent = Transferred.Sent({ txHash: TxHash.make(`0x${"ab".repeat(32)}`), amount })
    yield* control.setTransferred(key, sent)
    assert.deepStrictEqual(yield* transfer(), sent)
    assert.strictEqual((yield* transfer(second))._tag, "Pending")
    assert.deepStrictEqual(yield* control.transfers, [
      { key, token, recipient, amount },
      { key: second, token, recipient, amount }
    ])
  }).pipe(Effect.provide(Erc20Test.layer)))

it.effect("a transfer that was refused was not taken on, and the next one is", () =>
  Effect.gen(function*() {
    const control = yield* Erc20Test.Erc20Control
    yield* control.failNextSending(refusal)
    assert.strictEqual((yield* balance).units, 0n)
    assert.strictEqual(yield* Effect.flip(transfer()), refusal)
    assert.deepStrictEqual(yield* control.transfers, [])
    assert.strictEqual((yield* transfer())._tag, "Pending")
    assert.lengthOf(yield* control.transfers, 1)
  }).pipe(Effect.provide(Erc20Test.layer)))

it.effect("an approval is enough, unless it is refused or the test says otherwise", () =>
  Effect.gen(function*() {
    const control = yield* Erc20Test.Erc20Control
    yield* control.failNextSending(refusal)
    assert.strictEqual(yield* Effect.flip(allow), refusal)
    assert.deepStrictEqual(yield* allow, Allowance.Enough())
    const pending = Allowance.Pending({ waitingFor: "a block" })
    yield* control.setAllowance(pending)
    assert.deepStrictEqual(yield* allow, pending)
  }).pipe(Effect.provide(Erc20Test.layer)))

it.effect("a chain that cannot be asked fails whatever comes next, once", () =>
  Effect.gen(function*() {
    const control = yield* Erc20Test.Erc20Control
    const looks: ReadonlyArray<Effect.Effect<unknown, SubmitError, Erc20>> = [transfer(), allow, balance]
    for (const look of looks) {
      yield* control.failNext(down)
      assert.strictEqual(yield* Effect.flip(look), down)
    }
    assert.deepStrictEqual(yield* control.transfers, [])
    yield* transfer()
  }).pipe(Effect.provide(Erc20Test.layer)))
