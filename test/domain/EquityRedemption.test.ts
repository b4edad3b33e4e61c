import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import * as Redemption from "../../src/domain/EquityRedemption.ts"
import * as Outcome from "../../src/domain/Outcome.ts"
import { IssuerRequestId } from "../../src/domain/TokenizationRequest.ts"
import * as Mint from "../../src/domain/TokenizedEquityMint.ts"
import * as TxHash from "../../src/domain/TxHash.ts"
import { left, right, specOf } from "../support/spec.ts"
import { at, id, stands } from "./Examples.ts"
import { command, event, history, state } from "./RedemptionExamples.ts"

type CommandName = Redemption.Command["_tag"]

const spec = specOf(Redemption.decider, id)

/** All that a state refuses, named one by one: a new command must be put into one list or the other. */
const refuses = (name: keyof typeof history, commands: ReadonlyArray<CommandName>) =>
  spec.refuses(history[name], commands.map((name) => command[name]))

describe("NotStarted", () => {
  it("RequestRedemption records the intent, with all that is needed to finish", () =>
    spec.given().when(command.RequestRedemption).thenEmits([event.RedemptionRequested], state.Requested))
  refuses("NotStarted", [
    "SendTokens",
    "Detect",
    "Complete",
    "Fail",
    "Cancel",
    "RecoverRedemption",
    "RetryRedemption",
    "Reconcile"
  ])
})

describe("Requested", () => {
  const given = spec.given(...history.Requested)
  it("SendTokens records what was sent, not what was asked", () =>
    given.when(command.SendTokens).thenEmits([event.TokensSent], state.TokensSent))
  it("Fail keeps the order; the amount is what was ordered, and nothing is said to be sent", () =>
    given.when(command.Fail).thenEmits([event.RedemptionFailed], state.FailedUnsent))
  it("Cancel fails it with the tokens in our wallet, since none were sent", () =>
    given.when(command.Cancel).thenEmits([event.RedemptionCancelled], state.Cancelled))
  refuses("Requested", ["RequestRedemption", "Detect", "Complete", "RecoverRedemption", "RetryRedemption", "Reconcile"])
})

describe("TokensSent", () => {
  const given = spec.given(...history.TokensSent)
  it("Detect records the issuer's request", () => given.when(command.Detect).thenEmits([event.Detected], state.Pending))
  it("Fail keeps the transfer; the amount is what was sent", () =>
    given.when(command.Fail).thenEmits([event.RedemptionFailedLate], state.FailedSent))
  refuses("TokensSent", [
    "RequestRedemption",
    "SendTokens",
    "Complete",
    "Cancel",
    "RecoverRedemption",
    "RetryRedemption",
    "Reconcile"
  ])

  it("needs no issuer request id", () => {
    const { issuerRequestId: _, ...detection } = command.Detect
    const { issuerRequestId: __, ...detected } = event.Detected
    const { issuerRequestId: ___, ...next } = state.Pending
    given.when(detection).thenEmits([detected], next)
  })
})

describe("Pending", () => {
  const given = spec.given(...history.Pending)
  it("Complete", () => given.when(command.Complete).thenEmits([event.RedemptionCompleted], state.Completed))
  it("Fail keeps the transfer and the request's ids; the amount is what was sent", () =>
    given.when(command.Fail).thenEmits([event.RedemptionFailedLate], state.FailedDetected))
  refuses("Pending", [
    "RequestRedemption",
    "SendTokens",
    "Detect",
    "Cancel",
    "RecoverRedemption",
    "RetryRedemption",
    "Reconcile"
  ])
})

