/**
 * What an operator can set: one record per part, all from `BALLAST_*`. Secrets are `Redacted` from here on. A record that
 * cannot be read fails with everything that is wrong about it.
 */
import { type Array, Config, ConfigError, Duration, Either, Option, Record, Redacted, Schema } from "effect"
import { Address, make as makeAddress } from "../domain/Address.ts"
import * as Decimal from "../domain/Decimal.ts"
import { EquitySymbol } from "../domain/EquitySymbol.ts"
import * as Hex from "../domain/Hex.ts"
import { PositiveShares } from "../domain/Shares.ts"
import { Decimals } from "../domain/TokenAmount.ts"
import * as Usdc from "../domain/Usdc.ts"
import type { Credentials } from "./alpaca/Credentials.ts"
import * as Field from "./ConfigField.ts"

const path: Field.Kind<string> = {
  expected: `"sqlite:" and a file, such as sqlite:ballast.db`,
  parse: (text) => Option.fromNullable(/^sqlite:(.+)$/.exec(text)?.[1])
}

/** Where the log is, and how safe a commit is. `BALLAST_DATABASE` and the like. */
export const database = Config.all({
  path: Field.withDefault("BALLAST_DATABASE", path, "ballast.db"),
  durability: Field.withDefault("BALLAST_DURABILITY", Field.oneOf("full", "normal"), "full"),
  leaseDuration: Field.withDefault("BALLAST_LEASE_DURATION", Field.duration, Duration.seconds(15))
})

const isLoopback = ({ hostname }: URL) =>
  hostname === "localhost" || hostname === "[::1]" || /^127(?:\.[0-9]{1,3}){3}$/.test(hostname)

/** Keys travel with every request, so plain HTTP only where nobody else can listen. */
const baseUrl: Field.Kind<string> = {
  expected: "an https:// URL without user, query or fragment (http:// only on this machine)",
  parse: (text) =>
    Option.liftThrowable((url: string) => new URL(url))(text).pipe(
      Option.filter((url) => url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url))),
      Option.filter((url) => url.username === "" && url.password === "" && url.search === "" && url.hash === ""),
      Option.map((url) => url.href.replace(/\/$/, ""))
    )
}

const credential = (what: string) =>
  Field.secret(`${what}, printable characters without spaces`, /^[\x21-\x7e]{1,512}$/)

/** Where Alpaca gives access tokens, if not told otherwise. Source: external-apis 1.1. */
const tokenUrl = (baseUrl: string): string =>
  `https://authx.${baseUrl.includes("sandbox") ? "sandbox." : ""}alpaca.markets/v1/oauth2/token`

/** Alpaca's Broker API and the credentials for it. */
export const alpaca = Config.all({
  baseUrl: Field.required("BALLAST_ALPACA_BASE_URL", baseUrl),
  accountId: Field.required(
    "BALLAST_ALPACA_ACCOUNT_ID",
    Field.text("Alpaca's id of the account", /^[A-Za-z0-9-]{1,64}$/)
  ),
  key: Field.required("BALLAST_ALPACA_API_KEY", credential("Alpaca's key id")),
  secret: Field.required("BALLAST_ALPACA_API_SECRET", credential("Alpaca's secret")),
  auth: Field.withDefault("BALLAST_ALPACA_AUTH", Field.oneOf("headers", "basic", "oauth"), "headers"),
  tokenUrl: Field.optional("BALLAST_ALPACA_TOKEN_URL", baseUrl),
  timeout: Field.withDefault("BALLAST_HTTP_TIMEOUT", Field.duration, Duration.seconds(20))
}).pipe(
  Config.mapOrFail(({ auth, tokenUrl: told, ...alpaca }) => {
    const withAuth = (auth: Credentials["auth"]) => ({ ...alpaca, auth })
    if (auth === "oauth") {
      return Either.right(withAuth({ tokenUrl: Option.getOrElse(told, () => tokenUrl(alpaca.baseUrl)) }))
    }
    return Option.isNone(told) ? Either.right(withAuth(auth)) : Either.left(
      ConfigError.InvalidData(
        [],
        `BALLAST_ALPACA_TOKEN_URL is of use only where BALLAST_ALPACA_AUTH is oauth; it is ${auth}`
      )
    )
  })
)

