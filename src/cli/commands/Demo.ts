import { Command } from "@effect/cli"
import { ConfigProvider, Duration, Effect, Layer } from "effect"
import { randomUUID } from "node:crypto"
import type { Address } from "../../domain/Address.ts"
import * as Decimal from "../../domain/Decimal.ts"
import { EquitySymbol } from "../../domain/EquitySymbol.ts"
import { MintId, type OperationId, RedemptionId } from "../../domain/OperationId.ts"
import * as Shares from "../../domain/Shares.ts"
import * as BallastConfig from "../../layers/Config.ts"
import * as ConfigSource from "../../layers/ConfigSource.ts"
import * as Wallet from "../../layers/evm/Wallet.ts"
import * as Live from "../../layers/Live.ts"
import type * as LocalWorld from "../../layers/local/LocalWorld.ts"
import * as MintManager from "../../managers/MintManager.ts"
import * as Policies from "../../managers/Policies.ts"
import * as Recovery from "../../managers/Recovery.ts"
import * as RedemptionManager from "../../managers/RedemptionManager.ts"
import type { ChainError } from "../../services/Chain.ts"
import { Erc20 } from "../../services/Erc20.ts"
import * as LiveLine from "../LiveLine.ts"
import * as Output from "../Output.ts"
import * as Report from "../Report.ts"
import * as Session from "../Session.ts"
import * as Status from "../Status.ts"
import * as Sandbox from "./Sandbox.ts"

export const demo = Command.make("demo", { json: Session.json }, ({ json }) =>
  Effect.gen(function*() {
    const logs = yield* ConfigSource.load(BallastConfig.logging)
    yield* Session.logging(logs)(show(json))
  }).pipe(Effect.scoped)).pipe(
    Command.withDescription("Runs the workflows on an embedded local world and shows that the balances add up")
  )

const symbol = EquitySymbol.make("AAPL")
const minted = Shares.fromUnits(10_500_000_000n)
const redeemed = Shares.fromUnits(4_250_000_000n)

const show = (json: boolean) =>
  Effect.gen(function*() {
    yield* Output.note("Starting two chains and a broker on this machine ...")
    const world = yield* Sandbox.world
    // The demo never looks at the keys of the shell it runs in: those may be real.
    const config = yield* ConfigSource.load(BallastConfig.all).pipe(
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(world.environment))))
    )
    const policies = Policies.layer({ ...config.policies, waitForLease: false })
    const owner = Wallet.addressOf(config.wallet)

    yield* Effect.gen(function*() {
      const before = yield* balances(world, config, owner)
      const workflows = [yield* mint(owner), yield* redeem]
      const after = yield* balances(world, config, owner)
      const table = before.map(({ amount, change, place }, i) => ({
        place,
        before: print(amount),
        after: print(after[i]?.amount ?? 0n),
        expected: print(amount + change)
      }))
      const balanced = table.every(({ after, expected }) => after === expected)
      yield* json ? Output.json({ workflows, balances: table, balanced }) : Output.line(
        [
          Output.table([
            ["workflow", "id", "state", "ms"],
            ...workflows.map(({ id, ms, state, type }) => [type, id, state, String(ms)])
          ]),
          "",
          Output.table([
            ["place", "before", "after", "expected"],
            ...table.map(({ after, before, expected, place }) => [place, before, after, expected])
          ]),
          "",
          balanced ? "The balances add up." : "The balances do NOT add up."
        ].join("\n")
      )
      yield* Status.set(balanced && workflows.every(({ succeeded }) => succeeded) ? 0 : 1)
    }).pipe(LiveLine.watching, Effect.provide(Layer.merge(Live.layer(config), policies)))
  })

const mint = (wallet: Address) =>
  Effect.gen(function*() {
    const id = MintId.make(randomUUID())
    yield* Output.note(`Minting ${Shares.print(minted)} ${symbol}: shares at the broker become tokens on Base ...`)
    return yield* timed(id, MintManager.executeMint(id, { symbol, quantity: minted, wallet }))
  })

const redeem = Effect.gen(function*() {
  const id = RedemptionId.make(randomUUID())
  yield* Output.note(`Redeeming ${Shares.print(redeemed)} ${symbol}: tokens on Base become shares at the broker ...`)
  return yield* timed(id, RedemptionManager.executeRedemption(id, { symbol, quantity: redeemed }))
})

const timed = <A, E, R>(id: OperationId, workflow: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const [elapsed] = yield* Effect.timed(workflow)
    const { state, succeeded, type } = Report.summary(yield* Recovery.operation(id))
    return { type, id, state, succeeded, ms: Math.round(Duration.toMillis(elapsed)) }
  })

interface Balance {
  readonly place: string
  /** In units of 1e-9 share, like `change`. */
  readonly amount: bigint
  /** What the workflows are to do to it. */
  readonly change: bigint
}

const print = (amount: bigint) => Decimal.print(amount, Shares.decimals)

/** From the broker's own books and from the chain, not from what Ballast recorded. */
const balances = (
  world: Pick<LocalWorld.World, "alpaca">,
  { equities }: Live.Configuration,
  owner: Address
): Effect.Effect<ReadonlyArray<Balance>, ChainError, Erc20> =>
  Effect.gen(function*() {
    const erc20 = yield* Erc20
    const positions = yield* world.alpaca.ledger.positions
    const onBase = yield* Effect.forEach(equities.equities, ([of, { decimals, token }]) =>
      Effect.map(erc20.balance({ chain: "base", address: token, decimals }, owner), (balance) => ({
        place: `Base wallet ${of}`,
        amount: Shares.fromTokenAmountFloor(balance),
        change: of === symbol ? minted - redeemed : 0n
      })))
    const atAlpaca = Object.entries(positions).map(([of, { available }]) => ({
      place: `Alpaca ${of}`,
      amount: available,
      change: of === symbol ? redeemed - minted : 0n
    }))
    return [...atAlpaca, ...onBase]
  })