describe("Failed", () => {
  const recover = command.RecoverRedemption
  const notSent = new Redemption.TokensNotSent({ tokenizationRequestId: recover.tokenizationRequestId })

  it("RecoverRedemption after the transfer adopts the late request, says what was sent, and forgets the failure", () =>
    spec.given(...history.TokensSent, event.RedemptionFailedLate).when(recover)
      .thenEmits([event.RedemptionRecovered], state.Recovered))
  it("RecoverRedemption after a detection takes the ids of the late request alone", () =>
    spec.given(...history.Failed).when(recover).thenEmits([event.RedemptionRecovered], state.Recovered))
  it("RecoverRedemption records the issuer's id when it is known", () => {
    const issuerRequestId = IssuerRequestId.make("issuer-2")
    spec.given(...history.Failed).when({ ...recover, issuerRequestId }).thenEmits(
      [{ ...event.RedemptionRecovered, issuerRequestId }],
      { ...state.Recovered, issuerRequestId }
    )
  })
  it("RecoverRedemption before anything was sent is refused: no request can be of it", () => {
    spec.given(event.RedemptionRequested, event.RedemptionFailed).when(recover).thenRefused(notSent)
    spec.given(event.RedemptionRequested, event.RedemptionCancelled).when(recover).thenRefused(notSent)
    assert.strictEqual(
      notSent.message,
      "tokenization request late cannot be of this redemption: its tokens were never sent"
    )
  })
  it("RetryRedemption before anything was sent goes back to the transfer, by the same order", () =>
    spec.given(event.RedemptionRequested, event.RedemptionFailed).when(command.RetryRedemption)
      .thenEmits([event.RedemptionRetried], state.Retried))
  it("RetryRedemption once the tokens were sent is refused: it would send them twice", () =>
    spec.given(...history.Failed).when(command.RetryRedemption)
      .thenRefused(new Redemption.TokensAreSent({ txHash: event.TokensSent.txHash })))
  it("a try that fails as well can be tried again, and counts from then on", () => {
    const again = [event.RedemptionRequested, event.RedemptionFailed, event.RedemptionRetried] as const
    assert.deepStrictEqual(Redemption.aggregate.since(spec.given(...again).state), Option.some(at(8)))
    spec.given(...again, event.RedemptionFailed).when(command.RetryRedemption)
      .thenEmits([event.RedemptionRetried], state.Retried)
  })
  it("Reconcile keeps every reference", () =>
    spec.given(...history.Failed).when(command.Reconcile).thenEmits([event.RedemptionReconciled], state.Reconciled))
  it("Reconcile of one that sent nothing says of nothing that it was sent", () => {
    const { _tag, ...failed } = state.FailedUnsent
    const { reconciledAt, reconciliation } = state.Reconciled
    spec.given(event.RedemptionRequested, event.RedemptionFailed).when(command.Reconcile).thenEmits(
      [event.RedemptionReconciled],
      Redemption.State.Reconciled.make({ ...failed, reconciliation, reconciledAt })
    )
  })
  refuses("Failed", ["RequestRedemption", "SendTokens", "Detect", "Complete", "Fail", "Cancel"])
})

const everything = Object.keys(command) as ReadonlyArray<CommandName>

describe("Completed", () => refuses("Completed", everything))
describe("Reconciled", () => refuses("Reconciled", everything))

describe("the whole way", () => {
  const recovered = [...history.Failed, event.RedemptionRecovered]
  it("a recovered redemption is completed by the same row as any other", () => {
    const { _tag, ...pending } = state.Recovered
    spec.given(...recovered).when(command.Complete).thenEmits(
      [event.RedemptionCompleted],
      Redemption.State.Completed.make({ ...pending, completedAt: at(3) })
    )
  })
  it("a recovered redemption that fails again still knows its transfer", () => {
    const { _tag, amountSent, detectedAt, sentAt, txHash, ...known } = state.Recovered
    spec.given(...recovered).when(command.Fail).thenEmits(
      [event.RedemptionFailedLate],
      Redemption.State.Failed.make({
        ...known,
        sent: { amountSent, sentAt, txHash },
        failure: state.FailedSent.failure,
        failedAt: at(4)
      })
    )
  })
  it("a recovery in the log says itself what was sent, whatever came before it", () => {
    assert.deepStrictEqual(
      spec.given(event.RedemptionRequested, event.RedemptionFailed, event.RedemptionRecovered).state,
      state.Recovered
    )
    const txHash = TxHash.make(`0x${"ef".repeat(32)}`)
    assert.deepStrictEqual(
      spec.given(...history.Failed, { ...event.RedemptionRecovered, txHash }).state,
      { ...state.Recovered, txHash }
    )
  })
  it("an event that cannot follow stops the fold, and is named", () => {
    const encoded = [event.RedemptionRequested, event.TokensSent, event.RedemptionCompleted].map(
      Redemption.aggregate.codec.encode
    )
    const { cause, index } = left(Redemption.aggregate.fold(encoded))
    assert.strictEqual(index, 2)
    assert.strictEqual(cause.message, "RedemptionCompleted cannot follow state TokensSent")
  })
})

