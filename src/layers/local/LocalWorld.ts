/**
 * Ballast's embedded sandbox: two chains and the broker as real servers on loopback. The live layers talk to it as to
 * the real thing; the only difference is the configuration in `environment`.
 *
 * It lives in real time, whatever clock the program around it uses.
 */
import { Clock, Context, Duration, Effect, Either, Layer, Record, type Scope } from "effect"
import { parseEther } from "viem"
import * as Decimal from "../../domain/Decimal.ts"
import * as Usdc from "../../domain/Usdc.ts"
import * as AlpacaServer from "./AlpacaServer.ts"
import * as AlpacaSettings from "./AlpacaSettings.ts"
import { issuerName, networkName } from "./AlpacaTokenizationRoutes.ts"
import * as AlpacaWalletBank from "./AlpacaWalletBank.ts"
import * as AlpacaWallets from "./AlpacaWallets.ts"
import * as Chain from "./Chain.ts"
import * as CircleSettings from "./CircleSettings.ts"
import * as Contracts from "./Contracts.ts"
import * as EquityIssuer from "./EquityIssuer.ts"
import { LocalWorldError } from "./LocalWorldError.ts"
import type * as RainVault from "./RainVault.ts"
import * as RedemptionDesk from "./RedemptionDesk.ts"
import * as UsdcWorld from "./UsdcWorld.ts"

/** How the world is at first, and how fast it is. */
export interface Options {
  /** Of both chains. Default 200 millis. */
  readonly blockTime?: Duration.DurationInput
  /** From the acceptance of a mint until the issuer acts. Default 1 second: with three confirmations a mint takes about two. */
  readonly mintDelay?: Duration.DurationInput
  /** From the redemption request until it ends; until it is made, half of that. Default 1 second. */
  readonly redeemDelay?: Duration.DurationInput
  /** From the acceptance of a withdrawal of USDC until it is sent, and from a deposit until it is credited. Default 1 second. */
  readonly walletDelay?: Duration.DurationInput
  /** Shares at the broker at first; only these symbols can be tokenized. Default 100 AAPL and 50 MSFT. */
  readonly shares?: Readonly<Record<string, string>>
  /** Tokens in our wallet at first, by the share's symbol, as if minted before. Default none. */
  readonly tokens?: Readonly<Record<string, string>>
  /** USDC at first. Default 10000 at the broker, 5000 in the vault, and nothing in our wallet. */
  readonly usdc?: {
    readonly alpaca?: string
    readonly vault?: string
    readonly ethereumWallet?: string
    readonly baseWallet?: string
  }
  /** How we use the orderbook. Default directly. */
  readonly vault?: RainVault.Shape
  /** Whether the broker and Circle have their bad habits. Default true. */
  readonly quirks?: boolean
  /** Finer settings, on top of those above. */
  readonly settings?: AlpacaSettings.Patch
  readonly circle?: CircleSettings.Patch
}

/** A running local world. */
export interface World extends UsdcWorld.UsdcWorld {
  /** What points a `ballast` command at it: `BALLAST_*` keys, without the database. */
  readonly environment: Readonly<Record<string, string>>
  readonly alpaca: AlpacaServer.AlpacaServer
  readonly ethereum: Chain.Chain
  readonly base: Chain.Chain
  /** By the share's symbol. On Base. */
  readonly tokens: Readonly<Record<string, EquityIssuer.Token>>
  readonly issuer: EquityIssuer.EquityIssuer
  /** Ours, funded on both chains. */
  readonly wallet: Chain.Wallet
  /** The issuer's, where tokens are sent to be redeemed. */
  readonly redemptionWallet: Chain.Wallet
}

/** A local world that a layer provides. */
export class LocalWorld extends Context.Tag("ballast/layers/LocalWorld")<LocalWorld, World>() {}

const defaultShares = { AAPL: "100", MSFT: "50" }

/** What the broker's custody holds for its other customers, in units of 1e-6 USDC: withdrawals never wait for deposits. */
const custodyUnits = 10_000_000_000_000n

