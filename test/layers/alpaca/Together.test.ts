import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber } from "effect"
import * as Together from "../../../src/layers/alpaca/Together.ts"

/** Calls that take until they are let go, and are kept in the order in which they were begun. */
const calls = (
  said: (key: string) => Effect.Effect<string, string> | undefined = (key) => Effect.succeed(`all: ${key}`)
) =>
  Effect.gen(function*() {
    const begun: Array<string> = []
    let gate = yield* Deferred.make<void, string>()
    const call = (name: string) =>
      Effect.suspend(() => {
        begun.push(name)
        return Deferred.await(gate)
      })
    const ask = Together.make<string, string, string>({
      one: (key) => Effect.as(call(key), `one: ${key}`),
      all: (keys) => Effect.as(call(keys.join("+")), said),
      isShared: (error) => error === "too many"
    })
    /** Those who ask now, in this order. */
    const asking = (...keys: ReadonlyArray<string>) =>
      Effect.forEach(keys, (key) => Effect.zipLeft(Effect.fork(Effect.exit(ask(key))), Effect.yieldNow()))
    const next = (open: (gate: Deferred.Deferred<void, string>) => Effect.Effect<unknown>) =>
      Effect.gen(function*() {
        const before = gate
        gate = yield* Deferred.make<void, string>()
        yield* open(before)
        for (let i = 0; i < 20; i++) yield* Effect.yieldNow()
      })
    return {
      begun,
      asking,
      answer: next((gate) => Deferred.succeed(gate, undefined)),
      fail: (error: string) => next(Deferred.fail(error)),
      open: Effect.suspend(() => Deferred.succeed(gate, undefined))
    }
  })

const rights = (fibers: ReadonlyArray<Fiber.Fiber<Exit.Exit<string, string>>>) =>
  Effect.forEach(
    fibers,
    (fiber) =>
      Effect.map(
        Fiber.join(fiber),
        Exit.match({ onSuccess: (said) => said, onFailure: (cause) => `failed: ${String(Cause.squash(cause))}` })
      )
  )

describe("calls that many want", () => {
  it.effect("of one who is alone is his own", () =>
    Effect.gen(function*() {
      const { answer, asking, begun } = yield* calls()
      const first = yield* asking("a")
      yield* answer
      const second = yield* asking("b")
      yield* answer
      assert.deepStrictEqual(begun, ["a", "b"])
      assert.deepStrictEqual(yield* rights([...first, ...second]), ["one: a", "one: b"])
    }))

  it.effect("are one for all who ask while another is under way, and are begun after they have asked", () =>
    Effect.gen(function*() {
      const { answer, asking, begun } = yield* calls()
      const first = yield* asking("a")
      const others = yield* asking("b", "c", "d", "e")
      assert.deepStrictEqual(begun, ["a"])
      yield* answer
      assert.deepStrictEqual(begun, ["a", "b+c+d+e"])
      const late = yield* asking("b", "f", "g")
      yield* answer
      assert.deepStrictEqual(begun, ["a", "b+c+d+e", "b+f+g"])
      yield* answer
      assert.deepStrictEqual(
        yield* rights([...first, ...others, ...late]),
        ["one: a", "all: b", "all: c", "all: d", "all: e", "all: b", "all: f", "all: g"]
      )
    }))

  it.effect("are begun at once for each when there are few", () =>
    Effect.gen(function*() {
      const { answer, asking, begun } = yield* calls()
      const all = yield* asking("a", "b", "c")
      yield* answer
      assert.deepStrictEqual(begun, ["a", "b", "c"])
      yield* answer
      assert.deepStrictEqual(yield* rights(all), ["one: a", "one: b", "one: c"])
    }))

  it.effect("are repeated for one of whom the shared one says nothing", () =>
    Effect.gen(function*() {
      const { answer, asking, begun, open } = yield* calls((key) => key === "c" ? undefined : Effect.fail(`bad ${key}`))
      const all = yield* asking("a", "b", "c", "d")
      yield* answer
      yield* answer
      yield* open
      assert.deepStrictEqual(begun, ["a", "b+c+d", "c"])
      assert.deepStrictEqual(yield* rights(all), ["one: a", "failed: bad b", "one: c", "failed: bad d"])
    }))

  it.effect("fail for all where all would be refused, and for nobody where the shared one alone fails", () =>
    Effect.gen(function*() {
      const { answer, asking, begun, fail } = yield* calls()
      const some = yield* asking("a", "b", "c", "d")
      yield* answer
      yield* fail("too many")
      assert.deepStrictEqual(yield* rights(some), [
        "one: a",
        "failed: too many",
        "failed: too many",
        "failed: too many"
      ])
      const others = yield* asking("e", "f", "g", "h")
      yield* answer
      yield* fail("too long")
      assert.deepStrictEqual(begun.slice(-3), ["f", "g", "h"])
      yield* answer
      assert.deepStrictEqual(yield* rights(others), ["one: e", "one: f", "one: g", "one: h"])
    }))

  it.effect("go on without whoever does not want to know any more", () =>
    Effect.gen(function*() {
      const { answer, asking, begun } = yield* calls()
      const [first, second, ...others] = yield* asking("a", "b", "c", "d", "e")
      if (first === undefined || second === undefined) return assert.fail("nobody has asked")
      yield* Fiber.interrupt(second)
      yield* Fiber.interrupt(first)
      yield* Effect.yieldNow()
      yield* answer
      assert.deepStrictEqual(begun, ["a", "c+d+e"])
      assert.deepStrictEqual(yield* rights(others), ["all: c", "all: d", "all: e"])
    }))
})
