/** What the examples of all aggregates share. */
import { assert, it } from "@effect/vitest"
import { DateTime, Option } from "effect"
import * as Address from "../../src/domain/Address.ts"
import type { Aggregate } from "../../src/domain/Aggregate.ts"
import * as Decider from "../../src/domain/Decider.ts"
import { EquitySymbol } from "../../src/domain/EquitySymbol.ts"
import type { OperationId } from "../../src/domain/OperationId.ts"
import * as Outcome from "../../src/domain/Outcome.ts"
import * as Shares from "../../src/domain/Shares.ts"
import { right } from "../support/spec.ts"

export const id = "6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e"

export const at = (minute: number) => DateTime.unsafeMake(Date.UTC(2026, 0, 5, 14, minute))

/** So many shares, our wallet, and where they are tokens. */
export const equity = {
  symbol: EquitySymbol.make("AAPL"),
  quantity: Shares.fromUnits(10_500_000_000n),
  wallet: Address.make("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
  token: Address.make("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"),
  issuer: "st0x",
  network: "base"
}

interface Tagged {
  readonly _tag: string
}

/** In words, and the minute since which it stands there. */
type Standing = readonly ["in progress" | "not settled" | "settled", number | undefined]

/** What the facade tells of each state that the examples lead to. */
export const stands = <Id extends OperationId, C extends Tagged, S extends Tagged, E extends Tagged, R>(
  { decider, outcome, since }: Aggregate<Id, C, S, E, R>,
  history: Readonly<Record<S["_tag"], ReadonlyArray<E>>>,
  table: Readonly<Record<S["_tag"], Standing>>
) => {
  for (const [name, [words, minute]] of Object.entries<Standing>(table)) {
    it(`${name}: ${words}, since minute ${minute}`, () => {
      const now = right(Decider.replay(decider, history[name as S["_tag"]]))
      assert.strictEqual(Outcome.finished(outcome(now)), words !== "in progress")
      assert.strictEqual(Outcome.settled(outcome(now)), words === "settled")
      assert.deepStrictEqual(since(now), Option.map(Option.fromNullable(minute), at))
    })
  }
}
