/** Rebalances over test layers: Alpaca, CCTP and the vault play by script. Time is TestClock's. */
import { assert } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Option, TestClock } from "effect"
import * as Address from "../../src/domain/Address.ts"
import { RebalanceId } from "../../src/domain/OperationId.ts"
import * as TokenAmount from "../../src/domain/TokenAmount.ts"
import * as TxHash from "../../src/domain/TxHash.ts"
import * as Usdc from "../../src/domain/Usdc.ts"
import * as Rebalance from "../../src/domain/UsdcRebalance.ts"
import * as AlpacaTokenizationTest from "../../src/layers/testing/AlpacaTokenizationTest.ts"
import * as AlpacaWalletTest from "../../src/layers/testing/AlpacaWalletTest.ts"
import * as CctpBridgeTest from "../../src/layers/testing/CctpBridgeTest.ts"
import * as ChainTest from "../../src/layers/testing/ChainTest.ts"
import * as Erc20Test from "../../src/layers/testing/Erc20Test.ts"
import * as TransactionOutboxTest from "../../src/layers/testing/TransactionOutboxTest.ts"
import * as VaultTest from "../../src/layers/testing/VaultTest.ts"
import * as Policies from "../../src/managers/Policies.ts"
import * as UsdcRebalanceManager from "../../src/managers/UsdcRebalanceManager.ts"
import { Received, Transferred } from "../../src/services/Erc20.ts"
import { EventStore } from "../../src/services/EventStore.ts"
import { UsdcRoute } from "../../src/services/UsdcRoute.ts"
import { settings, settled } from "./Harness.ts"

export type Direction = Rebalance.State.Direction
export const directions: ReadonlyArray<Direction> = ["AlpacaToBase", "BaseToAlpaca"]

export const id = RebalanceId.make("6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e")
export const other = RebalanceId.make("7a2c9f1f-7b2c-4054-8b60-1a6b4b2d3e4f")
export const { wallet } = TransactionOutboxTest
const address = (digit: string) => Address.make(`0x${digit.repeat(40)}`)
export const hash = (digits: string) => TxHash.make(`0x${digits.repeat(32)}`)

export const usdc = (dollars: number) => Usdc.fromUnits(BigInt(Math.round(dollars * 1e6)))
export const tokens = (amount: bigint) => TokenAmount.make({ units: amount, decimals: Usdc.decimals })

export const amount = usdc(1000)
/** What is left of it after one basis point. */
export const minted = usdc(999.9)

export const withdrawTx = { AlpacaToBase: AlpacaWalletTest.hashOf(1), BaseToAlpaca: hash("c1") }
export const depositTx = hash("d1")

const vault = { contract: address("7"), reader: address("8"), spender: address("7"), id: hash("9a") } as const

export const route: UsdcRoute["Type"] = {
  usdc: { ethereum: address("1"), base: address("2") },
  cctp: { messenger: address("3"), transmitter: address("4"), finality: "fast" },
  vault: Option.some({ ...vault, owner: Option.none() }),
  shortWithdrawal: "fail",
  limits: { min: usdc(51), maxPerOperation: Option.none(), maxPerDay: Option.none(), concurrent: 1 }
}

export const layerWith = (changes: Partial<UsdcRoute["Type"]> = {}) =>
  Layer.mergeAll(
    TransactionOutboxTest.over().pipe(Layer.provideMerge(ChainTest.layer())),
    AlpacaWalletTest.layer,
    CctpBridgeTest.layer,
    VaultTest.layer,
    AlpacaTokenizationTest.layerWith({}),
    Layer.succeed(UsdcRoute, { ...route, ...changes }),
    // Of hours, at this pace, a test can let many pass.
    Policies.layer({ ...settings, attestationPollInterval: Duration.minutes(1) })
  ).pipe(Layer.merge(Erc20Test.layer))

export const layer = layerWith()

export const key = (step: string, attempt = 1, operation: RebalanceId = id) => ({ operation, step, attempt })

