/**
 * Answers that only a person can resolve: several things that could be ours, or something else where ours must be. They stop
 * a row, and a person is told. When the deadline has passed they are what the operation has failed of, which is not settled:
 * whoever has found out what is true can then reconcile it.
 */
import { DateTime, Effect } from "effect"
import { AlpacaError } from "../services/AlpacaError.ts"
import { CctpError } from "../services/CctpBridge.ts"

type Doubt = AlpacaError | CctpError

const isDoubt = (error: unknown): error is Doubt =>
  (error instanceof AlpacaError && (error.reason === "Mismatch" || error.reason === "Ambiguous")) ||
  (error instanceof CctpError && error.reason === "Mismatch")

/** The same with what to do about it. */
const withAdvice = (error: Doubt, advice: string): Doubt => {
  const detail = `${error.detail}. ${advice}`
  return error instanceof AlpacaError ? new AlpacaError({ ...error, detail }) : new CctpError({ ...error, detail })
}

export const lasting = <A, E, R, EF, RF>(effect: Effect.Effect<A, E, R>, options: {
  readonly id: string
  readonly deadline: DateTime.Utc
  /** What it is once the deadline has passed. */
  readonly failed: (detail: string) => Effect.Effect<A, EF, RF>
}): Effect.Effect<A, E | EF | Doubt, R | RF> =>
  Effect.gen(function*() {
    const { deadline, failed, id } = options
    const begun = yield* DateTime.now
    return yield* Effect.catchAll(effect, (error): Effect.Effect<A, E | EF | Doubt, RF> => {
      if (!isDoubt(error)) return Effect.fail(error)
      if (DateTime.greaterThanOrEqualTo(begun, deadline)) return failed(error.message)
      const later = `If it stays so, it fails as Unverifiable when it is resumed after ${DateTime.formatIso(deadline)}`
      return Effect.fail(withAdvice(
        error,
        `${later}; once you have settled it by hand: ballast reconcile ${id} --reason TEXT --note TEXT`
      ))
    })
  })
