/** The real world, one layer per port. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import type { SqlClient } from "@effect/sql/SqlClient"
import { type Config, type ConfigError, Effect, Layer, type Redacted } from "effect"
import type { AlpacaTokenization } from "../services/AlpacaTokenization.ts"
import type { AlpacaWallet } from "../services/AlpacaWallet.ts"
import type { CctpBridge } from "../services/CctpBridge.ts"
import type { BaseChain, EthereumChain } from "../services/Chain.ts"
import type { Erc20 } from "../services/Erc20.ts"
import type { Signer } from "../services/Signer.ts"
import type { StoreError } from "../services/StoreError.ts"
import { TokenizedEquities } from "../services/TokenizedEquities.ts"
import type { TransactionOutbox } from "../services/TransactionOutbox.ts"
import { UsdcRoute } from "../services/UsdcRoute.ts"
import type { Vault } from "../services/Vault.ts"
import * as AlpacaClient from "./alpaca/AlpacaClient.ts"
import * as AlpacaTokenizationLive from "./alpaca/AlpacaTokenization.ts"
import * as AlpacaWalletLive from "./alpaca/AlpacaWallet.ts"
import * as CctpBridgeLive from "./cctp/CctpBridge.ts"
import * as BallastConfig from "./Config.ts"
import * as Erc20Live from "./evm/Erc20.ts"
import * as EvmChain from "./evm/EvmChain.ts"
import * as PrivateKeySigner from "./evm/PrivateKeySigner.ts"
import * as RpcEndpoint from "./evm/RpcEndpoint.ts"
import * as TransactionOutboxLive from "./evm/TransactionOutbox.ts"
import * as VaultLive from "./evm/Vault.ts"
import * as Stored from "./Stored.ts"

/** All that can be configured, as `Config.all` reads it from `BALLAST_*`. */
export type Configuration = Config.Config.Success<typeof BallastConfig.all>

/** The same without a private key, as `Config.withSigner` reads it: an application's own `Signer` has it. */
export type SignerConfiguration = Config.Config.Success<typeof BallastConfig.withSigner>

/** The log, its leases and alerts, and what the outbox has stored. `create: false` for commands that only look. */
export const database = Stored.database

/** One chain's endpoints as its layer and the check at start take them. */
export const chainOptions = ({ urls: [first, ...others], ...options }: Configuration["base"]): EvmChain.Options => ({
  ...options,
  endpoints: [RpcEndpoint.http(first), ...others.map((url: Redacted.Redacted) => RpcEndpoint.http(url))]
})

/** Both chains, each behind its configured nodes. */
export const chains = (
  { base, ethereum }: Pick<Configuration, "base" | "ethereum">
): Layer.Layer<BaseChain | EthereumChain> =>
  Layer.merge(EvmChain.layerBase(chainOptions(base)), EvmChain.layerEthereum(chainOptions(ethereum)))

const broker = (config: Configuration["alpaca"]) =>
  Layer.provide(
    Layer.merge(AlpacaTokenizationLive.layerClient, AlpacaWalletLive.layerClient),
    AlpacaClient.layer(config)
  )

/** Both of Alpaca's ports over HTTP. */
export const alpaca = (config: Configuration["alpaca"]): Layer.Layer<AlpacaTokenization | AlpacaWallet> =>
  Layer.provide(broker(config), FetchHttpClient.layer)

/** Everything that sends, and all that it stands on. */
const sending = ({ base, cctp, database, ethereum, transactions }: SignerConfiguration) =>
  Layer.mergeAll(Erc20Live.layer, VaultLive.layer, CctpBridgeLive.layer(cctp)).pipe(
    Layer.provideMerge(
      TransactionOutboxLive.layer({ ...transactions, chainIds: { ethereum: ethereum.chainId, base: base.chainId } })
    ),
    Layer.provideMerge(Stored.tables(database))
  )

type Ports =
  | Stored.Stored
  | AlpacaTokenization
  | AlpacaWallet
  | TransactionOutbox
  | Erc20
  | Vault
  | CctpBridge
  | BaseChain
  | EthereumChain
  | TokenizedEquities
  | UsdcRoute

/** All ports over chains, servers and a database of the caller's: the same program over a simulated world. */
export const layerOver = <E, R>(
  config: SignerConfiguration,
  chains: Layer.Layer<BaseChain | EthereumChain, E, R>
): Layer.Layer<Ports, E, R | HttpClient.HttpClient | SqlClient | Signer> =>
  Layer.mergeAll(
    Layer.provideMerge(sending(config), chains),
    broker(config.alpaca),
    Layer.succeed(TokenizedEquities, config.equities),
    Layer.succeed(UsdcRoute, config.usdc)
  )

/** All ports, with a signer of the application's own, which keeps its keys elsewhere. */
export const layerWithSigner = (config: SignerConfiguration): Layer.Layer<Ports, StoreError, Signer> =>
  layerOver(config, chains(config)).pipe(
    Layer.provide(Layer.merge(Stored.opened(config.database, { create: true }), FetchHttpClient.layer))
  )

/** All ports, with the configured private key. */
export const layer = (config: Configuration): Layer.Layer<Ports | Signer, StoreError> =>
  Layer.provideMerge(layerWithSigner(config), PrivateKeySigner.layer(config.wallet))

/** The same from the `BALLAST_*` keys of whatever ConfigProvider the application has. */
export const layerConfig: Layer.Layer<Ports | Signer, ConfigError.ConfigError | StoreError> = Layer.unwrapEffect(
  Effect.map(BallastConfig.all, layer)
)

/** All ports but the signer, which is the application's own, from the same keys without `BALLAST_WALLET_PRIVATE_KEY`. */
export const layerConfigWithSigner: Layer.Layer<Ports, ConfigError.ConfigError | StoreError, Signer> = Layer
  .unwrapEffect(Effect.map(BallastConfig.withSigner, layerWithSigner))
