import { Command } from "@effect/cli"
import { Effect, Option } from "effect"
import { randomUUID } from "node:crypto"
import { existsSync } from "node:fs"
import type { Address } from "../../domain/Address.ts"
import * as Decimal from "../../domain/Decimal.ts"
import * as TokenAmount from "../../domain/TokenAmount.ts"
import { TokenizationRequestId } from "../../domain/TokenizationRequest.ts"
import * as Erc20Reads from "../../layers/evm/Erc20Reads.ts"
import * as Wallet from "../../layers/evm/Wallet.ts"
import * as Live from "../../layers/Live.ts"
import * as Preflight from "../../layers/Preflight.ts"
import { AlpacaTokenization } from "../../services/AlpacaTokenization.ts"
import { BaseChain, type Chain, EthereumChain } from "../../services/Chain.ts"
import { EventStore } from "../../services/EventStore.ts"
import type { FailureKind } from "../../services/FailureKind.ts"
import * as Output from "../Output.ts"
import * as Session from "../Session.ts"
import * as Status from "../Status.ts"

export const check = Command.make(
  "check",
  { config: Session.config, json: Session.json },
  ({ config, json }) =>
    Session.withConfiguration(config, (configuration) =>
      Effect.gen(function*() {
        const findings = yield* all(configuration)
        const good = findings.every(({ verdict }) => verdict === "good")
        yield* json
          ? Output.json({ good, findings })
          : Output.line(Output.table(findings.map(({ detail, key, verdict }) => [verdict, key, detail])))
        yield* Status.set(good ? 0 : 1)
      }))
).pipe(Command.withDescription("Configuration, keys, chains, contracts and balances; sends nothing"))

type Finding = Preflight.Finding

const found = <E extends { readonly kind: FailureKind; readonly message: string }, R>(
  key: string,
  detail: Effect.Effect<string, E, R>
): Effect.Effect<Finding, never, R> =>
  Effect.match(detail, {
    onFailure: ({ kind, message }) => ({
      key,
      verdict: kind === "permanent" ? "wrong" : "unreachable",
      detail: message
    }),
    onSuccess: (detail) => ({ key, verdict: "good", detail })
  })

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
      ...[...config.equities.equities].map(([symbol, equity]) => tokens(symbol, { ...equity, owner }))
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
