/** What a Schema says of a foreign value that does not fit it, in words that can be shown. */
import { Option, ParseResult } from "effect"
import { printable } from "./Printable.ts"

interface Issue {
  readonly path: ReadonlyArray<PropertyKey>
  readonly message: string
}

/** It also prints the value, and throws where that is nested without end, or has something else for a `constructor`. */
const format = Option.liftThrowable(ParseResult.ArrayFormatter.formatErrorSync)

/** One for each thing that is wrong. */
export const issues = (error: ParseResult.ParseError): ReadonlyArray<Issue> =>
  Option.match(format(error), {
    onNone: () => [{ path: [], message: "it is nested too deeply, or cannot be shown for another reason" }],
    onSome: (found) => found.map(({ message, path }) => ({ path, message: printable(message) }))
  })

/** `logs: 0: address: expected ..`. */
export const explain = (error: ParseResult.ParseError): string =>
  printable(issues(error).map(({ message, path }) => [...path.map(String), message].join(": ")).join("; "))