/** The order of secp256k1: a private key is a number from 1 to below it. */
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

const privateKey: Field.Kind<Redacted.Redacted<`0x${string}`>> = {
  expected: "a private key, 0x and 64 hex digits",
  parse: (text) =>
    /^0x[0-9a-fA-F]{64}$/.test(text) && BigInt(text) > 0n && BigInt(text) < order
      ? Option.some(Redacted.make(`0x${text.slice(2)}` as const))
      : Option.none(),
  secret: true
}

/** The private key of our wallet. */
export const wallet = Field.required("BALLAST_WALLET_PRIVATE_KEY", privateKey)

/** RPC URLs often contain a key, so they are secrets as a whole. */
const rpcUrls: Field.Kind<Array.NonEmptyReadonlyArray<Redacted.Redacted>> = {
  expected: "one to ten http:// or https:// URLs, separated by commas",
  parse: (text) =>
    Option.all(
      text.split(",").slice(0, 11).map((entry) =>
        Option.liftThrowable((url: string) => new URL(url))(entry.trim()).pipe(
          Option.filter((url) => url.protocol === "https:" || url.protocol === "http:"),
          Option.map((url) => Redacted.make(url.href))
        )
      )
    ).pipe(Option.flatMap(([first, ...rest]) =>
      first === undefined || rest.length > 9 ? Option.none() : Option.some([first, ...rest] as const)
    )),
  secret: true
}

const chain = (name: "ETHEREUM" | "BASE", chainId: number, confirmations: number) =>
  Config.all({
    urls: Field.required(`BALLAST_${name}_RPC_URL`, rpcUrls),
    chainId: Field.withDefault(`BALLAST_${name}_CHAIN_ID`, Field.integer(1, 999_999_999), chainId),
    confirmations: Field.withDefault(`BALLAST_${name}_CONFIRMATIONS`, Field.integer(1, 10_000), confirmations),
    timeout: Field.withDefault("BALLAST_HTTP_TIMEOUT", Field.duration, Duration.seconds(20))
  })

/** How Ethereum is reached, and when a transaction there is depended on. */
export const ethereum = chain("ETHEREUM", 1, 3)
/** How Base is reached, and when a transaction there is depended on. */
export const base = chain("BASE", 8453, 10)

/** When a transaction is stuck, and what gas may cost. */
export const transactions = Config.all({
  stuckAfter: Field.withDefault("BALLAST_TX_STUCK_AFTER", Field.duration, Duration.minutes(3)),
  maxFeePerGas: Field.withDefault("BALLAST_MAX_FEE_PER_GAS", Field.gasPrice, 200_000_000_000n)
})

const Equities = Schema.parseJson(
  Schema.Record({ key: EquitySymbol, value: Schema.Struct({ token: Address, decimals: Decimals }) }).pipe(
    Schema.filter((equities) => !Record.isEmptyReadonlyRecord(equities), {
      message: () => "expected at least one equity"
    })
  )
)

const address = Field.schema("an address, EIP-55 or all lower case", Address)

const word = Field.text("a word such as st0x", /^[a-z0-9_-]{1,64}$/)

/** What may be tokenized, by whom, and how much at once. */
export const equities = Config.all({
  equities: Config.map(
    Field.explained("BALLAST_EQUITIES", `JSON such as {"AAPL":{"token":"0x..","decimals":18}}`, Equities),
    (equities) => new Map(Record.toEntries(equities))
  ),
  issuer: Field.withDefault("BALLAST_TOKENIZATION_ISSUER", word, "st0x"),
  network: Field.withDefault("BALLAST_TOKENIZATION_NETWORK", word, "base"),
  maxPerOperation: Field.optional(
    "BALLAST_EQUITY_MAX_PER_OPERATION",
    Field.schema("a number of shares above zero with at most 9 decimals", PositiveShares)
  ),
  redemptionWallet: Field.optional("BALLAST_REDEMPTION_WALLET", address)
})

