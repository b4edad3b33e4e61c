/**
 * One environment variable: what it must look like, and one message that names the key, the value (never a secret) and
 * what would be right.
 */
import { Config, ConfigError, Duration, Either, Option, Redacted, Schema } from "effect"
import * as Decimal from "../domain/Decimal.ts"
import * as Foreign from "../domain/Foreign.ts"
import { printable, quoted } from "../domain/Printable.ts"

export interface Kind<A> {
  /** What would be right, as it follows "expected". */
  readonly expected: string
  readonly parse: (text: string) => Option.Option<A>
  /** The value is never shown. */
  readonly secret?: true
}

/** A private key may stand in the wrong place. Whatever could be one is not shown, where its first digits are cut off neither. */
const anyKey = /[0-9a-fA-F]{60,}/g

const invalid = (message: string) => ConfigError.InvalidData([], message.replace(anyKey, "(not shown)"))

/** Credentials of whoever put them there. */
const isUrlWithSecrets = (text: string) => /^[a-z]+:\/\/.*[@?#]/i.test(text)

const parsed = <A>(key: string, kind: Kind<A>, text: string): Either.Either<A, ConfigError.ConfigError> => {
  if (text.trim() === "") return Either.left(invalid(`${key} is empty: expected ${kind.expected}`))
  const shown = kind.secret || isUrlWithSecrets(text)
    ? `${text.length} characters (not shown)`
    : quoted(text.replace(anyKey, "(not shown)"), 200)
  return Either.fromOption(kind.parse(text), () => invalid(`${key}: expected ${kind.expected}, got ${shown}`))
}

export const optional = <A>(key: string, kind: Kind<A>): Config.Config<Option.Option<A>> =>
  Config.option(Config.string(key)).pipe(
    Config.mapOrFail(Option.match({
      onNone: () => Either.right(Option.none<A>()),
      onSome: (text) => Either.map(parsed(key, kind, text), Option.some)
    }))
  )

export const required = <A>(key: string, kind: Kind<A>): Config.Config<A> =>
  Config.mapOrFail(
    optional(key, kind),
    Either.fromOption(() => ConfigError.MissingData([], `${key} is missing: expected ${kind.expected}`))
  )

export const withDefault = <A>(key: string, kind: Kind<A>, byDefault: A): Config.Config<A> =>
  Config.map(optional(key, kind), Option.getOrElse(() => byDefault))

/** Everything that is wrong, one message each. */
export const problems = (error: ConfigError.ConfigError): ReadonlyArray<string> =>
  ConfigError.isConfigError(error) && (error._op === "And" || error._op === "Or")
    ? [...problems(error.left), ...problems(error.right)]
    : [error.message]

export const text = (expected: string, pattern: RegExp): Kind<string> => ({
  expected,
  parse: Option.liftPredicate((value: string) => pattern.test(value))
})

export const secret = (expected: string, pattern: RegExp): Kind<Redacted.Redacted> => ({
  expected,
  parse: (value) => pattern.test(value) ? Option.some(Redacted.make(value)) : Option.none(),
  secret: true
})

export const oneOf = <const Words extends ReadonlyArray<string>>(...words: Words): Kind<Words[number]> => ({
  expected: words.map((word) => `"${word}"`).join(" or "),
  parse: (value) => Option.fromNullable(words.find((word) => word === value))
})

export const integer = (min: number, max: number): Kind<number> => ({
  expected: `a whole number from ${min} to ${max}`,
  parse: (value) => /^[0-9]{1,9}$/.test(value) && +value >= min && +value <= max ? Option.some(+value) : Option.none()
})

/** What is added to the time of now must still be a time. */
const longestDays = 3650
const longestDuration = Duration.days(longestDays)

/** `10 seconds`, `500 millis`, `1.5 minutes`. */
export const duration: Kind<Duration.Duration> = {
  expected: `a duration above zero such as "500 millis", "10 seconds" or "30 minutes", of at most ${longestDays} days`,
  parse: (value) =>
    Schema.decodeUnknownOption(DurationText)(value).pipe(
      Option.flatMap(Duration.decodeUnknown),
      Option.filter((d) => Duration.greaterThan(d, Duration.zero) && Duration.lessThanOrEqualTo(d, longestDuration))
    )
}
const DurationText = Schema.String.pipe(
  Schema.pattern(/^[0-9]{1,9}(?:\.[0-9]{1,6})? (?:milli|second|minute|hour|day)s?$/)
)

/** `200 gwei`, `0.05 gwei`; in wei. */
export const gasPrice: Kind<bigint> = {
  expected: `a price of gas above zero such as "200 gwei" or "0.5 gwei"`,
  parse: (value) =>
    Option.fromNullable(/^([0-9.]{1,30}) gwei$/.exec(value)?.[1]).pipe(
      Option.flatMap((text) => Option.getRight(Decimal.parse(text, 9))),
      Option.filter((wei) => wei > 0n)
    )
}

/** What a Schema of the domain reads from a string. */
export const schema = <A>(expected: string, of: Schema.Schema<A, string>): Kind<A> => ({
  expected,
  parse: Schema.decodeOption(of)
})

/** Whoever has more mistakes in one value has another one in mind. */
const mostProblems = 20

/** As `schema`, where the Schema's own message says more than `expected` can (a wrong checksum, a wrong place in JSON). */
export const explained = <A>(key: string, expected: string, of: Schema.Schema<A, string>): Config.Config<A> =>
  Config.mapOrFail(
    required(key, text(expected, /^[^]{1,65536}$/)),
    (value) =>
      Either.mapLeft(
        Schema.decodeEither(of, { errors: "all", onExcessProperty: "error" })(value),
        (error) =>
          Foreign.issues(error).slice(0, mostProblems).map(({ message, path }) =>
            invalid(
              path.length === 0
                ? `${key}: ${message}; it is ${expected}`
                : `${key} at ${printable(path.map(String).join("."))}: ${message}`
            )
          ).reduce(ConfigError.And)
      )
  )
