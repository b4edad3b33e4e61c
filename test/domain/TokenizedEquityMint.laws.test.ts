import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Either, FastCheck as fc, Schema } from "effect"
import * as Decider from "../../src/domain/Decider.ts"
import * as Mint from "../../src/domain/TokenizedEquityMint.ts"
import { left, right } from "../support/spec.ts"
import { id } from "./MintExamples.ts"

const { decider } = Mint
type State = Mint.State.State
type Event = Mint.Event.Event

/** The table of the specification, written out again: state to the commands that it accepts. */
const table: Record<State["_tag"], ReadonlyArray<Mint.Command["_tag"]>> = {
  NotStarted: ["RequestMint"],
  MintRequested: ["AcknowledgeAcceptance", "Fail", "Cancel"],
  MintAccepted: ["ReceiveTokens", "Fail"],
  TokensReceived: ["Finalize", "Fail"],
  Completed: [],
  Failed: ["RecoverMint", "Reconcile"],
  Reconciled: []
}
const states = Object.keys(table)

/** One of each command, so that a walk can take the one that its state accepts. */
const oneOfEach = fc.record({
  RequestMint: Arbitrary.make(Mint.RequestMint),
  AcknowledgeAcceptance: Arbitrary.make(Mint.AcknowledgeAcceptance),
  ReceiveTokens: Arbitrary.make(Mint.ReceiveTokens),
  Finalize: Arbitrary.make(Mint.Finalize),
  Fail: Arbitrary.make(Mint.Fail),
  Cancel: Arbitrary.make(Mint.Cancel),
  RecoverMint: Arbitrary.make(Mint.RecoverMint),
  Reconcile: Arbitrary.make(Mint.Reconcile)
})

interface Step {
  readonly before: State
  readonly command: Mint.Command
  readonly events: ReadonlyArray<Event>
  readonly after: State
}

/** Takes commands that are accepted, until a closed state or the end of the choices. */
const walk = (
  choices: ReadonlyArray<readonly [number, { readonly [C in Mint.Command["_tag"]]: Mint.Command }]>
): ReadonlyArray<Step> => {
  const steps: Array<Step> = []
  let before = decider.initial
  for (const [choice, commands] of choices) {
    const accepted = decider.accepted(before)
    const name = accepted[choice % accepted.length]
    if (name === undefined) break
    const command = commands[name]
    const events = right(decider.decide(id, command, before))
    const after = right(Decider.replay(decider, events, before))
    steps.push({ before, command, events, after })
    before = after
  }
  return steps
}

const walks = fc.array(fc.tuple(fc.nat(), oneOfEach), { minLength: 1, maxLength: 10 }).map(walk)
const anyCommands = fc.array(Arbitrary.make(Mint.Command), { maxLength: 20 })
const lastOf = (steps: ReadonlyArray<Step>): State => steps.at(-1)?.after ?? decider.initial

describe("laws of TokenizedEquityMint", () => {
  it.prop(
    "any commands: what is emitted can follow, and what is refused changes nothing",
    [anyCommands],
    ([commands]) => {
      let state = decider.initial
      for (const command of commands) {
        const events = decider.decide(id, command, state)
        assert.strictEqual(Either.isRight(events), decider.accepted(state).includes(command._tag))
        state = right(Decider.replay(decider, Either.getOrElse(events, () => []), state))
      }
    }
  )

  it.prop("accepted says what the specification says, and decide agrees", [walks, oneOfEach], ([steps, commands]) => {
    for (const state of [decider.initial, ...steps.map(({ after }) => after)]) {
      assert.sameMembers([...decider.accepted(state)], [...table[state._tag]])
      for (const command of Object.values(commands)) {
        const decision = decider.decide(id, command, state)
        if (table[state._tag].includes(command._tag)) assert.isAbove(right(decision).length, 0)
        else assert.deepInclude(left(decision), { _tag: "NotAccepted", id, command: command._tag, state: state._tag })
      }
    }
  })

  it.prop("closed states, and only these, accept nothing and let nothing follow", [
    walks,
    Arbitrary.make(Mint.Event.Event)
  ], ([steps, event]) => {
    for (const { after } of steps) {
      const isClosed = after._tag === "Completed" || after._tag === "Reconciled"
      assert.strictEqual(decider.isClosed(after), isClosed)
      assert.strictEqual(decider.accepted(after).length === 0, isClosed)
      if (isClosed) assert.strictEqual(left(decider.evolve(after, event)).state, after._tag)
    }
  })

  it.prop("replay equals stepping, from the start and from any state on the way", [walks, fc.nat()], ([steps, cut]) => {
    const events = steps.flatMap(({ events }) => events)
    assert.deepStrictEqual(right(Decider.replay(decider, events)), lastOf(steps))
    const at = cut % steps.length
    const rest = steps.slice(at).flatMap(({ events }) => events)
    assert.deepStrictEqual(right(Decider.replay(decider, rest, steps[at]?.before)), lastOf(steps))
  })

  it.prop("the log survives JSON, event by event", [walks], ([steps]) => {
    for (const event of steps.flatMap(({ events }) => events)) {
      const row = JSON.parse(JSON.stringify(Mint.aggregate.codec.encode(event)))
      assert.deepStrictEqual(right(Mint.aggregate.codec.decode(row)), event)
    }
  })

  it.prop(
    "so does any event that can be written",
    [Arbitrary.make(Mint.Event.Event)],
    ([event]) =>
      assert.deepStrictEqual(
        right(Mint.aggregate.codec.decode(JSON.parse(JSON.stringify(Mint.aggregate.codec.encode(event))))),
        event
      )
  )

  it.prop("a state is exactly what its Schema says: a snapshot of it is the same state", [walks], ([steps]) => {
    for (const { after } of steps) {
      assert.deepStrictEqual(Schema.decodeSync(Mint.State.State)(Schema.encodeSync(Mint.State.State)(after)), after)
    }
  })

  it.prop("a failure and its reconciliation keep every reference", [walks], ([steps]) => {
    for (const { after, before } of steps) {
      if (after._tag !== "Failed" && after._tag !== "Reconciled") continue
      // All fields but these are references: ids, hashes, amounts, and the order.
      const { _tag, acceptedAt: _, receivedAt: __, ...references } = { acceptedAt: 0, receivedAt: 0, ...before }
      assert.deepInclude(after, references)
    }
  })

  it.prop("the same command again is refused, or leads to where it stands", [walks], ([steps]) => {
    for (const { after, command } of steps) {
      assert.strictEqual(left(decider.decide(id, command, after))._tag, "NotAccepted")
    }
  })

  it("walks reach every state and take every arrow", () => {
    const steps = fc.sample(walks, { seed: 20_260_105, numRuns: 300 }).flat()
    assert.sameMembers(
      [...new Set([decider.initial, ...steps.map(({ after }) => after)].map(({ _tag }) => _tag))],
      states
    )
    const arrows = Object.entries(table).flatMap(([state, commands]) =>
      commands.map((command) => `${state} ${command}`)
    )
    assert.sameMembers([...new Set(steps.map(({ before, command }) => `${before._tag} ${command._tag}`))], arrows)
  })
})
