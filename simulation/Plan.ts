/** What is asked of Ballast in one run, and under which configuration: drawn from the seed. */
import { ConfigProvider, Effect } from "effect"
import * as Shares from "../src/domain/Shares.ts"
import * as Usdc from "../src/domain/Usdc.ts"
import * as BallastConfig from "../src/layers/Config.ts"
import type * as Live from "../src/layers/Live.ts"
import type { Dice } from "./Dice.ts"
import * as Places from "./Places.ts"

type Symbol = keyof typeof Places.equities

interface Asking {
  readonly id: string
  /** Milliseconds from the beginning. */
  readonly at: number
}
export interface Equity extends Asking {
  readonly kind: "mint" | "redeem"
  readonly symbol: Symbol
  readonly quantity: Shares.Shares
}
export interface Rebalance extends Asking {
  readonly kind: "toBase" | "toAlpaca"
  readonly amount: Usdc.Usdc
}
export type Ask = Equity | Rebalance

export interface Plan {
  readonly asks: ReadonlyArray<Ask>
  /** Processes on the same database. */
  readonly processes: number
  readonly configuration: Live.Configuration
  readonly confirmations: { readonly ethereum: number; readonly base: number }
}

const hex = (dice: Dice, digits: number): string =>
  Array.from({ length: digits }, () => dice.below(16).toString(16)).join("")

const uuid = (dice: Dice): string =>
  `${hex(dice, 8)}-${hex(dice, 4)}-4${hex(dice, 3)}-8${hex(dice, 3)}-${hex(dice, 12)}`

const ask = (dice: Dice): Ask => {
  const asking = { id: uuid(dice), at: dice.between(0, 20 * 60_000) }
  const kind = dice.pick(["mint", "redeem", "toBase", "toBase", "toAlpaca"] as const)
  switch (kind) {
    case "mint":
    case "redeem": {
      const quantity = Shares.fromUnits(BigInt(dice.between(1, 20_000)) * 1_000_000n)
      return { ...asking, kind, symbol: dice.pick(["AAPL", "TSLA"] as const), quantity }
    }
    case "toBase":
    case "toAlpaca":
      return { ...asking, kind, amount: Usdc.fromUnits(BigInt(dice.between(100_000_000, 9_000_000_000))) }
  }
}

/** Two that move the same amount at the same time are the ones that can be mistaken for each other. */
const twin = (one: Ask, dice: Dice): Ask => ({ ...one, id: uuid(dice), at: one.at + dice.between(0, 90_000) })

const asked = (dice: Dice): ReadonlyArray<Ask> => {
  const asks = Array.from({ length: dice.between(1, 3) }, () => ask(dice))
  return asks.flatMap((one) => dice.chance(0.3) ? [one, twin(one, dice)] : [one])
}

const drawn = (dice: Dice) => ({
  BALLAST_ETHEREUM_CONFIRMATIONS: String(dice.between(2, 3)),
  BALLAST_BASE_CONFIRMATIONS: String(dice.between(3, 5)),
  BALLAST_CCTP_FINALITY: dice.pick(["fast", "fast", "standard"]),
  BALLAST_VAULT_SHORT_WITHDRAWAL: dice.pick(["fail", "continue"]),
  BALLAST_LEASE_DURATION: dice.pick(["1 minute", "4 minutes"]),
  BALLAST_POLL_INTERVAL: dice.pick(["20 seconds", "60 seconds"]),
  BALLAST_POLL_TIMEOUT: dice.pick(["10 minutes", "30 minutes"])
})

const fixed = {
  BALLAST_DATABASE: "sqlite::memory:",
  BALLAST_ALPACA_BASE_URL: Places.alpacaUrl,
  BALLAST_ALPACA_ACCOUNT_ID: Places.account,
  BALLAST_ALPACA_API_KEY: "key",
  BALLAST_ALPACA_API_SECRET: "secret",
  BALLAST_REDEMPTION_WALLET: Places.redemptionWallet,
  BALLAST_WALLET_PRIVATE_KEY: Places.walletKey,
  BALLAST_ETHEREUM_RPC_URL: "https://ethereum.test",
  BALLAST_BASE_RPC_URL: "https://base.test",
  BALLAST_ETHEREUM_USDC: Places.usdc.ethereum,
  BALLAST_BASE_USDC: Places.usdc.base,
  BALLAST_CCTP_API_URL: Places.circleUrl,
  BALLAST_CCTP_TOKEN_MESSENGER: Places.messenger,
  BALLAST_CCTP_MESSAGE_TRANSMITTER: Places.transmitter,
  BALLAST_VAULT_CONTRACT: Places.orderbook,
  BALLAST_USDC_VAULT_ID: Places.vaultId,
  BALLAST_USDC_CONCURRENT: "10",
  BALLAST_ATTESTATION_POLL_INTERVAL: "90 seconds",
  BALLAST_ATTESTATION_TIMEOUT: "2 hours",
  BALLAST_RECHECK_INTERVAL: "10 minutes",
  BALLAST_EQUITIES: JSON.stringify(Places.equities)
}

const configured = (dice: Dice): Live.Configuration =>
  Effect.runSync(
    Effect.withConfigProvider(
      BallastConfig.all,
      ConfigProvider.fromMap(new Map(Object.entries({ ...fixed, ...drawn(dice) })))
    )
  )

export const make = (dice: Dice): Plan => {
  const configuration = configured(dice.fork("configuration"))
  return {
    asks: asked(dice.fork("asks")).toSorted((one, other) => one.at - other.at),
    processes: dice.fork("processes").pick([1, 1, 2]),
    configuration,
    confirmations: {
      ethereum: configuration.ethereum.confirmations,
      base: configuration.base.confirmations
    }
  }
}

/** For people. */
export const describe = (one: Ask): string =>
  "amount" in one
    ? `${one.kind} of ${Usdc.print(one.amount)} USDC, ${one.id}`
    : `${one.kind} of ${Shares.print(one.quantity)} ${one.symbol}, ${one.id}`
