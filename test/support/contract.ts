import { describe, it } from "@effect/vitest"
import { Effect, type Layer, Logger, LogLevel } from "effect"
import type { Case } from "../../src/layers/testing/contracts/Contract.ts"

/** Runs every case of a contract suite over a fresh instance of the layer, on the live clock or under a TestClock. */
export const runContract = <E, R, LE>(
  name: string,
  cases: ReadonlyArray<Case<E, R>>,
  layer: Layer.Layer<R, LE>,
  { clock = "live" }: { readonly clock?: "live" | "test" } = {}
) =>
  describe(name, () => {
    const test = clock === "live" ? it.live : it.effect
    for (const { name, run } of cases) {
      test(name, () => Logger.withMinimumLogLevel(Effect.provide(run, layer), LogLevel.None))
    }
  })
