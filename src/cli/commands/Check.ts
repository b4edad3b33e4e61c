import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { Effect, Option } from "effect"
import { randomUUID } from "node:crypto"
import { existsSync } from "node:fs"
import type { Address } from "../../domain/Address.ts"
import * as Decimal from "../../domain/Decimal.ts"
import * as TokenAmount from "../../domain/TokenAmount.ts"
import { TokenizationRequestId } from "../../domain/TokenizationRequest.ts"
import * as Usdc from "../../domain/Usdc.ts"
import * as CircleClient from "../../layers/cctp/CircleClient.ts"
import * as Fee from "../../layers/cctp/Fee.ts"
import * as Erc20Reads from "../../layers/evm/Erc20Reads.ts"
import * as VaultReads from "../../layers/evm/VaultReads.ts"
import * as Wallet from "../../layers/evm/Wallet.ts"
import * as Live from "../../layers/Live.ts"
import * as Preflight from "../../layers/Preflight.ts"
import { AlpacaTokenization } from "../../services/AlpacaTokenization.ts"
import { AlpacaWallet } from "../../services/AlpacaWallet.ts"
import { BaseChain, type Chain, EthereumChain } from "../../services/Chain.ts"
import { EventStore } from "../../services/EventStore.ts"
import type { FailureKind } from "../../services/FailureKind.ts"
import * as Output from "../Output.ts"
import * as Session from "../Session.ts"
import * as Status from "../Status.ts"
import type { Common } from "../Typed.ts"

export const run = ({ config, json }: Common) =>
  Session.withConfiguration(config, (configuration) =>
    Effect.gen(function*() {
      const findings = yield* all(configuration)
      const good = findings.every(({ verdict }) => verdict === "good")
      yield* json
        ? Output.json({ good, findings })
        : Output.line(Output.table(findings.map(({ detail, key, verdict }) => [verdict, key, detail])))
      yield* Status.set(good ? 0 : 1)
    }))

type Finding = Preflight.Finding

type Judged = Pick<Finding, "verdict" | "detail">

const judged = <E extends { readonly kind: FailureKind; readonly message: string }, R>(
  key: string,
  judgement: Effect.Effect<Judged, E, R>
): Effect.Effect<Finding, never, R> =>
  Effect.match(judgement, {
    onFailure: ({ kind, message }) => ({
      key,
      verdict: kind === "permanent" ? "wrong" : "unreachable",
      detail: message
    }),
    onSuccess: (judged) => ({ key, ...judged })
  })

const good = (detail: string): Judged => ({ verdict: "good", detail })

const found = <E extends { readonly kind: FailureKind; readonly message: string }, R>(
  key: string,
  detail: Effect.Effect<string, E, R>
): Effect.Effect<Finding, never, R> => judged(key, Effect.map(detail, good))

const all = (config: Live.Configuration): Effect.Effect<ReadonlyArray<Finding>> =>
  Effect.gen(function*() {
    const owner = Wallet.addressOf(config.wallet)
    const findings = yield* Effect.all([
      found("BALLAST_WALLET_PRIVATE_KEY", Effect.succeed(`our wallet is ${owner}`)),
      redemptionWallet(config),
      database(config),
      credentials(config),
      gas("gas on Ethereum", yield* EthereumChain, owner),
      gas("gas on Base", yield* BaseChain, owner),
      ...[...config.equities.equities].map(([symbol, equity]) => tokens(symbol, { ...equity, owner })),
      ...Option.match(config.usdc.vault, { onNone: () => [], onSome: (vault) => rebalancing(config, vault, owner) })
    ], { concurrency: 4 })
    return [...findings, ...yield* Preflight.findings(config)]
  }).pipe(Effect.provide(Live.chains(config)))

const redemptionWallet = ({ equities }: Live.Configuration) =>
  found(
    "BALLAST_REDEMPTION_WALLET",
    Effect.succeed(Option.match(equities.redemptionWallet, {
      onNone: () => "is not set: redeem is refused",
      onSome: (issuers) => `${issuers} is not ours`
    }))
  )

