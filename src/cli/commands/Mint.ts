import { Effect, Option } from "effect"
import * as Shares from "../../domain/Shares.ts"
import * as Wallet from "../../layers/evm/Wallet.ts"
import type { Configuration } from "../../layers/Live.ts"
import * as MintManager from "../../managers/MintManager.ts"
import * as EquityPlan from "../EquityPlan.ts"
import * as Operations from "../Operations.ts"
import * as Output from "../Output.ts"
import * as Session from "../Session.ts"
import * as Status from "../Status.ts"
import * as Typed from "../Typed.ts"

const known = (config: Configuration) => ({
  symbols: [...config.equities.equities.keys()],
  wallet: Wallet.addressOf(config.wallet)
})

export const run = (typed: Typed.MintOptions & Typed.Starting) =>
  Session.withPorts(
    { ...typed, moves: "equities" },
    (config) => Typed.mint(typed, Option.map(config, known)),
    ({ id, request }) =>
      typed.dryRun
        ? Effect.zipRight(plan(id, request, typed.json), Status.set(0))
        : Effect.zipRight(
          Output.note(`mint ${id}`),
          Operations.driven(id, typed.json, MintManager.executeMint(id, request))
        )
  )

const plan = (id: string, request: MintManager.MintRequest, json: boolean) =>
  Effect.gen(function*() {
    const { decimals, issuer, network, token } = yield* MintManager.plan(request)
    const { symbol, wallet } = request
    const quantity = Shares.print(request.quantity)
    const balances = yield* EquityPlan.balances("in", { ...request, token, decimals })
    const steps = [
      `order ${quantity} ${symbol} tokens from ${issuer} on ${network} through Alpaca`,
      `wait until Alpaca says completed`,
      `believe it when Base shows transfers of token ${token} to ${wallet}, at depth`
    ]
    yield* json
      ? Output.json({
        dryRun: true,
        type: "TokenizedEquityMint",
        id,
        ...request,
        quantity,
        token,
        decimals,
        issuer,
        network,
        arrival: quantity,
        steps,
        balances
      })
      : Output.line(EquityPlan.story(
        `Dry run of mint ${id}`,
        steps,
        `${quantity} ${symbol}, less what ${issuer} keeps as a fee`,
        balances
      ))
  })
