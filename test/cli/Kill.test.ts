/** Killed before and after every external call, and at any moment: resumed, it is the same mint, and there is one. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import type { Fault } from "../../src/layers/local/Fault.ts"
import { ballast, eventually, mintOf, operation, Sandbox, sandbox, start, truth } from "./Ballast.ts"

const long = 600_000

const delayBefore: Fault = { _tag: "DelayBefore", millis: long }
const delayAfter: Fault = { _tag: "DelayAfter", millis: long }
/** Arrives only after the process that sent it is dead and the next one has begun. */
const delayed: Fault = { _tag: "DelayBefore", millis: 700 }

/** Resumes, and holds the end against what truly happened. */
const resumedOnce = (id: string) =>
  Effect.gen(function*() {
    const { environment } = yield* Sandbox
    const ended = yield* ballast(["resume", id, "--json"], environment)
    assert.strictEqual(ended.code, 0, ended.stderr)
    const { events, state } = operation(ended)
    assert.strictEqual(state, "Completed")
    assert.deepStrictEqual(events.map(({ type }) => type), [
      "MintRequested",
      "MintAccepted",
      "TokensReceived",
      "MintCompleted"
    ])
    assert.deepStrictEqual(yield* truth(id), { requests: 1, mints: 1 })
  })

/** Every call of a mint once its intent is recorded, and the server that gets it. */
const calls = [
  ["alpaca", "POST mint"],
  ["alpaca", "GET request"],
  ["base", "eth_getTransactionReceipt"],
  ["base", "eth_blockNumber"]
] as const

layer(sandbox, { excludeTestServices: true, timeout: 20_000 })("killed", (it) => {
  for (const [server, call] of calls) {
    const during = call === "POST mint" ? { during: delayed } : {}
    for (const [moment, fault] of Object.entries({ before: delayBefore, after: delayAfter, ...during })) {
      it.scoped(`${moment} ${call}`, () =>
        Effect.gen(function*() {
          const { environment, world } = yield* Sandbox
          const id = randomUUID()
          const { counts, faults } = world[server]
          const seen = yield* counts.of(call)
          const delay = yield* faults.add({ on: call, fault })
          const mint = yield* start(mintOf(id), environment)
          yield* eventually(`${call} arrives`, Effect.map(counts.of(call), (count) => count > seen))
          if (call === "POST mint" && moment === "after") {
            yield* eventually("the order is taken", Effect.map(truth(id), ({ requests }) => requests === 1))
          }
          const { code } = yield* mint.kill("SIGKILL")
          assert.isNull(code, "it was still running")
          yield* faults.remove(delay)
          yield* resumedOnce(id)
        }))
    }
  }

  // Spread over the whole life of a mint, which takes about a second and a half from the shell.
  for (const millis of [600, 900, 1100, 1300]) {
    it.scoped(`after ${millis} milliseconds`, () =>
      Effect.gen(function*() {
        const { environment } = yield* Sandbox
        const id = randomUUID()
        const mint = yield* start(mintOf(id), environment)
        yield* Effect.sleep(millis)
        yield* mint.kill("SIGKILL")
        // Before its intent was recorded there is nothing to resume: then the same command is simply given again.
        const again = yield* ballast([...mintOf(id), "--json"], environment)
        assert.strictEqual(again.code, 0, again.stderr)
        yield* resumedOnce(id)
      }))
  }

  it.scoped("or not: the log is whole in the end", () =>
    Effect.gen(function*() {
      const { environment } = yield* Sandbox
      const { code, stdout } = yield* ballast(["verify"], environment)
      assert.strictEqual(code, 0, stdout)
      assert.include(stdout, "0 faults")
      assert.strictEqual((yield* ballast(["list", "--live", "--json"], environment)).stdout.trim(), "[]")
    }))
})
