/** For every failure that a manager can record: what the operator is told has a verb, and the verb is one that leads on. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import * as Report from "../../src/cli/Report.ts"
import { Place, type Reason } from "../../src/domain/Failure.ts"
import { RebalanceId } from "../../src/domain/OperationId.ts"
import * as Outcome from "../../src/domain/Outcome.ts"

const id = RebalanceId.make("6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e")

/** As test/managers reaches them one by one, and leads on from each. */
const recorded: {
  readonly [P in Place]: ReadonlyArray<
    readonly [verb: "retry" | "recheck" | "reconcile", ...reasons: ReadonlyArray<Reason>]
  >
} = {
  Alpaca: [[
    "retry",
    "InsufficientPosition",
    "InvalidRequest",
    "NotWhitelisted",
    "TravelRule",
    "Rejected",
    "Unauthorized",
    "Cancelled",
    "TimedOut"
  ]],
  EthereumWallet: [["retry", "Reverted", "InvalidRequest", "Cancelled", "Unverifiable"]],
  BaseWallet: [["retry", "Reverted", "InvalidRequest", "Cancelled", "Short"]],
  Vault: [["retry", "Reverted", "Short", "Cancelled"]],
  IssuerInTransit: [["recheck", "TimedOut", "Rejected", "Unverifiable"]],
  AlpacaInTransit: [["recheck", "TimedOut", "Rejected", "Unverifiable"]],
  CctpInTransit: [["recheck", "TimedOut"], ["retry", "Reverted", "Cancelled"], ["reconcile", "Unverifiable"]]
}

const verdict = (place: Place, reason: Reason) =>
  Report.verdict({
    type: "UsdcRebalance",
    id,
    state: "BridgingFailed",
    outcome: Outcome.Failed({ failure: { place, reason, detail: "as told", amount: "10.5" } }),
    data: {},
    version: 3,
    startedAt: DateTime.unsafeMake(0),
    updatedAt: DateTime.unsafeMake(0)
  })

describe("what leads on", () => {
  for (const place of Place.literals) {
    for (const [verb, ...reasons] of recorded[place]) {
      for (const reason of reasons) {
        it(`${reason} at ${place}: ${verb}`, () => {
          const told = verdict(place, reason)
          assert.include(told, `The money: 10.5 at ${place}.`)
          assert.include(told, `ballast ${verb} ${id}`)
          assert.include(told, `ballast reconcile ${id} --reason TEXT --note TEXT`)
          assert.notInclude(told, "by hand")
          // What a person sees to comes before what he types.
          assert.isAbove(told.split("\n")[2]?.length ?? 0, 20)
        })
      }
    }
  }

  it("what no manager records has a verb as well", () => {
    assert.include(verdict("Vault", "TravelRule"), `ballast retry ${id}`)
    assert.include(verdict("CctpInTransit", "Short"), `ballast recheck ${id}`)
  })
})
