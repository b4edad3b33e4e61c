/** TokensSent: wait until the issuer has told Alpaca. Pending: wait until Alpaca has given the shares back. */
import { DateTime, Effect, Option } from "effect"
import * as Redemption from "../../domain/EquityRedemption.ts"
import type { Reason } from "../../domain/Failure.ts"
import type { RedemptionId } from "../../domain/OperationId.ts"
import * as Shares from "../../domain/Shares.ts"
import * as TokenAmount from "../../domain/TokenAmount.ts"
import type { TokenizationRequest } from "../../domain/TokenizationRequest.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import { Alerts } from "../../services/Alerts.ts"
import { AlpacaTokenization, type SentTokens } from "../../services/AlpacaTokenization.ts"
import * as Doubt from "../Doubt.ts"
import { Policies } from "../Policies.ts"
import * as Progress from "../Progress.ts"
import * as Waiting from "../Waiting.ts"

type TokensSent = typeof Redemption.State.TokensSent.Type
type Pending = typeof Redemption.State.Pending.Type

/**
 * What the issuer has got. The transfer was recorded at depth, perhaps hours after it was mined by a process that died: no
 * request for it is older than the intent.
 */
export const tokensOf = (
  { issuer, network, requestedAt, symbol, wallet }: Redemption.State.Order & Pick<TokensSent, "requestedAt">,
  { txHash }: Pick<TokensSent, "txHash">
): SentTokens => ({ txHash, symbol, wallet, issuer, network, sentAt: requestedAt })

/** Nothing is ordered: the issuer sees the transfer, and Alpaca learns of it from him. */
export const awaitDetection = (id: RedemptionId, state: TokensSent) =>
  Effect.gen(function*() {
    const alpaca = yield* AlpacaTokenization
    const { tokenization } = yield* Policies
    const deadline = DateTime.addDuration(state.sentAt, tokenization.deadline)
    const look = Effect.gen(function*() {
      const shown = yield* alpaca.findRedemption(tokensOf(state, state))
      return Option.isSome(shown)
        ? Waiting.Answer<Redemption.Command>({ answer: yield* detected(shown.value) })
        : yield* notYet(
          `the issuer to tell Alpaca of transaction ${state.txHash}`,
          `Alpaca shows no redemption for transaction ${state.txHash}`
        )
    })
    return yield* Waiting.until({
      look: Doubt.lasting(look, {
        id,
        deadline,
        failed: (detail) => Effect.map(fail("Unverifiable", detail), (answer) => Waiting.Answer({ answer }))
      }),
      deadline,
      poll: tokenization.poll,
      onWait: Progress.waiting({ type: Redemption.aggregate.type, id, state: state._tag, since: state.sentAt })
    })
  })

const detected = ({ id, issuerRequestId }: TokenizationRequest) =>
  Effect.map(DateTime.now, (at) =>
    Redemption.Detect.make({
      tokenizationRequestId: id,
      ...Option.match(issuerRequestId, { onNone: () => ({}), onSome: (issuerRequestId) => ({ issuerRequestId }) }),
      at
    }))

export const awaitCompletion = (id: RedemptionId, state: Pending) =>
  Effect.gen(function*() {
    const alpaca = yield* AlpacaTokenization
    const { tokenization } = yield* Policies
    const request = `tokenization request ${state.tokenizationRequestId}`

    const look = Effect.gen(function*() {
      const shown = yield* alpaca.getRequest(state.tokenizationRequestId)
      if (Option.isNone(shown)) return yield* notYet(`Alpaca to show ${request}`, `Alpaca does not show ${request}`)
      switch (shown.value.status) {
        case "Completed": {
          yield* compare(id, state, shown.value)
          return Waiting.Answer<Redemption.Command>({ answer: Redemption.Complete.make({ at: yield* DateTime.now }) })
        }
        case "Rejected":
          return Waiting.Answer<Redemption.Command>({
            answer: yield* fail("Rejected", rejected(request, state.txHash))
          })
        case "Pending":
        case "Other":
          return yield* notYet(`Alpaca to complete ${request}`, `Alpaca has not completed ${request}`)
      }
    })

    return yield* Waiting.until({
      look,
      deadline: DateTime.addDuration(state.detectedAt, tokenization.deadline),
      poll: tokenization.poll,
      onWait: Progress.waiting({ type: Redemption.aggregate.type, id, state: state._tag, since: state.detectedAt })
    })
  })

const rejected = (request: string, txHash: TxHash) =>
  `Alpaca rejected ${request} after the tokens had been sent in transaction ${txHash}; the issuer has them, and nothing says that he sends them back by himself`

/** What comes back may differ from what was sent; that is a matter for a person, and no reason to stop. */
const compare = (id: RedemptionId, { amountSent, symbol, txHash }: Pending, { quantity }: TokenizationRequest) =>
  Effect.gen(function*() {
    if (Shares.fromTokenAmountFloor(amountSent) === quantity) return
    const alerts = yield* Alerts
    yield* alerts.raise({
      condition: `${id}/redeemed-other-than-sent`,
      operation: id,
      message: `redemption ${id}: ${
        TokenAmount.print(amountSent)
      } ${symbol} tokens were sent in transaction ${txHash}, ${
        Shares.print(quantity)
      } shares came back; ask the issuer about the difference`
    })
  })

/** Since the transfer the tokens are with the issuer, until shares or a rejection say otherwise. */
const notYet = (waitingFor: string, detail: string) =>
  Effect.map(
    fail("TimedOut", detail),
    (late) => Waiting.NotYet({ waitingFor, late: Option.some<Redemption.Command>(late) })
  )

const fail = (reason: Reason, detail: string) =>
  Effect.map(
    DateTime.now,
    (at): Redemption.Command => Redemption.Fail.make({ reason, detail, place: "IssuerInTransit", at })
  )
