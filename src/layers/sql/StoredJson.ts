/** JSON out of a column. What is stored is not trusted. */
import { Either, ParseResult, Schema } from "effect"

/** Nothing that is written is half as deep. What is deeper would overflow the stack of whoever prints it. */
const deepest = 64

const isShallow = (value: unknown, levels = deepest): boolean =>
  typeof value !== "object" || value === null ||
  (levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1)))

/** Left says what is wrong with it; not in the parser's words, which quote what may not be printable. */
export const parse = (text: string): Either.Either<unknown, string> =>
  Either.filterOrLeft(
    Either.try({ try: (): unknown => JSON.parse(text), catch: () => "it is no JSON" }),
    (value) => isShallow(value),
    () => `it is nested more than ${deepest} deep`
  )

const Text = Schema.transformOrFail(Schema.String, Schema.Unknown, {
  strict: true,
  decode: (text, _options, ast) => Either.mapLeft(parse(text), (problem) => new ParseResult.Type(ast, text, problem)),
  encode: (value) => Either.right(JSON.stringify(value))
})

/** A column of JSON that fits this Schema. */
export const column = <A, I>(of: Schema.Schema<A, I>) => Schema.compose(Text, of, { strict: false })