/** External-apis 3.1. */
const mainnet = {
  ethereumUsdc: makeAddress("0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"),
  baseUsdc: makeAddress("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"),
  messenger: makeAddress("0x28b5a0e9C621a5BadaA536219b3a228C8168cf5d"),
  transmitter: makeAddress("0x81D40F21F12A8F0E3252Bccb954D722d4c464B64")
}

/** A factor or basis points: exact, with so many decimals. */
const decimal = (expected: string, decimals: number): Field.Kind<bigint> => ({
  expected,
  parse: (text) => Option.getRight(Decimal.parse(text, decimals))
})

/** Circle's API, and what a transfer may cost. */
export const cctp = Config.all({
  apiUrl: Field.withDefault("BALLAST_CCTP_API_URL", baseUrl, "https://iris-api.circle.com"),
  /** In units of 1e-6. */
  feeMargin: Field.withDefault(
    "BALLAST_CCTP_FEE_MARGIN",
    decimal("a share such as 0.2, at most 6 decimals", 6),
    200_000n
  ),
  /** In units of 1e-6 basis points. */
  maxFeeBps: Field.withDefault(
    "BALLAST_CCTP_MAX_FEE_BPS",
    decimal("basis points such as 20 or 1.3, at most 6 decimals", 6),
    20_000_000n
  ),
  timeout: Field.withDefault("BALLAST_HTTP_TIMEOUT", Field.duration, Duration.seconds(20))
})

const positiveUsdc = Field.schema("an amount of USDC above zero with at most 6 decimals", Usdc.PositiveUsdc)

const vaultId: Field.Kind<Hex.Hex> = {
  expected: "a vault id, 0x and 64 hex digits, not zero",
  parse: (text) => Option.filter(Schema.decodeUnknownOption(Hex.ofBytes(32))(text), (id) => BigInt(id) !== 0n)
}

/** Only where the contract and the id are told is anything rebalanced; the others follow the contract. */
const vault = Config.all({
  contract: Field.optional("BALLAST_VAULT_CONTRACT", address),
  reader: Field.optional("BALLAST_VAULT_READ_CONTRACT", address),
  spender: Field.optional("BALLAST_VAULT_SPENDER", address),
  owner: Field.optional("BALLAST_VAULT_OWNER", address),
  id: Field.optional("BALLAST_USDC_VAULT_ID", vaultId)
}).pipe(
  Config.mapOrFail(({ contract, id, owner, reader, spender }) => {
    const others = { BALLAST_VAULT_READ_CONTRACT: reader, BALLAST_VAULT_SPENDER: spender, BALLAST_VAULT_OWNER: owner }
    if (Option.isSome(contract) && Option.isSome(id)) {
      return Either.right(Option.some({
        contract: contract.value,
        reader: Option.getOrElse(reader, () => contract.value),
        spender: Option.getOrElse(spender, () => contract.value),
        owner,
        id: id.value
      }))
    }
    if (Option.isSome(contract)) {
      return Either.left(ConfigError.MissingData([], `BALLAST_USDC_VAULT_ID is missing: expected ${vaultId.expected}`))
    }
    const told = Object.entries({ BALLAST_USDC_VAULT_ID: id, ...others }).find(([, value]) => Option.isSome(value))
    return told === undefined ? Either.right(Option.none()) : Either.left(
      ConfigError.MissingData(
        [],
        `BALLAST_VAULT_CONTRACT is missing, while ${told[0]} is set: expected ${address.expected}`
      )
    )
  })
)

