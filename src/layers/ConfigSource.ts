/**
 * Where the keys come from: the environment wins over `--config`, that over `.env` in the current folder. A key that
 * starts with BALLAST_ and means nothing is an error, since it is most likely one that was meant to mean something.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import { Chunk, type Config, ConfigProvider, Data, Effect, Either, Option, Record, Schema, Stream } from "effect"
import { parseEnv } from "node:util"
import { printable } from "../domain/Printable.ts"
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
    // Devices and pipes tell no size, and some have no end.
    const parts = yield* Stream.runCollect(fs.stream(path, { bytesToRead: maxBytes + 1 }))
    const bytes = Buffer.concat(Chunk.toReadonlyArray(parts))
    if (bytes.length > maxBytes) {
      return yield* new InvalidConfiguration({ problems: [`${path} is larger than ${maxBytes} bytes`] })
    }
    return bytes.toString()
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

/** Whoever has more of them has another file in mind. */
const mostUnknown = 20

const unknownIn = (source: string, keys: ReadonlyArray<string>): ReadonlyArray<string> => {
  const unknown = keys.filter((key) => !BallastConfig.keys.has(key))
  return [
    ...unknown.slice(0, mostUnknown).map((key) => `${printable(key)} (in ${source}) is no key that Ballast knows`),
    ...unknown.length > mostUnknown ? [`nor are ${unknown.length - mostUnknown} more (in ${source})`] : []
  ]
}

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
    const unknown = ours.flatMap(([name, keys]) => unknownIn(name, Object.keys(keys)))
    const provider = ConfigProvider.fromMap(new Map(ours.flatMap(([, keys]) => Record.toEntries(keys))))
    const loaded = yield* Effect.either(Effect.withConfigProvider(load(config), provider))
    if (unknown.length === 0) return yield* loaded
    return yield* new InvalidConfiguration({
      problems: [...unknown, ...Either.match(loaded, { onLeft: ({ problems }) => problems, onRight: () => [] })]
    })
  })
