/** What every layer of `TransactionOutbox` must do. Several cases may share one world: each has operations of its own. */
import { DateTime, Effect, Option } from "effect"
import { randomUUID } from "node:crypto"
import { encodeFunctionData, erc20Abi } from "viem"
import * as Address from "../../../domain/Address.ts"
import { OperationId } from "../../../domain/OperationId.ts"
import type { ChainName } from "../../../services/Chain.ts"
import { BaseChain, EthereumChain } from "../../../services/Chain.ts"
import { type LeaseHeld, Leases } from "../../../services/Leases.ts"
import type { StoreError } from "../../../services/StoreError.ts"
import {
  attemptOf,
  type SubmitError,
  type Submitted,
  type TransactionKey,
  TransactionOutbox,
  Transactions
} from "../../../services/TransactionOutbox.ts"
import { ChainWorld } from "../ChainWorld.ts"
import { type Case, type ContractViolation, equals, fails, holds } from "./Contract.ts"

type Services = TransactionOutbox | Transactions | Leases | EthereumChain | BaseChain | ChainWorld
type Failure = SubmitError | LeaseHeld | StoreError | ContractViolation

const theirs = Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")

/** One operation on one chain, and the right to drive it. */
const makeGiven = (chain: ChainName) =>
  Effect.gen(function*() {
    const outbox = yield* TransactionOutbox
    const transactions = yield* Transactions
    const world = (yield* ChainWorld)[chain]
    const { confirmations } = { ethereum: yield* EthereumChain, base: yield* BaseChain }[chain]
    const operation = OperationId.make(randomUUID())
    const lease = yield* Effect.flatMap(Leases, (leases) => leases.hold(`Contract/${operation}`))
    yield* world.setBalance(outbox.wallet, 10n ** 18n)
    yield* world.giveEquity(outbox.wallet, 1_000n)
    const before = (yield* world.sent(outbox.wallet)).length
    const callOf = (units: bigint) => ({
      chain,
      to: world.equity,
      data: encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [theirs, units] })
    })
    const keyOf = (attempt = 1, step = "transfer"): TransactionKey => ({ operation, step, attempt })
    const submit = (units = 5n, key = keyOf()) => outbox.submitOnce(key, callOf(units), lease)
    return {
      outbox,
      world,
      confirmations,
      lease,
      callOf,
      keyOf,
      submit,
      cancel: (why: string, key = keyOf()) => outbox.cancel(key, why, lease),
      stored: transactions.list({ operation }),
      /** What this case has moved. */
      sent: Effect.map(world.sent(outbox.wallet), (all) => all.slice(before).map(({ units }) => units)),
      /** Blocks and looks, until the answer is final. */
      over: (units = 5n, key = keyOf()): Effect.Effect<Submitted, SubmitError> =>
        Effect.repeat(Effect.zipRight(world.mine(1), submit(units, key)), {
          until: ({ _tag }) => _tag !== "Pending" && _tag !== "Unconfirmed",
          times: 40
        })
    }
  })
type Given = Effect.Effect.Success<ReturnType<typeof makeGiven>>

const is = (submitted: Submitted, tag: Submitted["_tag"]) =>
  holds(submitted._tag === tag, `the answer should be ${tag}`, submitted)

const only = (given: Given, ...units: ReadonlyArray<bigint>) =>
  Effect.flatMap(given.sent, (sent) => equals(sent.join(), units.join(), "what was sent"))

const refused = <A>(effect: Effect.Effect<A, SubmitError>, reason: string) =>
  Effect.flatMap(
    fails(effect, "the submission"),
    (error) => holds(error._tag === "OutboxError" && error.reason === reason, `the reason should be ${reason}`, error)
  )

