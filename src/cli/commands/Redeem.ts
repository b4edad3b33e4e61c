import { Command, Options } from "@effect/cli"
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

const options = {
  symbol: Options.text("symbol").pipe(Options.withDescription("The share whose tokens are sent, such as AAPL")),
  quantity: Options.text("quantity").pipe(Options.withDescription("Shares, at most 9 decimals, such as 10.5")),
  id: Options.text("id").pipe(
    Options.optional,
    Options.withDescription("A UUID; the same id again continues that redemption")
  ),
  parallel: Options.boolean("parallel").pipe(
    Options.withDescription("Also while another redemption of the symbol has not settled")
  ),
  dryRun: Session.dryRun,
  noWait: Session.noWait,
  config: Session.config,
  json: Session.json
}

const known = (config: Configuration) => ({ symbols: [...config.equities.equities.keys()] })

export const redeem = Command.make("redeem", options, (typed) =>
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
  )).pipe(Command.withDescription("Tokens on Base become shares at Alpaca"))

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
