/** Shares at Alpaca become tokens on Base: request, accepted, tokens received, finalized. */
import { DateTime, Effect, Option } from "effect"
import type { Address } from "../domain/Address.ts"
import type { EquitySymbol } from "../domain/EquitySymbol.ts"
import type { MintId } from "../domain/OperationId.ts"
import * as Shares from "../domain/Shares.ts"
import * as Mint from "../domain/TokenizedEquityMint.ts"
import type { TokenizedEquities } from "../services/TokenizedEquities.ts"
import * as EquityOrder from "./EquityOrder.ts"
import * as Acceptance from "./MintManager/Acceptance.ts"
import * as Cancel from "./MintManager/Cancel.ts"
import * as Recheck from "./MintManager/Recheck.ts"
import * as Retry from "./MintManager/Retry.ts"
import * as Tokens from "./MintManager/Tokens.ts"
import { type Refused, unlessSame, unlessStarted } from "./Refused.ts"
import * as Steps from "./Steps.ts"
import * as Verbs from "./Verbs.ts"
import * as Waiting from "./Waiting.ts"

/** What a caller asks for; the rest of the order comes from the configuration of the moment. */
export interface MintRequest {
  readonly symbol: EquitySymbol
  readonly quantity: Shares.Shares
  /** Receives the tokens on Base. */
  readonly wallet: Address
}

/** What is done in each state of a mint: one row, at most one external write. */
export const steps = (id: MintId) => ({
  MintRequested: (state, attempt) => Acceptance.findOrOrder(id, state, attempt),
  MintAccepted: (state) => Tokens.awaitProof(id, state),
  TokensReceived: (state) => Tokens.finalize(id, state)
} satisfies Steps.Steps<Mint.State.State, Mint.Command, "NotStarted" | "Completed" | "Failed" | "Reconciled">)

type Open<E, R> = (state: Mint.State.State) => Effect.Effect<Option.Option<Mint.Command>, E, R>

const inTurns = <E, R>(id: MintId, open: Open<E, R>) =>
  Steps.drive({
    name: "MintManager",
    aggregate: Mint.aggregate,
    id,
    steps: steps(id),
    open: (state) => Effect.map(open(state), Option.map((command) => ({ command })))
  })

const drive = <E, R>(id: MintId, open: Open<E, R>) => Waiting.patiently(inTurns(id, open))

/**
 * Mints `quantity` shares as tokens to `wallet` and answers the state in which the mint has finished. Safe to repeat with
 * the same `id`: it continues, and is refused if it now asks for something else.
 */
export const executeMint = (id: MintId, request: MintRequest) =>
  drive(
    id,
    Effect.fnUntraced(function*(state) {
      if (state._tag === "NotStarted") return Option.some(yield* order(request))
      yield* unlessSame("mint", id, { asked: print(request), recorded: print(state) })
      return yield* Recheck.unlessSettled(id, state)
    })
  )

/** As `resume`, for whoever has others to attend to in the pauses. Each turn is to be run uninterruptibly. */
export const resuming = (id: MintId) =>
  inTurns(
    id,
    Effect.fnUntraced(function*(state) {
      yield* unlessStarted("mint", id, state)
      return yield* Recheck.unlessSettled(id, state)
    })
  )

/** Continues a mint where it stands; one that failed without being settled is looked at again. */
export const resume = (id: MintId) => Waiting.patiently(resuming(id))

/** Asks Alpaca about a failed mint and adopts what turned out well after all. */
export const recheck = (id: MintId) =>
  drive(
    id,
    Effect.fnUntraced(function*(state) {
      yield* unlessStarted("mint", id, state)
      return yield* Recheck.always(id, state)
    })
  )

/** Orders a new try of a failed mint, once Alpaca shows that nothing of the old one can still happen. */
export const retry = (id: MintId) =>
  drive(
    id,
    Effect.fnUntraced(function*(state) {
      yield* Verbs.unlessFailed(subject(id, state), "NotRetryable")
      return state._tag === "Failed" ? Option.some(yield* Retry.command(id, state)) : Option.none()
    })
  )

/** Cancels a mint that Alpaca has not taken; what it has taken all the same goes on. */
export const cancel = (id: MintId, reason: string) =>
  drive(
    id,
    Effect.fnUntraced(function*(state) {
      yield* Verbs.unlessCancellable(subject(id, state))
      return state._tag === "MintRequested" ? Option.some(yield* Cancel.command(id, state, reason)) : Option.none()
    })
  )

/** Records that a person has settled by hand what had failed. */
export const reconcile = (id: MintId, reconciliation: Verbs.Reconciliation) =>
  drive(
    id,
    (state) =>
      Verbs.reconciled(subject(id, state), reconciliation, (fields): Mint.Command => Mint.Reconcile.make(fields))
  )

const subject = (id: MintId, state: Mint.State.State) => Verbs.subjectOf("mint", Mint.aggregate, id, state)

/** The order that a request becomes under today's configuration. */
const order = (request: MintRequest): Effect.Effect<Mint.Command, Refused, TokenizedEquities> =>
  Effect.gen(function*() {
    const { decimals, issuer, network, token } = yield* EquityOrder.make(request)
    return Mint.RequestMint.make({ ...request, token, decimals, issuer, network, at: yield* DateTime.now })
  })

/** What would be ordered, after all the checks of `executeMint`. Records and sends nothing. */
export const plan = (request: MintRequest) => EquityOrder.make(request)

const print = ({ quantity, symbol, wallet }: MintRequest) => `${Shares.print(quantity)} ${symbol} to ${wallet}`
