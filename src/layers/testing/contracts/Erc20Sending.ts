/** What every layer of `Erc20` must do with what our own wallet sends and approves. */
import { DateTime, Effect } from "effect"
import { randomBytes, randomUUID } from "node:crypto"
import { encodeFunctionData, erc20Abi } from "viem"
import * as Address from "../../../domain/Address.ts"
import { OperationId } from "../../../domain/OperationId.ts"
import * as TokenAmount from "../../../domain/TokenAmount.ts"
import { BaseChain } from "../../../services/Chain.ts"
import { Allowance, Erc20, type Transferred } from "../../../services/Erc20.ts"
import { type Lease, type LeaseHeld, Leases } from "../../../services/Leases.ts"
import type { StoreError } from "../../../services/StoreError.ts"
import { type SubmitError, TransactionOutbox, Transactions } from "../../../services/TransactionOutbox.ts"
import { ChainWorld } from "../ChainWorld.ts"
import { type Case, type ContractViolation, equals, fails, holds } from "./Contract.ts"

export type Services = Erc20 | BaseChain | TransactionOutbox | Transactions | Leases | ChainWorld
export type Failure = SubmitError | LeaseHeld | StoreError | ContractViolation

const theirs = Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")
const tokens = (units: bigint) => TokenAmount.make({ units, decimals: 18 })

/** One operation, a spender that nobody has approved yet, and 1000 units in our wallet. */
const makeGiven = Effect.gen(function*() {
  const erc20 = yield* Erc20
  const { submitOnce, wallet } = yield* TransactionOutbox
  const transactions = yield* Transactions
  const world = (yield* ChainWorld).base
  const { confirmations } = yield* BaseChain
  const operation = OperationId.make(randomUUID())
  const lease = yield* Effect.flatMap(Leases, (leases) => leases.hold(`Contract/${operation}`))
  const token = { chain: "base", address: world.equity, decimals: 18 } as const
  const spender = Address.make(`0x${randomBytes(20).toString("hex")}`)
  yield* world.setBalance(wallet, 10n ** 18n)
  yield* world.giveEquity(wallet, 1_000n)
  const before = (yield* world.sent(wallet)).length
  const key = { operation, step: "transfer", attempt: 1 }
  const transfer = (units = 5n) => erc20.transfer(token, { recipient: theirs, amount: tokens(units) }, { key, lease })
  const begun = yield* DateTime.now
  const allow = (units: bigint, of: { operation: OperationId; lease: Lease } = { operation, lease }, since = begun) =>
    erc20.ensureAllowance(token, { spender, amount: tokens(units) }, { ...of, since })
  /** So much and no more, as somebody else may have approved it. */
  const approve = (units: bigint) => {
    const data = encodeFunctionData({ abi: erc20Abi, functionName: "approve", args: [spender, units] })
    return submitOnce(
      { operation, step: "approve little", attempt: 1 },
      { chain: "base", to: token.address, data },
      lease
    )
  }
  const looking = <A extends { readonly _tag: string }>(look: Effect.Effect<A, SubmitError>) =>
    Effect.repeat(Effect.zipRight(world.mine(1), look), { until: ({ _tag }) => _tag !== "Pending", times: 40 })
  return {
    erc20,
    world,
    wallet,
    token,
    confirmations,
    transfer,
    allow,
    approve,
    looking,
    stored: transactions.list({ operation }),
    sent: Effect.map(world.sent(wallet), (all) => all.slice(before).map(({ units }) => units).join())
  }
})
type Given = Effect.Effect.Success<typeof makeGiven>

const isSent = (transferred: Transferred, units: bigint) =>
  holds(transferred._tag === "Sent" && transferred.amount.units === units, `Sent, ${units} units`, transferred)

const make = (
  name: string,
  run: (given: Given) => Effect.Effect<void, Failure, Leases | Transactions>
): Case<Failure, Services> => ({ name, run: Effect.scoped(Effect.flatMap(makeGiven, run)) })

