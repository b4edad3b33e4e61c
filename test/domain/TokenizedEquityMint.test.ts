import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import * as Decider from "../../src/domain/Decider.ts"
import * as Outcome from "../../src/domain/Outcome.ts"
import * as Mint from "../../src/domain/TokenizedEquityMint.ts"
import { right, specOf } from "../support/spec.ts"
import { at, id, stands } from "./Examples.ts"
import { command, event, history, state } from "./MintExamples.ts"

type CommandName = Mint.Command["_tag"]

const spec = specOf(Mint.decider, id)

/** All that a state refuses, named one by one: a new command must be put into one list or the other. */
const refuses = (name: keyof typeof history, commands: ReadonlyArray<CommandName>) =>
  spec.refuses(history[name], commands.map((name) => command[name]))

describe("NotStarted", () => {
  it("RequestMint records the intent, with all that is needed to finish", () =>
    spec.given().when(command.RequestMint).thenEmits([event.MintRequested], state.MintRequested))
  refuses("NotStarted", [
    "AcknowledgeAcceptance",
    "ReceiveTokens",
    "Finalize",
    "Fail",
    "Cancel",
    "RecoverMint",
    "RetryMint",
    "Reconcile"
  ])
})

describe("MintRequested", () => {
  const given = spec.given(...history.MintRequested)
  it("AcknowledgeAcceptance", () =>
    given.when(command.AcknowledgeAcceptance).thenEmits([event.MintAccepted], state.MintAccepted))
  it("Fail keeps the order; the amount is what was ordered", () =>
    given.when(command.Fail).thenEmits([event.MintFailed], state.FailedRequested))
  it("Cancel fails it with the money at Alpaca, since nothing was sent", () =>
    given.when(command.Cancel).thenEmits([event.MintCancelled], state.Cancelled))
  refuses("MintRequested", ["RequestMint", "ReceiveTokens", "Finalize", "RecoverMint", "RetryMint", "Reconcile"])

  it("needs no issuer request id", () => {
    const { issuerRequestId: _, ...acceptance } = command.AcknowledgeAcceptance
    const { issuerRequestId: __, ...accepted } = event.MintAccepted
    const { issuerRequestId: ___, ...next } = state.MintAccepted
    given.when(acceptance).thenEmits([accepted], next)
  })
})

describe("MintAccepted", () => {
  const given = spec.given(...history.MintAccepted)
  it("ReceiveTokens records what arrived, not what was asked", () =>
    given.when(command.ReceiveTokens).thenEmits([event.TokensReceived], state.TokensReceived))
  it("Fail keeps the request's ids", () => given.when(command.Fail).thenEmits([event.MintFailed], state.FailedAccepted))
  refuses("MintAccepted", [
    "RequestMint",
    "AcknowledgeAcceptance",
    "Finalize",
    "Cancel",
    "RecoverMint",
    "RetryMint",
    "Reconcile"
  ])
})

describe("TokensReceived", () => {
  const given = spec.given(...history.TokensReceived)
  it("Finalize", () => given.when(command.Finalize).thenEmits([event.MintCompleted], state.Completed))
  it("Fail keeps the receipt; the amount is what arrived", () =>
    given.when(command.Fail).thenEmits([event.MintFailedLate], state.FailedReceived))
  refuses("TokensReceived", [
    "RequestMint",
    "AcknowledgeAcceptance",
    "ReceiveTokens",
    "Cancel",
    "RecoverMint",
    "RetryMint",
    "Reconcile"
  ])
})

