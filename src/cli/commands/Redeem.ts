import { Effect, Option } from "effect"
import * as Shares from "../../domain/Shares.ts"
import type { Configuration } from "../../layers/Live.ts"
import * as RedemptionManager from "../../managers/RedemptionManager.ts"
import * as EquityPlan from "../EquityPlan.ts"
import * as Operations from "../Operations.ts"
import * as Output from "../Output.ts"
import * as Session from "../Session.ts"
import * as Status from "../Status.ts"
import * as Typed from "../Typed.ts"

const known = (config: Configuration) => ({ symbols: [...config.equities.equities.keys()] })

export const run = (typed: Typed.RedemptionOptions & Typed.Starting) =>
  Session.withPorts(
    { ...typed, moves: "equities" },
    (config) => Typed.redemption(typed, Option.map(config, known)),
    ({ id, request }) =>
      typed.dryRun
        ? Effect.zipRight(plan(id, request, typed.json), Status.set(0))
        : Effect.zipRight(
          Output.note(`redemption ${id}`),
          Operations.driven(id, typed.json, RedemptionManager.executeRedemption(id, request))
        )
  )

/** What would be recorded, after all that is checked before it is. */
const plan = (
  id: Parameters<typeof RedemptionManager.plan>[0],
  request: RedemptionManager.RedemptionRequest,
  json: boolean
) =>
  Effect.gen(function*() {
    const { amount, ...order } = yield* RedemptionManager.plan(id, request)
    const { issuer, redemptionWallet, symbol, token, wallet } = order
    const quantity = Shares.print(request.quantity)
    const balances = yield* EquityPlan.balances("out", { ...order, decimals: amount.decimals })
    const steps = [
      `send ${quantity} tokens ${token} from ${wallet} to ${redemptionWallet} on Base`,
      `believe it when Base shows the transfer, at depth`,
      `wait until ${issuer} has told Alpaca, and Alpaca says completed`
    ]
    yield* json
      ? Output.json({
        dryRun: true,
        type: "EquityRedemption",
        id,
        ...order,
        quantity,
        arrival: quantity,
        steps,
        balances
      })
      : Output.line(EquityPlan.story(
        `Dry run of redemption ${id}`,
        steps,
        `${quantity} shares of ${symbol} at Alpaca, which ${issuer} rounds down to 9 decimals`,
        balances
      ))
  })
