/** A whole Ballast over test layers, and the handles that make its world move. Time is TestClock's. */
import { assert } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Option } from "effect"
import * as Address from "../../src/domain/Address.ts"
import { EquitySymbol } from "../../src/domain/EquitySymbol.ts"
import { MintId } from "../../src/domain/OperationId.ts"
import * as Shares from "../../src/domain/Shares.ts"
import * as TokenAmount from "../../src/domain/TokenAmount.ts"
import * as Mint from "../../src/domain/TokenizedEquityMint.ts"
import { AlpacaTokenizationControl } from "../../src/layers/testing/AlpacaTokenizationControl.ts"
import * as AlpacaTokenizationTest from "../../src/layers/testing/AlpacaTokenizationTest.ts"
import * as AlpacaWalletTest from "../../src/layers/testing/AlpacaWalletTest.ts"
import * as CctpBridgeTest from "../../src/layers/testing/CctpBridgeTest.ts"
import * as ChainTest from "../../src/layers/testing/ChainTest.ts"
import * as Erc20Test from "../../src/layers/testing/Erc20Test.ts"
export { passing, settled } from "../../src/layers/testing/TestTime.ts"
import * as TransactionOutboxTest from "../../src/layers/testing/TransactionOutboxTest.ts"
import * as VaultTest from "../../src/layers/testing/VaultTest.ts"
import * as MintManager from "../../src/managers/MintManager.ts"
import * as Policies from "../../src/managers/Policies.ts"
import { Alerts } from "../../src/services/Alerts.ts"
import { AlpacaError } from "../../src/services/AlpacaError.ts"
import { Received } from "../../src/services/Erc20.ts"
import { EventStore } from "../../src/services/EventStore.ts"
import { TokenizedEquities } from "../../src/services/TokenizedEquities.ts"

export const id = MintId.make("6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e")
const symbol = EquitySymbol.make("AAPL")
export const wallet = Address.make("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
const token = Address.make("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")
const quantity = Shares.fromUnits(10_500_000_000n)
export const request = { symbol, quantity, wallet }

/** 18 decimals, as the token has. */
export const tokens = (units: bigint) => TokenAmount.make({ units, decimals: 18 })
export const ordered = tokens(10_500_000_000_000_000_000n)

export const settings: Policies.Settings = {
  ...Policies.defaults,
  pollInterval: Duration.seconds(10),
  pollTimeout: Duration.minutes(6),
  retryBase: Duration.seconds(1),
  retryMax: Duration.seconds(8),
  retryAttempts: 4
}

const equities = Layer.succeed(TokenizedEquities, {
  issuer: "st0x",
  network: "base",
  equities: new Map([[symbol, { token, decimals: 18 }]]),
  maxPerOperation: Option.some(Shares.fromUnits(50_000_000_000n)),
  redemptionWallet: Option.none()
})

/** What these workflows do not use, and what goes through all workflows wants to be there. */
export const elsewhere = Layer.mergeAll(AlpacaWalletTest.layer, CctpBridgeTest.layer, VaultTest.layer)

/** What a transaction brought is what the test says; the outbox has nothing to do. */
export const layer = Layer.mergeAll(
  TransactionOutboxTest.over().pipe(Layer.provideMerge(ChainTest.layer())),
  elsewhere,
  equities,
  AlpacaTokenizationTest.layerWith({ shares: { AAPL: "100" } }),
  Policies.layer(settings)
).pipe(Layer.merge(Erc20Test.layer))

export const state = Effect.flatMap(
  EventStore,
  (store) => Effect.map(store.load(Mint.aggregate, id), ({ state }) => state)
)

export const eventTypes = Effect.flatMap(
  EventStore,
  (store) => Effect.map(store.history(id), (history) => history.map(({ type }) => type))
)

/** Requests that Alpaca truly took under our label: the ledger of this world. */
export const ledger = Effect.flatMap(AlpacaTokenizationControl, (alpaca) => alpaca.requestsOf(id))

/** Alpaca takes the request, and after so long completes it with a transaction that brings `amount`. */
export const completing = (after: Duration.DurationInput, amount = ordered) =>
  Effect.gen(function*() {
    const alpaca = yield* AlpacaTokenizationControl
    const erc20 = yield* Erc20Test.Erc20Control
    const complete: Effect.Effect<void> = Effect.gen(function*() {
      const [requestId] = yield* alpaca.requestsOf(id)
      if (requestId === undefined) return yield* Effect.zipRight(Effect.sleep("1 second"), complete)
      yield* Effect.sleep(after)
      const txHash = yield* alpaca.complete(requestId)
      yield* erc20.setReceived(txHash, Received.Confirmed({ amount }))
    })
    yield* Effect.fork(complete)
  })

export const execute = MintManager.executeMint(id, request)

export const error = (reason: AlpacaError["reason"]) => new AlpacaError({ reason, action: "test", detail: "as told" })

/** The mint in this state, left there by a process that is no more. */
export const leftIn = (tag: "MintRequested" | "MintAccepted") =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(execute)
    yield* Effect.repeat(Effect.zipRight(Effect.yieldNow(), state), { until: (state) => state._tag === tag })
    yield* Fiber.interrupt(fiber)
    return yield* state
  })

export const failure = (state: Mint.State.State) =>
  state._tag === "Failed" ? state.failure : assert.fail(`state ${state._tag}`)

/** What operators were told. */
export const alerts = Effect.flatMap(Alerts, (alerts) => alerts.raised)
