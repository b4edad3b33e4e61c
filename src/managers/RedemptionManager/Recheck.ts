/** Failed: look whether it turned out well after all, and if so take the redemption back into its normal rows. */
import { DateTime, Effect, Option } from "effect"
import * as Redemption from "../../domain/EquityRedemption.ts"
import type { RedemptionId } from "../../domain/OperationId.ts"
import * as Outcome from "../../domain/Outcome.ts"
import type { TokenizationRequest } from "../../domain/TokenizationRequest.ts"
import { AlpacaTokenization } from "../../services/AlpacaTokenization.ts"
import { isTransient, Policies, retrying } from "../Policies.ts"
import { tokensOf } from "./Issuer.ts"
import * as Transfer from "./Transfer.ts"

type Failed = typeof Redemption.State.Failed.Type

/** For a failure that is settled nobody has to look. */
export const unlessSettled = (id: RedemptionId, state: Redemption.State.State) =>
  Outcome.settled(Redemption.aggregate.outcome(state)) ? Effect.succeedNone : always(id, state)

export const always = (id: RedemptionId, state: Redemption.State.State) => {
  if (state._tag !== "Failed") return Effect.succeedNone
  return state.sent === undefined ? unsent(id, state) : look(state, state.sent)
}

/** Its transfer may have been mined after all, where a reorganisation has undone what was concluded. */
const unsent = (id: RedemptionId, state: Failed) =>
  Effect.gen(function*() {
    const standing = yield* Transfer.standing(id, state)
    if (standing._tag !== "Done") return Option.none()
    return Option.some<Redemption.Command>(
      Redemption.RetryRedemption.make({ reason: standing.why, at: yield* DateTime.now })
    )
  })

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
