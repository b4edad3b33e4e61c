/** What commands have in common: their options, their configuration, their layers. */
import { Options } from "@effect/cli"
import { Array, type Config, Data, Effect, Either, Layer, Logger, LogLevel, Option } from "effect"
import * as BallastConfig from "../layers/Config.ts"
import * as ConfigSource from "../layers/ConfigSource.ts"
import * as Wallet from "../layers/evm/Wallet.ts"
import * as Live from "../layers/Live.ts"
import * as Preflight from "../layers/Preflight.ts"
import * as Policies from "../managers/Policies.ts"
import type { StoreError } from "../services/StoreError.ts"
import { both, InvalidInput } from "./InvalidInput.ts"
import * as LiveLine from "./LiveLine.ts"

export const json = Options.boolean("json").pipe(
  Options.withDescription("One JSON document on stdout; amounts are decimal strings")
)
export const config = Options.text("config").pipe(
  Options.optional,
  Options.withDescription("A JSON file of BALLAST_* keys; the environment wins over it, it wins over .env")
)
export const noWait = Options.boolean("no-wait").pipe(
  Options.withDescription("Do not wait for an operation that another process drives")
)
export const dryRun = Options.boolean("dry-run").pipe(
  Options.withDescription("Check everything, show the plan, send nothing")
)

/** Of whatever drives an operation that is there. */
export const driving = { noWait, config, json }

/** The chain could not be asked; what is recorded is as it was. */
export class Unreachable extends Data.TaggedError("Unreachable")<{ readonly problems: ReadonlyArray<string> }> {
  override get message(): string {
    return ["Nothing was done, what is needed cannot be reached:", ...this.problems.map((problem) => `  ${problem}`)]
      .join("\n")
  }
}

/** From the keys of all sources. */
const configured = <A>(file: Option.Option<string>, config: Config.Config<A>) =>
  ConfigSource.loadFrom({ environment: process.env, file, dotEnv: true }, config)

type Logging = Live.Configuration["logging"]

/** Logs go to stderr, for people on a terminal and for programs elsewhere. */
export const logging =
  ({ format, level }: Logging) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
    const written = Option.getOrElse(format, () => process.stderr.isTTY === true ? "pretty" as const : "json" as const)
    return effect.pipe(
      Logger.withMinimumLogLevel(LogLevel.fromLiteral(levels[level])),
      Effect.provide(Logger.replace(Logger.defaultLogger, LiveLine.logger(written)))
    )
  }

const levels = {
  trace: "Trace",
  debug: "Debug",
  info: "Info",
  warning: "Warning",
  error: "Error",
  none: "None"
} as const satisfies Record<Logging["level"], LogLevel.Literal>

/** A wrong path is a wrong configuration. One who holds it, a full disk and damage are none: those errors stay. */
const opened = <A, R>(
  database: Effect.Effect<A, StoreError, R>
): Effect.Effect<Either.Either<A, InvalidInput>, StoreError, R> =>
  database.pipe(
    Effect.map(Either.right),
    Effect.catchIf(
      ({ kind, reason }) => kind === "permanent" && reason !== "Corrupt",
      ({ message }) => Effect.succeed(Either.left(new InvalidInput({ problems: [`BALLAST_DATABASE: ${message}`] })))
    )
  )