const onEach: ReadonlyArray<readonly [name: string, run: (given: Given) => Effect.Effect<void, Failure>]> = [
  ["one key is one transaction, confirmed at depth", (given) =>
    Effect.gen(function*() {
      const first = yield* given.submit()
      yield* is(first, "Pending")
      yield* is(yield* given.submit(), "Pending")
      yield* given.world.mine(1)
      const mined = yield* given.submit()
      yield* holds(mined._tag === "Unconfirmed" && mined.confirmations === 1, "one confirmation", mined)
      yield* given.world.mine(given.confirmations - 2)
      yield* is(yield* given.submit(), "Unconfirmed")
      yield* given.world.mine(1)
      const end = yield* given.submit()
      yield* holds(end._tag === "Confirmed" && end.receipt.logs.length === 1, "the receipt, with its logs", end)
      yield* is(yield* given.submit(), "Confirmed")
      yield* only(given, 5n)
      const [row, ...others] = yield* given.stored
      yield* equals(others.length, 0, "the number of further transactions")
      yield* equals(row?.status, "confirmed", "the status")
      yield* equals(first._tag === "Pending" && first.nonce, row?.nonce, "the nonce")
    })],
  ["another call under the same key is refused", (given) =>
    Effect.gen(function*() {
      yield* given.submit(5n)
      yield* refused(given.submit(6n), "OtherCall")
      yield* is(yield* given.over(5n), "Confirmed")
      yield* only(given, 5n)
    })],
  ["other steps have other nonces, one after the other", (given) =>
    Effect.gen(function*() {
      const keys = [1, 2, 3].map((number) => given.keyOf(1, `transfer ${number}`))
      yield* Effect.forEach(keys, (key) => given.submit(7n, key), { concurrency: "unbounded" })
      for (const key of keys) yield* is(yield* given.over(7n, key), "Confirmed")
      const nonces = (yield* given.stored).map(({ nonce }) => nonce).toSorted((a, b) => a - b)
      yield* equals(nonces.map((nonce) => nonce - (nonces[0] ?? 0)).join(), "0,1,2", "the nonces")
      yield* only(given, 7n, 7n, 7n)
    })],
  ["what would revert is told with its reason, and takes no nonce", (given) =>
    Effect.gen(function*() {
      yield* given.world.pauseEquity(true)
      const error = yield* fails(given.submit(), "the submission")
      yield* given.world.pauseEquity(false)
      yield* holds(error._tag === "OutboxError" && error.reason === "Reverts", "the reason should be Reverts", error)
      yield* holds(error.message.includes("EquityToken: paused"), "the contract's words", error.message)
      yield* equals((yield* given.stored).length, 0, "the number of transactions")
    })],
  ["without funds for gas nothing is stored", (given) =>
    Effect.gen(function*() {
      yield* given.world.setBalance(given.outbox.wallet, 1_000n)
      yield* refused(given.submit(), "InsufficientFunds")
      yield* equals((yield* given.stored).length, 0, "the number of transactions")
      yield* given.world.setBalance(given.outbox.wallet, 10n ** 18n)
    })],
  ["whoever has lost his lease reserves nothing", (given) =>
    Effect.gen(function*() {
      const lost = { ...given.lease, token: given.lease.token + 1 }
      const error = yield* fails(given.outbox.submitOnce(given.keyOf(), given.callOf(5n), lost), "the submission")
      yield* equals(error._tag, "LeaseLost", "the error")
      yield* equals((yield* given.stored).length, 0, "the number of transactions")
    })],
  [
    "mined without effect: Reverted with the reason, at depth, and then another attempt",
    (given) =>
      Effect.gen(function*() {
        yield* given.submit()
        yield* refused(given.submit(5n, given.keyOf(2)), "EarlierAttempt")
        yield* given.world.pauseEquity(true)
        const end = yield* given.over()
        yield* given.world.pauseEquity(false)
        yield* holds(
          end._tag === "Reverted" && end.why.includes("EquityToken: paused"),
          "Reverted, with the reason",
          end
        )
        yield* only(given)
        yield* is(yield* given.over(5n, given.keyOf(2)), "Confirmed")
        yield* refused(given.submit(5n, given.keyOf(3)), "EarlierAttempt")
        yield* only(given, 5n)
        yield* equals(attemptOf(yield* given.stored, "transfer"), 1, "the attempt that nobody has taken away")
      })
  ],
  ["reorganised away: waiting again, and the same bytes are mined once", (given) =>
    Effect.gen(function*() {
      yield* given.submit()
      yield* given.world.mine(2)
      yield* is(yield* given.submit(), "Unconfirmed")
      yield* given.world.reorganise(2)
      yield* only(given)
      yield* is(yield* given.submit(), "Pending")
      yield* is(yield* given.over(), "Confirmed")
      yield* only(given, 5n)
      yield* equals((yield* given.stored)[0]?.signatures.length, 1, "the number of signatures")
    })],
  [
    "cancelled: an empty transaction takes its nonce, nothing moves, and then another attempt",
    (given) =>
      Effect.gen(function*() {
        yield* given.submit()
        yield* given.cancel("because")
        const end = yield* given.over()
        yield* holds(end._tag === "Cancelled" && end.why === "because", "Cancelled, with the reason", end)
        yield* only(given)
        const [row] = yield* given.stored
        yield* equals(row?.status, "cancelled", "the status")
        yield* equals(
          Option.map(row?.mined ?? Option.none(), ({ hash }) => hash === row?.signatures.at(-1)?.hash),
          Option.some(true),
          "the empty one is mined"
        )
        yield* is(yield* given.over(5n, given.keyOf(2)), "Confirmed")
        yield* only(given, 5n)
      })
  ],
  ["cancelled too late: the call counts", (given) =>
    Effect.gen(function*() {
      yield* given.submit()
      yield* given.world.mine(1)
      yield* given.cancel("too late")
      yield* is(yield* given.over(), "Confirmed")
      yield* only(given, 5n)
    })],
  [
    "fruitless: only what is confirmed is, for whoever has the lease, and then another attempt",
    (given) =>
      Effect.gen(function*() {
        const fruitless = given.outbox.fruitless(given.keyOf(), "it moved nothing", given.lease)
        yield* refused(fruitless, "NotFound")
        yield* given.submit()
        yield* refused(fruitless, "EarlierAttempt")
        yield* given.over()
        const lost = { ...given.lease, token: given.lease.token + 1 }
        const error = yield* fails(given.outbox.fruitless(given.keyOf(), "it moved nothing", lost), "without the lease")
        yield* equals(error._tag, "LeaseLost", "the error")
        yield* refused(given.submit(7n, given.keyOf(2)), "EarlierAttempt")
        yield* fruitless
        yield* equals(attemptOf(yield* given.stored, "transfer"), 2, "the attempt that is next")
        yield* is(yield* given.over(7n, given.keyOf(2)), "Confirmed")
        yield* only(given, 5n, 7n)
      })
  ],
  ["what came to nothing before a try began is an earlier try's", (given) =>
    Effect.gen(function*() {
      const begun = yield* DateTime.now
      yield* given.submit()
      yield* given.cancel("because")
      yield* given.over()
      const stored = yield* given.stored
      yield* equals(attemptOf(stored, "transfer", begun), 1, "the attempt of the try that was cancelled")
      const later = DateTime.addDuration(yield* DateTime.now, "1 second")
      yield* equals(attemptOf(stored, "transfer", later), 2, "the attempt of the next try")
    })],
  ["tended by whoever passes by: the end is recorded without its operation", (given) =>
    Effect.gen(function*() {
      yield* given.submit()
      yield* given.world.mine(given.confirmations)
      yield* given.outbox.tend
      yield* equals((yield* given.stored)[0]?.status, "confirmed", "the status")
    })]
]

/** What every layer of TransactionOutbox must do. Run each with the test runner of your choice. */
export const cases: ReadonlyArray<Case<Failure, Services>> = (["ethereum", "base"] as const).flatMap((chain) =>
  onEach.map(([name, run]) => ({
    name: `${chain}: ${name}`,
    run: Effect.scoped(Effect.flatMap(makeGiven(chain), run))
  }))
)