/** The contracts that a rebalance goes through, and its limits. */
export const usdc = Config.all({
  usdc: Config.all({
    ethereum: Field.withDefault("BALLAST_ETHEREUM_USDC", address, mainnet.ethereumUsdc),
    base: Field.withDefault("BALLAST_BASE_USDC", address, mainnet.baseUsdc)
  }),
  cctp: Config.all({
    messenger: Field.withDefault("BALLAST_CCTP_TOKEN_MESSENGER", address, mainnet.messenger),
    transmitter: Field.withDefault("BALLAST_CCTP_MESSAGE_TRANSMITTER", address, mainnet.transmitter),
    finality: Field.withDefault("BALLAST_CCTP_FINALITY", Field.oneOf("fast", "standard"), "fast")
  }),
  vault,
  shortWithdrawal: Field.withDefault("BALLAST_VAULT_SHORT_WITHDRAWAL", Field.oneOf("fail", "continue"), "fail"),
  limits: Config.all({
    min: Field.withDefault("BALLAST_USDC_MIN", positiveUsdc, Usdc.fromUnits(51_000_000n)),
    maxPerOperation: Field.optional("BALLAST_USDC_MAX_PER_OPERATION", positiveUsdc),
    maxPerDay: Field.optional("BALLAST_USDC_MAX_PER_DAY", positiveUsdc),
    concurrent: Field.withDefault("BALLAST_USDC_CONCURRENT", Field.integer(1, 1000), 1)
  })
})

/** Waits and retries, as `Policies.layer` takes them. */
export const policies = Config.all({
  retryBase: Field.withDefault("BALLAST_RETRY_BASE", Field.duration, Duration.millis(500)),
  retryMax: Field.withDefault("BALLAST_RETRY_MAX", Field.duration, Duration.seconds(60)),
  retryAttempts: Field.withDefault("BALLAST_RETRY_ATTEMPTS", Field.integer(1, 1000), 10),
  pollInterval: Field.withDefault("BALLAST_POLL_INTERVAL", Field.duration, Duration.seconds(10)),
  pollTimeout: Field.withDefault("BALLAST_POLL_TIMEOUT", Field.duration, Duration.minutes(30)),
  recheckInterval: Field.withDefault("BALLAST_RECHECK_INTERVAL", Field.duration, Duration.minutes(10)),
  attestationPollInterval: Field.withDefault(
    "BALLAST_ATTESTATION_POLL_INTERVAL",
    Field.duration,
    Duration.seconds(5)
  ),
  attestationTimeout: Field.withDefault("BALLAST_ATTESTATION_TIMEOUT", Field.duration, Duration.hours(24)),
  withdrawalSettlingTime: Field.withDefault("BALLAST_WITHDRAWAL_SETTLING_TIME", Field.duration, Duration.minutes(2))
})

/** How the command line logs; an embedding application has a Logger of its own. */
export const logging = Config.all({
  format: Field.optional("BALLAST_LOG_FORMAT", Field.oneOf("pretty", "json")),
  level: Field.withDefault(
    "BALLAST_LOG_LEVEL",
    Field.oneOf("trace", "debug", "info", "warning", "error", "none"),
    "info"
  )
})

/** All that a command needs which only looks at the log. */
export const looking = Config.all({ database, logging })

/** And the chains, where both are configured. */
export const verifying = Config.all({ database, logging, chains: Config.option(Config.all({ ethereum, base })) })

const parts = {
  database,
  alpaca,
  wallet,
  ethereum,
  base,
  transactions,
  equities,
  usdc,
  cctp,
  policies,
  logging
}

/** Everything that a command needs which drives operations. */
export const all = Config.all(parts)

const { wallet: _, ...withoutWallet } = parts

/** The same for an application whose keys are kept elsewhere: `BALLAST_WALLET_PRIVATE_KEY` is not asked for. */
export const withSigner = Config.all(withoutWallet)

export { keys } from "./ConfigKeys.ts"