/** A world in which everything goes well; its effects wait until they are asked for. */
export const goesWell = (direction: Direction) =>
  Effect.gen(function*() {
    const alpaca = yield* AlpacaWalletTest.AlpacaWalletControl
    const erc20 = yield* Erc20Test.Erc20Control
    const inVault = yield* VaultTest.VaultControl
    yield* erc20.setReceived(withdrawTx[direction], Received.Confirmed({ amount: tokens(amount) }))
    const sent = Transferred.Sent({ txHash: depositTx, amount: tokens(minted) })
    if (direction === "AlpacaToBase") {
      yield* inVault.setMoved(key("deposit"), sent)
      yield* inVault.setDeposited(depositTx, Received.Confirmed({ amount: tokens(minted) }))
    } else {
      yield* inVault.setBalance({ id: vault.id, owner: wallet }, usdc(5000))
      yield* inVault.setMoved(
        key("withdraw"),
        Transferred.Sent({ txHash: withdrawTx.BaseToAlpaca, amount: tokens(amount) })
      )
      yield* erc20.setTransferred(key("deposit"), sent)
      yield* alpaca.deposit({ amount: minted, txHash: depositTx })
    }
  })

export const execute = (direction: Direction, of = id, asked = amount) =>
  direction === "AlpacaToBase"
    ? UsdcRebalanceManager.executeAlpacaToBase(of, asked)
    : UsdcRebalanceManager.executeBaseToAlpaca(of, asked)

export const state = (of = id) =>
  Effect.flatMap(EventStore, (store) => Effect.map(store.load(Rebalance.aggregate, of), ({ state }) => state))

export const eventTypes = (of = id) =>
  Effect.flatMap(EventStore, (store) => Effect.map(store.history(of), (history) => history.map(({ type }) => type)))

export const failure = (state: Rebalance.State.State) =>
  state._tag === "WithdrawalFailed" || state._tag === "BridgingFailed" || state._tag === "DepositFailed"
    ? state.failure
    : assert.fail(`state ${state._tag}`)

/** What truly happened: orders at Alpaca, burns, mints, and what was asked of the vault and of USDC. */
export const effects = Effect.gen(function*() {
  const alpaca = yield* AlpacaWalletTest.AlpacaWalletControl
  const cctp = yield* CctpBridgeTest.CctpControl
  const erc20 = yield* Erc20Test.Erc20Control
  const inVault = yield* VaultTest.VaultControl
  const moves = yield* inVault.moves
  return {
    withdrawals: (yield* alpaca.withdrawals).length + moves.filter(({ kind }) => kind === "withdrawal").length,
    burns: (yield* cctp.burns).map(({ amount }) => amount),
    mints: (yield* cctp.mints).map(({ received }) => received),
    deposits: [
      ...moves.filter(({ kind }) => kind === "deposit").map(({ amount }) => amount),
      ...(yield* erc20.transfers).map(({ amount }) => Usdc.fromUnits(amount.units))
    ]
  }
})

export const once = { withdrawals: 1, burns: [amount], mints: [minted], deposits: [minted] }

/** Runs until it has recorded so many events, and not one step further. */
export const until = <A, E, R>(effect: Effect.Effect<A, E, R>, events: number, of = id) =>
  Effect.gen(function*() {
    const store = yield* EventStore
    const isReached = Effect.map(store.history(of), ({ length }) => length >= events)
    const append: EventStore["Type"]["append"] = (aggregate, id, commit) =>
      Effect.tap(store.append(aggregate, id, commit), () =>
        Effect.if(isReached, { onTrue: () => Effect.interruptible(Effect.never), onFalse: () => Effect.void }))
    const fiber = yield* Effect.fork(Effect.provideService(effect, EventStore, { ...store, append }))
    for (let second = 0; second < 3600 && !(yield* isReached); second++) {
      yield* settled
      yield* TestClock.adjust("1 second")
    }
    yield* Fiber.interrupt(fiber)
  })

/** What is in the vault, whatever is asked of it. */
export const inVault = (balance: Usdc.Usdc) =>
  Effect.flatMap(VaultTest.VaultControl, ({ setBalance }) => setBalance({ id: vault.id, owner: wallet }, balance))
