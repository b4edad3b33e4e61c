/** MintRequested: find what was ordered before, or order it. */
import { DateTime, Effect, Option } from "effect"
import type { Place, Reason } from "../../domain/Failure.ts"
import type { MintId } from "../../domain/OperationId.ts"
import type { TokenizationRequest } from "../../domain/TokenizationRequest.ts"
import * as Mint from "../../domain/TokenizedEquityMint.ts"
import type { AlpacaError } from "../../services/AlpacaError.ts"
import { AlpacaTokenization } from "../../services/AlpacaTokenization.ts"
import { Leases } from "../../services/Leases.ts"
import * as Doubt from "../Doubt.ts"
import { isTransient, Policies, retrying } from "../Policies.ts"
import type { Try } from "../Steps.ts"

type MintRequested = typeof Mint.State.MintRequested.Type

/** What this try is known by at Alpaca. */
export const keyOf = (id: MintId, { retried }: Pick<MintRequested, "retried">): MintId => retried?.clientRequestId ?? id

/**
 * Each try looks before it orders, except the very first, before which nothing can have been sent. An unknown outcome is
 * therefore just a reason for another try. Nothing is ordered after the deadline: by then Alpaca may have forgotten the
 * idempotency key, and the market maker what he wanted.
 */
export const findOrOrder = (id: MintId, state: MintRequested, { first, lease }: Try) =>
  Effect.gen(function*() {
    const alpaca = yield* AlpacaTokenization
    const leases = yield* Leases
    const policies = yield* Policies
    const key = keyOf(id, state)
    const deadline = DateTime.addDuration(state.retried?.at ?? state.requestedAt, policies.tokenization.deadline)
    // A further try may be made under a key that was used before.
    let nothingSent = first && state.retried === undefined
    const look = Effect.interruptible(alpaca.findMint(key, state))

    const attempt = Effect.gen(function*() {
      if (!nothingSent) {
        const begun = yield* DateTime.now
        const found = yield* look
        if (Option.isSome(found)) return yield* acknowledge(found.value)
        if (DateTime.greaterThanOrEqualTo(begun, deadline)) {
          return yield* fail(
            "TimedOut",
            `Alpaca shows no request with client_request_id ${key}, and none is sent this late`
          )
        }
      }
      const isFirst = nothingSent
      nothingSent = false
      // Whoever has taken over may have seen the order refused, or have given it up.
      yield* leases.confirm(lease)
      return yield* alpaca.requestMint(key, state).pipe(
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

    return yield* Doubt.lasting(
      retrying(attempt, {
        schedule: policies.retry,
        while: (error) =>
          error._tag !== "LeaseLost" &&
          (isTransient(error) || (error._tag === "AlpacaError" && error.reason === "OutcomeUnknown"))
      }),
      { id, deadline, failed: (detail) => fail("Unverifiable", detail, "IssuerInTransit") }
    )
  })

export const acknowledge = ({ id, issuerRequestId }: TokenizationRequest): Effect.Effect<Mint.Command> =>
  Effect.map(DateTime.now, (at) =>
    Mint.AcknowledgeAcceptance.make({
      tokenizationRequestId: id,
      ...Option.match(issuerRequestId, { onNone: () => ({}), onSome: (issuerRequestId) => ({ issuerRequestId }) }),
      at
    }))

/** Before acceptance the shares have not moved, unless Alpaca has taken something else for our order. */
const fail = (reason: Reason, detail: string, place: Place = "Alpaca"): Effect.Effect<Mint.Command> =>
  Effect.map(DateTime.now, (at) => Mint.Fail.make({ reason, detail, place, at }))

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
