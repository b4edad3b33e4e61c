/** What holds for every aggregate, whatever commands come: checked along generated walks through its state diagram. */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Either, FastCheck as fc, Schema } from "effect"
import type { Aggregate } from "../../src/domain/Aggregate.ts"
import * as Decider from "../../src/domain/Decider.ts"
import type { OperationId } from "../../src/domain/OperationId.ts"
import { left, right } from "../support/spec.ts"
import { id } from "./Examples.ts"

interface Tagged {
  readonly _tag: string
}

interface Step<C, S, E> {
  readonly before: S
  readonly command: C
  readonly events: ReadonlyArray<E>
  readonly after: S
}

export interface Subject<
  Id extends OperationId,
  C extends Tagged,
  S extends Tagged,
  E extends Tagged,
  R extends Tagged,
  CI,
  SI,
  EI
> {
  readonly aggregate: Aggregate<Id, C, S, E, R>
  readonly command: Schema.Schema<C, CI> & { readonly members: ReadonlyArray<Schema.Schema.AnyNoContext> }
  readonly state: Schema.Schema<S, SI>
  readonly event: Schema.Schema<E, EI>
  /** The table of the specification, written out again: state to the commands that it accepts. */
  readonly table: Readonly<Record<S["_tag"], ReadonlyArray<C["_tag"]>>>
  /** All that a failure, or the reconciliation of one, has to keep of the state before it: ids, hashes, amounts, the order. */
  readonly references: (before: S) => object
  /** The rejection of a command that the state accepts, where this very state has one of this very command. */
  readonly rejects?: (command: C, state: S) => R["_tag"] | undefined
  /** Makes a generated command one that this state can get, where its content has to agree with what is known already. */
  readonly fit?: (command: C, state: S) => C
  /** The commands that may come again: they lead to where it stands already. */
  readonly repeats?: ReadonlyArray<C["_tag"]>
}

/** The laws, each a test. Answers the walks, for laws that only this aggregate has. */
export const lawsOf = <
  Id extends OperationId,
  C extends Tagged,
  S extends Tagged,
  E extends Tagged,
  R extends Tagged,
  CI,
  SI,
  EI
