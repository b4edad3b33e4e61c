/** The real world, one layer per port. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { type Config, Effect, Layer, type Redacted } from "effect"
import type { Alerts } from "../services/Alerts.ts"
import type { AlpacaTokenization } from "../services/AlpacaTokenization.ts"
import type { BaseChain, EthereumChain } from "../services/Chain.ts"
import type { Erc20 } from "../services/Erc20.ts"
import type { EventStore } from "../services/EventStore.ts"
import type { Leases } from "../services/Leases.ts"
import type { StoreError } from "../services/StoreError.ts"
import { TokenizedEquities } from "../services/TokenizedEquities.ts"
import * as AlpacaTokenizationLive from "./alpaca/AlpacaTokenization.ts"
import * as BallastConfig from "./Config.ts"
import * as Erc20Live from "./evm/Erc20.ts"
import * as EvmChain from "./evm/EvmChain.ts"
import * as RpcEndpoint from "./evm/RpcEndpoint.ts"
import * as Database from "./sql/Database.ts"
import * as SqlAlerts from "./sql/SqlAlerts.ts"
import * as SqlEventStore from "./sql/SqlEventStore.ts"
import * as SqlLeases from "./sql/SqlLeases.ts"
import { version } from "./Version.ts"

export type Configuration = Config.Config.Success<typeof BallastConfig.all>

type Stored = EventStore | Leases | Alerts

/** The log, its leases and its alerts. `create: false` for commands that only look. */
export const database = (
  { durability, leaseDuration, path }: Configuration["database"],
  { create }: { readonly create: boolean }
): Layer.Layer<Stored, StoreError> =>
  Layer.mergeAll(
    SqlEventStore.layer({ softwareVersion: version }),
    SqlLeases.layer({ duration: leaseDuration }),
    SqlAlerts.layer
  ).pipe(Layer.provide(Database.layer({ path, durability, create })))

/** One chain's endpoints as its layer and the check at start take them. */
export const chainOptions = ({ urls: [first, ...others], ...options }: Configuration["base"]): EvmChain.Options => ({
  ...options,
  endpoints: [RpcEndpoint.http(first), ...others.map((url: Redacted.Redacted) => RpcEndpoint.http(url))]
})

export const chains = (
  { base, ethereum }: Pick<Configuration, "base" | "ethereum">
): Layer.Layer<Erc20 | BaseChain | EthereumChain> =>
  Erc20Live.layer.pipe(
    Layer.provideMerge(
      Layer.merge(EvmChain.layerBase(chainOptions(base)), EvmChain.layerEthereum(chainOptions(ethereum)))
    )
  )

export const alpaca = (config: Configuration["alpaca"]): Layer.Layer<AlpacaTokenization> =>
  AlpacaTokenizationLive.layer(config).pipe(Layer.provide(FetchHttpClient.layer))

export const layer = (
  config: Configuration
): Layer.Layer<Stored | AlpacaTokenization | Erc20 | BaseChain | EthereumChain | TokenizedEquities, StoreError> =>
  Layer.mergeAll(
    database(config.database, { create: true }),
    alpaca(config.alpaca),
    chains(config),
    Layer.succeed(TokenizedEquities, config.equities)
  )

/** The same from the `BALLAST_*` keys of whatever ConfigProvider the application has. */
export const layerConfig = Layer.unwrapEffect(Effect.map(BallastConfig.all, layer))
