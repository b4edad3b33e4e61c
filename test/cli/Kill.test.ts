/** Killed before and after every external call, and at any moment: resumed, it is the same mint, and there is one. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { eventsOf, eventually, mintOf, operation, Sandbox, sandbox, start, truth } from "./Ballast.ts"
import { inProcess } from "./InProcess.ts"
import { delayAfter, delayBefore, delayed, killedAt } from "./Killing.ts"

const recorded = ["MintRequested", "MintAccepted", "TokensReceived", "MintCompleted"]

/** Resumes, and holds the end against what truly happened. */
const resumedOnce = (id: string, command = ["resume", id]) =>
  Effect.gen(function*() {
    const { environment } = yield* Sandbox
    const ended = yield* inProcess([...command, "--json"], environment)
    assert.strictEqual(ended.code, 0, ended.stderr)
    const { events, state } = operation(ended)
    assert.strictEqual(state, "Completed")
    assert.deepStrictEqual(events.map(({ type }) => type), recorded)
    assert.deepStrictEqual(yield* truth(id), { requests: 1, mints: 1 })
  })

/** What a mint asks before it records its intent. */
const preflight = [["ethereum", "eth_chainId"], ["base", "eth_chainId"], ["base", "eth_call"]] as const

/** Every call of a mint once its intent is recorded, and the server that gets it. */
const calls = [
  ["alpaca", "POST mint"],
  ["alpaca", "GET request"],
  ["base", "eth_getTransactionReceipt"],
  ["base", "eth_getBlockByNumber"]
] as const

/** What only a mint asks that was killed before. */
const lookUp = ["alpaca", "GET requests:by_client_request_id"] as const

layer(sandbox, { excludeTestServices: true, timeout: 20_000 })("killed", (it) => {
  it.scoped("these are all calls that a mint makes", () =>
    Effect.gen(function*() {
      const { environment, world: { alpaca, base, ethereum } } = yield* Sandbox
      const made = Effect.all({ alpaca: alpaca.counts.all, base: base.counts.all, ethereum: ethereum.counts.all })
      assert.deepStrictEqual(yield* made, { alpaca: {}, base: {}, ethereum: {} })
      assert.strictEqual((yield* inProcess(mintOf(randomUUID()), environment)).code, 0)
      const all = Object.entries(yield* made).flatMap(([server, counts]) =>
        Object.keys(counts).map((call) => `${server} ${call}`)
      )
      assert.sameMembers(all, [...preflight, ...calls].map((call) => call.join(" ")))
    }))

  it.scoped("at every call before its intent is recorded: the same command mints once", () =>
    Effect.gen(function*() {
      const id = randomUUID()
      for (const call of preflight) yield* killedAt(mintOf(id), call, delayBefore)
      assert.deepStrictEqual(yield* truth(id), { requests: 0, mints: 0 })
      yield* resumedOnce(id, mintOf(id))
    }))

  for (const call of calls) {
    const isOrder = call[1] === "POST mint"
    for (const [moment, fault] of Object.entries({ before: delayBefore, after: delayAfter, during: delayed })) {
      if (moment === "during" && !isOrder) continue
      it.scoped(`${moment} ${call[1]}`, () =>
        Effect.gen(function*() {
          const { world } = yield* Sandbox
          const id = randomUUID()
          const taken = Effect.map(truth(id), ({ requests }) => requests === 1)
          yield* killedAt(
            mintOf(id),
            call,
            fault,
            isOrder && moment === "after" ? Effect.provideService(taken, Sandbox, yield* Sandbox) : undefined
          )
          assert.deepStrictEqual(yield* world.alpaca.faults.pending, [])
          yield* resumedOnce(id)
        }))
    }
  }

  it.scoped("before the order reached Alpaca, and again before and after looking for it", () =>
    Effect.gen(function*() {
      const id = randomUUID()
      yield* killedAt(mintOf(id), ["alpaca", "POST mint"], { _tag: "DropBefore" })
      assert.deepStrictEqual(yield* truth(id), { requests: 0, mints: 0 })
      for (const fault of [delayBefore, delayAfter]) yield* killedAt(["resume", id], lookUp, fault)
      yield* resumedOnce(id)
    }))

  for (const event of recorded.slice(1)) {
    it.scoped(`once ${event} is recorded`, () =>
      Effect.gen(function*() {
        const { environment } = yield* Sandbox
        const id = randomUUID()
        const mint = yield* start(mintOf(id), environment)
        yield* eventually(
          `${event} is recorded`,
          Effect.map(eventsOf(environment, id), (types) => types.includes(event))
        )
        yield* mint.kill("SIGKILL")
        yield* resumedOnce(id)
      }))
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
        yield* resumedOnce(id, mintOf(id))
      }))
  }

  it.scoped("or not: the log is whole in the end", () =>
    Effect.gen(function*() {
      const { environment } = yield* Sandbox
      const { code, stdout } = yield* inProcess(["verify"], environment)
      assert.strictEqual(code, 0, stdout)
      assert.include(stdout, "0 faults")
      assert.strictEqual((yield* inProcess(["list", "--live", "--json"], environment)).stdout.trim(), "[]")
    }))
})
