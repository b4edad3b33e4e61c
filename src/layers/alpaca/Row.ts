/** One object of Alpaca's, quirks included: "" and null mean that there is nothing. */
import { Either, Predicate, Record, type Schema } from "effect"
import * as Foreign from "../../domain/Foreign.ts"

/** Left says what is wrong with it, field by field. */
export const decoder = <A, I>(wire: Schema.Schema<A, I>) => {
  const decode = Foreign.decoder(wire)
  return (value: unknown): Either.Either<A, string> =>
    Predicate.isRecord(value)
      ? decode(Record.filter(value, (field) => field !== "" && field !== null))
      : Either.left("not an object")
}