describe("aggregate", () => {
  const { codec, fold, outcome } = Redemption.aggregate
  const folded = (events: ReadonlyArray<Redemption.Event.Event>) => right(fold(events.map(codec.encode)))

  stands(Redemption.aggregate, history, {
    NotStarted: ["in progress", undefined],
    Requested: ["in progress", 0],
    TokensSent: ["in progress", 1],
    Pending: ["in progress", 2],
    Completed: ["settled", 3],
    // Rejected by the issuer, who has the tokens.
    Failed: ["not settled", 4],
    Reconciled: ["settled", 7]
  })

  it("a cancelled redemption is settled: its tokens never left", () =>
    assert.isTrue(Outcome.settled(outcome(spec.given(event.RedemptionRequested, event.RedemptionCancelled).state))))

  it("counts from the recovery once it was recovered", () =>
    assert.deepStrictEqual(Option.getOrUndefined(Redemption.aggregate.since(state.Recovered)), at(6)))

  it("shows a failure's reason, place and amount", () =>
    assert.deepStrictEqual(
      outcome(spec.given(...history.Failed).state),
      Outcome.Failed({
        failure: { reason: "Rejected", detail: "the issuer said no", place: "IssuerInTransit", amount: "10.4" }
      })
    ))

  it("folds a stored stream into JSON that names every reference", () => {
    const { data, state } = folded(history.Reconciled)
    assert.strictEqual(state, "Reconciled")
    assert.deepStrictEqual(JSON.parse(JSON.stringify(data)), {
      symbol: "AAPL",
      quantity: "10.5",
      token: "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
      amount: "10.500000000000000000",
      wallet: "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
      redemptionWallet: "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
      issuer: "st0x",
      network: "base",
      requestedAt: "2026-01-05T14:00:00.000Z",
      sent: {
        txHash: `0x${"cd".repeat(32)}`,
        amountSent: "10.400000000000000000",
        sentAt: "2026-01-05T14:01:00.000Z"
      },
      tokenizationRequestId: "12345-678-90AB",
      issuerRequestId: "issuer-1",
      failure: { reason: "Rejected", detail: "the issuer said no", place: "IssuerInTransit", amount: "10.4" },
      failedAt: "2026-01-05T14:04:00.000Z",
      reconciliation: { reason: "Settled", note: "The issuer sent the tokens back, ticket 12" },
      reconciledAt: "2026-01-05T14:07:00.000Z"
    })
  })
})

describe("what our own wallet has sent", () => {
  const { aggregate } = Redemption
  const sentAfter = (...events: ReadonlyArray<Redemption.Event.Event>) =>
    right(aggregate.fold(events.map(aggregate.codec.encode))).sent
  const transfer = [{ step: Redemption.transferStep, txHash: event.TokensSent.txHash }]

  it("is sent in one step, by the name that the outbox keeps it under", () =>
    assert.deepStrictEqual(aggregate.sends, ["transfer"]))
  for (const name of ["NotStarted", "Requested"] as const) {
    it(`${name} names no transfer`, () => assert.deepStrictEqual(sentAfter(...history[name]), []))
  }
  for (const name of ["TokensSent", "Pending", "Completed", "Failed", "Reconciled"] as const) {
    it(`${name} names the transfer`, () => assert.deepStrictEqual(sentAfter(...history[name]), transfer))
  }
  it("a failure before the transfer, and its reconciliation, name none", () => {
    const failed = [event.RedemptionRequested, event.RedemptionFailed]
    assert.deepStrictEqual(sentAfter(...failed), [])
    assert.deepStrictEqual(sentAfter(...failed, event.RedemptionReconciled), [])
    assert.deepStrictEqual(sentAfter(event.RedemptionRequested, event.RedemptionCancelled), [])
  })
  it("a recovery names the transfer that it tells of itself", () =>
    assert.deepStrictEqual(
      sentAfter(event.RedemptionRequested, event.RedemptionFailed, event.RedemptionRecovered),
      transfer
    ))
  it("a mint sends nothing", () => assert.deepStrictEqual(Mint.aggregate.sends, []))
})
