import { ConfigProvider, Duration, Effect, Layer } from "effect"
import { randomUUID } from "node:crypto"
import type { Address } from "../../domain/Address.ts"
import { EquitySymbol } from "../../domain/EquitySymbol.ts"
import { MintId, type OperationId, RebalanceId, RedemptionId } from "../../domain/OperationId.ts"
import * as Shares from "../../domain/Shares.ts"
import * as Usdc from "../../domain/Usdc.ts"
import type * as UsdcRebalance from "../../domain/UsdcRebalance.ts"
import * as BallastConfig from "../../layers/Config.ts"
import * as ConfigSource from "../../layers/ConfigSource.ts"
import * as Wallet from "../../layers/evm/Wallet.ts"
import * as Live from "../../layers/Live.ts"
import * as MintManager from "../../managers/MintManager.ts"
import * as Policies from "../../managers/Policies.ts"
import * as Recovery from "../../managers/Recovery.ts"
import * as RedemptionManager from "../../managers/RedemptionManager.ts"
import * as UsdcRebalanceManager from "../../managers/UsdcRebalanceManager.ts"
import * as DemoBalances from "../DemoBalances.ts"
import * as LiveLine from "../LiveLine.ts"
import * as Looking from "../Looking.ts"
import * as Output from "../Output.ts"
import * as Report from "../Report.ts"
import * as Status from "../Status.ts"
import * as Sandbox from "./Sandbox.ts"

export const run = ({ json }: { readonly json: boolean }) =>
  Effect.gen(function*() {
    const logs = yield* ConfigSource.load(BallastConfig.logging)
    yield* Looking.logging(logs)(show(json))
  }).pipe(Effect.scoped)

const symbol = EquitySymbol.make("AAPL")
const minted = Shares.fromUnits(10_500_000_000n)
const redeemed = Shares.fromUnits(4_250_000_000n)
const sent = Usdc.fromUnits(1_000_000_000n)
const returned = Usdc.fromUnits(400_000_000n)

const show = (json: boolean) =>
  Effect.gen(function*() {
    yield* Output.note("Starting two chains, a broker and Circle on this machine ...")
    const world = yield* Sandbox.world
    // The demo never looks at the keys of the shell it runs in: those may be real.
    const config = yield* ConfigSource.load(BallastConfig.all).pipe(
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(world.environment))))
    )
    const policies = Policies.layer({ ...config.policies, waitForLease: false })
    const owner = Wallet.addressOf(config.wallet)

    yield* Effect.gen(function*() {
      const before = yield* DemoBalances.read(world, config, owner)
      const workflows = [yield* mint(owner), yield* redeem, yield* toBase, yield* toAlpaca]
      const after = yield* DemoBalances.read(world, config, owner)
      const table = DemoBalances.table(before, after, workflows.flatMap(({ changes }) => changes))
      const balanced = table.every(({ after, expected }) => after === expected)
      yield* json
        ? Output.json({
          workflows: workflows.map(({ changes: _, ...workflow }) => workflow),
          balances: table,
          balanced
        })
        : Output.line(
          [
            Output.table([
              ["workflow", "id", "state", "ms"],
              ...workflows.map(({ id, ms, state, type }) => [type, id, state, String(ms)])
            ]),
            "",
            Output.table([
              ["place", "before", "after", "by the log"],
              ...table.map(({ after, before, expected, place }) => [place, before, after, expected])
            ]),
            "",
            balanced
              ? "The balances add up: every share and every unit of USDC is where the log says, fees included."
              : "The balances do NOT add up."
          ].join("\n")
        )
      yield* Status.set(balanced && workflows.every(({ succeeded }) => succeeded) ? 0 : 1)
    }).pipe(LiveLine.watching, Effect.provide(Layer.merge(Live.layer(config), policies)))
  })

const mint = (wallet: Address) =>
  Effect.gen(function*() {
    const id = MintId.make(randomUUID())
    yield* Output.note(`Minting ${Shares.print(minted)} ${symbol}: shares at the broker become tokens on Base ...`)
    return yield* timed(id, MintManager.executeMint(id, { symbol, quantity: minted, wallet }), ({ _tag }) =>
      _tag === "Completed" ? DemoBalances.minted(symbol, minted) : [])
  })

const redeem = Effect.gen(function*() {
  const id = RedemptionId.make(randomUUID())
  yield* Output.note(`Redeeming ${Shares.print(redeemed)} ${symbol}: tokens on Base become shares at the broker ...`)
  return yield* timed(
    id,
    RedemptionManager.executeRedemption(id, { symbol, quantity: redeemed }),
    ({ _tag }) => _tag === "Completed" ? DemoBalances.redeemed(symbol, redeemed) : []
  )
})

const rebalanced = (state: UsdcRebalance.State.State): DemoBalances.Changes =>
  state._tag === "DepositConfirmed" ? DemoBalances.rebalanced(state) : []

const toBase = Effect.gen(function*() {
  const id = RebalanceId.make(randomUUID())
  yield* Output.note(
    `Moving ${Usdc.print(sent)} USDC from the broker over Ethereum and CCTP into the vault on Base ...`
  )
  return yield* timed(id, UsdcRebalanceManager.executeAlpacaToBase(id, sent), rebalanced)
})

const toAlpaca = Effect.gen(function*() {
  const id = RebalanceId.make(randomUUID())
  yield* Output.note(`Moving ${Usdc.print(returned)} USDC from the vault over CCTP and Ethereum to the broker ...`)
  return yield* timed(id, UsdcRebalanceManager.executeBaseToAlpaca(id, returned), rebalanced)
})

/** @param changes what the log says the workflow has moved */
const timed = <A, E, R>(
  id: OperationId,
  workflow: Effect.Effect<A, E, R>,
  changes: (state: A) => DemoBalances.Changes
) =>
  Effect.gen(function*() {
    const [elapsed, end] = yield* Effect.timed(workflow)
    const { state, succeeded, type } = Report.summary(yield* Recovery.operation(id))
    return { type, id, state, succeeded, ms: Math.round(Duration.toMillis(elapsed)), changes: changes(end) }
  })
