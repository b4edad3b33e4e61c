/** What every layer of a chain must do with what is sent: estimate, count, take, and say what became of it. */
import { Effect, Option } from "effect"
import { randomBytes } from "node:crypto"
import { encodeFunctionData, erc20Abi, keccak256 } from "viem"
import { privateKeyToAccount } from "viem/accounts"
import * as Address from "../../../domain/Address.ts"
import type { Hex } from "../../../domain/Hex.ts"
import * as TxHash from "../../../domain/TxHash.ts"
import type { Broadcast, Chain, ChainError } from "../../../services/Chain.ts"
import type { ChainDriver } from "../ChainWorld.ts"
import { type ContractViolation, equals, fails, holds } from "./Contract.ts"

type Failure = ChainError | ContractViolation

interface Given {
  readonly chain: Chain
  readonly world: ChainDriver
}

const theirs = Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")
const gwei = 1_000_000_000n

const transferOf = (units: bigint): Hex =>
  encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [theirs, units] })

interface Sent {
  readonly chainId?: number
  readonly nonce?: number
  readonly maxFeePerGas?: bigint
  readonly units?: bigint
}

/** A wallet that nobody has seen before, with money and tokens, so that cases do not meet. */
const makeSender = ({ world }: Given) =>
  Effect.gen(function*() {
    const account = privateKeyToAccount(`0x${randomBytes(32).toString("hex")}`)
    const address = Address.make(account.address)
    yield* world.setBalance(address, 10n ** 18n)
    yield* world.giveEquity(address, 100n)
    const sign = ({ chainId = world.chainId, maxFeePerGas = 10n * gwei, nonce = 0, units = 5n }: Sent = {}) =>
      Effect.map(
        Effect.promise(() =>
          account.signTransaction({
            type: "eip1559",
            chainId,
            nonce,
            to: world.equity,
            data: transferOf(units),
            gas: 200_000n,
            maxFeePerGas,
            maxPriorityFeePerGas: maxFeePerGas / 10n
          })
        ),
        (raw) => ({ raw, txHash: TxHash.make(keccak256(raw)) })
      )
    return { address, sign }
  })

const is = ({ answer, detail }: Broadcast, ...expected: ReadonlyArray<Broadcast["answer"]>) =>
  holds(expected.includes(answer), `the answer should be ${expected.join(" or ")}`, `${answer}: ${detail}`)

const isMined = ({ chain }: Given, txHash: TxHash.TxHash, expected: boolean) =>
  Effect.flatMap(
    chain.receipt(txHash),
    (receipt) => equals(Option.isSome(receipt), expected, `whether ${txHash} is mined`)
  )

