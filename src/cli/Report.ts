/** One operation as people and programs are shown it. */
import { DateTime, Option } from "effect"
import * as Outcome from "../domain/Outcome.ts"
import type { Operation, RecordedEvent } from "../services/EventStore.ts"
import type { OutboxTransaction } from "../services/TransactionOutbox.ts"
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

/** What became of it and what to do about it, for somebody who was woken up by it. */
export const verdict = ({ id, outcome, state }: Operation): string => {
  switch (outcome._tag) {
    case "Succeeded":
      return `${state}: done`
    case "Reconciled":
      return `${state}: settled by hand`
    case "InProgress":
      return `${state}: not finished. Continue it with: ballast resume ${id}`
    case "Failed": {
      const { amount, detail, place, reason } = outcome.failure
      return [
        `${state} (${reason}): ${detail}`,
        `The money: ${amount} at ${place}.`,
        Outcome.settled(outcome)
          ? settledAdvice[place]?.[reason] ?? "It is at rest; a new operation can be started."
          : `${
            unsettledAdvice[place]?.[reason] ?? "Ballast stopped waiting; it may still turn out well."
          } Ask again with: ballast recheck ${id}`
      ].join("\n")
    }
  }
}

const settledAdvice: { readonly [place: string]: { readonly [reason: string]: string } } = {
  Alpaca: {
    InsufficientPosition: "Nothing moved. Buy or free what is missing at Alpaca, then start a new operation.",
    NotWhitelisted:
      "Nothing moved. Have our wallet put on Alpaca's whitelist for USDC on Ethereum, wait until it is APPROVED, then start a new operation.",
    TravelRule:
      "Nothing moved. Tell Alpaca what it asks about the owner of the address (travel rule), then start a new operation.",
    Unauthorized:
      "Nothing moved. Check BALLAST_ALPACA_API_KEY, _API_SECRET, _AUTH and what the account may do, then start a new operation.",
    InvalidRequest: "Nothing moved. Correct what Alpaca complains about, then start a new operation.",
    Rejected: "It stays at Alpaca. Ask Alpaca or the issuer why, then start a new operation."
  },
  EthereumWallet: {
    Reverted: "It is in our wallet on Ethereum. See to why the contract refuses it, then move it on by hand.",
    InvalidRequest: "It is in our wallet on Ethereum. Correct what is complained about, then move it on by hand."
  },
  BaseWallet: {
    Reverted: "It is still in our wallet on Base. See to why the contract refuses it, then start a new operation.",
    Short: "What came is in our wallet on Base; the rest is still in the vault. Move it on by hand, or put it back.",
    Cancelled: "It is still in our wallet on Base. A new operation can be started."
  },
  Vault: {
    Short: "The vault paid nothing: what was asked for is not there. Look at its balance, then start a new operation.",
    Reverted: "Nothing moved. See to why the vault refuses it, then start a new operation."
  }
}

const unsettledAdvice: { readonly [place: string]: { readonly [reason: string]: string } } = {
  IssuerInTransit: {
    Rejected:
      "A person has to ask the issuer, with the request's id and the transaction, to send the tokens back or to credit the shares."
  },
  AlpacaInTransit: {
    Rejected:
      "A person has to ask Alpaca, with the transfer's id and the transaction, to credit it or to send it back.",
    Unverifiable: "A person has to look at the transaction, and ask Alpaca where what it does not show has gone."
  },
  CctpInTransit: {
    Reverted: "It is burned and can still be minted: see to why the mint is refused. Ballast tries again by itself."
  },
  EthereumWallet: {
    Unverifiable: "A person has to look at the transaction: what it brought cannot be ours alone."
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
