/** What every layer of the port `Vault` must do. Several cases may share one world: each has a vault of its own. */
import { Effect } from "effect"
import { randomBytes, randomUUID } from "node:crypto"
import { encodeFunctionData, erc20Abi } from "viem"
import * as Float from "../../../domain/Float.ts"
import { OperationId } from "../../../domain/OperationId.ts"
import * as TxHash from "../../../domain/TxHash.ts"
import * as Usdc from "../../../domain/Usdc.ts"
import { BaseChain } from "../../../services/Chain.ts"
import { Received, type Transferred } from "../../../services/Erc20.ts"
import { type LeaseHeld, Leases } from "../../../services/Leases.ts"
import type { StoreError } from "../../../services/StoreError.ts"
import { type SubmitError, TransactionOutbox, Transactions } from "../../../services/TransactionOutbox.ts"
import { Vault } from "../../../services/Vault.ts"
import { VaultWorld } from "../VaultWorld.ts"
import { type Case, type ContractViolation, equals, fails, holds } from "./Contract.ts"

type Services = Vault | BaseChain | TransactionOutbox | Transactions | Leases | VaultWorld
type Failure = SubmitError | LeaseHeld | StoreError | ContractViolation

const usdc = Usdc.fromUnits
const fixed = (units: bigint) => Float.fromFixed(units, Usdc.decimals)
const anId = () => `0x${randomBytes(32).toString("hex")}` as const

/** One operation, 1000 units in our wallet and as many that may be taken from it, and an empty vault. */
const makeGiven = Effect.gen(function*() {
  const port = yield* Vault
  const world = yield* VaultWorld
  const transactions = yield* Transactions
  const { submitOnce, wallet } = yield* TransactionOutbox
  const { confirmations } = yield* BaseChain
  const operation = OperationId.make(randomUUID())
  const lease = yield* Effect.flatMap(Leases, (leases) => leases.hold(`Contract/${operation}`))
  const { token } = world
  const vault = { ...world.vault, id: anId() }
  yield* world.giveGas(wallet)
  yield* world.giveUsdc(wallet, usdc(1_000n))
  const before = yield* world.usdcOf(wallet)
  const sending = (step: string) => ({ key: { operation, step, attempt: 1 }, lease })
  const over = <A extends { readonly _tag: string }, E>(look: Effect.Effect<A, E>) =>
    Effect.repeat(Effect.zipRight(world.mine(1), look), {
      until: ({ _tag }) => _tag !== "Pending" && _tag !== "Unconfirmed",
      times: 40
    })
  /** So much and no more. */
  const approve = (units: bigint) => {
    const data = encodeFunctionData({ abi: erc20Abi, functionName: "approve", args: [vault.spender, units] })
    const { key } = sending(`approve ${units}`)
    return over(submitOnce(key, { chain: "base", to: token, data }, lease))
  }
  yield* approve(1_000n)
  return {
    port,
    world,
    wallet,
    token,
    vault,
    confirmations,
    approve,
    over,
    deposit: (units: bigint, step = "deposit") => port.deposit({ vault, token, amount: usdc(units) }, sending(step)),
    withdraw: (units: bigint, step = "withdraw") => port.withdraw({ vault, token, amount: usdc(units) }, sending(step)),
    deposited: (txHash: TxHash.TxHash) => port.deposited({ txHash, token, wallet }),
    balance: port.balance(vault, token),
    /** What the wallet has more than at first. */
    gain: Effect.map(world.usdcOf(wallet), (now) => now - before),
    stored: (step: string) =>
      Effect.map(transactions.list({ operation }), (all) => all.filter(({ key }) => key.step === step))
  }
})
type Given = Effect.Effect.Success<typeof makeGiven>

const make = (
  name: string,
  run: (given: Given) => Effect.Effect<void, Failure>
): Case<Failure, Services> => ({ name, run: Effect.scoped(Effect.flatMap(makeGiven, run)) })

const isSent = (moved: Transferred, units: bigint) =>
  holds(
    moved._tag === "Sent" && moved.amount.units === units && moved.amount.decimals === Usdc.decimals,
    `Sent, ${units} units of ${Usdc.decimals} decimals`,
    moved
  )

const holdsExactly = ({ vault, world }: Given, float: Float.Float) =>
  Effect.flatMap(
    world.holding(vault.id),
    (actual) => holds(Float.equals(actual, float), `the vault should hold ${Float.print(float)}`, actual)
  )

