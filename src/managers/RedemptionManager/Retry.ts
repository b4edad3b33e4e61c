/** Failed, and a person orders a new try: only when nothing of the old one can still happen. */
import { DateTime, Effect, Option } from "effect"
import * as Redemption from "../../domain/EquityRedemption.ts"
import type { RedemptionId } from "../../domain/OperationId.ts"
import type { Lease } from "../../services/Leases.ts"
import * as EquityOrder from "../EquityOrder.ts"
import * as Sending from "../Sending.ts"
import { giveUp, stillPossible } from "../Standing.ts"
import * as Recheck from "./Recheck.ts"
import * as Reservation from "./Reservation.ts"
import * as Transfer from "./Transfer.ts"

type Failed = typeof Redemption.State.Failed.Type

/** What has turned out well after all is adopted, and nothing is sent again. */
export const opening = (id: RedemptionId, state: Failed, lease: Lease) =>
  Effect.gen(function*() {
    yield* Sending.unlessOther(id, state.wallet)
    const recovered = yield* Recheck.always(id, state)
    if (Option.isSome(recovered)) return { command: recovered.value }
    if (state.sent !== undefined) {
      return yield* stillPossible(
        `the tokens were sent in transaction ${state.sent.txHash}, and the issuer has them: he can still redeem them, or send them back`,
        id
      )
    }
    const standing = yield* Transfer.standing(id, state)
    if (standing._tag !== "Over") {
      return yield* stillPossible(standing.why, id)
    }
    yield* EquityOrder.withinLimit(state)
    const guard = yield* Reservation.make(id, state, false)
    yield* giveUp(standing, lease)
    const command: Redemption.Command = Redemption.RetryRedemption.make({
      reason: standing.why,
      at: yield* DateTime.now
    })
    return { command, guard }
  })
