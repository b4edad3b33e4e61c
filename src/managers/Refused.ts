import { Schema } from "effect"

/** A request that Ballast does not take on. Nothing was recorded and nothing was sent. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", {
  reason: Schema.Literal(
    /** No token is configured for the symbol. */
    "UnknownEquity",
    /** More than BALLAST_EQUITY_MAX_PER_OPERATION. */
    "AboveLimit",
    /** The token has too few decimals for the quantity. */
    "Inexpressible",
    /** The id already stands for something else. */
    "DifferentRequest",
    /** No operation has this id. */
    "UnknownOperation"
  ),
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.detail}. Nothing was sent`
  }
}