/** Refused before anything was signed, for a reason that has these words. */
const isRefused = (given: Given, step: string, move: Effect.Effect<Transferred, SubmitError>, words: string) =>
  Effect.gen(function*() {
    const error = yield* fails(move, `the ${step}`)
    yield* holds(error._tag === "OutboxError" && error.reason === "Reverts", "the reason should be Reverts", error)
    yield* holds(error.message.includes(words), `the message should name ${words}`, error.message)
    yield* equals((yield* given.stored(step)).length, 0, "the number of transactions")
    yield* equals(yield* given.gain, 0n, "what our wallet has gained")
  })

const depositing: ReadonlyArray<Case<Failure, Services>> = [
  make("a deposit is sent once, and over at depth with what has left our wallet", (given) =>
    Effect.gen(function*() {
      yield* equals((yield* given.deposit(400n))._tag, "Pending", "the answer at first")
      yield* given.world.mine(1)
      const mined = yield* given.deposit(400n)
      yield* holds(
        mined._tag === "Pending" && mined.waitingFor.includes(`confirmation ${given.confirmations}`),
        "waits for its confirmations",
        mined
      )
      const end = yield* given.over(given.deposit(400n))
      yield* isSent(end, 400n)
      yield* isSent(yield* given.deposit(400n), 400n)
      yield* equals(yield* given.gain, -400n, "what our wallet has gained")
      yield* holdsExactly(given, fixed(400n))
      const [row, ...others] = yield* given.stored("deposit")
      yield* equals(others.length, 0, "the number of further transactions")
      yield* equals(end._tag === "Sent" && end.txHash, row?.signatures[0]?.hash, "the hash")
    })),
  make(
    "what a transaction has deposited is told at depth, and again by whoever asks",
    (given) =>
      Effect.gen(function*() {
        yield* given.deposit(400n)
        const hash = (yield* given.stored("deposit"))[0]?.signatures[0]?.hash
        if (hash === undefined) return yield* holds(false, "the deposit should be signed")
        const look = given.deposited(hash)
        yield* equals(yield* look, Received.NotMined(), "before it is mined")
        yield* given.world.mine(1)
        yield* equals(
          yield* look,
          Received.Unconfirmed({ confirmations: 1, required: given.confirmations }),
          "before it is at depth"
        )
        const told = yield* given.over(look)
        yield* holds(
          told._tag === "Confirmed" && told.amount.units === 400n && told.amount.decimals === Usdc.decimals,
          "Confirmed, 400 units",
          told
        )
        const nowhere = yield* given.deposited(TxHash.make(`0x${randomBytes(32).toString("hex")}`))
        yield* equals(nowhere, Received.NotMined(), "of a transaction that there is not")
      })
  ),
  make(
    "a deposit that would take what was not approved is refused with USDC's words",
    (given) =>
      Effect.gen(function*() {
        yield* given.approve(399n)
        yield* isRefused(given, "deposit", given.deposit(400n), "ERC20: transfer amount exceeds allowance")
        yield* holdsExactly(given, fixed(0n))
      })
  ),
  make("nothing cannot be deposited", (given) => isRefused(given, "deposit", given.deposit(0n), "ZeroDepositAmount(")),
  make(
    "more than any vault can hold is refused",
    (given) => isRefused(given, "deposit", given.deposit(2n ** 223n), "does not fit a Float")
  )
]

