/** A foreign value read by a Schema. It may be anything that JSON can say, also what a Schema itself does not survive. */
import { Either, Option, ParseResult, Schema } from "effect"
import { printable } from "./Printable.ts"

interface Issue {
  readonly path: ReadonlyArray<PropertyKey>
  readonly message: string
}

const beyondWords = "it is nested too deeply, or cannot be shown for another reason"

/** It also prints the value, and throws where that is nested without end, or has something else for a `constructor`. */
const format = Option.liftThrowable(ParseResult.ArrayFormatter.formatErrorSync)

/** One for each thing that is wrong. */
export const issues = (error: ParseResult.ParseError): ReadonlyArray<Issue> =>
  Option.match(format(error), {
    onNone: () => [{ path: [], message: beyondWords }],
    onSome: (found) => found.map(({ message, path }) => ({ path, message: printable(message) }))
  })

/** `logs: 0: address: expected ..`. */
export const explain = (error: ParseResult.ParseError): string =>
  printable(issues(error).map(({ message, path }) => [...path.map(String), message].join(": ")).join("; "))

/** Left is what does not fit, in words that can be shown. */
export const decoder = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknownEither(schema)
  return (value: unknown): Either.Either<A, string> =>
    // To tell the members of a union apart it makes a text of what stands for a tag, whatever that is.
    Either.flatMap(
      Either.try({ try: () => decode(value), catch: () => beyondWords }),
      Either.mapLeft(explain)
    )
}
