/** How often each call arrived at a server, whatever became of it. */
import { Effect, Ref } from "effect"

export interface Counts {
  readonly hit: (name: string) => Effect.Effect<void>
  readonly of: (name: string) => Effect.Effect<number>
  readonly all: Effect.Effect<Readonly<Record<string, number>>>
}

export const make: Effect.Effect<Counts> = Effect.map(Ref.make<Readonly<Record<string, number>>>({}), (counts) => ({
  hit: (name) => Ref.update(counts, (all) => ({ ...all, [name]: (all[name] ?? 0) + 1 })),
  of: (name) => Effect.map(Ref.get(counts), (all) => all[name] ?? 0),
  all: Ref.get(counts)
}))
