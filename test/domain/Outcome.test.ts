import { assert, describe, it } from "@effect/vitest"
import { Place, Reason } from "../../src/domain/Failure.ts"
import * as Outcome from "../../src/domain/Outcome.ts"

// Columns: A Alpaca, a AlpacaInTransit, E EthereumWallet, c CctpInTransit, B BaseWallet, V Vault, i IssuerInTransit.
// A letter: settled, nobody has to care any more. A dot: not.
const columns = [
  "Alpaca",
  "AlpacaInTransit",
  "EthereumWallet",
  "CctpInTransit",
  "BaseWallet",
  "Vault",
  "IssuerInTransit"
]
const table: Record<string, string> = {
  Rejected: "A.E.BV.",
  TimedOut: ".......",
  InsufficientPosition: "A.E.BV.",
  Unauthorized: "A.E.BV.",
  InvalidRequest: "A.E.BV.",
  NotWhitelisted: "A.E.BV.",
  TravelRule: "A.E.BV.",
  Reverted: "A.E.BV.",
  Short: "A.E.BV.",
  Unverifiable: ".......",
  Cancelled: "A.E.BV."
}

describe("a failed operation", () => {
  it("has a row for every reason and a column for every place", () => {
    assert.sameMembers(Object.keys(table), [...Reason.literals])
    assert.sameMembers(columns, [...Place.literals])
  })
  for (const reason of Reason.literals) {
    for (const place of Place.literals) {
      const isSettled = table[reason]?.charAt(columns.indexOf(place)) !== "."
      it(`${reason} at ${place} is finished and ${isSettled ? "settled" : "not settled"}`, () => {
        const outcome = Outcome.Failed({ failure: { reason, place, detail: "", amount: "1" } })
        assert.isTrue(Outcome.finished(outcome))
        assert.strictEqual(Outcome.settled(outcome), isSettled)
      })
    }
  }
})

describe("any other operation", () => {
  const others = [
    { outcome: Outcome.InProgress(), finished: false, settled: false },
    { outcome: Outcome.Succeeded(), finished: true, settled: true },
    { outcome: Outcome.Reconciled(), finished: true, settled: true }
  ]
  for (const { finished, outcome, settled } of others) {
    it(`${outcome._tag}: finished ${finished}, settled ${settled}`, () => {
      assert.strictEqual(Outcome.finished(outcome), finished)
      assert.strictEqual(Outcome.settled(outcome), settled)
    })
  }
})
