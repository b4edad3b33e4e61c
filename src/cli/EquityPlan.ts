/** What a mint or a redemption would change, for somebody who decides whether it shall. */
import { Effect } from "effect"
import type { Address } from "../domain/Address.ts"
import * as Decimal from "../domain/Decimal.ts"
import * as Shares from "../domain/Shares.ts"
import * as TokenAmount from "../domain/TokenAmount.ts"
import { Erc20 } from "../services/Erc20.ts"
import * as Output from "./Output.ts"

interface Moved {
  readonly symbol: string
  readonly token: Address
  readonly decimals: number
  /** Whose tokens on Base become more or fewer. */
  readonly wallet: Address
  readonly quantity: Shares.Shares
}

/** Those that can be read from the chain, as of now. What Alpaca holds it does not tell here. */
export const balances = (direction: "in" | "out", { decimals, quantity, symbol, token, wallet }: Moved) =>
  Effect.gen(function*() {
    const erc20 = yield* Erc20
    const before = yield* erc20.balance({ chain: "base", address: token, decimals }, wallet)
    const change = Decimal.rescaleFloor(quantity, Shares.decimals, decimals)
    const after = direction === "in" ? before.units + change : before.units - change
    return [{
      place: `${symbol} in wallet ${wallet} on Base`,
      before: TokenAmount.print(before),
      after: Decimal.print(after, decimals)
    }]
  })

type Balances = Effect.Effect.Success<ReturnType<typeof balances>>

export const story = (
  title: string,
  steps: ReadonlyArray<string>,
  arrival: string,
  balances: Balances
): string =>
  [
    `${title}; nothing was recorded or sent. It would:`,
    ...steps.map((step, index) => `  ${index + 1}. ${step}`),
    "",
    `Expected to arrive: ${arrival}`,
    "",
    Output.table([
      ["place", "before", "after"],
      ...balances.map(({ after, before, place }) => [place, before, after])
    ])
  ].join("\n")
