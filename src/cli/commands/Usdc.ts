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

const execute = {
  AlpacaToBase: UsdcRebalanceManager.executeAlpacaToBase,
  BaseToAlpaca: UsdcRebalanceManager.executeBaseToAlpaca
} satisfies Record<Direction, unknown>

const rebalance = (direction: Direction) => (typed: Typed.RebalanceOptions & Typed.Starting) =>
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
  )

export const alpacaToBase = rebalance("AlpacaToBase")

export const baseToAlpaca = rebalance("BaseToAlpaca")

const plan = (id: RebalanceId, direction: Direction, amount: Usdc.Usdc, json: boolean) =>
  Effect.gen(function*() {
    const planned = yield* UsdcRebalanceManager.plan(id, direction, amount)
    const balances = yield* RebalancePlan.balances(planned)
    yield* json
      ? Output.json(RebalancePlan.document(id, planned, balances))
      : Output.line(RebalancePlan.story(id, planned, balances))
  })