const withdrawing: ReadonlyArray<Case<Failure, Services>> = [
  make(
    "a withdrawal is sent once, and over at depth with what has come to our wallet",
    (given) =>
      Effect.gen(function*() {
        yield* given.world.trade(given.vault.id, fixed(500n))
        yield* equals((yield* given.withdraw(300n))._tag, "Pending", "the answer at first")
        yield* isSent(yield* given.over(given.withdraw(300n)), 300n)
        yield* isSent(yield* given.withdraw(300n), 300n)
        yield* equals(yield* given.gain, 300n, "what our wallet has gained")
        yield* holdsExactly(given, fixed(200n))
        yield* equals((yield* given.stored("withdraw")).length, 1, "the number of transactions")
      })
  ),
  make("all that is in a vault can be withdrawn", (given) =>
    Effect.gen(function*() {
      yield* given.over(given.deposit(400n))
      yield* isSent(yield* given.over(given.withdraw(400n)), 400n)
      yield* equals(yield* given.gain, 0n, "what our wallet has gained")
      yield* holdsExactly(given, fixed(0n))
    })),
  make(
    "a vault that has too little pays what it has and it is said, or reverts with the numbers",
    (given) =>
      Effect.gen(function*() {
        // 84.4567895 units: the last half is no payment, and is lost.
        yield* given.world.trade(given.vault.id, { coefficient: 844_567_895n, exponent: -13n })
        if (given.world.paysPartly) {
          yield* isSent(yield* given.over(given.withdraw(100n)), 84n)
          yield* equals(yield* given.gain, 84n, "what our wallet has gained")
          yield* holdsExactly(given, fixed(0n))
        } else {
          const words = `InsufficientVaultLiquidity(${given.token}, 100, 84)`
          yield* isRefused(given, "withdraw", given.withdraw(100n), words)
          yield* holdsExactly(given, { coefficient: 844_567_895n, exponent: -13n })
        }
      })
  ),
  make("an empty vault pays nothing and it is said, or reverts with the numbers", (given) =>
    given.world.paysPartly
      ? Effect.gen(function*() {
        yield* isSent(yield* given.over(given.withdraw(100n)), 0n)
        yield* equals(yield* given.gain, 0n, "what our wallet has gained")
      })
      : isRefused(
        given,
        "withdraw",
        given.withdraw(100n),
        `InsufficientVaultLiquidity(${given.token}, 100, 0)`
      )),
  make("what trading leaves while a withdrawal waits is what counts", (given) =>
    Effect.gen(function*() {
      yield* given.world.trade(given.vault.id, fixed(500n))
      yield* given.withdraw(300n)
      yield* given.world.trade(given.vault.id, fixed(-450n))
      const end = yield* given.over(given.withdraw(300n))
      const gain = yield* given.gain
      // Which of the two was first is the chain's choice: our wallet's own account decides.
      yield* end._tag === "Sent"
        ? isSent(end, gain)
        : holds(end._tag === "Reverted" && gain === 0n, "Sent or Reverted", end)
    })),
  make(
    "nothing cannot be withdrawn",
    (given) => isRefused(given, "withdraw", given.withdraw(0n), "ZeroWithdrawTargetAmount(")
  ),
  make("the other vaults of the same owner are left alone", (given) =>
    Effect.gen(function*() {
      const others = [anId(), anId()] as const
      yield* Effect.forEach(others, (id) => given.world.trade(id, fixed(70n)))
      yield* given.over(given.deposit(400n))
      yield* given.over(given.withdraw(300n))
      const left = yield* Effect.forEach(
        others,
        (id) => given.port.balance({ ...given.vault, id }, given.token)
      )
      yield* equals(left.join(), "70,70", "the balances of the others")
      yield* equals(yield* given.balance, 100n, "the balance")
    }))
]

const reading: ReadonlyArray<Case<Failure, Services>> = [
  make("the balance is exact, whatever encoding it has", (given) =>
    Effect.gen(function*() {
      yield* equals(yield* given.balance, 0n, "the balance at first")
      yield* given.over(given.deposit(100n))
      yield* equals(yield* given.balance, 100n, "the balance after a deposit")
      const [once, , again] = yield* Effect.all([
        given.world.holding(given.vault.id),
        given.over(given.deposit(23n, "second")),
        given.world.holding(given.vault.id)
      ])
      yield* holds(
        once.exponent !== again.exponent,
        "the orderbook should encode a second deposit in another way, or this case shows nothing",
        again
      )
      yield* equals(yield* given.balance, 123n, "the balance after two")
    })),
  make("a balance of more decimals than USDC has is rounded down", (given) =>
    Effect.gen(function*() {
      yield* given.world.trade(given.vault.id, { coefficient: 844_567_899n, exponent: -13n })
      yield* equals(yield* given.balance, 84n, "the balance")
      yield* given.world.trade(given.vault.id, { coefficient: 1n, exponent: -9n })
      yield* equals(yield* given.balance, 84n, "the balance after a little more")
    })),
  make("there is no balance where there is no orderbook", (given) =>
    Effect.gen(function*() {
      const error = yield* fails(
        given.port.balance({ ...given.vault, reader: given.wallet }, given.token),
        "the balance"
      )
      yield* equals(error.reason, "BadAnswer", "the reason")
      yield* equals(error.kind, "permanent", "the kind")
    }))
]

/** What every layer of Vault must do. Run each with the test runner of your choice. */
export const cases: ReadonlyArray<Case<Failure, Services>> = [...depositing, ...withdrawing, ...reading]
