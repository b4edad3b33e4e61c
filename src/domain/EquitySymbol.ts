/** A ticker as Alpaca writes it: `AAPL`, `BRK.B`. */
import { Schema } from "effect"

/** The ticker of a share at the broker, such as `AAPL`. */
export const EquitySymbol = Schema.String.pipe(
  Schema.pattern(/^[A-Z][A-Z0-9]{0,9}(?:\.[A-Z]{1,3})?$/, { message: () => "expected a ticker such as AAPL" }),
  Schema.brand("EquitySymbol")
)
export type EquitySymbol = typeof EquitySymbol.Type
