/** Failed: look whether it turned out well after all, and if so take the redemption back into its normal rows. */
import { DateTime, Effect, Option } from "effect"
import * as Redemption from "../../domain/EquityRedemption.ts"
import * as Outcome from "../../domain/Outcome.ts"
import type { TokenizationRequest } from "../../domain/TokenizationRequest.ts"
import { AlpacaTokenization } from "../../services/AlpacaTokenization.ts"
import { isTransient, Policies, retrying } from "../Policies.ts"
import { tokensOf } from "./Issuer.ts"

type Failed = typeof Redemption.State.Failed.Type

/** For a failure that is settled nobody has to look. */
export const unlessSettled = (state: Redemption.State.State) =>
  Outcome.settled(Redemption.aggregate.outcome(state)) ? Effect.succeedNone : always(state)

export const always = (state: Redemption.State.State) =>
  state._tag === "Failed" && state.sent !== undefined ? look(state, state.sent) : Effect.succeedNone

/** By the transfer first: of a rejected request the issuer may have made another one. */
const look = (state: Failed, sent: NonNullable<Failed["sent"]>) =>
  Effect.gen(function*() {
    const alpaca = yield* AlpacaTokenization
    const policies = yield* Policies
    const known = Option.fromNullable(state.tokenizationRequestId)
    const shown = yield* retrying(
      Effect.flatMap(alpaca.findRedemption(tokensOf(state, sent)), (found) =>
        Option.match(Option.isSome(found) ? Option.none() : known, {
          onNone: () =>
            Effect.succeed(found),
          onSome: alpaca.getRequest
        })),
      { schedule: policies.retry, while: isTransient }
    )
    if (Option.isNone(shown) || !isNews(state, shown.value)) {
      return Option.none()
    }
    const { id, issuerRequestId } = shown.value
    return Option.some<Redemption.Command>(Redemption.RecoverRedemption.make({
      tokenizationRequestId: id,
      ...Option.match(issuerRequestId, { onNone: () => ({}), onSome: (issuerRequestId) => ({ issuerRequestId }) }),
      at: yield* DateTime.now
    }))
  })

/** Whether the normal rows would now get further than the failure did. */
const isNews = ({ failure, tokenizationRequestId }: Failed, { id, status }: TokenizationRequest): boolean => {
  switch (status) {
    case "Completed":
      return true
    case "Rejected":
      return failure.reason !== "Rejected"
    case "Pending":
    case "Other":
      return id !== tokenizationRequestId
  }
}
