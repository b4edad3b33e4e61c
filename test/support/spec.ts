/** Given what happened, when a command comes, then this: examples of a Decider that read like its table. */
import { assert, it } from "@effect/vitest"
import { Either } from "effect"
import * as Decider from "../../src/domain/Decider.ts"

interface Tagged {
  readonly _tag: string
}

/** The value, or the test fails and shows what came instead. */
export const right = <A, E>(either: Either.Either<A, E>): A =>
  Either.getOrElse(either, (left) => assert.fail(`expected a value, got ${String(left)}`))

export const left = <A, E>(either: Either.Either<A, E>): E =>
  Either.match(either, {
    onLeft: (error) => error,
    onRight: (value) => assert.fail(`expected a failure, got ${String(value)}`)
  })

export const specOf = <C extends Tagged, S extends Tagged, E extends Tagged, R>(
  decider: Decider.Decider<C, S, E, R>,
  id: string
) => {
  const given = (...history: ReadonlyArray<E>) => {
    const state = right(Decider.replay(decider, history))
    return {
      state,
      when: (command: C) => {
        const decision = decider.decide(id, command, state)
        const thenRefused = (error: R | Decider.NotAccepted) =>
          assert.deepStrictEqual({ ...left(decision) }, { ...error })
        return {
          /** Exactly these events, and the state that they lead to. */
          thenEmits: (events: ReadonlyArray<E>, next: S) => {
            assert.deepStrictEqual(right(decision), events)
            assert.deepStrictEqual(right(Decider.replay(decider, events, state)), next)
          },
          thenRefused,
          thenNotAccepted: () => thenRefused(new Decider.NotAccepted({ id, command: command._tag, state: state._tag }))
        }
      }
    }
  }
  return {
    given,
    /** A test for each command that is not accepted after this history. */
    refuses: (history: ReadonlyArray<E>, commands: ReadonlyArray<C>) => {
      for (const command of commands) {
        it(`does not accept ${command._tag}`, () => given(...history).when(command).thenNotAccepted())
      }
    }
  }
}
