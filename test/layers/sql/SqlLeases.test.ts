import { assert, describe, it } from "@effect/vitest"
import { Context, DateTime, Deferred, Duration, Effect, Either, Fiber, Layer, TestClock } from "effect"
import { spawnSync } from "node:child_process"
import * as LeaseHolding from "../../../src/layers/sql/LeaseHolding.ts"
import * as ProcessIdentity from "../../../src/layers/sql/ProcessIdentity.ts"
import * as SqlLeases from "../../../src/layers/sql/SqlLeases.ts"
import * as Transaction from "../../../src/layers/sql/Transaction.ts"
import { Leases } from "../../../src/services/Leases.ts"
import * as Temporary from "./Temporary.ts"

describe("a lease in SQLite", () => {
  it.scoped("that cannot be renewed for a while is kept, and renewed as soon as it can be", () =>
    Effect.gen(function*() {
      const file = yield* Temporary.file
      const layer = SqlLeases.layer({ duration: "3 seconds" }).pipe(Layer.provide(Temporary.database(file)))
      const leases = Context.get(yield* Layer.build(layer), Leases)
      const theirs = yield* Temporary.client(file)
      const lease = yield* leases.hold("a")
      const lost = yield* Effect.fork(lease.lost)
      const begun = yield* Deferred.make<void>()
      const writing = yield* Effect.fork(
        Transaction.make(theirs).write(
          "write",
          Effect.zipRight(Deferred.succeed(begun, undefined), Effect.sleep("7 seconds"))
        )
      )
      yield* Deferred.await(begun)
      // Renewed at 1 second in vain until the 6th, then again.
      yield* TestClock.adjust("7 seconds")
      yield* Fiber.join(writing)
      assert.isUndefined(yield* leases.holder("a"), "it has expired")
      yield* TestClock.adjust("1 second")
      assert.isDefined(yield* leases.holder("a"), "and is ours again")
      assert.strictEqual((yield* Fiber.poll(lost))._tag, "None")
      assert.strictEqual((yield* Effect.flip(Effect.scoped(leases.hold("a"))))._tag, "LeaseHeld")
    }))

  it.effect("is renewed again after whatever went wrong with it once", () =>
    Effect.scoped(Effect.gen(function*() {
      let renewals = 0
      const hold = LeaseHolding.make(Duration.seconds(3), {
        acquire: () => Effect.succeed(1),
        renew: () => Effect.suspend(() => ++renewals === 1 ? Effect.die("a mistake") : Effect.succeed([])),
        release: () => Effect.void
      })
      yield* hold("a")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(renewals, 1)
      yield* TestClock.adjust("1 second")
      assert.isAbove(renewals, 1)
    })))

  it.scoped("that has to be waited for is held for its whole duration from then on", () =>
    Effect.gen(function*() {
      const file = yield* Temporary.file
      const layer = SqlLeases.layer({ duration: "3 seconds" }).pipe(Layer.provide(Temporary.database(file)))
      const leases = Context.get(yield* Layer.build(layer), Leases)
      const theirs = yield* Temporary.client(file)
      const begun = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const writing = yield* Effect.fork(
        Transaction.make(theirs).write(
          "write",
          Effect.zipRight(Deferred.succeed(begun, undefined), Deferred.await(go))
        )
      )
      yield* Deferred.await(begun)
      const holding = yield* Effect.fork(leases.hold("a"))
      yield* TestClock.adjust("2 seconds")
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(writing)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(holding)
      const held = yield* leases.holder("a")
      assert.isAbove(DateTime.toEpochMillis(held?.until ?? DateTime.unsafeMake(0)), 5_000)
    }))

  it.scoped("is taken and let go with others at once, each as if it were alone", () =>
    Effect.gen(function*() {
      const leases = yield* Leases
      const names = Array.from({ length: 20 }, (_, at) => `n${at}`)
      const round = (asked: ReadonlyArray<string>) =>
        Effect.scoped(
          Effect.forEach(asked, (name) => Effect.either(leases.hold(name)), { concurrency: "unbounded" })
        )
      yield* leases.hold("taken")
      const all = [...names, "n7", "taken", ...names.slice(0, 3)]
      for (const token of [1, 2]) {
        const exits = yield* round(all)
        assert.deepStrictEqual(
          exits.map((exit, at) => [
            all[at],
            Either.match(exit, { onLeft: ({ _tag }) => _tag, onRight: (lease) => lease.token })
          ]),
          all.map((name, at) => [name, at < names.length ? token : "LeaseHeld"])
        )
        for (const name of names) assert.isUndefined(yield* leases.holder(name), name)
        assert.isDefined(yield* leases.holder("taken"))
      }
    }).pipe(Effect.provide(Temporary.ports)))

  it.scoped("names the process that holds it", () =>
    Effect.gen(function*() {
      const leases = yield* Leases
      yield* leases.hold("a")
      const self = yield* ProcessIdentity.current
      const refused = yield* Effect.flip(leases.hold("a"))
      assert.include(refused.message, `process ${process.pid} on ${self.hostname}`)
    }).pipe(Effect.provide(Temporary.ports)))
})

describe("a process", () => {
  const self = Effect.runSync(ProcessIdentity.current)
  const gone = (holder: Partial<Pick<ProcessIdentity.ProcessIdentity, "machine" | "pid" | "start">>) =>
    ProcessIdentity.isGone({ ...self, ...holder }, self)

  it("is not gone while it runs", () => {
    assert.isFalse(gone({}))
    assert.isFalse(gone({ pid: process.ppid, start: undefined }))
  })

  it("is gone once it has ended", () => {
    assert.isTrue(gone({ pid: spawnSync(process.execPath, ["-e", ""]).pid, start: undefined }))
  })

  it.skipIf(process.platform !== "linux")("is gone when another one has its id", () => {
    assert.match(self.start ?? "", /^[0-9]+$/)
    assert.isTrue(gone({ start: "1" }))
  })

  it("of another machine, or without an id of its own, is never known to be gone", () => {
    const { pid } = spawnSync(process.execPath, ["-e", ""])
    assert.isFalse(gone({ machine: "elsewhere", pid }))
    assert.isFalse(gone({ pid: 0 }))
    assert.isFalse(gone({ pid: -1 }))
  })

  it("is read from /proc whatever its name is", () => {
    const stat = "4711 (a) R (b) S 1 4711 4711 0 -1 4194304 95 0 0 0 0 0 0 0 20 0 1 0 123456 2703360 229 184467"
    assert.deepStrictEqual(ProcessIdentity.parseStat(stat), { state: "S", start: "123456" })
    assert.isUndefined(ProcessIdentity.parseStat(""))
  })
})
