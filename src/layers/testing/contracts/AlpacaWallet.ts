/**
 * What every layer of the port `AlpacaWallet` must do. Each case expects a world in which transfers stay under way until they
 * are ended, and at least 10000 USDC; several cases may share one.
 */
import { DateTime, Effect, Option } from "effect"
import { randomBytes, randomInt } from "node:crypto"
import * as Address from "../../../domain/Address.ts"
import * as TxHash from "../../../domain/TxHash.ts"
import * as Usdc from "../../../domain/Usdc.ts"
import { type WalletTransfer, WalletTransferId } from "../../../domain/WalletTransfer.ts"
import type { AlpacaError } from "../../../services/AlpacaError.ts"
import { AlpacaWallet, type Whitelisting, type Withdrawal } from "../../../services/AlpacaWallet.ts"
import { AlpacaWalletWorld } from "../AlpacaWalletWorld.ts"
import { type Case, ContractViolation, equals, fails, holds } from "./Contract.ts"

type Services = AlpacaWallet | AlpacaWalletWorld
type Failure = AlpacaError | ContractViolation

const elsewhere = Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")

/** @param own on the whitelist */
const makeGiven = (own: Address.Address) =>
  Effect.gen(function*() {
    const alpaca = yield* AlpacaWallet
    const world = yield* AlpacaWalletWorld
    yield* world.setWhitelisting("Approved")
    // An amount of its own for each case, by which its transfers are told from those of others.
    const amount = Usdc.fromUnits(60_000_000n + BigInt(randomInt(40_000_000)))
    const since = yield* DateTime.now
    const sought: Withdrawal = { amount, address: own, since, claimed: new Set() }
    const before = (yield* world.withdrawals).length
    return {
      alpaca,
      world,
      own,
      amount,
      sought,
      order: alpaca.orderWithdrawal({ amount, address: own }),
      find: alpaca.findWithdrawal(sought),
      made: Effect.map(world.withdrawals, ({ length }) => length - before)
    }
  })
type Given = Effect.Effect.Success<ReturnType<typeof makeGiven>>

const some = <A>(found: Option.Option<A>, what: string) =>
  Effect.mapError(found, () => new ContractViolation({ expectation: `${what} should be found`, actual: "nothing" }))

/** On its way: whatever the word, it is not over. */
const isUnderWay = ({ status }: WalletTransfer) => status === "Processing" || status === "Other"

const isOrdered = ({ amount }: Given, transfer: WalletTransfer) =>
  holds(
    isUnderWay(transfer) && transfer.amount === amount && Option.isNone(transfer.txHash),
    "under way, of what was asked for, and not broadcast",
    transfer
  )