describe("Failed", () => {
  it("RecoverMint after an acceptance adopts the late request and forgets the failure", () =>
    spec.given(event.MintRequested, event.MintAccepted, event.MintFailed).when(command.RecoverMint)
      .thenEmits([event.MintRecovered], state.Recovered))
  it("RecoverMint after a receipt has the receipt proven again", () =>
    spec.given(...history.Failed).when(command.RecoverMint).thenEmits([event.MintRecovered], state.Recovered))
  it("RecoverMint before any acceptance", () => {
    const { issuerRequestId: _, ...recovered } = state.Recovered
    spec.given(event.MintRequested, event.MintFailed).when(command.RecoverMint).thenEmits(
      [event.MintRecovered],
      recovered
    )
  })
  for (
    const failed of [[event.MintRequested, event.MintFailed], [
      event.MintRequested,
      event.MintAccepted,
      event.MintFailed
    ]]
  ) {
    it(`RetryMint after ${failed.length} events orders anew, under a key of its own, and forgets the old request`, () =>
      spec.given(...failed).when(command.RetryMint).thenEmits([event.MintRetried], state.Retried))
  }
  it("RetryMint once tokens have come is refused: it would bring them twice", () =>
    spec.given(...history.Failed).when(command.RetryMint)
      .thenRefused(new Mint.TokensHaveCome({ txHash: event.TokensReceived.txHash })))
  it("a try that fails as well keeps what it is known by, and can be tried again", () => {
    const given = spec.given(event.MintRequested, event.MintFailed, event.MintRetried, event.MintFailed)
    assert.deepInclude<object>(given.state, { _tag: "Failed", retried: state.Retried.retried })
    given.when({ ...command.RetryMint, attempt: 3 }).thenEmits([{ ...event.MintRetried, attempt: 3 }], {
      ...state.Retried,
      retried: { clientRequestId: command.RetryMint.clientRequestId, attempt: 3, at: at(8) }
    })
  })
  it("Reconcile keeps every reference", () =>
    spec.given(...history.Failed).when(command.Reconcile).thenEmits([event.MintReconciled], state.Reconciled))
  refuses("Failed", ["RequestMint", "AcknowledgeAcceptance", "ReceiveTokens", "Finalize", "Fail", "Cancel"])
})

const everything = Object.keys(command) as ReadonlyArray<CommandName>

describe("Completed", () => refuses("Completed", everything))
describe("Reconciled", () => refuses("Reconciled", everything))

describe("the whole way", () => {
  it("a recovered mint is finished by the same rows as any other", () =>
    spec.given(...history.Failed, event.MintRecovered, event.TokensReceived).when(command.Finalize).thenEmits(
      [event.MintCompleted],
      { ...state.Completed, tokenizationRequestId: command.RecoverMint.tokenizationRequestId, acceptedAt: at(6) }
    ))
  it("an event that cannot follow stops the fold", () => {
    const folded = Decider.replay(Mint.decider, [event.MintRequested, event.MintCompleted])
    assert.deepStrictEqual(
      Option.map(Option.liftPredicate(folded, (result) => result._tag === "Left"), (result) => ({ ...result.left })),
      Option.some({ ...new Decider.IllegalTransition({ event: "MintCompleted", state: "MintRequested" }) })
    )
  })
})

describe("aggregate", () => {
  stands(Mint.aggregate, history, {
    NotStarted: ["in progress", undefined],
    MintRequested: ["in progress", 0],
    MintAccepted: ["in progress", 1],
    TokensReceived: ["in progress", 2],
    Completed: ["settled", 3],
    Failed: ["settled", 4],
    Reconciled: ["settled", 7]
  })

  it("counts from the last try", () => assert.deepStrictEqual(Mint.aggregate.since(state.Retried), Option.some(at(8))))

  it("shows a failure's reason, place and amount", () =>
    assert.deepStrictEqual(
      Mint.aggregate.outcome(spec.given(...history.Failed).state),
      Outcome.Failed({ failure: { reason: "Rejected", detail: "the issuer said no", place: "Alpaca", amount: "10.4" } })
    ))

  it("folds a stored stream into JSON that names every reference", () => {
    const { data, state } = right(Mint.aggregate.fold(history.Reconciled.map(Mint.aggregate.codec.encode)))
    assert.strictEqual(state, "Reconciled")
    assert.deepStrictEqual(JSON.parse(JSON.stringify(data)), {
      symbol: "AAPL",
      quantity: "10.5",
      wallet: "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
      token: "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
      decimals: 18,
      issuer: "st0x",
      network: "base",
      requestedAt: "2026-01-05T14:00:00.000Z",
      tokenizationRequestId: "12345-678-90AB",
      issuerRequestId: "issuer-1",
      txHash: `0x${"ab".repeat(32)}`,
      sharesMinted: "10.400000000000000000",
      receiptId: "7",
      failure: { reason: "Rejected", detail: "the issuer said no", place: "Alpaca", amount: "10.4" },
      failedAt: "2026-01-05T14:04:00.000Z",
      reconciliation: { reason: "Settled", note: "Alpaca booked the shares back, ticket 12" },
      reconciledAt: "2026-01-05T14:07:00.000Z"
    })
  })
})
