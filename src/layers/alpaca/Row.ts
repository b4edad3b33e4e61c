/** One object of Alpaca's, quirks included: "" and null mean that there is nothing. */
import { Either, Predicate, Record, Schema } from "effect"
import * as Misfit from "../../domain/Misfit.ts"

/** Left says what is wrong with it, field by field. */
export const decoder = <A, I>(wire: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknownEither(wire)
  return (value: unknown): Either.Either<A, string> =>
    Predicate.isRecord(value)
      ? Either.mapLeft(
        decode(Record.filter(value, (field) => field !== "" && field !== null)),
        Misfit.explain
      )
      : Either.left("not an object")
}
