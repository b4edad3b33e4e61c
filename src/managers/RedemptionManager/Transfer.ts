/** Requested: the tokens go to the issuer's redemption wallet, in one transaction. */
import { DateTime, Effect } from "effect"
import * as Redemption from "../../domain/EquityRedemption.ts"
import type { Reason } from "../../domain/Failure.ts"
import type { RedemptionId } from "../../domain/OperationId.ts"
import { Erc20 } from "../../services/Erc20.ts"
import type { Lease } from "../../services/Leases.ts"
import * as Progress from "../Progress.ts"
import * as Sending from "../Sending.ts"
import * as Standing from "../Standing.ts"
import * as Waiting from "../Waiting.ts"

type Requested = typeof Redemption.State.Requested.Type

/** Recorded at depth, with what its logs say has moved. */
export const send = (id: RedemptionId, state: Requested, lease: Lease) =>
  Effect.gen(function*() {
    const erc20 = yield* Erc20
    const token = { chain: "base", address: state.token, decimals: state.amount.decimals } as const
    return yield* Sending.once({
      operation: id,
      wallet: state.wallet,
      step: Redemption.transferStep,
      lease,
      since: state.retriedAt ?? state.requestedAt,
      send: (sending) => erc20.transfer(token, { recipient: state.redemptionWallet, amount: state.amount }, sending),
      done: ({ amount, txHash }) =>
        Effect.map(
          amount.units === 0n
            ? failed("Reverted", `transaction ${txHash} was mined, but moved nothing of token ${state.token}`)
            : Effect.map(
              DateTime.now,
              (at): Redemption.Command => Redemption.SendTokens.make({ txHash, amountSent: amount, at })
            ),
          (answer) => Waiting.Answer({ answer })
        ),
      failed,
      onWait: waiting(id, state)
    })
  })

/** Whether the tokens have left our wallet. */
export const standing = (
  id: RedemptionId,
  { amount, redemptionWallet: recipient, token }: Redemption.State.Order
) =>
  Effect.flatMap(Erc20, (erc20) =>
    Standing.of(
      id,
      Redemption.transferStep,
      (txHash) => erc20.received({ chain: "base", address: token, decimals: amount.decimals }, { txHash, recipient })
    ))

/** Whether they have left all the same, once nothing can send them any more. */
export const cancelled = (id: RedemptionId, state: Requested, why: string, lease: Lease) =>
  Standing.cancelled({
    operation: id,
    wallet: state.wallet,
    step: Redemption.transferStep,
    why,
    lease,
    onWait: waiting(id, state)
  })

const waiting = (id: RedemptionId, { _tag, requestedAt, retriedAt = requestedAt }: Requested) =>
  Progress.waiting({ type: Redemption.aggregate.type, id, state: _tag, since: retriedAt })

/** The tokens are where they were. */
const failed = (reason: Reason, detail: string): Effect.Effect<Redemption.Command> =>
  Effect.map(DateTime.now, (at) => Redemption.Fail.make({ reason, detail, place: "BaseWallet", at }))
