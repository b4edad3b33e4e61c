/** A configuration that is complete, and how it is read. */
import { ConfigProvider, Effect } from "effect"
import * as Config from "../../src/layers/Config.ts"
import * as ConfigSource from "../../src/layers/ConfigSource.ts"
import { left } from "../support/spec.ts"

export type Keys = Readonly<Record<string, string>>

export const token = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
export const secrets = {
  BALLAST_ALPACA_API_KEY: "AK3F9QUITESECRET",
  BALLAST_ALPACA_API_SECRET: "alpaca-api-secret-93af",
  BALLAST_WALLET_PRIVATE_KEY: `0x${"5ec4e7".repeat(10)}5ec4`,
  BALLAST_ETHEREUM_RPC_URL: "https://eth.example/v2/rpc-key-12fd",
  BALLAST_BASE_RPC_URL: "https://base.example/v2/rpc-key-12fd, http://localhost:8545"
}
export const minimal: Keys = {
  ...secrets,
  BALLAST_ALPACA_BASE_URL: "https://broker-api.alpaca.markets/",
  BALLAST_ALPACA_ACCOUNT_ID: "5f8e7c1a-3b2d-4e6f-9a80-1c2d3e4f5a6b",
  BALLAST_EQUITIES: JSON.stringify({ AAPL: { token: token.toLowerCase(), decimals: 18 } })
}

export const load = (keys: Keys) =>
  Effect.runSync(
    Effect.either(Effect.withConfigProvider(
      ConfigSource.load(Config.all),
      ConfigProvider.fromMap(new Map(Object.entries(keys)))
    ))
  )

export const problems = (keys: Keys) => left(load(keys)).problems

export const without = (key: string): Keys =>
  Object.fromEntries(Object.entries(minimal).filter(([name]) => name !== key))
