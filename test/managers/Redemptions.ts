/** A redemption over the real outbox, chains in memory, and an Alpaca that plays by script. Time is TestClock's. */
import { assert } from "@effect/vitest"
import { type Duration, Effect, Layer, Option, Schedule } from "effect"
import * as Address from "../../src/domain/Address.ts"
import * as Redemption from "../../src/domain/EquityRedemption.ts"
import { EquitySymbol } from "../../src/domain/EquitySymbol.ts"
import { RedemptionId } from "../../src/domain/OperationId.ts"
import * as Shares from "../../src/domain/Shares.ts"
import { AlpacaTokenizationControl } from "../../src/layers/testing/AlpacaTokenizationControl.ts"
import * as AlpacaTokenizationTest from "../../src/layers/testing/AlpacaTokenizationTest.ts"
import { ChainControl } from "../../src/layers/testing/ChainControl.ts"
import * as ChainTest from "../../src/layers/testing/ChainTest.ts"
import * as MemoryChain from "../../src/layers/testing/MemoryChain.ts"
import * as TransactionOutboxTest from "../../src/layers/testing/TransactionOutboxTest.ts"
import * as Policies from "../../src/managers/Policies.ts"
import * as RedemptionManager from "../../src/managers/RedemptionManager.ts"
import { EventStore } from "../../src/services/EventStore.ts"
import { TokenizedEquities } from "../../src/services/TokenizedEquities.ts"
import { Transactions } from "../../src/services/TransactionOutbox.ts"
import { elsewhere, settings } from "./Harness.ts"

export const id = RedemptionId.make("6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e")
export const other = RedemptionId.make("7a2c9f1f-7b2c-4054-8b60-1a6b4b2d3e4f")
const symbol = EquitySymbol.make("AAPL")
export const { wallet } = TransactionOutboxTest
const redemptionWallet = Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")

const units = 10_500_000_000n
export const request = { symbol, quantity: Shares.fromUnits(units) }
/** The same in the token's smallest units. */
export const amount = units * 1_000_000_000n

/** `database` is a file, where one is to be reached under the ports. */
export const layerWith = (redemptionWallet: Option.Option<Address.Address>, database = ":memory:") =>
  Layer.mergeAll(
    TransactionOutboxTest.over({ database }).pipe(Layer.provideMerge(ChainTest.layer({ confirmations: { base: 3 } }))),
    elsewhere,
    AlpacaTokenizationTest.layerWith({ shares: { AAPL: "100" } }),
    Layer.succeed(TokenizedEquities, {
      issuer: "st0x",
      network: "base",
      equities: new Map([[symbol, { token: MemoryChain.equity, decimals: 18 }]]),
      maxPerOperation: Option.some(Shares.fromUnits(50_000_000_000n)),
      redemptionWallet
    }),
    Policies.layer(settings)
  )

export const layer = layerWith(Option.some(redemptionWallet))

export const layerOver = (database: string) => layerWith(Option.some(redemptionWallet), database)

/** 20 tokens and gas in our wallet, at depth, and a block every five seconds. */
export const running = Effect.gen(function*() {
  const { base } = yield* ChainControl
  yield* base.setBalance(wallet, 10n ** 18n)
  yield* base.giveEquity(wallet, 20n * 10n ** 18n)
  yield* base.mine(5)
  yield* Effect.forkDaemon(Effect.repeat(base.mine(1), Schedule.spaced("5 seconds")))
  return base
})

export const execute = RedemptionManager.executeRedemption(id, request)

export const state = (of = id) =>
  Effect.flatMap(EventStore, (store) => Effect.map(store.load(Redemption.aggregate, of), ({ state }) => state))

export const eventTypes = Effect.flatMap(
  EventStore,
  (store) => Effect.map(store.history(id), (history) => history.map(({ type }) => type))
)

export const transactions = Effect.flatMap(Transactions, ({ list }) => list())

/** What truly happened: every transfer of ours that is on the chain. */
export const sent = Effect.flatMap(
  ChainControl,
  ({ base }) => Effect.map(base.sent(wallet), (transfers) => transfers.map(({ units }) => units))
)

/** The hash of the transfer, once the log has it. */
const transfer = (of = id): Effect.Effect<Extract<Redemption.State.State, { _tag: "TokensSent" }>, never, EventStore> =>
  Effect.orDie(state(of)).pipe(Effect.flatMap((state) =>
    state._tag === "TokensSent"
      ? Effect.succeed(state)
      : Effect.zipRight(Effect.sleep("1 second"), transfer(of))
  ))

/** The issuer tells Alpaca of the transfer after so long; answers the request's id. */
export const detecting = (after: Duration.DurationInput, quantity?: Shares.Shares, of = id) =>
  Effect.gen(function*() {
    const alpaca = yield* AlpacaTokenizationControl
    const sent = yield* transfer(of)
    yield* Effect.sleep(after)
    return yield* alpaca.redeem({ ...sent, amount: sent.amountSent }, quantity)
  })

/** And Alpaca gives the shares back, in the background. */
export const completing = (after: Duration.DurationInput, quantity?: Shares.Shares, of = id) =>
  Effect.gen(function*() {
    const alpaca = yield* AlpacaTokenizationControl
    const requestId = yield* detecting(after, quantity, of)
    yield* Effect.sleep(after)
    yield* alpaca.complete(requestId)
  }).pipe(Effect.fork)

export const shares = Effect.flatMap(AlpacaTokenizationControl, (alpaca) => alpaca.shares(symbol))

export const failure = (state: Redemption.State.State) =>
  state._tag === "Failed" ? state.failure : assert.fail(`state ${state._tag}`)
