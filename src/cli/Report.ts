/** One operation as people and programs are shown it. */
import { DateTime, Option } from "effect"
import * as Outcome from "../domain/Outcome.ts"
import type { Operation, RecordedEvent } from "../services/EventStore.ts"
import type { OutboxTransaction } from "../services/TransactionOutbox.ts"
import * as Advice from "./Advice.ts"
import * as RebalanceMoney from "./RebalanceMoney.ts"

/** As `list --json` shows it. */
export const summary = ({ data, id, outcome, startedAt, state, type, updatedAt, version }: Operation) => ({
  type,
  id,
  state,
  finished: Outcome.finished(outcome),
  settled: Outcome.settled(outcome),
  succeeded: outcome._tag === "Succeeded",
  version,
  startedAt: DateTime.formatIso(startedAt),
  updatedAt: DateTime.formatIso(updatedAt),
  data,
  ...(outcome._tag === "Failed" ? { failure: outcome.failure } : {})
})

/** As `show --json` shows it. */
export const document = (
  operation: Operation,
  history: ReadonlyArray<RecordedEvent>,
  transactions: ReadonlyArray<OutboxTransaction>
) => ({
  ...summary(operation),
  events: history.map(({ payload, sequence, type }) => {
    const { at, ...rest } = typeof payload === "object" && payload !== null
      ? { at: undefined, ...payload }
      : { at: undefined }
    return { sequence, type, at, payload: rest }
  }),
  /** Of our own wallet, oldest first; a mint sends none. */
  transactions: transactions.map(sent)
})

/** A transaction as `show --json` shows it. `hash` is the one that was mined, or else the last that was signed. */
const sent = ({ chain, detail, key, mined, nonce, signatures, status }: OutboxTransaction) => ({
  step: key.step,
  attempt: key.attempt,
  chain,
  nonce,
  status,
  hash: Option.match(mined, { onNone: () => signatures.at(-1)?.hash ?? null, onSome: ({ hash }) => hash }),
  block: Option.match(mined, { onNone: () => null, onSome: ({ block }) => String(block) }),
  signatures: signatures.map(({ hash, kind, maxFeePerGas, maxPriorityFeePerGas, signedAt }) => ({
    hash,
    kind,
    maxFeePerGas: String(maxFeePerGas),
    maxPriorityFeePerGas: String(maxPriorityFeePerGas),
    signedAt: DateTime.formatIso(signedAt)
  })),
  ...Option.match(detail, { onNone: () => ({}), onSome: (detail) => ({ detail }) })
})

/** States before which nothing irreversible has happened. */
const cancellable: ReadonlySet<string> = new Set(["MintRequested", "Requested"])

/** What became of it and what to do about it, for somebody who was woken up by it. */
export const verdict = ({ id, outcome, state }: Operation): string => {
  switch (outcome._tag) {
    case "Succeeded":
      return `${state}: done`
    case "Reconciled":
      return `${state}: settled by hand`
    case "InProgress":
      return `${state}: not finished. Continue it with: ballast resume ${id}${
        cancellable.has(state) ? `, or give it up with: ballast cancel ${id} --reason TEXT` : ""
      }`
    case "Failed": {
      const { amount, detail, place, reason } = outcome.failure
      return [
        `${state} (${reason}): ${detail}`,
        `The money: ${amount} at ${place}.`,
        ...Advice.lines(id, outcome.failure, Outcome.settled(outcome))
      ].join("\n")
    }
  }
}

/** The fields that say most about an operation, whatever its kind. */
const subject = (data: Operation["data"]): string =>
  Option.fromNullable(data["quantity"]).pipe(
    Option.map((quantity) => `${String(quantity)} ${String(data["symbol"])}`),
    Option.getOrElse(() => [data["amount"], "USDC", data["direction"]].map(String).join(" "))
  )

/** A message of CCTP is long, and says nothing to people. */
const longest = 66
const shortened = (payload: unknown): string =>
  JSON.stringify(
    payload,
    (_, value: unknown) =>
      typeof value === "string" && value.startsWith("0x") && value.length > longest
        ? `${value.slice(0, 18)}.. (${(value.length - 2) / 2} bytes)`
        : value
  )

export const header: ReadonlyArray<string> = ["id", "type", "state", "settled", "what", "updated"]

export const row = (operation: Operation): ReadonlyArray<string> => [
  operation.id,
  operation.type,
  operation.state,
  Outcome.settled(operation.outcome) ? "yes" : "no",
  subject(operation.data),
  DateTime.formatIso(operation.updatedAt)
]

/** The story of one operation. */
export const story = (
  operation: Operation,
  history: ReadonlyArray<RecordedEvent>,
  transactions: ReadonlyArray<OutboxTransaction>
): string =>
  [
    `${operation.type} ${operation.id}, ${subject(operation.data)}`,
    ...document(operation, history, []).events.map(({ at, payload, sequence, type }) =>
      `  ${sequence}. ${String(at)}  ${type}  ${shortened(payload)}`
    ),
    ...transactions.map(sent).map(({ attempt, chain, detail = "", hash, nonce, signatures, status, step }) =>
      `  ${step}${attempt === 1 ? "" : `, attempt ${attempt}`}: ${status} on ${chain}, nonce ${nonce}, ${
        hash ?? "not signed"
      }${signatures.length > 1 ? `, signed ${signatures.length} times` : ""}${detail === "" ? "" : ` (${detail})`}`
    ),
    ...Option.toArray(RebalanceMoney.line(operation)),
    verdict(operation)
  ].join("\n")
