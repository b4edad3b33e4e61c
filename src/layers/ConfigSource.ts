/**
 * Where the keys come from: the environment wins over `--config`, that over `.env` in the current folder. A key that
 * starts with BALLAST_ and means nothing is an error, since it is most likely one that was meant to mean something.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import { type Config, ConfigProvider, Data, Effect, Either, Option, Record, Schema } from "effect"
import { parseEnv } from "node:util"
import * as BallastConfig from "./Config.ts"
import * as Field from "./ConfigField.ts"

/** Nothing was started and nothing was sent. */
export class InvalidConfiguration extends Data.TaggedError("InvalidConfiguration")<{
  readonly problems: ReadonlyArray<string>
}> {
  override get message(): string {
    return ["The configuration is not usable; nothing was sent:", ...this.problems.map((problem) => `  ${problem}`)]
      .join("\n")
  }
}

export interface Options {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** A JSON file of the same keys. */
  readonly file: Option.Option<string>
  /** False for what must not depend on the folder it is started in. */
  readonly dotEnv: boolean
}

type Keys = Readonly<Record<string, string>>

const maxBytes = 1024 * 1024

const KeysFromJson = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.String }))

const read = (path: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const { size } = yield* fs.stat(path)
    if (size > maxBytes) {
      return yield* new InvalidConfiguration({ problems: [`${path} is larger than ${maxBytes} bytes`] })
    }
    return yield* fs.readFileString(path)
  })

const fromFile = (path: string) =>
  read(path).pipe(
    Effect.catchTags({
      BadArgument: ({ message }) => new InvalidConfiguration({ problems: [`--config ${path}: ${message}`] }),
      SystemError: ({ reason }) =>
        new InvalidConfiguration({ problems: [`--config ${path}: the file cannot be read (${reason})`] })
    }),
    Effect.flatMap((text) =>
      Either.mapLeft(Schema.decodeEither(KeysFromJson)(text), () =>
        new InvalidConfiguration({
          problems: [
            `--config ${path}: expected a JSON object of keys and strings, such as {"BALLAST_DATABASE":"sqlite:ballast.db"}`
          ]
        }))
    )
  )

const fromDotEnv = read(".env").pipe(
  Effect.map((text): Keys => Record.filter(parseEnv(text), (value): value is string => value !== undefined)),
  Effect.catchTags({
    BadArgument: () => Effect.succeed<Keys>({}),
    SystemError: ({ message, reason }) =>
      reason === "NotFound"
        ? Effect.succeed<Keys>({})
        : new InvalidConfiguration({ problems: [`.env cannot be read: ${message}`] })
  })
)

const isOurs = (_: unknown, key: string) => key.startsWith("BALLAST_")

/** Reads one record, or fails with everything that is wrong about it. */
export const load = <A>(config: Config.Config<A>): Effect.Effect<A, InvalidConfiguration> =>
  Effect.mapError(config, (error) => new InvalidConfiguration({ problems: [...new Set(Field.problems(error))] }))

/** As `load`, from the keys of all sources, merged; also tells of the keys that mean nothing. */
export const loadFrom = <A>(
  options: Options,
  config: Config.Config<A>
): Effect.Effect<A, InvalidConfiguration, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const sources: ReadonlyArray<readonly [name: string, keys: Keys]> = [
      [".env", options.dotEnv ? yield* fromDotEnv : {}],
      ["--config", yield* Option.match(options.file, { onNone: () => Effect.succeed<Keys>({}), onSome: fromFile })],
      ["the environment", Record.filter(options.environment, (value): value is string => value !== undefined)]
    ]
    const ours = sources.map(([name, keys]) => [name, Record.filter(keys, isOurs)] as const)
    const unknown = ours.flatMap(([name, keys]) =>
      Object.keys(keys)
        .filter((key) => !BallastConfig.keys.has(key))
        .map((key) => `${key} (in ${name}) is no key that Ballast knows`)
    )
    const provider = ConfigProvider.fromMap(new Map(ours.flatMap(([, keys]) => Record.toEntries(keys))))
    const loaded = yield* Effect.either(Effect.withConfigProvider(load(config), provider))
    if (unknown.length === 0) return yield* loaded
    return yield* new InvalidConfiguration({
      problems: [...unknown, ...Either.match(loaded, { onLeft: ({ problems }) => problems, onRight: () => [] })]
    })
  })
