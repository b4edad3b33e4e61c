/** Shares at Alpaca become tokens on Base: request, accepted, tokens received, finalized. */
import { DateTime, Effect, Either, Option } from "effect"
import type { Address } from "../domain/Address.ts"
import type { EquitySymbol } from "../domain/EquitySymbol.ts"
import type { MintId } from "../domain/OperationId.ts"
import * as Shares from "../domain/Shares.ts"
import * as Mint from "../domain/TokenizedEquityMint.ts"
import { TokenizedEquities } from "../services/TokenizedEquities.ts"
import * as Acceptance from "./MintManager/Acceptance.ts"
import * as Recheck from "./MintManager/Recheck.ts"
import * as Tokens from "./MintManager/Tokens.ts"
import { Refused } from "./Refused.ts"
import * as Steps from "./Steps.ts"

/** What a caller asks for; the rest of the order comes from the configuration of the moment. */
export interface MintRequest {
  readonly symbol: EquitySymbol
  readonly quantity: Shares.Shares
  /** Receives the tokens on Base. */
  readonly wallet: Address
}

export const steps = (id: MintId) => ({
  MintRequested: (state, { first }) => Acceptance.findOrOrder(id, state, first),
  MintAccepted: (state) => Tokens.awaitProof(id, state),
  TokensReceived: (state) => Tokens.finalize(id, state)
} satisfies Steps.Steps<Mint.State.State, Mint.Command, "NotStarted" | "Completed" | "Failed" | "Reconciled">)

const drive = <E, R>(id: MintId, open: (state: Mint.State.State) => Effect.Effect<Option.Option<Mint.Command>, E, R>) =>
  Steps.drive({ name: "MintManager", aggregate: Mint.aggregate, id, steps: steps(id), open })

/**
 * Mints `quantity` shares as tokens to `wallet` and answers the state in which the mint has finished. Safe to repeat with
 * the same `id`: it continues, and is refused if it now asks for something else.
 */
export const executeMint = (id: MintId, request: MintRequest) =>
  drive(
    id,
    Effect.fnUntraced(function*(state) {
      if (state._tag === "NotStarted") return Option.some(yield* order(request))
      yield* sameRequest(id, request, state)
      return yield* Recheck.unlessSettled(id, state)
    })
  )

/** Continues a mint where it stands; one that failed without being settled is looked at again. */
export const resume = (id: MintId) =>
  drive(
    id,
    Effect.fnUntraced(function*(state) {
      yield* started(id, state)
      return yield* Recheck.unlessSettled(id, state)
    })
  )

/** Asks Alpaca about a failed mint and adopts what turned out well after all. */
export const recheck = (id: MintId) =>
  drive(
    id,
    Effect.fnUntraced(function*(state) {
      yield* started(id, state)
      return yield* Recheck.always(id, state)
    })
  )

const started = (id: MintId, state: Mint.State.State): Effect.Effect<void, Refused> =>
  state._tag === "NotStarted"
    ? Effect.fail(
      new Refused({ reason: "UnknownOperation", detail: `there is no mint with id ${id} in this database` })
    )
    : Effect.void

/** The order that a request becomes under today's configuration. */
const order = (request: MintRequest): Effect.Effect<Mint.Command, Refused, TokenizedEquities> =>
  Effect.gen(function*() {
    const { equities, issuer, maxPerOperation, network } = yield* TokenizedEquities
    const equity = equities.get(request.symbol)
    if (equity === undefined) {
      return yield* new Refused({
        reason: "UnknownEquity",
        detail: `no token is configured for ${request.symbol} (BALLAST_EQUITIES has ${[...equities.keys()].join(", ")})`
      })
    }
    if (Option.exists(maxPerOperation, (max) => request.quantity > max)) {
      return yield* new Refused({
        reason: "AboveLimit",
        detail: `${Shares.print(request.quantity)} ${request.symbol} is above BALLAST_EQUITY_MAX_PER_OPERATION, ${
          Option.match(maxPerOperation, { onNone: () => "none", onSome: Shares.print })
        }`
      })
    }
    yield* Either.mapLeft(
      Shares.toTokenAmount(request.quantity, equity.decimals),
      (inexact) => new Refused({ reason: "Inexpressible", detail: `${request.symbol}: ${inexact.message}` })
    )
    const at = yield* DateTime.now
    return Mint.RequestMint.make({ ...request, ...equity, issuer, network, at })
  })

const sameRequest = (
  id: MintId,
  asked: MintRequest,
  state: Exclude<Mint.State.State, { _tag: "NotStarted" }>
): Effect.Effect<void, Refused> => {
  const print = ({ quantity, symbol, wallet }: MintRequest) => `${Shares.print(quantity)} ${symbol} to ${wallet}`
  return print(asked) === print(state) ? Effect.void : Effect.fail(
    new Refused({
      reason: "DifferentRequest",
      detail: `mint ${id} is ${print(state)}; this asks for ${print(asked)}. Use another --id for another mint`
    })
  )
}