/** A database that is not there yet is fine. */
const database = ({ database }: Live.Configuration) =>
  found(
    "BALLAST_DATABASE",
    existsSync(database.path)
      ? Effect.flatMap(EventStore, (store) => store.operations({ live: true })).pipe(
        Effect.map((live) => `${database.path}, ${live.length} operations not settled`),
        Effect.provide(Live.database(database, { create: false }))
      )
      : Effect.succeed(`${database.path} will be created`)
  )

/** Alpaca says that there is no such request only to those whom it knows. */
const credentials = ({ alpaca }: Live.Configuration) =>
  found(
    "BALLAST_ALPACA_*",
    Effect.flatMap(AlpacaTokenization, (alpaca) => alpaca.getRequest(TokenizationRequestId.make(randomUUID()))).pipe(
      Effect.as(`${alpaca.baseUrl} accepts the credentials for account ${alpaca.accountId}`),
      Effect.provide(Live.alpaca(alpaca))
    )
  )

const gas = (key: string, chain: Chain, owner: Address) =>
  found(key, Effect.map(chain.balance(owner), (wei) => `${Decimal.print(wei, 18)} ETH in our wallet`))

/** Only where there is a vault is USDC ever moved. */
const rebalancing = (
  { alpaca, cctp, usdc: { usdc } }: Live.Configuration,
  vault: Option.Option.Value<Live.Configuration["usdc"]["vault"]>,
  owner: Address
) => [
  Effect.flatMap(EthereumChain, (chain) => dollars("USDC on Ethereum", chain, usdc.ethereum, owner)),
  Effect.flatMap(BaseChain, (chain) => dollars("USDC on Base", chain, usdc.base, owner)),
  found(
    "BALLAST_USDC_VAULT_ID",
    Effect.flatMap(
      BaseChain,
      (base) => VaultReads.balance(base, { ...vault, owner: Option.getOrElse(vault.owner, () => owner) }, usdc.base)
    ).pipe(
      Effect.map((balance) => `${Usdc.print(balance)} USDC in the vault`)
    )
  ),
  found("BALLAST_CCTP_API_URL", circle(cctp)),
  judged("Alpaca's whitelist", Effect.provide(whitelisted(owner), Live.alpaca(alpaca)))
]

const dollars = (key: string, chain: Chain, token: Address, owner: Address) =>
  found(
    key,
    Effect.map(
      Erc20Reads.balance(chain, { chain: chain.name, address: token, decimals: Usdc.decimals }, owner),
      (balance) => `${TokenAmount.print(balance)} in our wallet`
    )
  )

const circle = (cctp: Live.Configuration["cctp"]) =>
  Effect.gen(function*() {
    const client = yield* CircleClient.make(cctp)
    const { fast, standard } = yield* client.rates("ethereum", "base")
    const cost = (rate: bigint) => `costs ${Decimal.print(rate, Fee.rateDecimals)} basis points`
    return [
      `${cctp.apiUrl} answers: a standard transfer ${cost(standard)}`,
      ...Option.toArray(Option.map(fast, (rate) => `a fast one ${cost(rate)}`))
    ].join(", ")
  }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))

const whitelisted = (owner: Address) =>
  Effect.map(
    Effect.flatMap(AlpacaWallet, ({ whitelisting }) => whitelisting(owner)),
    (whitelisting): Judged =>
      whitelisting === "Approved"
        ? good(`${owner} may take withdrawals of USDC on Ethereum`)
        : {
          verdict: "wrong",
          detail: `${owner} is ${
            whitelisting === "Absent" ? "not on it" : `on it as ${whitelisting}`
          }: withdrawals of USDC are refused until it is approved`
        }
  )

const tokens = (
  symbol: string,
  { decimals, owner, token }: { readonly token: Address; readonly decimals: number; readonly owner: Address }
) =>
  found(
    `${symbol} on Base`,
    Effect.flatMap(BaseChain, (base) => Erc20Reads.balance(base, { chain: "base", address: token, decimals }, owner))
      .pipe(
        Effect.map((balance) => `${TokenAmount.print(balance)} in our wallet`)
      )
  )