/** What every layer of AlpacaWallet must do. Run each with the test runner of your choice. */
export const casesFor = (own: Address.Address): ReadonlyArray<Case<Failure, Services>> => {
  const make = (name: string, run: (given: Given) => Effect.Effect<void, Failure>): Case<Failure, Services> => ({
    name,
    run: Effect.flatMap(makeGiven(own), run)
  })
  return [
    make("a withdrawal is under way and is what was ordered; its USDC have left", (given) =>
      Effect.gen(function*() {
        const before = yield* given.world.available
        const ordered = yield* given.order
        yield* isOrdered(given, ordered)
        yield* equals(before - (yield* given.world.available), given.amount, "what has left")
        const found = yield* Effect.flatMap(given.find, (found) => some(found, "the transfer"))
        yield* equals(found.id, ordered.id, "the id")
        yield* equals(yield* given.made, 1, "the number of withdrawals")
      })),
    make(
      "an order whose answer is lost is found, and one whose request is lost is not",
      (given) =>
        Effect.gen(function*() {
          yield* given.world.strike("orderWithdrawal", "Dropped")
          const dropped = yield* fails(given.order, "the order")
          yield* equals(dropped.reason, "OutcomeUnknown", "the reason")
          yield* equals(yield* given.find, Option.none(), "what is found of it")
          yield* given.world.strike("orderWithdrawal", "AnswerLost")
          const lost = yield* fails(given.order, "the order")
          yield* equals(lost.kind, "unknown", "the kind")
          yield* Effect.flatMap(given.find, (found) => some(found, "the transfer"))
          yield* equals(yield* given.made, 1, "the number of withdrawals")
        })
    ),
    make(
      "a transfer of another amount, to another address, older, or claimed is none of ours",
      (given) =>
        Effect.gen(function*() {
          const { alpaca, amount, sought } = given
          const { createdAt, id } = yield* given.order
          const others: ReadonlyArray<Withdrawal> = [
            { ...sought, amount: Usdc.fromUnits(amount - 1n) },
            { ...sought, address: elsewhere },
            { ...sought, since: DateTime.add(createdAt, { hours: 1 }) },
            { ...sought, claimed: new Set([id]) }
          ]
          const found = yield* Effect.forEach(others, alpaca.findWithdrawal)
          yield* holds(found.every(Option.isNone), "nothing should be found", found)
        })
    ),
    make(
      "of several that could be ours a person must say which; what is claimed is out of the question",
      (given) =>
        Effect.gen(function*() {
          const [one, other] = [yield* given.order, yield* given.order]
          const error = yield* fails(given.find, "the look-up")
          yield* equals(error.reason, "Ambiguous", "the reason")
          yield* holds(
            error.message.includes(one.id) && error.message.includes(other.id),
            "both should be named",
            error
          )
          const rest = yield* given.alpaca.findWithdrawal({ ...given.sought, claimed: new Set([one.id]) })
          yield* equals((yield* some(rest, "the other")).id, other.id, "the id")
        })
    ),
    make(
      "one that is smaller than what was ordered may be ours after fees: a person must say",
      (given) =>
        Effect.gen(function*() {
          const { alpaca, amount, sought } = given
          const { id } = yield* given.order
          const more = { ...sought, amount: Usdc.fromUnits(amount + 1n) }
          const error = yield* fails(alpaca.findWithdrawal(more), "the look-up")
          yield* equals(error.reason, "Ambiguous", "the reason")
          yield* holds(error.message.includes(id), "it should be named", error)
          const claimed = { ...more, claimed: new Set([id]) }
          yield* equals(yield* alpaca.findWithdrawal(claimed), Option.none(), "what is found beside what is claimed")
        })
    ),
    make(
      "one that failed without a transaction is the answer, unless another one has not failed",
      (given) =>
        Effect.gen(function*() {
          const failed = yield* given.order
          yield* given.world.fail(failed.id)
          const alone = yield* Effect.flatMap(given.find, (found) => some(found, "the failed one"))
          yield* equals(alone.id, failed.id, "the id")
          yield* equals(alone.status, "Failed", "the status")
          yield* equals(alone.txHash, Option.none(), "the hash")
          const other = yield* given.order
          const found = yield* Effect.flatMap(given.find, (found) => some(found, "the other"))
          yield* equals(found.id, other.id, "the id")
        })
    ),
    make(
      "a transfer is read by its id, with its transaction once it is sent; one that there is not is none",
      (given) =>
        Effect.gen(function*() {
          const { id } = yield* given.order
          const get = Effect.flatMap(given.alpaca.getTransfer(id), (found) => some(found, "the transfer"))
          yield* Effect.flatMap(get, (transfer) => isOrdered(given, transfer))
          const txHash = yield* given.world.complete(id)
          const sent = yield* get
          yield* equals(sent.status, "Complete", "the status")
          yield* equals(sent.txHash, Option.some(txHash), "the hash")
          const nothing = WalletTransferId.make("11111111-2222-4333-8444-555555555555")
          yield* equals(yield* given.alpaca.getTransfer(nothing), Option.none(), "what is not there")
        })
    ),
    make("a deposit is found by its transaction, and credited with what came", (given) =>
      Effect.gen(function*() {
        const { alpaca, amount, world } = given
        const address = yield* alpaca.depositAddress
        const txHash = TxHash.make(`0x${randomBytes(32).toString("hex")}`)
        const find = alpaca.findDeposit({ txHash, address })
        yield* equals(yield* find, Option.none(), "what is found before it has come")
        const id = yield* world.deposit({ amount, txHash })
        const seen = yield* Effect.flatMap(find, (found) => some(found, "the deposit"))
        yield* holds(isUnderWay(seen) && seen.id === id, "under way", seen)
        yield* world.credit(id)
        const credited = yield* Effect.flatMap(find, (found) => some(found, "the deposit"))
        yield* equals(credited.status, "Complete", "the status")
        yield* equals(credited.amount, amount, "the amount")
        const other = TxHash.make(`0x${randomBytes(32).toString("hex")}`)
        yield* equals(yield* alpaca.findDeposit({ txHash: other, address }), Option.none(), "what another one brought")
      })),
    make("the deposit address stays the same", ({ alpaca }) =>
      Effect.gen(function*() {
        const [one, other] = [yield* alpaca.depositAddress, yield* alpaca.depositAddress]
        yield* equals(one, other, "the second answer")
      })),
    make("the whitelist says what it says, and only an approved address is paid", (given) =>
      Effect.gen(function*() {
        const { alpaca, world } = given
        yield* equals(yield* alpaca.whitelisting(elsewhere), "Absent", "of an address that nobody has put there")
        for (const word of ["Pending", "Absent", "Other"] satisfies ReadonlyArray<Whitelisting>) {
          yield* world.setWhitelisting(word)
          yield* equals(yield* alpaca.whitelisting(own), word, "the whitelisting")
          const error = yield* fails(given.order, "the order")
          yield* equals(error.reason, "NotWhitelisted", "the reason")
          yield* equals(error.kind, "permanent", "the kind")
        }
        yield* world.setWhitelisting("Approved")
        yield* equals(yield* alpaca.whitelisting(own), "Approved", "the whitelisting")
        yield* equals(yield* given.made, 0, "the number of withdrawals")
      })),
    make("more than there is cannot be withdrawn", (given) =>
      Effect.gen(function*() {
        const amount = Usdc.fromUnits((yield* given.world.available) + 1n)
        const error = yield* fails(given.alpaca.orderWithdrawal({ amount, address: own }), "the order")
        yield* equals(error.reason, "InsufficientPosition", "the reason")
        yield* equals(yield* given.made, 0, "the number of withdrawals")
      })),
    make("a look that gets no answer is an error that passes", (given) =>
      Effect.gen(function*() {
        const { id } = yield* given.order
        yield* given.world.strike("getTransfer", "Dropped")
        const error = yield* fails(given.alpaca.getTransfer(id), "the look")
        yield* equals(error.kind, "transient", "the kind")
      }))
  ]
}
