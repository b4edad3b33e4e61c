/** How a command ends: 0 completed, 1 failed and settled, 2 bad input (nothing was sent), 3 not settled. */
import { Context, Effect, Ref } from "effect"
import * as Outcome from "../domain/Outcome.ts"
import type { Operation } from "../services/EventStore.ts"

export type Code = 0 | 1 | 2 | 3

/** From bad to worse, where several operations end differently. */
const severity: ReadonlyArray<Code> = [0, 1, 2, 3]

export const worst = (codes: Iterable<Code>): Code => {
  const found = new Set(codes)
  return severity.findLast((code) => found.has(code)) ?? 0
}

export const ofOperation = ({ outcome }: Operation): Code =>
  !Outcome.settled(outcome) ? 3 : outcome._tag === "Succeeded" ? 0 : 1

/** What the process will answer, also when a signal ends it. */
export class Status extends Context.Tag("ballast/cli/Status")<Status, {
  readonly set: (code: Code) => Effect.Effect<void>
  readonly get: Effect.Effect<Code>
}>() {}

/** Until something is known a command that is cut short has left its operations unsettled. */
export const make: Effect.Effect<Context.Tag.Service<Status>> = Effect.map(Ref.make<Code>(3), (code) => ({
  set: (next) => Ref.set(code, next),
  get: Ref.get(code)
}))

export const set = (code: Code) => Effect.flatMap(Status, (status) => status.set(code))
