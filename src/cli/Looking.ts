/** What commands need that look at the log: keys, logs and the database. Nothing here loads what speaks to a chain. */
import { type Config, Effect, Either, Layer, Logger, LogLevel, Option } from "effect"
import * as BallastConfig from "../layers/Config.ts"
import * as ConfigSource from "../layers/ConfigSource.ts"
import * as Stored from "../layers/Stored.ts"
import type { StoreError } from "../services/StoreError.ts"
import { InvalidInput } from "./InvalidInput.ts"
import * as LiveLine from "./LiveLine.ts"

/** From the keys of all sources. */
export const configured = <A>(file: Option.Option<string>, config: Config.Config<A>) =>
  ConfigSource.loadFrom({ environment: process.env, file, dotEnv: true }, config)

type Logging = Config.Config.Success<typeof BallastConfig.logging>

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
export const opened = <A, R>(
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

type Chains = Option.Option.Value<Config.Config.Success<typeof BallastConfig.verifying>["chains"]>

/** And may ask the chains, where they are configured. */
export const withLogAndChains = <A, E, R>(
  file: Option.Option<string>,
  use: (chains: Option.Option<Chains>) => Effect.Effect<A, E, R>
) => Effect.flatMap(configured(file, BallastConfig.verifying), (config) => looking(config, use(config.chains)))

const looking = <A, E, R>(
  { database, logging: logs }: Config.Config.Success<typeof BallastConfig.looking>,
  effect: Effect.Effect<A, E, R>
) =>
  Effect.gen(function*() {
    const context = yield* Effect.flatten(opened(Layer.build(Stored.database(database, { create: false }))))
    return yield* effect.pipe(Effect.provide(context), logging(logs))
  }).pipe(Effect.scoped)
