/** What becomes of a mint, and how a person or a program is told. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import type * as AlpacaSettings from "../../src/layers/local/AlpacaSettings.ts"
import { mintOf, operation, ownDatabase, sandbox } from "./Ballast.ts"
import { inProcess } from "./InProcess.ts"

const short = { BALLAST_POLL_TIMEOUT: "500 millis", BALLAST_RETRY_ATTEMPTS: "2" }
const ordinary = {
  outcome: "complete",
  fee: 0n,
  mintInstead: null,
  hash: "mint"
} satisfies Partial<AlpacaSettings.MintScript>

/** A mint while Alpaca and the issuer behave like this. */
const minted = (
  script: Partial<AlpacaSettings.MintScript>,
  more: Readonly<Record<string, string>> = {},
  quantity?: string
) =>
  Effect.gen(function*() {
    const { environment, world } = yield* ownDatabase
    const id = randomUUID()
    yield* world.alpaca.change({ mint: { ...ordinary, ...script } })
    const ended = yield* inProcess([...mintOf(id, quantity), "--json"], { ...environment, ...more })
    yield* world.alpaca.change({ mint: ordinary })
    return { ...ended, environment, id, operation: operation(ended), world }
  })

layer(sandbox, { excludeTestServices: true, timeout: 20_000 })("outcomes", (it) => {
  it.scoped("completed: one document, exit 0, and the same again from show and list", () =>
    Effect.gen(function*() {
      const { code, environment, id, operation: done } = yield* minted({}, {}, "10.500")
      assert.strictEqual(code, 0)
      assert.deepInclude(done, {
        type: "TokenizedEquityMint",
        id,
        state: "Completed",
        finished: true,
        settled: true,
        succeeded: true,
        version: 4,
        transactions: []
      })
      assert.strictEqual(done.data["quantity"], "10.5")
      assert.strictEqual(done.data["sharesMinted"], "10.500000000000000000")
      assert.deepStrictEqual(operation(yield* inProcess(["show", id, "--json"], environment)), done)
      const database = { BALLAST_DATABASE: environment["BALLAST_DATABASE"] ?? "" }
      const listed: unknown = JSON.parse((yield* inProcess(["list", "--json"], database)).stdout)
      const { events: _, transactions: __, ...summary } = done
      assert.deepInclude((listed as ReadonlyArray<object>)[0], summary)
      assert.strictEqual((yield* inProcess(["list", "--live", "--json"], database)).stdout.trim(), "[]")
      assert.strictEqual((yield* inProcess(["verify"], database)).code, 0)
    }))

  it.scoped("not enough shares: failed and settled, exit 1, and what to do", () =>
    Effect.gen(function*() {
      const { code, environment, id, operation: failed } = yield* minted({}, {}, "100000")
      assert.strictEqual(code, 1)
      assert.deepInclude(failed.failure, { reason: "InsufficientPosition", place: "Alpaca", amount: "100000" })
      const { stdout } = yield* inProcess(["show", id], environment)
      assert.include(stdout, "100000 at Alpaca")
      assert.include(stdout, "Buy or free the shares")
    }))

  it.scoped("rejected by the issuer: failed and settled, exit 1", () =>
    Effect.gen(function*() {
      const { code, operation: failed } = yield* minted({ outcome: "reject" })
      assert.strictEqual(code, 1)
      assert.deepInclude(failed.failure, { reason: "Rejected", place: "Alpaca" })
    }))

  it.scoped("credentials refused: failed and settled, exit 1", () =>
    Effect.gen(function*() {
      const { code, operation: failed } = yield* minted({}, { BALLAST_ALPACA_API_SECRET: "another-secret" })
      assert.strictEqual(code, 1)
      assert.deepInclude(failed.failure, { reason: "Unauthorized", place: "Alpaca" })
    }))

  it.scoped("too slow: TimedOut, exit 3; recheck adopts the late success", () =>
    Effect.gen(function*() {
      const { code, environment, id, operation: late, world } = yield* minted({ outcome: "hold" }, short)
      assert.strictEqual(code, 3)
      assert.deepInclude(late.failure, { reason: "TimedOut", place: "IssuerInTransit" })
      assert.strictEqual((yield* inProcess(["recheck", id], environment)).code, 3, "nothing new yet")
      const [request] = (yield* world.alpaca.history).requests.filter(({ clientRequestId }) => clientRequestId === id)
      yield* Effect.orDie(world.alpaca.settle(request?.id ?? "", { outcome: "complete" }))
      const rechecked = yield* inProcess(["recheck", id, "--json"], environment)
      assert.strictEqual(rechecked.code, 0, rechecked.stderr)
      assert.include(operation(rechecked).events.map(({ type }) => type), "MintRecovered")
    }))

  const unverifiable = {
    "no hash": { hash: "missing" },
    "a transaction that reverted": { hash: "reverted" },
    "another token": { mintInstead: "MSFT" }
  } as const
  for (const [what, script] of Object.entries(unverifiable)) {
    it.scoped(`completed with ${what}: Unverifiable, exit 3`, () =>
      Effect.gen(function*() {
        const { code, operation: failed } = yield* minted(script, short)
        assert.strictEqual(code, 3)
        assert.deepInclude(failed.failure, { reason: "Unverifiable", place: "IssuerInTransit" })
      }))
  }

  it.scoped("fewer tokens than ordered: completed with what came, and a warning", () =>
    Effect.gen(function*() {
      const { code, operation: done, stderr } = yield* minted({ fee: 1_000_000n })
      assert.strictEqual(code, 0)
      assert.strictEqual(done.data["sharesMinted"], "0.009000000000000000")
      assert.include(stderr, "0.01 AAPL were ordered, 0.009 arrived")
    }))

  it.scoped("Alpaca is down past the deadline: the state stays, exit 3; then it is resumed", () =>
    Effect.gen(function*() {
      const { environment, world } = yield* ownDatabase
      const id = randomUUID()
      const down = yield* world.alpaca.faults.add({ on: "*", fault: { _tag: "Down" } })
      const quick = { ...environment, ...short }
      const first = yield* inProcess([...mintOf(id), "--json"], quick)
      const again = yield* inProcess(["resume", id, "--json"], quick)
      yield* world.alpaca.faults.remove(down)
      for (const ended of [first, again]) {
        assert.strictEqual(ended.code, 3)
        assert.strictEqual(operation(ended).state, "MintRequested")
      }
      assert.strictEqual((yield* inProcess(["resume", id], environment)).code, 0)
    }))

  it.scoped("a dry run sends and records nothing", () =>
    Effect.gen(function*() {
      const { environment, world } = yield* ownDatabase
      const before = yield* world.alpaca.counts.all
      const { code, stdout } = yield* inProcess([...mintOf(randomUUID()), "--dry-run", "--json"], environment)
      assert.strictEqual(code, 0)
      assert.deepInclude(JSON.parse(stdout), { dryRun: true, quantity: "0.01", symbol: "AAPL", issuer: "st0x" })
      assert.deepStrictEqual(yield* world.alpaca.counts.all, before)
      assert.strictEqual((yield* inProcess(["list", "--json"], environment)).stdout.trim(), "[]")
    }))
})
