import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Scope, TestClock } from "effect"
import { Later } from "../../src/managers/Waiting.ts"
import * as WaitingRoom from "../../src/managers/WaitingRoom.ts"

const given = Effect.gen(function*() {
  const said: Array<string> = []
  const scope = yield* Scope.make()
  const room = yield* Scope.extend(WaitingRoom.make<string, void, never, never>(), scope)
  const enter = (key: string, pause: Duration.DurationInput) =>
    room.enter(
      key,
      new Later({
        pause: Duration.decode(pause),
        again: Effect.sync(() => void said.push(`${key} goes on`)),
        leave: Effect.sync(() => void said.push(`${key} leaves`))
      })
    )
  const attending = yield* Effect.fork(room.attend((_, again) => Effect.asVoid(again)))
  return { said, scope, room, enter, attending }
})

describe("who waits", () => {
  it.effect("goes on when his pause is over, in that order, whoever came first", () =>
    Effect.gen(function*() {
      const { enter, room, said } = yield* given
      yield* enter("slow", "10 seconds")
      yield* TestClock.adjust("1 second")
      yield* enter("quick", "2 seconds")
      yield* enter("at once", 0)
      yield* enter("also quick", "2 seconds")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(said, ["at once goes on"])
      assert.deepStrictEqual(["slow", "quick", "at once"].map(room.has), [true, true, false])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(said, ["at once goes on", "quick goes on", "also quick goes on"])
      yield* TestClock.adjust("6999 millis")
      assert.lengthOf(said, 3)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(said.at(-1), "slow goes on")
      yield* TestClock.adjust("1 hour")
      assert.lengthOf(said, 4)
    }))

  it.effect("leaves when the room is closed, and does not go on", () =>
    Effect.gen(function*() {
      const { attending, enter, said, scope } = yield* given
      yield* enter("one", "1 second")
      yield* enter("other", "2 seconds")
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(attending)
      yield* Scope.close(scope, yield* Effect.exit(Effect.void))
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(said, ["one goes on", "other leaves"])
    }))

  it.effect("leaves when nobody can attend to him any more", () =>
    Effect.gen(function*() {
      const said: Array<string> = []
      const room = yield* WaitingRoom.make<string, void, never, never>()
      yield* room.enter(
        "one",
        new Later({
          pause: Duration.zero,
          again: Effect.void,
          leave: Effect.sync(() => void said.push("left"))
        })
      )
      const attending = yield* Effect.fork(room.attend(() => Effect.interruptible(Effect.never)))
      yield* TestClock.adjust("1 second")
      assert.isTrue(room.has("one"), "until he has been called")
      yield* Fiber.interrupt(attending)
      assert.deepStrictEqual(said, ["left"])
    }).pipe(Effect.scoped))
})
