import { Command, Options } from "@effect/cli"
import { Effect, Option } from "effect"
import * as Shares from "../../domain/Shares.ts"
import * as Wallet from "../../layers/evm/Wallet.ts"
import type { Configuration } from "../../layers/Live.ts"
import * as MintManager from "../../managers/MintManager.ts"
import * as Operations from "../Operations.ts"
import * as Output from "../Output.ts"
import * as Session from "../Session.ts"
import * as Status from "../Status.ts"
import * as Typed from "../Typed.ts"

const options = {
  symbol: Options.text("symbol").pipe(Options.withDescription("The share at Alpaca, such as AAPL")),
  quantity: Options.text("quantity").pipe(Options.withDescription("Shares, at most 9 decimals, such as 10.5")),
  wallet: Options.text("wallet").pipe(
    Options.optional,
    Options.withDescription("Receives the tokens on Base; ours by default")
  ),
  id: Options.text("id").pipe(
    Options.optional,
    Options.withDescription("A UUID; the same id again continues that mint")
  ),
  dryRun: Session.dryRun,
  noWait: Session.noWait,
  config: Session.config,
  json: Session.json
}

const known = (config: Configuration) => ({
  symbols: [...config.equities.equities.keys()],
  wallet: Wallet.addressOf(config.wallet)
})

export const mint = Command.make("mint", options, (typed) =>
  Session.withPorts(
    { ...typed, moves: "equities" },
    (config) => Typed.mint(typed, Option.map(config, known)),
    ({ id, request }, config) =>
      typed.dryRun
        ? Effect.zipRight(plan(id, request, config, typed.json), Status.set(0))
        : Effect.zipRight(
          Output.note(`mint ${id}`),
          Operations.driven(id, typed.json, MintManager.executeMint(id, request))
        )
  )).pipe(Command.withDescription("Shares at Alpaca become tokens on Base"))

const plan = (id: string, request: MintManager.MintRequest, { equities }: Configuration, json: boolean) => {
  const equity = equities.equities.get(request.symbol)
  const quantity = Shares.print(request.quantity)
  const document = {
    dryRun: true,
    type: "TokenizedEquityMint",
    id,
    ...request,
    quantity,
    ...equity,
    issuer: equities.issuer,
    network: equities.network
  }
  return json ? Output.json(document) : Output.line(
    [
      `Dry run of mint ${id}; nothing was recorded or sent. It would:`,
      `  1. order ${quantity} ${request.symbol} tokens from ${equities.issuer} on ${equities.network} through Alpaca`,
      `  2. wait until Alpaca says completed`,
      `  3. believe it when Base shows transfers of token ${equity?.token} to ${request.wallet}, at depth`
    ].join("\n")
  )
}