>(subject: Subject<Id, C, S, E, R, CI, SI, EI>): fc.Arbitrary<ReadonlyArray<Step<C, S, E>>> => {
  const { aggregate, fit = (command: C) => command, references, rejects = () => undefined, repeats = [] } = subject
  const { codec, decider, type } = aggregate
  const acceptedIn = (state: S): ReadonlyArray<C["_tag"]> => subject.table[state._tag as S["_tag"]]
  // A counterexample is made shorter, not simpler: to try every field of every command would take hours.
  const anyCommand: fc.Arbitrary<C> = fc.noShrink(Arbitrary.make(subject.command))
  const anyEvent: fc.Arbitrary<E> = Arbitrary.make(subject.event)

  /** One of each command, so that a walk can take the one that its state accepts. */
  const oneOfEach: fc.Arbitrary<ReadonlyArray<C>> = fc.tuple(
    ...subject.command.members.map((member) => fc.noShrink(Arbitrary.make(member)))
  )

  /** Takes commands that are accepted, and not rejected, until a closed state or the end of the choices. */
  const walk = (choices: ReadonlyArray<readonly [number, ReadonlyArray<C>]>) => {
    const steps: Array<Step<C, S, E>> = []
    let before = decider.initial
    for (const [choice, commands] of choices) {
      const accepted = decider.accepted(before)
      const fitting = commands.map((command) => fit(command, before)).filter((command) =>
        accepted.includes(command._tag) && rejects(command, before) === undefined
      )
      const command = fitting[choice % fitting.length]
      if (command === undefined) break
      const events = right(decider.decide(id, command, before))
      const after = right(Decider.replay(decider, events, before))
      steps.push({ before, command, events, after })
      before = after
    }
    return steps
  }

  const walks = fc.array(fc.tuple(fc.nat(), oneOfEach), { minLength: 1, maxLength: 10 }).map(walk)
  const lastOf = (steps: ReadonlyArray<Step<C, S, E>>): S => steps.at(-1)?.after ?? decider.initial
  const eventsOf = (steps: ReadonlyArray<Step<C, S, E>>) => steps.flatMap(({ events }) => events)
  const throughJson = (event: E) => JSON.parse(JSON.stringify(codec.encode(event)))

  /** Accepted, rejected or not accepted, as the specification says. */
  const agrees = (command: C, state: S) => {
    const decision = decider.decide(id, command, state)
    const rejection = rejects(command, state)
    if (!acceptedIn(state).includes(command._tag)) {
      assert.deepInclude(left(decision), { _tag: "NotAccepted", id, command: command._tag, state: state._tag })
    } else if (rejection !== undefined) assert.strictEqual(left(decision)._tag, rejection)
    else assert.isAbove(right(decision).length, 0)
    return decision
  }

  describe(`laws of ${type}`, () => {
    it.prop(
      "any commands: what is emitted can follow, and what is refused changes nothing",
      [fc.array(anyCommand, { maxLength: 20 })],
      ([commands]) => {
        let state = decider.initial
        for (const command of commands) {
          const events = agrees(command, state)
          state = right(Decider.replay(decider, Either.getOrElse(events, () => []), state))
        }
      }
    )

    it.prop("accepted says what the specification says, and decide agrees", [walks, oneOfEach], ([steps, commands]) => {
      for (const state of [decider.initial, ...steps.map(({ after }) => after)]) {
        assert.sameMembers([...decider.accepted(state)], [...acceptedIn(state)])
        for (const command of commands) {
          agrees(command, state)
          agrees(fit(command, state), state)
        }
      }
    })

    it.prop("closed states, and only these, accept nothing and let nothing follow", [walks, anyEvent], ([
      steps,
      event
    ]) => {
      for (const { after } of steps) {
        const isClosed = acceptedIn(after).length === 0
        assert.strictEqual(decider.isClosed(after), isClosed)
        assert.strictEqual(decider.accepted(after).length === 0, isClosed)
        if (isClosed) assert.strictEqual(left(decider.evolve(after, event)).state, after._tag)
      }
    })

    it.prop("replay equals stepping, from the start and from any state on the way", [walks, fc.nat()], ([
      steps,
      cut
    ]) => {
      assert.deepStrictEqual(right(Decider.replay(decider, eventsOf(steps))), lastOf(steps))
      const at = cut % steps.length
      const rest = eventsOf(steps.slice(at))
      assert.deepStrictEqual(right(Decider.replay(decider, rest, steps[at]?.before)), lastOf(steps))
    })

    it.prop("the log survives JSON, event by event", [walks], ([steps]) => {
      for (const event of eventsOf(steps)) assert.deepStrictEqual(right(codec.decode(throughJson(event))), event)
    })

    it.prop(
      "so does any event that can be written",
      [anyEvent],
      ([event]) => assert.deepStrictEqual(right(codec.decode(throughJson(event))), event)
    )

    it.prop("a stored log folds to the view of the state that its events led to", [walks], ([steps]) => {
      const { sent: _, ...view } = right(aggregate.fold(eventsOf(steps).map(throughJson)))
      assert.deepStrictEqual(view, aggregate.view(lastOf(steps)))
    })

    it.prop("a state is exactly what its Schema says: a snapshot of it is the same state", [walks], ([steps]) => {
      for (const { after } of steps) {
        const snapshot = JSON.parse(JSON.stringify(Schema.encodeSync(subject.state)(after)))
        assert.deepStrictEqual(Schema.decodeUnknownSync(subject.state)(snapshot), after)
      }
    })

    it.prop("a failure and its reconciliation keep every reference", [walks], ([steps]) => {
      for (const { after, before } of steps) {
        const { _tag } = aggregate.outcome(after)
        if (_tag === "Failed" || _tag === "Reconciled") assert.deepInclude<object>(after, references(before))
      }
    })

    it.prop("the same command again is refused, or leads to where it stands", [walks], ([steps]) => {
      for (const { after, command } of steps) {
        const decision = decider.decide(id, command, after)
        if (repeats.includes(command._tag)) {
          assert.deepStrictEqual(right(Decider.replay(decider, right(decision), after)), after)
        } else assert.strictEqual(left(decision)._tag, "NotAccepted")
      }
    })

    it("walks reach every state and take every arrow", () => {
      const steps = fc.sample(walks, { seed: 20_260_105, numRuns: 300 }).flat()
      const states = [decider.initial, ...steps.map(({ after }) => after)]
      assert.sameMembers([...new Set(states.map(({ _tag }) => _tag))], Object.keys(subject.table))
      const arrows = Object.entries<ReadonlyArray<string>>(subject.table).flatMap(([state, commands]) =>
        commands.map((command) => `${state} ${command}`)
      )
      assert.sameMembers([...new Set(steps.map(({ before, command }) => `${before._tag} ${command._tag}`))], arrows)
    })
  })

  return walks
}
