/** MintAccepted: wait until Alpaca says completed and the chain says so too. TokensReceived: finalize. */
import { DateTime, Effect, Either, Option } from "effect"
import type { Place, Reason } from "../../domain/Failure.ts"
import type { MintId } from "../../domain/OperationId.ts"
import * as Shares from "../../domain/Shares.ts"
import * as TokenAmount from "../../domain/TokenAmount.ts"
import type { TokenizationRequest } from "../../domain/TokenizationRequest.ts"
import * as Mint from "../../domain/TokenizedEquityMint.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import { Alerts } from "../../services/Alerts.ts"
import { AlpacaTokenization } from "../../services/AlpacaTokenization.ts"
import { Erc20, Received } from "../../services/Erc20.ts"
import { Policies } from "../Policies.ts"
import * as Progress from "../Progress.ts"
import * as Waiting from "../Waiting.ts"

type MintAccepted = typeof Mint.State.MintAccepted.Type
type TokensReceived = typeof Mint.State.TokensReceived.Type

export const awaitProof = (id: MintId, state: MintAccepted) =>
  Effect.gen(function*() {
    const alpaca = yield* AlpacaTokenization
    const { tokenization } = yield* Policies
    const request = `tokenization request ${state.tokenizationRequestId}`

    const look = Effect.gen(function*() {
      const shown = yield* alpaca.getRequest(state.tokenizationRequestId)
      if (Option.isNone(shown)) {
        return yield* notYet(`Alpaca to show ${request}`, "TimedOut", `Alpaca does not show ${request}`)
      }
      switch (shown.value.status) {
        case "Rejected":
          return Waiting.Answer({ answer: yield* fail("Rejected", `Alpaca rejected ${request}`, "Alpaca") })
        case "Completed":
          return yield* proof(state, shown.value)
        case "Pending":
        case "Other":
          return yield* notYet(`Alpaca to complete ${request}`, "TimedOut", `Alpaca has not completed ${request}`)
      }
    })

    return yield* Waiting.until({
      look,
      deadline: DateTime.addDuration(state.acceptedAt, tokenization.deadline),
      poll: tokenization.poll,
      onWait: Progress.waiting({ type: Mint.aggregate.type, id, state: state._tag, since: state.acceptedAt })
    })
  })

/** What a completed request is worth: it is believed when the chain shows the tokens in the wallet, at depth. */
export const proof = (order: Mint.State.Order, request: TokenizationRequest) =>
  Effect.gen(function*() {
    if (Option.isNone(request.txHash)) {
      return yield* notYet(
        "Alpaca to name the transaction",
        "Unverifiable",
        "Alpaca says completed but names no transaction"
      )
    }
    const txHash = request.txHash.value
    const erc20 = yield* Erc20
    const received = yield* erc20.received(
      { chain: "base", address: order.token, decimals: order.decimals },
      { txHash, recipient: order.wallet }
    )
    return yield* Received.$match(received, {
      NotMined: () => unverifiable(`Base to show transaction ${txHash}`, "Base does not show it", txHash),
      Unconfirmed: ({ confirmations, required }) =>
        Effect.succeed(Waiting.NotYet({
          waitingFor: `confirmation ${required} of transaction ${txHash} (now ${confirmations})`,
          late: Option.none<Mint.Command>()
        })),
      Reverted: () => unverifiable(`another transaction than ${txHash}, which reverted`, "it reverted", txHash),
      Confirmed: ({ amount }) =>
        amount.units === 0n
          ? unverifiable(
            `another transaction than ${txHash}, which brought no ${order.symbol} tokens`,
            `it transfers nothing of token ${order.token} to ${order.wallet}`,
            txHash
          )
          : Effect.map(
            DateTime.now,
            (at) => Waiting.Answer({ answer: Mint.ReceiveTokens.make({ txHash, sharesMinted: amount, at }) })
          )
    })
  })

/** What came may differ from what was ordered; that is a matter for a person, and no reason to stop. */
export const finalize = (id: MintId, { decimals, quantity, sharesMinted, symbol, txHash }: TokensReceived) =>
  Effect.gen(function*() {
    const ordered = Shares.toTokenAmount(quantity, decimals)
    if (Either.isLeft(ordered) || ordered.right.units !== sharesMinted.units) {
      const alerts = yield* Alerts
      yield* alerts.raise({
        condition: `${id}/minted-other-than-ordered`,
        operation: id,
        message: `mint ${id}: ${Shares.print(quantity)} ${symbol} were ordered, ${
          TokenAmount.print(sharesMinted)
        } arrived in transaction ${txHash}; ask the issuer about the difference`
      })
    }
    return Mint.Finalize.make({ at: yield* DateTime.now })
  })

const unverifiable = (waitingFor: string, why: string, txHash: TxHash) =>
  notYet(waitingFor, "Unverifiable", `Alpaca says completed by transaction ${txHash}, but ${why}`)

/** Since the acceptance the shares are with the issuer, until tokens or a rejection say otherwise. */
const notYet = (waitingFor: string, reason: Reason, detail: string) =>
  Effect.map(
    fail(reason, detail, "IssuerInTransit"),
    (late) => Waiting.NotYet({ waitingFor, late: Option.some<Mint.Command>(late) })
  )

const fail = (reason: Reason, detail: string, place: Place) =>
  Effect.map(DateTime.now, (at): Mint.Command => Mint.Fail.make({ reason, detail, place, at }))