export const onEach: ReadonlyArray<readonly [name: string, run: (given: Given) => Effect.Effect<void, Failure>]> = [
  ["what is broadcast waits, is mined with the next block, and is in it", (given) =>
    Effect.gen(function*() {
      const { chain, world } = given
      const { address, sign } = yield* makeSender(given)
      const { raw, txHash } = yield* sign()
      yield* equals(yield* chain.nonce(address, "pending"), 0, "the nonce before")
      yield* is(yield* chain.broadcast(raw), "Accepted")
      yield* isMined(given, txHash, false)
      yield* equals(yield* chain.nonce(address, "latest"), 0, "what is mined")
      yield* equals(yield* chain.nonce(address, "pending"), 1, "and what waits as well")
      yield* world.mine(1)
      yield* isMined(given, txHash, true)
      yield* equals(yield* chain.nonce(address, "latest"), 1, "what is mined then")
      const { number } = yield* chain.block
      yield* equals(yield* chain.nonce(address, number), 1, "at the end of its block")
      yield* equals(yield* chain.nonce(address, number - 1n), 0, "at the end of the one before")
      const included = (yield* chain.transactions(number)).filter(({ from }) => from === address)
      yield* equals(included.map(({ nonce, txHash }) => `${nonce} ${txHash}`).join(), `0 ${txHash}`, "what is in it")
      yield* equals(Option.getOrUndefined(included[0]?.to ?? Option.none()), world.equity, "its recipient")
      yield* equals(included[0]?.data.slice(0, 10), "0xa9059cbb", "what it does")
      yield* equals(included[0]?.value, 0n, "the coin that it takes along")
      yield* equals((yield* world.sent(address)).length, 1, "the number of transfers")
    })],
  [
    "a block that is not there holds nothing",
    ({ chain }) =>
      Effect.gen(function*() {
        const { number } = yield* chain.block
        yield* equals((yield* chain.transactions(number + 1_000n)).length, 0, "the number of transactions")
      })
  ],
  [
    "the same bytes again change nothing: known while they wait, too low once they are mined",
    (given) =>
      Effect.gen(function*() {
        const { chain, world } = given
        const { address, sign } = yield* makeSender(given)
        const { raw } = yield* sign()
        yield* is(yield* chain.broadcast(raw), "Accepted")
        yield* is(yield* chain.broadcast(raw), "AlreadyKnown")
        yield* world.mine(1)
        yield* is(yield* chain.broadcast(raw), "NonceTooLow", "AlreadyKnown")
        yield* world.mine(1)
        yield* equals((yield* world.sent(address)).length, 1, "the number of transfers")
      })
  ],
  [
    "at one nonce one is mined: another one waits there, and a quarter more takes its place",
    (given) =>
      Effect.gen(function*() {
        const { chain, world } = given
        const { address, sign } = yield* makeSender(given)
        const first = yield* sign({ units: 1n })
        const rival = yield* sign({ units: 2n })
        const dearer = yield* sign({ units: 3n, maxFeePerGas: 12_500_000_001n })
        yield* is(yield* chain.broadcast(first.raw), "Accepted")
        yield* is(yield* chain.broadcast(rival.raw), "Occupied", "Underpriced")
        yield* is(yield* chain.broadcast(dearer.raw), "Accepted")
        yield* world.mine(2)
        yield* isMined(given, first.txHash, false)
        yield* isMined(given, dearer.txHash, true)
        yield* equals((yield* world.sent(address)).map(({ units }) => units).join(), "3", "what was sent")
      })
  ],
  ["a nonce that is mined is too low for anything else", (given) =>
    Effect.gen(function*() {
      const { chain, world } = given
      const { sign } = yield* makeSender(given)
      yield* is(yield* chain.broadcast((yield* sign()).raw), "Accepted")
      yield* world.mine(1)
      yield* is(yield* chain.broadcast((yield* sign({ units: 6n, maxFeePerGas: 20n * gwei })).raw), "NonceTooLow")
    })],
  ["who cannot pay for the gas is told so", (given) =>
    Effect.gen(function*() {
      const { address, sign } = yield* makeSender(given)
      yield* given.world.setBalance(address, 1_000n)
      yield* is(yield* given.chain.broadcast((yield* sign()).raw), "InsufficientFunds")
    })],
  ["what is no transaction is invalid", ({ chain }) =>
    Effect.gen(function*() {
      yield* is(yield* chain.broadcast("0x02"), "Invalid", "Unknown")
      yield* is(yield* chain.broadcast("0x"), "Invalid", "Unknown")
    })],
  ["what is signed for another chain is invalid here, and moves nothing", (given) =>
    Effect.gen(function*() {
      const { chain, world } = given
      const { address, sign } = yield* makeSender(given)
      yield* is(yield* chain.broadcast((yield* sign({ chainId: 5 })).raw), "Invalid")
      yield* world.mine(1)
      yield* equals(yield* chain.nonce(address, "latest"), 0, "what is mined")
      yield* equals((yield* world.sent(address)).length, 0, "the number of transfers")
    })],
  ["a node that forgets its mempool takes the same bytes again", (given) =>
    Effect.gen(function*() {
      const { chain, world } = given
      const { address, sign } = yield* makeSender(given)
      const { raw, txHash } = yield* sign()
      yield* is(yield* chain.broadcast(raw), "Accepted")
      yield* world.forgetPool
      yield* world.mine(1)
      yield* isMined(given, txHash, false)
      yield* equals(yield* chain.nonce(address, "pending"), 0, "the nonce")
      yield* is(yield* chain.broadcast(raw), "Accepted")
      yield* world.mine(1)
      yield* isMined(given, txHash, true)
    })],
  ["what pays less than the base fee is not mined before that falls", (given) =>
    Effect.gen(function*() {
      const { chain, world } = given
      const { sign } = yield* makeSender(given)
      const { raw, txHash } = yield* sign()
      yield* is(yield* chain.broadcast(raw), "Accepted")
      yield* world.setBaseFee(50n * gwei)
      yield* world.mine(2)
      yield* equals((yield* chain.block).baseFeePerGas, 50n * gwei, "the base fee")
      yield* isMined(given, txHash, false)
      yield* world.setBaseFee(gwei)
      yield* world.mine(1)
      // A node may have dropped it.
      yield* chain.broadcast(raw)
      yield* world.mine(1)
      yield* isMined(given, txHash, true)
    })],
  ["gas is estimated for the sender; what would revert says why", (given) =>
    Effect.gen(function*() {
      const { chain, world } = given
      const { address } = yield* makeSender(given)
      const transfer = { from: address, to: world.equity, data: transferOf(5n) }
      const gas = yield* chain.estimateGas(transfer)
      yield* holds(gas > 21_000n && gas < 200_000n, "gas of a transfer", gas)
      yield* equals(BigInt(yield* chain.call(transfer)), 1n, "what it answers to the sender")
      yield* holds((yield* chain.priorityFee) >= 0n, "a tip")
      for (const ask of [chain.estimateGas, chain.call]) {
        const error = yield* fails<bigint | Hex, ChainError, never>(ask({ ...transfer, data: transferOf(101n) }), "it")
        yield* equals(error.reason, "Reverted", "the reason")
        yield* equals(error.revert, "ERC20: transfer amount exceeds balance", "what the contract says")
      }
      yield* world.pauseEquity(true)
      const paused = yield* fails(chain.estimateGas(transfer), "the estimate")
      yield* world.pauseEquity(false)
      yield* equals(paused.revert, "EquityToken: paused", "what the contract says")
    })],
  ["a call at an older block sees the state of that time", (given) =>
    Effect.gen(function*() {
      const { chain, world } = given
      const { address, sign } = yield* makeSender(given)
      yield* world.mine(1)
      const before = (yield* chain.block).number
      yield* chain.broadcast((yield* sign()).raw)
      yield* world.mine(1)
      const data = encodeFunctionData({ abi: erc20Abi, functionName: "balanceOf", args: [address] })
      const balance = (at?: bigint) => Effect.map(chain.call({ to: world.equity, data }, at), BigInt)
      yield* equals(yield* balance(), 95n, "the balance now")
      yield* equals(yield* balance(before), 100n, "the balance then")
    })],
  ["a look is at one node: its head first, and what it then shows fits to it", (given) =>
    Effect.gen(function*() {
      const { chain, world } = given
      const { address, sign } = yield* makeSender(given)
      const { raw, txHash } = yield* sign()
      yield* chain.broadcast(raw)
      yield* world.mine(2)
      const seen = yield* chain.look((view) =>
        Effect.all({
          receipt: view.receipt(txHash),
          nonce: view.nonce(address, "latest"),
          head: Effect.succeed(view.head)
        })
      )
      const block = yield* Effect.orDie(seen.receipt)
      yield* equals(seen.head.number, block.blockNumber + 1n, "the head")
      yield* equals(seen.nonce, 1, "the nonce")
    })]
]
