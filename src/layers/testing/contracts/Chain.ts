/** What every layer of `EthereumChain` and `BaseChain` must do. Several cases may share one world. */
import { Effect, Option } from "effect"
import * as Address from "../../../domain/Address.ts"
import type { Hex } from "../../../domain/Hex.ts"
import * as TxHash from "../../../domain/TxHash.ts"
import {
  BaseChain,
  type Chain,
  type ChainError,
  type ChainName,
  EthereumChain,
  type LogFilter,
  type Receipt
} from "../../../services/Chain.ts"
import * as TransferLogs from "../../evm/TransferLogs.ts"
import { type ChainDriver, ChainWorld } from "../ChainWorld.ts"
import * as ChainSending from "./ChainSending.ts"
import { type Case, type ContractViolation, equals, fails, holds } from "./Contract.ts"

type Services = EthereumChain | BaseChain | ChainWorld
type Failure = ChainError | ContractViolation

interface Given {
  readonly chain: Chain
  readonly world: ChainDriver
}

const ours = Address.make("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
const theirs = Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")
const nowhere = Address.make("0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb")

const word = (address: Address.Address): Hex => `0x${address.slice(2).toLowerCase().padStart(64, "0")}`
const balanceOf = (owner: Address.Address): Hex => `0x70a08231${word(owner).slice(2)}`
const uint256 = (value: bigint): Hex => `0x${value.toString(16).padStart(64, "0")}`

const mined = ({ chain }: Given, txHash: TxHash.TxHash): Effect.Effect<Receipt, Failure> =>
  Effect.gen(function*() {
    const receipt = yield* chain.receipt(txHash)
    yield* holds(Option.isSome(receipt), `the receipt of ${txHash} should be there`, receipt)
    // Unreachable after the line above.
    return yield* Effect.orDie(receipt)
  })

const onEach: ReadonlyArray<readonly [name: string, run: (given: Given) => Effect.Effect<void, Failure>]> = [
  [
    "serves its chain id",
    ({ chain, world }) => Effect.flatMap(chain.chainId, (actual) => equals(actual, world.chainId, "the chain id"))
  ],
  ["the latest block grows by the blocks that are mined", ({ chain, world }) =>
    Effect.gen(function*() {
      const before = yield* chain.block
      yield* world.mine(3)
      const after = yield* chain.block
      yield* equals(after.number, before.number + 3n, "the block number after three blocks")
      yield* holds(after.baseFeePerGas > 0n, "a base fee", after)
    })],
  ["an unknown transaction has no receipt", ({ chain }) =>
    Effect.flatMap(
      chain.receipt(TxHash.make(`0x${"0f".repeat(32)}`)),
      (receipt) => equals(receipt, Option.none(), "the receipt")
    )],
  ["a mined transaction has a receipt with its hash, its block and its status", (given) =>
    Effect.gen(function*() {
      const { chain, world } = given
      const txHash = yield* world.transfer({ token: world.token, from: theirs, to: ours, units: 5n })
      const receipt = yield* mined(given, txHash)
      yield* equals(receipt.txHash, txHash, "the hash")
      yield* equals(receipt.status, "success", "the status")
      yield* equals(receipt.blockNumber, (yield* chain.block).number, "the block")
    })],
  ["logs come in order, with checksummed address, topics and data", (given) =>
    Effect.gen(function*() {
      const { world } = given
      const txHash = yield* world.transfer(
        { token: world.token, from: theirs, to: ours, units: 5n },
        { token: world.otherToken, from: ours, to: theirs, units: 2n ** 255n }
      )
      const { logs } = yield* mined(given, txHash)
      const [first, second] = logs
      yield* equals(logs.length, 2, "the number of logs")
      yield* equals(first?.address, world.token, "the address of the first")
      yield* equals(first?.topics.length, 3, "the number of topics of the first")
      yield* equals(first?.topics[1], word(theirs), "the sender of the first")
      yield* equals(first?.topics[2], word(ours), "the recipient of the first")
      yield* equals(first?.data, uint256(5n), "the data of the first")
      yield* equals(second?.address, world.otherToken, "the address of the second")
      yield* equals(second?.data, uint256(2n ** 255n), "the data of the second")
    })],
  [
    "logs are found by contract and topics, within a range of blocks, in the order of the chain",
    ({ chain, world }) =>
      Effect.gen(function*() {
        const fromBlock = (yield* chain.block).number + 1n
        const transfer = (from: Address.Address, units: bigint) =>
          world.transfer({ token: world.token, from, to: nowhere, units }, {
            token: world.otherToken,
            from,
            to: nowhere,
            units
          })
        const [one, , three] = [yield* transfer(ours, 1n), yield* transfer(theirs, 2n), yield* transfer(ours, 3n)]
        const topics = [TransferLogs.transferTopic, null, word(nowhere)]
        const found = (filter: Partial<LogFilter>) =>
          Effect.map(
            chain.logs({ address: world.token, topics, fromBlock, ...filter }),
            (logs) => logs.map(({ data }) => BigInt(data)).join()
          )
        yield* equals(yield* found({}), "1,2,3", "what any sender sent")
        yield* equals(yield* found({ topics: [TransferLogs.transferTopic, word(ours)] }), "1,3", "what we sent")
        yield* equals(yield* found({ topics: [TransferLogs.transferTopic, word(nowhere)] }), "", "what nobody sent")
        yield* equals(yield* found({ address: nowhere }), "", "of another contract")
        const [first, , last] = yield* chain.logs({ address: world.token, topics, fromBlock })
        yield* equals(first?.txHash, one, "the hash of the first")
        yield* equals(last?.txHash, three, "the hash of the last")
        yield* equals(last?.blockNumber, (yield* chain.block).number, "the block of the last")
        const toBlock = first?.blockNumber ?? 0n
        yield* equals(yield* found({ toBlock }), "1", "up to the first block")
        yield* equals(yield* found({ fromBlock: toBlock + 1n }), "2,3", "from the block after it")
        yield* equals(yield* found({ fromBlock: toBlock + 1n, toBlock }), "", "in no block at all")
      })
  ],
  ["logs of what was reorganised away are gone", ({ chain, world }) =>
    Effect.gen(function*() {
      const fromBlock = (yield* chain.block).number + 1n
      yield* world.transfer({ token: world.token, from: theirs, to: ours, units: 5n })
      yield* world.mine(1)
      yield* world.reorganise(2)
      const logs = yield* chain.logs({ address: world.token, topics: [], fromBlock })
      yield* equals(logs.length, 0, "the number of logs")
    })],
  ["a reverted transaction has a receipt that says so, without logs", (given) =>
    Effect.gen(function*() {
      const { logs, status } = yield* mined(given, yield* given.world.revert)
      yield* equals(status, "reverted", "the status")
      yield* equals(logs.length, 0, "the number of logs")
    })],
  ["a transaction that was reorganised away has no receipt", (given) =>
    Effect.gen(function*() {
      const { chain, world } = given
      const txHash = yield* world.transfer({ token: world.token, from: theirs, to: ours, units: 5n })
      yield* world.mine(1)
      yield* mined(given, txHash)
      yield* world.reorganise(2)
      yield* equals(yield* chain.receipt(txHash), Option.none(), "the receipt")
    })],
  ["a contract has code, another address has none", ({ chain, world }) =>
    Effect.gen(function*() {
      const code = yield* chain.code(world.token)
      yield* holds(code.length > 2, "a contract should have code", code)
      yield* equals(yield* chain.code(nowhere), "0x", "the code of nothing")
    })],
  ["a balance is exact", ({ chain, world }) =>
    Effect.gen(function*() {
      yield* equals(yield* chain.balance(nowhere), 0n, "the balance of nobody")
      yield* world.setBalance(theirs, 123_456_789_012_345_678_901n)
      yield* equals(yield* chain.balance(theirs), 123_456_789_012_345_678_901n, "the balance")
    })],
  [
    "a call answers what the contract returns, and nothing where there is no contract",
    ({ chain, world }) =>
      Effect.gen(function*() {
        yield* world.setTokenBalance(world.token, ours, 77n)
        yield* equals(yield* chain.call({ to: world.token, data: balanceOf(ours) }), uint256(77n), "the answer")
        yield* equals(yield* chain.call({ to: nowhere, data: balanceOf(ours) }), "0x", "the answer of nothing")
      })
  ],
  ["a call that reverts says so, and trying again will not help", ({ chain, world }) =>
    Effect.gen(function*() {
      const error = yield* fails(chain.call({ to: world.reverter, data: balanceOf(ours) }), "the call")
      yield* equals(error.reason, "Reverted", "the reason")
      yield* equals(error.revert, "no reason given", "what the contract says")
      yield* equals(error.kind, "permanent", "the kind")
      yield* equals(error.chain, chain.name, "the chain")
    })]
]

const tags = { ethereum: EthereumChain, base: BaseChain } as const

const chainOf = (name: ChainName): Effect.Effect<Chain, never, EthereumChain | BaseChain> =>
  Effect.map(Effect.all(tags), (chains) => chains[name])

/** What every layer of a chain must do. Run each with the test runner of your choice. */
export const cases: ReadonlyArray<Case<Failure, Services>> = (["ethereum", "base"] as const).flatMap((chain) =>
  [...onEach, ...ChainSending.onEach].map(([name, run]) => ({
    name: `${chain}: ${name}`,
    run: Effect.gen(function*() {
      const world = yield* ChainWorld
      yield* run({ chain: yield* chainOf(chain), world: world[chain] })
    })
  }))
)
