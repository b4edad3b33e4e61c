import { Headers } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Option, TestClock } from "effect"
import * as RetryAfter from "../../../src/layers/http/RetryAfter.ts"

// 2026-11-02T10:00:00Z
const now = 1_793_613_600

describe("how long a 429 asks to stay away", () => {
  const table: ReadonlyArray<readonly [name: string, headers: Record<string, string>, seconds: number | undefined]> = [
    ["no header", {}, undefined],
    ["a reset", { "X-RateLimit-Reset": String(now + 12) }, 12],
    ["a reset in fractions", { "x-ratelimit-reset": `${now + 2}.5` }, 2.5],
    ["a reset that is over", { "x-ratelimit-reset": String(now - 60) }, 1],
    ["a reset in milliseconds, as some count", { "x-ratelimit-reset": String(now * 1000) }, 300],
    ["seconds", { "Retry-After": "30" }, 30],
    ["no seconds", { "retry-after": "0" }, 1],
    ["an hour", { "retry-after": "3600" }, 300],
    ["a date", { "retry-after": "Mon, 02 Nov 2026 10:00:45 GMT" }, 45],
    ["a date that is over", { "retry-after": "Mon, 02 Nov 2026 09:00:00 GMT" }, 1],
    ["both, the reset later", { "retry-after": "5", "x-ratelimit-reset": String(now + 20) }, 20],
    ["both, the reset earlier", { "retry-after": " 50 ", "x-ratelimit-reset": String(now + 20) }, 50],
    ["a negative number", { "retry-after": "-5" }, undefined],
    ["nonsense beside a reset", { "retry-after": "soon", "x-ratelimit-reset": String(now + 3) }, 3],
    ["nonsense", { "retry-after": "1e3", "x-ratelimit-reset": "tomorrow 5" }, undefined],
    ["a date that does not exist", { "retry-after": "Mon, 99 Foo 2026 10:00:45 GMT" }, undefined]
  ]
  for (const [name, headers, seconds] of table) {
    it.effect(name, () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(now * 1000)
        const wait = yield* RetryAfter.of(Headers.fromInput(headers))
        expect(Option.getOrUndefined(Option.map(wait, Duration.toSeconds))).toBe(seconds)
      }))
  }
})
