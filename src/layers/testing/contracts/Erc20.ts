/** What every layer of the port `Erc20` must do. Several cases may share one world. */
import { Effect } from "effect"
import * as Address from "../../../domain/Address.ts"
import * as TokenAmount from "../../../domain/TokenAmount.ts"
import * as TxHash from "../../../domain/TxHash.ts"
import { BaseChain, type ChainError, type ChainName, EthereumChain } from "../../../services/Chain.ts"
import { Erc20, Received, type Token } from "../../../services/Erc20.ts"
import { type ChainDriver, ChainWorld, type Transfer } from "../ChainWorld.ts"
import { type Case, type ContractViolation, equals, fails } from "./Contract.ts"
import * as Erc20Sending from "./Erc20Sending.ts"

type Services = Erc20 | EthereumChain | BaseChain | ChainWorld
type Failure = ChainError | ContractViolation

const ours = Address.make("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
const theirs = Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")
const others = Address.make("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")
const nowhere = Address.make("0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb")

interface Given {
  readonly erc20: Erc20["Type"]
  readonly world: ChainDriver
  readonly token: Token
  /** Of the chain: blocks after which a transaction is depended on. */
  readonly required: number
}

const make = (
  name: string,
  run: (given: Given) => Effect.Effect<void, Failure>,
  chain: ChainName = "base"
): Case<Failure, Services> => ({
  name,
  run: Effect.gen(function*() {
    const erc20 = yield* Erc20
    const world = (yield* ChainWorld)[chain]
    const chains = { ethereum: yield* EthereumChain, base: yield* BaseChain }
    const token = { chain, address: world.token, decimals: 18 }
    yield* run({ erc20, world, token, required: chains[chain].confirmations })
  })
})

const look = ({ erc20, token }: Given, txHash: TxHash.TxHash) => erc20.received(token, { txHash, recipient: ours })

/** Compared field by field: amounts are plain objects. */
const is = (actual: Received, expected: Received): Effect.Effect<void, ContractViolation> =>
  actual._tag === "Confirmed" && expected._tag === "Confirmed"
    ? Effect.zipRight(
      equals(actual.amount.units, expected.amount.units, "the amount"),
      equals(actual.amount.decimals, expected.amount.decimals, "the decimals")
    )
    : equals(actual, expected, "what was received")

const confirmed = (units: bigint) => Received.Confirmed({ amount: TokenAmount.make({ units, decimals: 18 }) })

/** A transaction with these transfers, at the depth that is asked for, brought so much. */
const brings = (name: string, units: bigint, transfers: (world: ChainDriver) => ReadonlyArray<Transfer>) =>
  make(name, (given) =>
    Effect.gen(function*() {
      const txHash = yield* given.world.transfer(...transfers(given.world))
      yield* given.world.mine(given.required - 1)
      yield* is(yield* look(given, txHash), confirmed(units))
    }))

const depth = (chain: ChainName) =>
  make(
    `${chain}: one block short is unconfirmed and says how many there are, one more is confirmed`,
    (given) =>
      Effect.gen(function*() {
        const { required, world } = given
        const txHash = yield* world.transfer({ token: world.token, from: theirs, to: ours, units: 5n })
        yield* is(yield* look(given, txHash), Received.Unconfirmed({ confirmations: 1, required }))
        yield* world.mine(required - 2)
        yield* is(yield* look(given, txHash), Received.Unconfirmed({ confirmations: required - 1, required }))
        yield* world.mine(1)
        yield* is(yield* look(given, txHash), confirmed(5n))
      }),
    chain
  )

const reading: ReadonlyArray<Case<Failure, Services>> = [
  make("a transaction that the node does not know is not mined", (given) =>
    Effect.flatMap(
      look(given, TxHash.make(`0x${"0f".repeat(32)}`)),
      (received) => is(received, Received.NotMined())
    )),
  depth("base"),
  depth("ethereum"),
  make("a transaction of one chain is not mined on the other", (given) =>
    Effect.gen(function*() {
      const txHash = yield* given.world.transfer({ token: given.world.token, from: theirs, to: ours, units: 424_242n })
      yield* given.world.mine(given.required)
      const elsewhere = look({ ...given, token: { ...given.token, chain: "ethereum" } }, txHash)
      yield* is(yield* elsewhere, Received.NotMined())
    })),
  make(
    "a transaction that was reorganised away is not mined, also when it was confirmed before",
    (given) =>
      Effect.gen(function*() {
        const { required, world } = given
        const txHash = yield* world.transfer({ token: world.token, from: theirs, to: ours, units: 5n })
        yield* world.mine(required - 1)
        yield* is(yield* look(given, txHash), confirmed(5n))
        yield* world.reorganise(required)
        yield* is(yield* look(given, txHash), Received.NotMined())
      })
  ),
  make("a reverted transaction is that only at depth", (given) =>
    Effect.gen(function*() {
      const { required, world } = given
      const txHash = yield* world.revert
      yield* is(yield* look(given, txHash), Received.Unconfirmed({ confirmations: 1, required }))
      yield* world.mine(required - 1)
      yield* is(yield* look(given, txHash), Received.Reverted())
    })),
  brings("transfers to us are summed, whoever sent them", 12n, ({ token }) => [
    { token, from: theirs, to: ours, units: 5n },
    { token, from: others, to: ours, units: 7n }
  ]),
  brings("another token does not count", 5n, ({ otherToken, token }) => [
    { token: otherToken, from: theirs, to: ours, units: 1_000n },
    { token, from: theirs, to: ours, units: 5n }
  ]),
  brings("another recipient does not count", 5n, ({ token }) => [
    { token, from: theirs, to: others, units: 1_000n },
    { token, from: theirs, to: ours, units: 5n }
  ]),
  brings("what we send, to others or to ourselves, does not count", 5n, ({ token }) => [
    { token, from: ours, to: theirs, units: 1_000n },
    { token, from: ours, to: ours, units: 2_000n },
    { token, from: theirs, to: ours, units: 5n }
  ]),
  brings("a transaction that brought nothing brought zero", 0n, ({ otherToken }) => [
    { token: otherToken, from: theirs, to: ours, units: 1_000n }
  ]),
  make("the balance is exact, and zero for who has none", ({ erc20, token, world }) =>
    Effect.gen(function*() {
      yield* world.setTokenBalance(token.address, others, 10n ** 30n + 1n)
      const balance = yield* erc20.balance(token, others)
      yield* equals(balance.units, 10n ** 30n + 1n, "the balance")
      yield* equals(balance.decimals, 18, "the decimals")
      yield* equals((yield* erc20.balance(token, nowhere)).units, 0n, "the balance of nobody")
    })),
  make("there is no balance where there is no contract", ({ erc20, token }) =>
    Effect.gen(function*() {
      const error = yield* fails(erc20.balance({ ...token, address: nowhere }, ours), "the balance")
      yield* equals(error.reason, "BadAnswer", "the reason")
      yield* equals(error.kind, "permanent", "the kind")
    }))
]

/** Reading and sending. */
export const cases: ReadonlyArray<Case<Failure | Erc20Sending.Failure, Services | Erc20Sending.Services>> = [
  ...reading,
  ...Erc20Sending.cases
]
