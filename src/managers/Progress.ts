/** What an operation is doing right now, for whoever watches. Nothing depends on it and nothing is kept. */
import { type DateTime, Effect, FiberRef, GlobalValue, Option } from "effect"

/** What one operation is doing. */
export interface Update {
  readonly type: string
  readonly id: string
  readonly state: string
  /** What it waits for, in words; absent when it has just entered the state. */
  readonly waitingFor: Option.Option<string>
  /** When the state was entered. */
  readonly since: DateTime.Utc
  /** When it will give up waiting. */
  readonly until: Option.Option<DateTime.Utc>
}

/** Whoever wants to watch sets this with `Effect.locally`. */
export const listener: FiberRef.FiberRef<(update: Update) => Effect.Effect<void>> = GlobalValue.globalValue(
  "ballast/managers/Progress/listener",
  () => FiberRef.unsafeMake<(update: Update) => Effect.Effect<void>>(() => Effect.void)
)

/** Tells whoever listens. */
export const report = (update: Update): Effect.Effect<void> =>
  Effect.flatMap(FiberRef.get(listener), (listen) => listen(update))

/** Tells what a state waits for. */
export const waiting =
  (of: Pick<Update, "type" | "id" | "state" | "since">) =>
  (waitingFor: string, until: Option.Option<DateTime.Utc>): Effect.Effect<void> =>
    report({ ...of, waitingFor: Option.some(waitingFor), until })
