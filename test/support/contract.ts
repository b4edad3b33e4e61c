import { describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import type { Case } from "../../src/layers/testing/contracts/Contract.ts"

/** Runs every case of a contract suite over a fresh instance of the layer, on the live clock. */
export const runContract = <E, R, LE>(name: string, cases: ReadonlyArray<Case<E, R>>, layer: Layer.Layer<R, LE>) =>
  describe(name, () => {
    for (const { name, run } of cases) it.live(name, () => Effect.provide(run, layer))
  })
