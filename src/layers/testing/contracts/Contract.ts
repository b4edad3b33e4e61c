/**
 * A contract suite says what every layer of a port must do. It is a list of named effects, so that any test runner can
 * run it, over any layer, also one that an embedding application wrote itself.
 */
import { Data, Effect, Equal } from "effect"

/** One thing that a layer must do: a name, and a test that fails where it does not. */
export interface Case<E, R> {
  readonly name: string
  readonly run: Effect.Effect<void, E, R>
}

/** The layer under test does not keep the contract. */
export class ContractViolation extends Data.TaggedError("ContractViolation")<{
  readonly expectation: string
  readonly actual: unknown
}> {
  override get message(): string {
    return `${this.expectation}; got ${String(this.actual)} ${
      JSON.stringify(this.actual, (_, value: unknown) => typeof value === "bigint" ? `${value}n` : value)
    }`
  }
}

/** Fails with what was expected where it does not hold. */
export const holds = (
  condition: boolean,
  expectation: string,
  actual?: unknown
): Effect.Effect<void, ContractViolation> =>
  condition ? Effect.void : Effect.fail(new ContractViolation({ expectation, actual }))

/** Structural equality for effect data, identity otherwise. */
export const equals = (actual: unknown, expected: unknown, what: string): Effect.Effect<void, ContractViolation> =>
  holds(Equal.equals(actual, expected), `${what} should be ${String(expected)}`, actual)

/** The effect must fail; answers the error. */
export const fails = <A, E, R>(effect: Effect.Effect<A, E, R>, what: string): Effect.Effect<E, ContractViolation, R> =>
  Effect.flip(effect).pipe(
    Effect.mapError((value) => new ContractViolation({ expectation: `${what} should fail`, actual: value }))
  )