const credentials = {
  accountId: "5f8e7c1a-3b2d-4e6f-9a80-1c2d3e4f5a6b",
  apiKey: "LOCALWORLDKEY",
  apiSecret: "local-world-secret"
}

/** Blocks that hold what is in our wallet at first. */
const depth = 3

/** Everything quick: blocks come every fifth of a second, and a person is watching. */
const pace = {
  BALLAST_POLL_INTERVAL: "200 millis",
  BALLAST_POLL_TIMEOUT: "1 minute",
  BALLAST_ETHEREUM_CONFIRMATIONS: "2",
  BALLAST_BASE_CONFIRMATIONS: String(depth),
  BALLAST_TX_STUCK_AFTER: "3 seconds",
  BALLAST_HTTP_TIMEOUT: "5 seconds",
  BALLAST_RECHECK_INTERVAL: "5 seconds",
  BALLAST_ATTESTATION_POLL_INTERVAL: "200 millis",
  BALLAST_ATTESTATION_TIMEOUT: "1 minute",
  BALLAST_WITHDRAWAL_SETTLING_TIME: "2 seconds",
  BALLAST_LEASE_DURATION: "3 seconds",
  BALLAST_RETRY_BASE: "50 millis",
  BALLAST_RETRY_MAX: "1 second"
}

const environment = (world: Omit<World, "environment">): World["environment"] => ({
  BALLAST_ALPACA_BASE_URL: world.alpaca.url,
  BALLAST_ALPACA_ACCOUNT_ID: credentials.accountId,
  BALLAST_ALPACA_API_KEY: credentials.apiKey,
  BALLAST_ALPACA_API_SECRET: credentials.apiSecret,
  BALLAST_TOKENIZATION_ISSUER: issuerName,
  BALLAST_TOKENIZATION_NETWORK: networkName,
  BALLAST_REDEMPTION_WALLET: world.redemptionWallet.address,
  BALLAST_WALLET_PRIVATE_KEY: world.wallet.privateKey,
  BALLAST_ETHEREUM_RPC_URL: world.ethereum.url,
  BALLAST_BASE_RPC_URL: world.base.url,
  BALLAST_ETHEREUM_CHAIN_ID: String(world.ethereum.chainId),
  BALLAST_BASE_CHAIN_ID: String(world.base.chainId),
  BALLAST_EQUITIES: JSON.stringify(Record.map(world.tokens, ({ address, decimals }) => ({ token: address, decimals }))),
  ...UsdcWorld.environment(world),
  ...pace
})

const invalid = (detail: string) => new LocalWorldError({ reason: "InvalidOptions", detail })

const parseUsdc = ({ alpaca = "10000", baseWallet = "0", ethereumWallet = "0", vault = "5000" }: NonNullable<
  Options["usdc"]
>) =>
  Effect.all(
    Record.map({ alpaca, baseWallet, ethereumWallet, vault }, (text, place) =>
      Either.mapLeft(Usdc.parse(text), ({ message }) => invalid(`usdc.${place}: ${message}`)))
  )

const parse = (option: "shares" | "tokens", amounts: Readonly<Record<string, string>>) =>
  Effect.all(
    Record.map(amounts, (text, symbol) =>
      Either.mapLeft(
        Decimal.parse(text, AlpacaSettings.shareDecimals),
        ({ message }) => invalid(`${option} of ${symbol}: ${message}`)
      ))
  )

