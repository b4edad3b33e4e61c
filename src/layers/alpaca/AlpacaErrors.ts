/**
 * The one place that reads Alpaca's words: what a status and a message say about the effect of a call. Sources:
 * external-apis 1.3 (keys), 1.6 (codes) and peers-and-hazards 2.1 (403 for a missing position).
 */
import { Either, Option, Predicate } from "effect"
import { clean, cut } from "../../domain/Printable.ts"
import type { AlpacaError } from "../../services/AlpacaError.ts"
import * as Json from "../http/Json.ts"

/** A read changes nothing; a write may have, unless its answer excludes it. */
export type Method = "read" | "write"

export interface Refusal {
  readonly status: number
  /** Of Alpaca's `{code, message}`, or of the travel rule's `{error_code, message}`; none when the body is something else, such as a gateway's page. */
  readonly code: Option.Option<string>
  readonly message: string
}

interface Row {
  readonly method: Method | "any"
  readonly status: ReadonlyArray<number>
  /** Without it any code will do. */
  readonly code?: RegExp
  /** Without it any message will do. */
  readonly says?: RegExp
  readonly reason: AlpacaError["reason"]
  /** What Alpaca's words mean, where they may not tell by themselves. */
  readonly meaning?: string
}

/** The first row that fits counts. What fits none proves nothing: `OutcomeUnknown` for a write, `Unavailable` for a read. */
const table: ReadonlyArray<Row> = [
  { method: "any", status: [429], reason: "RateLimited" },
  { method: "any", status: [401], reason: "Unauthenticated" },
  // Words of the wallets about the owner of an address (external-apis 2.2).
  {
    method: "any",
    status: [400, 403, 422],
    code:
      /^(?:INVALID_DATA|UNKNOWN_VASP|ADDRESS_BELONGS_TO_VASP|TRAVEL_RULE_ACTION_REQUIRED|BENEFICIARY_NAME_REQUIRED)$/,
    reason: "TravelRule"
  },
  { method: "write", status: [400, 403, 422], says: /whitelist|not (?:been )?approved/i, reason: "NotWhitelisted" },
  // Documented under 400, seen under 403. "Insufficient permissions" is about the account.
  {
    method: "write",
    status: [400, 403],
    says: /\bposition\b|insufficient(?!\W+(?:permission|privilege|scope|access|right|authori[sz]))/i,
    reason: "InsufficientPosition"
  },
  { method: "any", status: [403], reason: "Forbidden" },
  // A key whose first request was turned down is answered 400, not with the first answer.
  { method: "write", status: [400], says: /\breject/i, reason: "Rejected" },
  // It proves that there is an earlier request under our key, so it is no refusal of ours.
  {
    method: "write",
    status: [422],
    says: /idempoten/i,
    reason: "Mismatch",
    meaning: "this Idempotency-Key was used before with another body"
  },
  { method: "any", status: [400, 422], reason: "InvalidRequest" }
]

export interface Verdict {
  readonly reason: AlpacaError["reason"]
  readonly detail: string
}

export const unanswered = (method: Method): AlpacaError["reason"] =>
  method === "write" ? "OutcomeUnknown" : "Unavailable"

export const classify = (method: Method, { code, message, status }: Refusal): Verdict => {
  const row = table.find((one) =>
    (one.method === "any" || one.method === method) && one.status.includes(status) &&
    (one.says?.test(message) ?? true) && (one.code?.test(Option.getOrElse(code, () => "")) ?? true)
  )
  const answer = [String(status), ...Option.toArray(code)].join(" ")
  const words = message === "" ? answer : `${answer}: ${message}`
  return {
    reason: row?.reason ?? unanswered(method),
    detail: row?.meaning === undefined ? words : `${row.meaning} (${words})`
  }
}

const text = (value: unknown): Option.Option<string> =>
  Option.filter(Option.liftPredicate(value, Predicate.isString), (word) => word !== "")

/** The `{code, message}` of an answer that is no success, or its text if it is not in Alpaca's form. */
export const refusal = (status: number, body: string): Refusal => {
  const parsed = Json.parse(body)
  if (Either.isLeft(parsed) || !Predicate.isRecord(parsed.right)) return { status, code: Option.none(), message: body }
  const { code: number, error_code: name, message } = parsed.right
  const code = Option.orElse(text(number), () => text(name))
  return {
    status,
    code,
    message: Option.getOrElse(text(message), () => Option.isSome(code) ? "" : body)
  }
}

/**
 * Alpaca's own "no such request". A 404 without Alpaca's code comes from a gateway or a wrong URL, and taking it for
 * "nothing carries this label" would invite a second order.
 */
export const isNotFound = ({ code, status }: Refusal): boolean =>
  status === 404 && Option.exists(code, (digits) => digits.startsWith("404"))

/** A refusal is cut there as well. */
const longestRead = 64 * 1024

/** Fit for a log: no control characters, no credentials, not long. */
export const printable = (scrub: (text: string) => string) => (words: string): string =>
  // Once more afterwards, since what was torn apart by control characters is whole now.
  cut(scrub(clean(scrub(words.slice(0, longestRead)))))
