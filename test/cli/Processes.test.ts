/** Several processes on one database, the process that runs for ever, and signals. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { eventually, mintOf, operation, ownDatabase, sandbox, start, truth } from "./Ballast.ts"
import { inProcess } from "./InProcess.ts"

const hold = { mint: { outcome: "hold" } } as const
const complete = { mint: { outcome: "complete" } } as const

/** A mint that waits for Alpaca, driven by a process that is killed: what it leaves is resumable. */
const waiting = Effect.gen(function*() {
  const { environment, world } = yield* ownDatabase
  const id = randomUUID()
  yield* world.alpaca.change(hold)
  const mint = yield* start(mintOf(id), environment)
  yield* eventually("the mint waits", Effect.map(mint.said, (said) => said.includes("MintRequested -> MintAccepted")))
  const settle = Effect.gen(function*() {
    const [request] = (yield* world.alpaca.history).requests.filter(({ clientRequestId }) => clientRequestId === id)
    yield* Effect.orDie(world.alpaca.settle(request?.id ?? "", { outcome: "complete" }))
    yield* world.alpaca.change(complete)
  })
  return { environment, id, mint, settle, world }
})

layer(sandbox, { excludeTestServices: true, timeout: 20_000 })("processes", (it) => {
  it.scoped("two resume one mint: one drives, the other says who holds it and waits, both end the same", () =>
    Effect.gen(function*() {
      const { environment, id, mint, settle } = yield* waiting
      yield* mint.kill("SIGKILL")
      const first = yield* start(["resume", id, "--json"], environment)
      yield* eventually(
        "one drives",
        Effect.map(first.said, (said) => said.includes("GET") || said.includes("get token"))
      )
      const second = yield* start(["resume", id, "--json"], environment)
      yield* eventually(
        "the other waits",
        Effect.map(second.said, (said) => said.includes("is being driven by process"))
      )
      const impatient = yield* inProcess(["resume", id, "--json", "--no-wait"], environment)
      assert.strictEqual(impatient.code, 3)
      assert.match(impatient.stderr, new RegExp(`is being driven by process ${first.pid} on \\S+ \\(lease until 20`))
      yield* settle
      for (const process of [first, second]) {
        const ended = yield* process.ended
        assert.strictEqual(ended.code, 0, ended.stderr)
        assert.lengthOf(operation(ended).events, 4)
      }
      assert.deepStrictEqual(yield* truth(id), { requests: 1, mints: 1 })
    }))

  it.scoped("the lease of a process that is killed is taken over at once, also by one that waits for it", () =>
    Effect.gen(function*() {
      const { environment, id, mint, settle } = yield* waiting
      const long = { ...environment, BALLAST_LEASE_DURATION: "1 hour" }
      yield* mint.kill("SIGKILL")
      const holder = yield* start(["resume", id], long)
      yield* eventually("it drives", Effect.map(holder.said, (said) => said.includes("get token")))
      const waits = yield* start(["resume", id, "--json"], long)
      yield* eventually(
        "another one waits",
        Effect.map(waits.said, (said) => said.includes("is being driven by process"))
      )
      yield* holder.kill("SIGKILL")
      yield* settle
      const ended = yield* waits.ended
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.include(ended.stderr, "took over the lease")
    }))

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it.scoped(`run resumes what it finds; ${signal} stops it between steps and frees the lease`, () =>
      Effect.gen(function*() {
        const { environment, id, mint, settle } = yield* waiting
        yield* mint.kill("SIGKILL")
        const run = yield* start(["run", "--json"], environment)
        yield* eventually("it drives", Effect.map(run.said, (said) => said.includes("get token")))
        const stopped = yield* run.kill(signal)
        assert.strictEqual(stopped.code, 0, stopped.stderr)
        assert.deepStrictEqual(JSON.parse(stopped.stdout), { stopped: true, live: [id] })
        yield* settle
        const ended = yield* inProcess(["resume", "--no-wait", "--json"], environment)
        assert.strictEqual(ended.code, 0, ended.stderr)
        assert.notInclude(ended.stderr, "took over the lease", "it was given back")
        assert.deepStrictEqual(yield* truth(id), { requests: 1, mints: 1 })
      }))
  }

  it.scoped("a run that is stopped is waited for until its lease ends; woken, it leaves the mint to whoever took over", () =>
    Effect.gen(function*() {
      const { environment, id, mint, settle } = yield* waiting
      yield* mint.kill("SIGKILL")
      const run = yield* start(["run", "--json"], { ...environment, BALLAST_LEASE_DURATION: "2 seconds" })
      yield* eventually("it drives", Effect.map(run.said, (said) => said.includes("get token")))
      const signal = (name: NodeJS.Signals) => Effect.sync(() => process.kill(run.pid, name))
      yield* signal("SIGSTOP")
      const impatient = yield* inProcess(["resume", id, "--no-wait"], environment)
      assert.strictEqual(impatient.code, 3)
      assert.include(impatient.stderr, `is being driven by process ${run.pid} on`)
      yield* settle
      const ended = yield* inProcess(["resume", id, "--json"], environment)
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.include(ended.stderr, `from process ${run.pid} on`)
      yield* signal("SIGCONT")
      yield* eventually(
        "it knows",
        Effect.map(run.said, (said) => said.includes(`process ${process.pid} on`) && said.includes("has taken it over"))
      )
      const stopped = yield* run.kill("SIGTERM")
      assert.deepStrictEqual([stopped.code, JSON.parse(stopped.stdout)], [0, { stopped: true, live: [] }])
      assert.deepStrictEqual(operation(yield* inProcess(["show", id, "--json"], environment)), operation(ended))
      assert.deepStrictEqual(yield* truth(id), { requests: 1, mints: 1 })
    }))

  it.scoped("run takes up on its schedule what another process has left", () =>
    Effect.gen(function*() {
      const { environment, id, mint, settle } = yield* waiting
      const run = yield* start(["run"], { ...environment, BALLAST_RECHECK_INTERVAL: "100 millis" })
      yield* eventually("it found the mint", Effect.map(run.said, (said) => said.includes("1 operation not settled")))
      yield* mint.kill("SIGKILL")
      yield* settle
      yield* eventually(
        "it finished the mint",
        Effect.map(run.said, (said) => said.includes("TokensReceived -> Completed"))
      )
      assert.strictEqual((yield* run.kill("SIGTERM")).code, 0)
      assert.deepStrictEqual(yield* truth(id), { requests: 1, mints: 1 })
    }))

  it.scoped("a mint that is stopped says that it is not settled", () =>
    Effect.gen(function*() {
      const { environment, id, mint, settle } = yield* waiting
      assert.strictEqual((yield* mint.kill("SIGINT")).code, 3)
      yield* settle
      assert.strictEqual((yield* inProcess(["resume", id, "--no-wait"], environment)).code, 0)
    }))
})
