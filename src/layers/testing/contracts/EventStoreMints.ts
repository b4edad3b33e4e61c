/** Mints as the event store's contract appends them, one event at a time or several, and what the store then shows of them. */
import { DateTime, Effect, Either } from "effect"
import * as Address from "../../../domain/Address.ts"
import * as Decider from "../../../domain/Decider.ts"
import { EquitySymbol } from "../../../domain/EquitySymbol.ts"
import { MintId, type OperationId } from "../../../domain/OperationId.ts"
import * as Shares from "../../../domain/Shares.ts"
import * as TokenAmount from "../../../domain/TokenAmount.ts"
import { TokenizationRequestId } from "../../../domain/TokenizationRequest.ts"
import * as Mint from "../../../domain/TokenizedEquityMint.ts"
import * as TxHash from "../../../domain/TxHash.ts"
import { type CorruptStream, EventStore, type Guard, type VersionConflict } from "../../../services/EventStore.ts"
import { type Lease, type LeaseHeld, type LeaseLost, Leases } from "../../../services/Leases.ts"
import type { StoreError } from "../../../services/StoreError.ts"
import type { EventStoreControl } from "../EventStoreControl.ts"
import * as Contract from "./Contract.ts"

export type Case = Contract.Case<
  Contract.ContractViolation | CorruptStream | VersionConflict | LeaseHeld | LeaseLost | StoreError,
  EventStore | EventStoreControl | Leases
>

export const { type } = Mint.aggregate

/** Their order as text is that of their names. */
export const a = MintId.make("a0000000-0000-4000-8000-000000000000")
export const b = MintId.make("b0000000-0000-4000-8000-000000000000")
export const c = MintId.make("c0000000-0000-4000-8000-000000000000")

const at = DateTime.unsafeMake("2026-01-05T14:00:00.000Z")

/** More than 2^53 of the smallest unit: no amount may pass through a number. */
const amount = TokenAmount.make({ units: 10_500_000_000_000_000_001n, decimals: 18 })

export const requested = Mint.Event.MintRequested.make({
  symbol: EquitySymbol.make("AAPL"),
  quantity: Shares.fromUnits(10_500_000_001n),
  wallet: Address.make("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
  token: Address.make("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"),
  decimals: 18,
  issuer: "st0x",
  network: "base",
  at
})
export const accepted = Mint.Event.MintAccepted.make({
  tokenizationRequestId: TokenizationRequestId.make("12345-678-90AB"),
  at
})
export const received = Mint.Event.TokensReceived.make({
  txHash: TxHash.make(`0x${"ab".repeat(32)}`),
  sharesMinted: amount,
  at
})
export const completed = Mint.Event.MintCompleted.make({ at })
/** Ballast stopped waiting: finished, and yet not settled. */
export const timedOut = Mint.Event.MintFailed.make({
  reason: "TimedOut",
  detail: "no answer; 30 minutes' wait, \"done\" — ",
  place: "AlpacaInTransit",
  amount: "10.500000001",
  at
})
export const reconciled = Mint.Event.MintReconciled.make({ reason: "Settled", note: "ticket 12", at })

/** What a mint that finished well has in its log. */
export const whole = [requested, accepted, received, completed] as const

type Events = ReadonlyArray<Mint.Event.Event>

/** The state that these events lead to. */
export const after = (events: Events): Mint.State.State => Either.getOrThrow(Decider.replay(Mint.decider, events))

export const load = (id: MintId) => Effect.flatMap(EventStore, (store) => store.load(Mint.aggregate, id))

/** Appends `events` to a stream that holds `before`. */
export const append = <G = never>(
  lease: Lease,
  id: MintId,
  before: Events,
  events: Events,
  more: { readonly causation?: string; readonly guard?: Guard<G> } = {}
) =>
  Effect.flatMap(EventStore, (store) =>
    store.append(Mint.aggregate, id, {
      expectedVersion: before.length,
      events,
      state: after([...before, ...events]),
      causation: "Command",
      lease,
      ...more
    }))

export const hold = (id: MintId) => Effect.flatMap(Leases, (leases) => leases.hold(`${type}/${id}`))

/** A mint with these events, appended one by one. */
export const written = (id: MintId, events: Events) =>
  Effect.scoped(Effect.gen(function*() {
    const lease = yield* hold(id)
    for (const [index, event] of events.entries()) {
      yield* append(lease, id, events.slice(0, index), [event], { causation: event._tag })
    }
  }))

export const operations = (filter?: Parameters<EventStore["Type"]["operations"]>[0]) =>
  Effect.flatMap(EventStore, (store) => store.operations(filter))

export const ids = (operations: ReadonlyArray<{ readonly id: string }>) =>
  operations.map(({ id }) => id.charAt(0)).join(" ")

export const history = (id: OperationId) => Effect.flatMap(EventStore, (store) => store.history(id))

export const sameJson = (actual: unknown, expected: unknown, what: string) =>
  Contract.equals(JSON.stringify(actual), JSON.stringify(expected), what)

export const shown = (events: ReadonlyArray<Mint.Event.Event>) => Mint.aggregate.view(after(events))

/** The view of a mint says what these events say. */
export const viewAgrees = (id: OperationId, events: ReadonlyArray<Mint.Event.Event>) =>
  Effect.gen(function*() {
    const [operation] = yield* operations({ id })
    const { data, outcome, state } = shown(events)
    yield* Contract.equals(operation?.type, type, "the view's type")
    yield* Contract.equals(operation?.version, events.length, "the view's version")
    yield* Contract.equals(operation?.state, state, "the view's state")
    yield* sameJson(operation?.outcome, outcome, "the view's outcome")
    yield* sameJson(operation?.data, data, "the view's data")
  })

/** Nothing at all has been recorded of this operation. */
export const isUnwritten = (id: OperationId) =>
  Effect.gen(function*() {
    yield* Contract.equals((yield* history(id)).length, 0, "the number of events")
    yield* Contract.equals((yield* operations({ id })).length, 0, "the number of views")
  })
