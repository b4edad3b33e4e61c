import { Command, Options } from "@effect/cli"
import { Effect } from "effect"
import type { RebalanceId } from "../../domain/OperationId.ts"
import type * as Usdc from "../../domain/Usdc.ts"
import type { Direction } from "../../domain/UsdcRebalance/State.ts"
import * as UsdcRebalanceManager from "../../managers/UsdcRebalanceManager.ts"
import * as Operations from "../Operations.ts"
import * as Output from "../Output.ts"
import * as RebalancePlan from "../RebalancePlan.ts"
import * as Session from "../Session.ts"
import * as Status from "../Status.ts"
import * as Typed from "../Typed.ts"

const options = {
  amount: Options.text("amount").pipe(Options.withDescription("USDC, at most 6 decimals, such as 1000")),
  id: Options.text("id").pipe(
    Options.optional,
    Options.withDescription("A UUID; the same id again continues that rebalance")
  ),
  dryRun: Session.dryRun,
  noWait: Session.noWait,
  config: Session.config,
  json: Session.json
}

const execute = {
  AlpacaToBase: UsdcRebalanceManager.executeAlpacaToBase,
  BaseToAlpaca: UsdcRebalanceManager.executeBaseToAlpaca
} satisfies Record<Direction, unknown>

const rebalance = (name: string, direction: Direction) =>
  Command.make(name, options, (typed) =>
    Session.withPorts(
      { ...typed, moves: "usdc" },
      () => Typed.rebalance(typed),
      ({ amount, id }) =>
        typed.dryRun
          ? Effect.zipRight(plan(id, direction, amount, typed.json), Status.set(0))
          : Effect.zipRight(
            Output.note(`rebalance ${id}`),
            Operations.driven(id, typed.json, execute[direction](id, amount))
          )
    ))

const plan = (id: RebalanceId, direction: Direction, amount: Usdc.Usdc, json: boolean) =>
  Effect.gen(function*() {
    const planned = yield* UsdcRebalanceManager.plan(id, direction, amount)
    const balances = yield* RebalancePlan.balances(planned)
    yield* json
      ? Output.json(RebalancePlan.document(id, planned, balances))
      : Output.line(RebalancePlan.story(id, planned, balances))
  })

export const usdc = Command.make("usdc").pipe(
  Command.withDescription("USDC between Alpaca and the vault on Base"),
  Command.withSubcommands([
    rebalance("alpaca-to-base", "AlpacaToBase").pipe(
      Command.withDescription("From Alpaca over Ethereum and CCTP into the vault on Base")
    ),
    rebalance("base-to-alpaca", "BaseToAlpaca").pipe(
      Command.withDescription("From the vault on Base over CCTP and Ethereum to Alpaca")
    )
  ])
)
