/** What a rebalance would do, for somebody who decides whether it shall. */
import { Effect } from "effect"
import type { RebalanceId } from "../domain/OperationId.ts"
import * as Usdc from "../domain/Usdc.ts"
import type * as UsdcRebalanceManager from "../managers/UsdcRebalanceManager.ts"
import { Erc20 } from "../services/Erc20.ts"
import { Vault } from "../services/Vault.ts"
import * as Output from "./Output.ts"

type Plan = Effect.Effect.Success<ReturnType<typeof UsdcRebalanceManager.plan>>

interface Balance {
  readonly place: string
  readonly before: Usdc.Usdc
  readonly after: Usdc.Usdc
}

/** Alpaca may also keep a fee of the network, which nobody tells before. */
const arrival = ({ order, quote }: Plan): Usdc.Usdc => Usdc.fromUnits(order.amount - quote.fee)

/** Those that can be read from a chain, as of now. What Alpaca holds it does not tell. */
export const balances = (plan: Plan) =>
  Effect.gen(function*() {
    const erc20 = yield* Erc20
    const vault = yield* Vault
    const { amount, direction, usdc, vault: of, wallet } = plan.order
    const inWallet = (chain: "ethereum" | "base") =>
      Effect.map(
        erc20.balance({ chain, address: usdc[chain], decimals: Usdc.decimals }, wallet),
        ({ units }) => Usdc.fromUnits(units)
      )
    const [ethereum, base, inVault] = yield* Effect.all([
      inWallet("ethereum"),
      inWallet("base"),
      vault.balance(of, usdc.base)
    ], { concurrency: "unbounded" })
    const change = direction === "AlpacaToBase" ? arrival(plan) : -amount
    return [
      { place: "Ethereum wallet", before: ethereum, after: ethereum },
      { place: "Base wallet", before: base, after: base },
      { place: "Vault", before: inVault, after: Usdc.fromUnits(inVault + change) }
    ] satisfies ReadonlyArray<Balance>
  })

const steps = ({ order, quote }: Plan): ReadonlyArray<string> => {
  const { amount, cctp, depositAddress, direction, shortWithdrawal, usdc, vault, wallet } = order
  const asked = `${Usdc.print(amount)} USDC`
  const bridge = (from: string, to: string) => [
    `approve ${cctp.messenger} on ${from} if need be, and burn what arrived there: ${quote.finality}, a fee of at most ${
      Usdc.print(quote.maxFee)
    } USDC`,
    `wait for Circle's attestation, and check it`,
    `mint on ${to} by ${cctp.transmitter}, or adopt the mint of somebody else`
  ]
  return direction === "AlpacaToBase"
    ? [
      `withdraw ${asked} from Alpaca to ${wallet} on Ethereum, and believe what arrives there at depth`,
      ...bridge("Ethereum", "Base"),
      `approve ${vault.spender} on Base if need be, and deposit what was minted of ${usdc.base} into vault ${vault.id} of ${vault.contract}`
    ]
    : [
      `withdraw ${asked} from vault ${vault.id} of ${vault.contract} to ${wallet} on Base; if less comes, ${shortWithdrawal}`,
      ...bridge("Base", "Ethereum"),
      `send what was minted of ${usdc.ethereum} to Alpaca's deposit address ${depositAddress}, and wait until it is credited`
    ]
}

export const document = (id: RebalanceId, plan: Plan, balances: ReadonlyArray<Balance>) => {
  const { amount, ...order } = plan.order
  return {
    dryRun: true,
    type: "UsdcRebalance",
    id,
    ...order,
    amount: Usdc.print(amount),
    finality: plan.quote.finality,
    fee: Usdc.print(plan.quote.fee),
    maxFee: Usdc.print(plan.quote.maxFee),
    arrival: Usdc.print(arrival(plan)),
    steps: steps(plan),
    balances: balances.map(({ after, before, place }) => ({
      place,
      before: Usdc.print(before),
      after: Usdc.print(after)
    }))
  }
}

export const story = (id: RebalanceId, plan: Plan, balances: ReadonlyArray<Balance>): string =>
  [
    `Dry run of rebalance ${id}, ${plan.order.direction}; nothing was recorded or sent. It would:`,
    ...steps(plan).map((step, index) => `  ${index + 1}. ${step}`),
    "",
    `Fee of CCTP: ${Usdc.print(plan.quote.fee)} USDC; expected to arrive: ${Usdc.print(arrival(plan))} USDC${
      plan.order.direction === "AlpacaToBase" ? ", less what Alpaca's network fee takes" : ""
    }`,
    "",
    Output.table([
      ["place", "before", "after"],
      ...balances.map(({ after, before, place }) => [place, Usdc.print(before), Usdc.print(after)])
    ])
  ].join("\n")
