import { assert, describe, it } from "@effect/vitest"
import * as Redemption from "../../src/domain/EquityRedemption.ts"
import { right } from "../support/spec.ts"
import { lawsOf } from "./laws.ts"

const { aggregate } = Redemption

const walks = lawsOf({
  aggregate,
  command: Redemption.Command,
  state: Redemption.State.State,
  event: Redemption.Event.Event,
  table: {
    NotStarted: ["RequestRedemption"],
    Requested: ["SendTokens", "Fail", "Cancel"],
    TokensSent: ["Detect", "Fail"],
    Pending: ["Complete", "Fail"],
    Completed: [],
    Failed: ["RecoverRedemption", "RetryRedemption", "Reconcile"],
    Reconciled: []
  },
  references: (before) => {
    if (before._tag !== "TokensSent" && before._tag !== "Pending") {
      const { _tag, ...references } = before
      return references
    }
    // What was sent is kept together, and when it was detected is no reference.
    const { _tag, amountSent, detectedAt: _, sentAt, txHash, ...references } = { detectedAt: 0, ...before }
    return { ...references, sent: { amountSent, sentAt, txHash } }
  },
  rejects: (command, state) =>
    command._tag === "RecoverRedemption" && state._tag === "Failed" && state.sent === undefined
      ? "TokensNotSent"
      : command._tag === "RetryRedemption" && state._tag === "Failed" && state.sent !== undefined
      ? "TokensAreSent"
      : undefined
})

describe("what our own wallet has sent", () => {
  it.prop("is named from its record on, whatever becomes of the redemption, and never before", [walks], ([steps]) => {
    const events = steps.flatMap(({ events }) => events)
    for (const [index] of events.entries()) {
      const past = events.slice(0, index + 1)
      const sent = past.filter((event) => event._tag === "TokensSent").map(({ txHash }) => ({
        step: "transfer",
        txHash
      }))
      assert.deepStrictEqual(right(aggregate.fold(past.map(aggregate.codec.encode))).sent, sent)
    }
  })
})
