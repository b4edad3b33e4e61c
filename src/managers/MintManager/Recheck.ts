/** Failed: look whether it turned out well after all, and if so take the mint back into its normal rows. */
import { DateTime, Effect, Option } from "effect"
import type { MintId } from "../../domain/OperationId.ts"
import * as Outcome from "../../domain/Outcome.ts"
import type { TokenizationRequest } from "../../domain/TokenizationRequest.ts"
import * as Mint from "../../domain/TokenizedEquityMint.ts"
import { AlpacaTokenization } from "../../services/AlpacaTokenization.ts"
import { isTransient, Policies, retrying } from "../Policies.ts"
import { keyOf } from "./Acceptance.ts"
import { proof } from "./Tokens.ts"

type Failed = typeof Mint.State.Failed.Type

/** For a failure that is settled nobody has to look. */
export const unlessSettled = (id: MintId, state: Mint.State.State) =>
  Outcome.settled(Mint.aggregate.outcome(state)) ? Effect.succeedNone : always(id, state)

export const always = (id: MintId, state: Mint.State.State) =>
  state._tag === "Failed" ? look(id, state) : Effect.succeedNone

const look = (id: MintId, state: Failed) =>
  Effect.gen(function*() {
    const seen = yield* shown(id, state)
    if (Option.isNone(seen) || !(yield* hasNews(state, seen.value))) return Option.none()
    return Option.some(yield* recover(seen.value))
  })

/** What Alpaca shows of the try that failed. */
export const shown = (id: MintId, state: Failed) =>
  Effect.gen(function*() {
    const alpaca = yield* AlpacaTokenization
    const policies = yield* Policies
    const known = state.tokenizationRequestId
    const ask = known === undefined ? alpaca.findMint(keyOf(id, state), state) : alpaca.getRequest(known)
    return yield* retrying(ask, { schedule: policies.retry, while: isTransient })
  })

export const recover = (request: TokenizationRequest): Effect.Effect<Mint.Command> =>
  Effect.map(DateTime.now, (at) => Mint.RecoverMint.make({ tokenizationRequestId: request.id, at }))

/** Whether the normal rows would now get further than the failure did. */
export const hasNews = (state: Failed, request: TokenizationRequest) =>
  Effect.flatMap(
    Policies,
    (policies) => retrying(isNews(state, request), { schedule: policies.retry, while: isTransient })
  )

const isNews = (state: Failed, request: TokenizationRequest) => {
  switch (request.status) {
    case "Completed":
      // What only lacks confirmations is on its way: the row waits for them.
      return Effect.map(proof(state, request), (seen) => seen._tag === "Answer" || Option.isNone(seen.late))
    case "Rejected":
      return Effect.succeed(!Outcome.settled(Mint.aggregate.outcome(state)))
    case "Pending":
    case "Other":
      return Effect.succeed(state.tokenizationRequestId === undefined)
  }
}