/** For commands that only look at the log: no other key is needed. */
export const withLog = <A, E, R>(file: Option.Option<string>, effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(configured(file, BallastConfig.looking), (config) => looking(config, effect))

/** And may ask the chains, where they are configured. */
export const withLogAndChains = <A, E, R>(
  file: Option.Option<string>,
  use: (chains: Option.Option<Pick<Live.Configuration, "base" | "ethereum">>) => Effect.Effect<A, E, R>
) => Effect.flatMap(configured(file, BallastConfig.verifying), (config) => looking(config, use(config.chains)))

const looking = <A, E, R>(
  { database, logging: logs }: Pick<Live.Configuration, "database" | "logging">,
  effect: Effect.Effect<A, E, R>
) =>
  Effect.gen(function*() {
    const context = yield* Effect.flatten(opened(Layer.build(Live.database(database, { create: false }))))
    return yield* effect.pipe(Effect.provide(context), logging(logs))
  }).pipe(Effect.scoped)

/** Needs both keys to tell. */
const ownWallets = (config: Live.Configuration): ReadonlyArray<string> =>
  Option.contains(config.equities.redemptionWallet, Wallet.addressOf(config.wallet))
    ? ["BALLAST_REDEMPTION_WALLET: expected the issuer's wallet, got our own (that of BALLAST_WALLET_PRIVATE_KEY)"]
    : []

/** The whole configuration, or everything that can be seen to be wrong with it. */
const loaded = (file: Option.Option<string>) =>
  Effect.filterOrFail(
    configured(file, BallastConfig.all),
    (config) => ownWallets(config).length === 0,
    (config) => new InvalidInput({ problems: ownWallets(config) })
  )

/** For commands that ask the outside world but drive nothing: the whole configuration, without the database. */
export const withConfiguration = <A, E, R>(
  file: Option.Option<string>,
  use: (config: Live.Configuration) => Effect.Effect<A, E, R>
) => Effect.flatMap(loaded(file), (config) => logging(config.logging)(use(config)))

const told = ({ detail, key }: Preflight.Finding) => `${key}: ${detail}`

const nothingWrong = (findings: ReadonlyArray<Preflight.Finding>): Effect.Effect<void, InvalidInput> => {
  const wrong = findings.filter(({ verdict }) => verdict === "wrong")
  return wrong.length === 0 ? Effect.void : Effect.fail(new InvalidInput({ problems: wrong.map(told) }))
}

/** A silent endpoint matters where no other one serves. Ethereum is not needed for equities. */
const enoughReachable = (
  findings: ReadonlyArray<Preflight.Finding>,
  needsEthereum: boolean
): Effect.Effect<void, Unreachable> => {
  const served = new Set(findings.filter(({ verdict }) => verdict === "good").map(({ key }) => key))
  const [spare, missing] = Array.partition(
    findings.filter(({ verdict }) => verdict === "unreachable"),
    ({ key, of = "base" }) => !served.has(key) && (needsEthereum || of === "base")
  )
  return missing.length > 0
    ? Effect.fail(new Unreachable({ problems: missing.map(told) }))
    : Effect.forEach(spare, (finding) => Effect.logWarning(told(finding)), { discard: true })
}

/**
 * For commands that drive operations. First all that can be parsed (`input` is what was typed), then all that must be
 * asked of the chains and the database; each stage tells everything that is wrong with it.
 */
export const withPorts = <I, A, E, R>(
  options: {
    readonly config: Option.Option<string>
    readonly noWait: boolean
    /** The one thing that is moved; without it whatever there is. */
    readonly moves?: Preflight.Subject
  },
  input: (config: Option.Option<Live.Configuration>) => Effect.Effect<I, InvalidInput>,
  use: (input: I, config: Live.Configuration) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function*() {
    const found = yield* Effect.either(loaded(options.config))
    const [config, typed] = yield* both(found, input(Option.getRight(found)))
    return yield* Effect.gen(function*() {
      const findings = yield* Effect.provide(
        Preflight.findings(config, options.moves === undefined ? undefined : [options.moves]),
        Live.chains(config)
      )
      const [ports] = yield* both(yield* opened(Layer.build(Live.layer(config))), nothingWrong(findings))
      yield* enoughReachable(findings, options.moves === "usdc")
      return yield* LiveLine.watching(use(typed, config)).pipe(
        Effect.provide(ports),
        Effect.provide(Policies.layer({ ...config.policies, waitForLease: !options.noWait }))
      )
    }).pipe(logging(config.logging))
  }).pipe(Effect.scoped)
