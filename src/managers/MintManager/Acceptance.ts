/** MintRequested: find what was ordered before, or order it. */
import { DateTime, Effect, Option } from "effect"
import type { Reason } from "../../domain/Failure.ts"
import type { MintId } from "../../domain/OperationId.ts"
import type { TokenizationRequest } from "../../domain/TokenizationRequest.ts"
import * as Mint from "../../domain/TokenizedEquityMint.ts"
import type { AlpacaError } from "../../services/AlpacaError.ts"
import { AlpacaTokenization } from "../../services/AlpacaTokenization.ts"
import { isTransient, Policies, retrying } from "../Policies.ts"

type MintRequested = typeof Mint.State.MintRequested.Type

/**
 * Each try looks before it orders, except the very first, before which nothing can have been sent. An unknown outcome is
 * therefore just a reason for another try. Nothing is ordered after the deadline: by then Alpaca may have forgotten the
 * idempotency key, and the market maker what he wanted.
 */
export const findOrOrder = (id: MintId, state: MintRequested, first: boolean) =>
  Effect.gen(function*() {
    const alpaca = yield* AlpacaTokenization
    const policies = yield* Policies
    const deadline = DateTime.addDuration(state.requestedAt, policies.tokenization.deadline)
    let nothingSent = first
    const look = Effect.interruptible(alpaca.findMint(id, state))

    const attempt = Effect.gen(function*() {
      if (!nothingSent) {
        const begun = yield* DateTime.now
        const found = yield* look
        if (Option.isSome(found)) return yield* acknowledge(found.value)
        if (DateTime.greaterThanOrEqualTo(begun, deadline)) {
          return yield* fail(
            "TimedOut",
            `Alpaca shows no request with client_request_id ${id}, and none is sent this late`
          )
        }
      }
      const isFirst = nothingSent
      nothingSent = false
      return yield* alpaca.requestMint(id, state).pipe(
        Effect.flatMap(acknowledge),
        Effect.catchIf((error) => isRefusal(error, isFirst), (refusal) =>
          Effect.gen(function*() {
            const found = isFirst ? Option.none() : yield* look
            return Option.isSome(found)
              ? yield* acknowledge(found.value)
              : yield* fail(reasons[refusal.reason], refusal.detail)
          }))
      )
    })

    return yield* retrying(attempt, {
      schedule: policies.retry,
      while: (error) => isTransient(error) || error.reason === "OutcomeUnknown"
    })
  })

const acknowledge = ({ id, issuerRequestId }: TokenizationRequest) =>
  Effect.map(DateTime.now, (at) =>
    Mint.AcknowledgeAcceptance.make({
      tokenizationRequestId: id,
      ...Option.match(issuerRequestId, { onNone: () => ({}), onSome: (issuerRequestId) => ({ issuerRequestId }) }),
      at
    }))

/** Before acceptance the shares have not moved. */
const fail = (reason: Reason, detail: string) =>
  Effect.map(DateTime.now, (at) => Mint.Fail.make({ reason, detail, place: "Alpaca", at }))

const reasons = {
  InsufficientPosition: "InsufficientPosition",
  InvalidRequest: "InvalidRequest",
  Rejected: "Rejected",
  Unauthenticated: "Unauthorized",
  Forbidden: "Unauthorized"
} as const satisfies Partial<Record<AlpacaError["reason"], Reason>>

type Refusal = AlpacaError & { readonly reason: keyof typeof reasons }

/**
 * A refusal of the order itself holds for every try, since all carry one idempotency key; after an earlier try it is held
 * against one more look, since what that try took may be what is now missing. Refused credentials say nothing about an
 * order that an earlier try, with credentials that were still good, may have placed.
 */
const isRefusal = (error: AlpacaError, isFirst: boolean): error is Refusal =>
  error.reason in reasons && (isFirst || (error.reason !== "Unauthenticated" && error.reason !== "Forbidden"))
