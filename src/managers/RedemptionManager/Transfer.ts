/** Requested: the tokens go to the issuer's redemption wallet, in one transaction. */
import { DateTime, Effect, Option } from "effect"
import * as Redemption from "../../domain/EquityRedemption.ts"
import type { Reason } from "../../domain/Failure.ts"
import type { RedemptionId } from "../../domain/OperationId.ts"
import { Erc20, Transferred } from "../../services/Erc20.ts"
import type { Lease } from "../../services/Leases.ts"
import { attemptOf, Transactions } from "../../services/TransactionOutbox.ts"
import { Policies } from "../Policies.ts"
import * as Progress from "../Progress.ts"
import * as Waiting from "../Waiting.ts"

type Requested = typeof Redemption.State.Requested.Type

/**
 * Has no deadline: as long as the transaction can be mined it is waited for. It is recorded at depth, with what its logs say
 * has moved.
 */
export const send = (id: RedemptionId, state: Requested, lease: Lease) =>
  Effect.gen(function*() {
    const erc20 = yield* Erc20
    const transactions = yield* Transactions
    const { transactions: { poll } } = yield* Policies
    const token = { chain: "base", address: state.token, decimals: state.amount.decimals } as const

    const look = Effect.gen(function*() {
      const attempt = attemptOf(yield* transactions.list({ operation: id }), Redemption.transferStep)
      const transferred = yield* erc20.transfer(
        token,
        { recipient: state.redemptionWallet, amount: state.amount },
        { key: { operation: id, step: Redemption.transferStep, attempt }, lease }
      )
      return yield* Transferred.$match(transferred, {
        Pending: ({ waitingFor }) => Effect.succeed(notYet(waitingFor)),
        Sent: ({ amount, txHash }) =>
          amount.units === 0n
            ? fail("Reverted", `transaction ${txHash} was mined, but moved nothing of token ${state.token}`)
            : Effect.map(DateTime.now, (at) =>
              Waiting.Answer<Redemption.Command>({
                answer: Redemption.SendTokens.make({ txHash, amountSent: amount, at })
              })),
        Reverted: ({ txHash, why }) => fail("Reverted", `transaction ${txHash} reverted: ${why}`),
        Dead: ({ isOurs, why }) =>
          isOurs
            ? fail("Cancelled", `the transfer was cancelled: ${why}`)
            : Effect.succeed(notYet(`a further attempt: ${why}`))
      })
    }).pipe(
      // Nothing was stored, and of no attempt before it can anything be mined any more.
      Effect.catchTag("OutboxError", (error) =>
        error.reason === "Reverts" ? fail("Reverted", `nothing was sent: ${error.detail}`) : error)
    )

    return yield* Waiting.until({
      look,
      poll,
      onWait: Progress.waiting({ type: Redemption.aggregate.type, id, state: state._tag, since: state.requestedAt })
    })
  })

const notYet = (waitingFor: string) => Waiting.NotYet({ waitingFor, late: Option.none<Redemption.Command>() })

/** The tokens are where they were. */
const fail = (reason: Reason, detail: string) =>
  Effect.map(
    DateTime.now,
    (at) =>
      Waiting.Answer<Redemption.Command>({ answer: Redemption.Fail.make({ reason, detail, place: "BaseWallet", at }) })
  )
