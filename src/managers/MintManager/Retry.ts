/** Failed, and a person orders a new try: only when nothing of the old one can still happen at Alpaca. */
import { DateTime, Effect, Option } from "effect"
import * as ClientRequestId from "../../domain/ClientRequestId.ts"
import type { MintId } from "../../domain/OperationId.ts"
import * as Mint from "../../domain/TokenizedEquityMint.ts"
import * as EquityOrder from "../EquityOrder.ts"
import { Policies } from "../Policies.ts"
import { stillPossible } from "../Standing.ts"
import { keyOf } from "./Acceptance.ts"
import * as Recheck from "./Recheck.ts"

type Failed = typeof Mint.State.Failed.Type

/** What has turned out well after all is adopted, and nothing is ordered again. */
export const command = (id: MintId, state: Failed) =>
  Effect.gen(function*() {
    const shown = yield* Recheck.shown(id, state)
    if (Option.isSome(shown) && shown.value.status !== "Rejected") {
      const { id: request, status } = shown.value
      return (yield* Recheck.hasNews(state, shown.value))
        ? yield* Recheck.recover(shown.value)
        : yield* stillPossible(`Alpaca says ${status} of tokenization request ${request}`, id)
    }
    const reason = Option.isSome(shown)
      ? `Alpaca has rejected tokenization request ${shown.value.id}`
      : yield* neverTaken(id, state)
    yield* EquityOrder.withinLimit(state)
    const attempt = state.retried?.attempt ?? 1
    // Whoever has not been answered asks again with the same key: then Alpaca takes it once, whatever it has heard before.
    const isSame = Option.isNone(shown) && state.failure.reason === "TimedOut"
    return Mint.RetryMint.make({
      ...(isSame
        ? { attempt, clientRequestId: keyOf(id, state) }
        : { attempt: attempt + 1, clientRequestId: ClientRequestId.ofTry(id, attempt + 1) }),
      reason,
      at: yield* DateTime.now
    })
  })

/** By what it is known that an order of which Alpaca shows nothing was never taken. */
const neverTaken = (id: MintId, state: Failed) =>
  Effect.gen(function*() {
    const policies = yield* Policies
    const { failedAt, failure, tokenizationRequestId } = state
    if (tokenizationRequestId !== undefined) {
      return yield* stillPossible(
        `Alpaca does not show tokenization request ${tokenizationRequestId}, which proves nothing`,
        id
      )
    }
    if (failure.reason === "Unverifiable") {
      return yield* stillPossible(
        `what Alpaca had under our key was not what was ordered. Find out what it is, and say what you did about it: ballast reconcile ${id}`,
        id
      )
    }
    const until = DateTime.addDuration(failedAt, policies.wallet.settlingTime)
    return DateTime.lessThan(yield* DateTime.now, until)
      ? yield* stillPossible(`Alpaca may show an order of it until ${DateTime.formatIso(until)}`, id)
      : `Alpaca shows no request with client_request_id ${keyOf(id, state)}`
  })
