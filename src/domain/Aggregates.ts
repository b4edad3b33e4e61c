/** Every workflow that Ballast knows, by its name in the event log. */
import type { Foldable } from "./Aggregate.ts"
import * as EquityRedemption from "./EquityRedemption.ts"
import * as TokenizedEquityMint from "./TokenizedEquityMint.ts"
import * as UsdcRebalance from "./UsdcRebalance.ts"

/** Every kind of operation that a log of Ballast can hold. */
export const all: ReadonlyArray<Foldable> = [
  TokenizedEquityMint.aggregate,
  EquityRedemption.aggregate,
  UsdcRebalance.aggregate
]