/** Starts it. All of it is gone with the scope, and with the process however that ends. */
export const make = (options: Options = {}): Effect.Effect<World, LocalWorldError, Scope.Scope> =>
  Effect.gen(function*() {
    const { blockTime = "200 millis", mintDelay = "1 second", quirks = true, redeemDelay = "1 second" } = options
    const { walletDelay = "1 second" } = options
    const dollars = yield* parseUsdc(options.usdc ?? {})
    const shares = yield* parse("shares", options.shares ?? defaultShares)
    const tokenized = yield* parse("tokens", options.tokens ?? {})
    const unknown = Object.keys(tokenized).find((symbol) => !Record.has(shares, symbol))
    if (unknown !== undefined) return yield* invalid(`tokens of ${unknown}: there are no shares of ${unknown}`)
    const wallets = {
      issuer: Chain.wallet("issuer"),
      redemption: Chain.wallet("redemption"),
      custody: Chain.wallet("alpaca custody"),
      own: Chain.wallet("own")
    }
    const [ethereum, base, contracts] = yield* Effect.all([
      Chain.make({ name: "ethereum", chainId: 1, blockTime }),
      Chain.make({ name: "base", chainId: 8453, blockTime }),
      Contracts.load()
    ], { concurrency: "unbounded" })
    yield* Effect.all([
      ethereum.fund(wallets.own.address, parseEther("100")),
      ethereum.fund(wallets.custody.address, parseEther("1000")),
      base.fund(wallets.own.address, parseEther("100")),
      base.fund(wallets.issuer.address, parseEther("1000")),
      base.fund(wallets.redemption.address, parseEther("100"))
    ], { concurrency: "unbounded", discard: true })
    const usdcWorld = yield* UsdcWorld.make({
      chains: { ethereum, base },
      artifacts: contracts,
      wallet: wallets.own.address,
      shape: options.vault ?? "orderbook",
      vaultUnits: dollars.vault,
      grants: {
        ethereum: [
          { to: wallets.own.address, units: dollars.ethereumWallet },
          { to: wallets.custody.address, units: dollars.alpaca + custodyUnits }
        ],
        base: [{ to: wallets.own.address, units: dollars.baseWallet }]
      },
      settings: CircleSettings.patch(CircleSettings.make({ quirks }), options.circle ?? {})
    })
    const issuer = yield* EquityIssuer.make({
      chain: base,
      wallet: wallets.issuer,
      redemptionWallet: wallets.redemption.address,
      artifact: contracts.EquityToken,
      symbols: Object.keys(shares)
    })
    yield* Effect.forEach(Record.toEntries(tokenized), ([symbol, units]) =>
      issuer.grant(
        symbol,
        wallets.own.address,
        Decimal.rescaleFloor(units, AlpacaSettings.shareDecimals, EquityIssuer.tokenDecimals)
      ), { discard: true })
    // As deep as anybody here asks for.
    yield* Effect.repeatN(base.mine, depth - 1)
    const settings = AlpacaSettings.make({
      quirks,
      delayMillis: Duration.toMillis(mintDelay),
      redeemDelayMillis: Duration.toMillis(redeemDelay),
      walletDelayMillis: Duration.toMillis(walletDelay)
    })
    const { circle, usdc } = usdcWorld
    const bank = yield* AlpacaWalletBank.make({ chain: ethereum, usdc: usdc.ethereum.address, wallet: wallets.custody })
    const alpaca = yield* AlpacaServer.make({
      credentials,
      shares,
      tokenized,
      issuer,
      settings: AlpacaSettings.patch(settings, options.settings ?? {}),
      wallets: { bank, own: wallets.own.address, units: dollars.alpaca },
      others: { ethereum, base, circle }
    })
    yield* RedemptionDesk.make({ chain: base, issuer, alpaca, account: wallets.own.address, interval: blockTime })
    yield* AlpacaWallets.watch({ chain: ethereum, ...alpaca, interval: blockTime })
    const world = {
      ...usdcWorld,
      alpaca,
      ethereum,
      base,
      tokens: issuer.tokens,
      issuer,
      wallet: wallets.own,
      redemptionWallet: wallets.redemption
    }
    return { ...world, environment: environment(world) }
  }).pipe(Effect.withClock(Clock.make()))

/** One world for all who share the layer. */
export const layer = (options: Options = {}): Layer.Layer<LocalWorld, LocalWorldError> =>
  Layer.scoped(LocalWorld, make(options))
