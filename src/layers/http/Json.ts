/** Reads JSON without losing a digit: every number becomes the string that was written. */
import { Either } from "effect"

const stringOrNumber = /"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9][0-9.eE+-]*/g

/**
 * Alpaca writes amounts as strings or as numbers. `JSON.parse` would make a double of the latter, and Node 20 cannot tell
 * what was written. So `{"qty":0.10}` is read as `{"qty":"0.10"}`; exponents stay what they are, for the schema to read.
 */
export const parse = (text: string): Either.Either<unknown, string> =>
  Either.try({
    try: (): unknown => {
      // The first pass only proves that it is JSON; the pattern would mend some texts that are not.
      JSON.parse(text)
      return JSON.parse(text.replace(stringOrNumber, (token) => token.startsWith("\"") ? token : `"${token}"`))
    },
    catch: () => "the body is not JSON"
  })
