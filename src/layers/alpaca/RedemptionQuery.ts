/** Which requests can be about tokens that were sent. Source: external-apis 1.4, 1.5. */
import { Array as Arr, DateTime, Duration } from "effect"
import type { SentTokens } from "../../services/AlpacaTokenization.ts"

/** Alpaca dates a request by its clock, and we a transfer by ours. */
const clockMargin = Duration.hours(1)

/** A request of this time, or an older one, is about other tokens. */
export const createdAfter = ({ sentAt }: SentTokens): DateTime.Utc => DateTime.subtractDuration(sentAt, clockMargin)

/** Not by symbol, issuer or network: what names our hash and another of these has to be seen. */
export const make = (sent: Arr.NonEmptyReadonlyArray<SentTokens>): Readonly<Record<"type" | "after", string>> => ({
  type: "redeem",
  after: DateTime.formatIso(Arr.min(Arr.map(sent, createdAfter), DateTime.Order))
})