export const cases: ReadonlyArray<Case<Failure, Services>> = [
  make("a transfer is sent once, and over at depth with what its logs say", (given) =>
    Effect.gen(function*() {
      yield* equals((yield* given.transfer())._tag, "Pending", "the answer at first")
      yield* given.world.mine(1)
      const mined = yield* given.transfer()
      yield* holds(
        mined._tag === "Pending" && mined.waitingFor.includes(`confirmation ${given.confirmations}`),
        "waits for its confirmations",
        mined
      )
      const end = yield* given.looking(given.transfer())
      yield* isSent(end, 5n)
      yield* isSent(yield* given.transfer(), 5n)
      yield* equals(yield* given.sent, "5", "what was sent")
      const [row] = yield* given.stored
      yield* equals(end._tag === "Sent" && end.txHash, row?.signatures[0]?.hash, "the hash")
    })),
  make(
    "a transfer that would revert is refused with the reason, and nothing is stored",
    (given) =>
      Effect.gen(function*() {
        const error = yield* fails(given.transfer(1_001n), "the transfer")
        yield* holds(error._tag === "OutboxError" && error.reason === "Reverts", "the reason should be Reverts", error)
        yield* holds(
          error.message.includes("ERC20: transfer amount exceeds balance"),
          "the token's words",
          error.message
        )
        yield* equals((yield* given.stored).length, 0, "the number of transactions")
      })
  ),
  make("a transfer that reverts on the chain moved nothing, and says why", (given) =>
    Effect.gen(function*() {
      yield* given.transfer()
      yield* given.world.pauseEquity(true)
      const end = yield* given.looking(given.transfer())
      yield* given.world.pauseEquity(false)
      yield* holds(end._tag === "Reverted" && end.why.includes("EquityToken: paused"), "Reverted, with the reason", end)
      yield* equals(yield* given.sent, "", "what was sent")
    })),
  make(
    "the confirmed balance is that of the depth which is depended on",
    ({ confirmations, erc20, token, wallet, world }) =>
      Effect.gen(function*() {
        const confirmed = Effect.map(erc20.confirmedBalance(token, wallet), ({ units }) => units)
        yield* world.mine(confirmations)
        yield* equals(yield* confirmed, 1_000n, "the confirmed balance")
        yield* world.giveEquity(wallet, 2_000n)
        yield* equals((yield* erc20.balance(token, wallet)).units, 2_000n, "the balance")
        yield* world.mine(confirmations - 2)
        yield* equals(yield* confirmed, 1_000n, "the confirmed balance, one block short")
        yield* world.mine(1)
        yield* equals(yield* confirmed, 2_000n, "the confirmed balance at depth")
      })
  ),
  make(
    "an approval is sent once, is over at depth, and is then enough for everything",
    (given) =>
      Effect.gen(function*() {
        yield* equals((yield* given.allow(5n))._tag, "Pending", "the answer at first")
        yield* equals((yield* given.allow(7n))._tag, "Pending", "the answer to a larger one")
        yield* given.world.mine(1)
        const mined = yield* given.allow(5n)
        yield* holds(
          mined._tag === "Pending" && mined.waitingFor.includes(`confirmation ${given.confirmations}`),
          "waits for its confirmations",
          mined
        )
        yield* equals(yield* given.looking(given.allow(5n)), Allowance.Enough(), "the answer in the end")
        yield* equals(yield* given.allow(10n ** 30n), Allowance.Enough(), "the answer to a much larger one")
        yield* equals((yield* given.stored).length, 1, "the number of transactions")
      })
  ),
  make("an approval that stands is left alone, whoever sent it", (given) =>
    Effect.gen(function*() {
      yield* given.looking(given.allow(5n))
      const operation = OperationId.make(randomUUID())
      const lease = yield* Effect.flatMap(Leases, (leases) => leases.hold(`Contract/${operation}`))
      yield* equals(yield* given.allow(6n, { operation, lease }), Allowance.Enough(), "the answer")
      const transactions = yield* Effect.flatMap(Transactions, ({ list }) => list({ operation }))
      yield* equals(transactions.length, 0, "the number of transactions")
    }).pipe(Effect.scoped)),
  make("an approval that is too low for the amount is raised", (given) =>
    Effect.gen(function*() {
      yield* given.looking(given.approve(3n))
      yield* equals(yield* given.allow(3n), Allowance.Enough(), "the answer for what is approved")
      yield* equals((yield* given.stored).length, 1, "the number of transactions")
      yield* equals((yield* given.allow(4n))._tag, "Pending", "the answer for more")
      yield* equals(yield* given.looking(given.allow(4n)), Allowance.Enough(), "the answer in the end")
      yield* equals((yield* given.stored).length, 2, "the number of transactions in the end")
    })),
  make(
    "an approval that was taken back is refused, and given again only by a try that began since",
    (given) =>
      Effect.gen(function*() {
        yield* given.looking(given.allow(5n))
        yield* given.looking(given.approve(0n))
        yield* Effect.repeat(given.world.mine(1), { times: 12 })
        yield* equals((yield* given.allow(5n))._tag, "Refused", "the answer to the try that was approved")
        const later = DateTime.addDuration(yield* DateTime.now, "1 second")
        const again = given.allow(5n, undefined, later)
        yield* equals((yield* again)._tag, "Pending", "the answer to a later one")
        yield* equals(yield* given.looking(again), Allowance.Enough(), "the answer in the end")
      })
  ),
  make("two operations at once do not take the approval from each other", (given) =>
    Effect.gen(function*() {
      const operation = OperationId.make(randomUUID())
      const lease = yield* Effect.flatMap(Leases, (leases) => leases.hold(`Contract/${operation}`))
      const other = given.allow(6n, { operation, lease })
      yield* Effect.all([given.allow(5n), other], { concurrency: "unbounded" })
      yield* equals(yield* given.looking(given.allow(5n)), Allowance.Enough(), "the answer to one")
      yield* equals(yield* given.looking(other), Allowance.Enough(), "the answer to the other")
    }).pipe(Effect.scoped))
]
