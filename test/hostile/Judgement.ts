/** What is asked of everything that reads what others wrote: a value or a typed failure, told in a line that can be shown. */
import { Cause, Effect, Exit } from "effect"
import { inspect } from "node:util"
import { expect } from "vitest"

/** Of a message, in letters: what a person reads, and a log line holds. */
const longest = 3000

/** What would move a cursor, forge a line or hide what is there. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/u

export interface Fit {
  /** Never told. */
  readonly secrets?: ReadonlyArray<string>
  /** Lines of their own, as a list of problems has them. */
  readonly lines?: boolean
}

/** Fit for a terminal and for a log. */
export const expectTold = (message: string, { lines = false, secrets = [] }: Fit = {}) => {
  expect(message.length, `the length of ${message.slice(0, 300)}...`).toBeLessThanOrEqual(longest)
  for (const line of lines ? message.split("\n") : [message]) {
    expect(unprintable.exec(line), JSON.stringify(message)).toBeNull()
  }
  for (const secret of secrets) expect(message).not.toContain(secret)
}

/** In milliseconds; far above what any of them takes, far below what a pattern takes that has gone astray. */
const patience = 15_000

/** Runs it to its end and judges that. */
export const judge = async <A, E extends { readonly message: string }>(
  effect: Effect.Effect<A, E>,
  isValue: (value: A) => boolean,
  fit: Fit = {}
): Promise<"value" | "failure"> => {
  const start = performance.now()
  const exit = await Effect.runPromiseExit(effect)
  expect(performance.now() - start, "milliseconds").toBeLessThan(patience)
  if (Exit.isSuccess(exit)) {
    expect(isValue(exit.value), `a value: ${inspect(exit.value)}`).toBe(true)
    return "value"
  }
  expect(Cause.defects(exit.cause), Cause.pretty(exit.cause)).toHaveLength(0)
  for (const error of Cause.failures(exit.cause)) expectTold(error.message, fit)
  return "failure"
}
