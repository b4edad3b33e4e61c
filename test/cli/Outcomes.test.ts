/** What becomes of a mint, and how a person or a program is told. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import type * as AlpacaSettings from "../../src/layers/local/AlpacaSettings.ts"
import { eventually, mintOf, operation, ownDatabase, sandbox } from "./Ballast.ts"
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
      const { code, environment, id, operation: done, stderr, stdout, world } = yield* minted({}, {}, "10.500")
      assert.strictEqual(code, 0)
      const { issuerTransactions, requests } = yield* world.alpaca.history
      const requested = {
        symbol: "AAPL",
        quantity: "10.5",
        wallet: world.wallet.address,
        token: world.tokens["AAPL"]?.address,
        decimals: 18,
        issuer: "st0x",
        network: "base"
      }
      const accepted = { tokenizationRequestId: requests.find(({ clientRequestId }) => clientRequestId === id)?.id }
      const received = { txHash: issuerTransactions.at(-1)?.hash, sharesMinted: "10.500000000000000000" }
      assert.containsAllKeys(JSON.parse(stdout), ["startedAt", "updatedAt"])
      assert.deepStrictEqual(done, {
        type: "TokenizedEquityMint",
        id,
        state: "Completed",
        finished: true,
        settled: true,
        succeeded: true,
        version: 4,
        data: { ...done.data, ...requested, ...accepted, ...received },
        events: ["MintRequested", "MintAccepted", "TokensReceived", "MintCompleted"].map((type, index) => ({
          sequence: index + 1,
          type,
          at: done.events[index]?.at ?? "",
          payload: [requested, accepted, received, {}][index]
        })),
        transactions: []
      })
      // The log tells the story too, each step once.
      const story = stderr.split("\n").flatMap((line) => / -> [^"]*(?=","logLevel":"INFO")/.exec(line) ?? [])
      assert.deepStrictEqual(story, [" -> MintRequested", " -> MintAccepted", " -> TokensReceived", " -> Completed"])

      const posts = yield* world.alpaca.counts.of("POST mint")
      const again = yield* inProcess([...mintOf(id, "10.5"), "--json"], environment)
      assert.strictEqual(again.code, 0)
      assert.deepStrictEqual(operation(again), done)
      assert.strictEqual(yield* world.alpaca.counts.of("POST mint"), posts)

      // To look at the log takes no more than the log.
      const database = { BALLAST_DATABASE: environment["BALLAST_DATABASE"] ?? "" }
      assert.deepStrictEqual(operation(yield* inProcess(["show", id, "--json"], database)), done)
      const listed: unknown = JSON.parse((yield* inProcess(["list", "--json"], database)).stdout)
      const { events: _, transactions: __, ...summary } = done
      assert.deepInclude((listed as ReadonlyArray<object>)[0], summary)
      assert.strictEqual((yield* inProcess(["list", "--live", "--json"], database)).stdout.trim(), "[]")
      assert.strictEqual((yield* inProcess(["verify"], database)).code, 0)
      const unknown = yield* inProcess(["show", randomUUID()], database)
      assert.strictEqual(unknown.code, 2)
      assert.include(unknown.stderr, "there is no operation")
      assert.match((yield* inProcess(["show", id], database)).stdout, /10\.5 AAPL\n(  \d\. .*\n){4}Completed: done\n$/)
    }))

  const refusals: Readonly<
    Record<string, {
      readonly quantity?: string
      readonly env?: Readonly<Record<string, string>>
      readonly reason: string
      readonly detail: string
      readonly advice: string
    }>
  > = {
    "not enough shares": {
      quantity: "100000",
      reason: "InsufficientPosition",
      detail: "insufficient position for AAPL",
      advice: "Buy or free what is missing"
    },
    "credentials refused": {
      env: { BALLAST_ALPACA_API_SECRET: "another-secret" },
      reason: "Unauthorized",
      detail: "401",
      advice: "Check BALLAST_ALPACA_API_KEY"
    },
    "an account of somebody else": {
      env: { BALLAST_ALPACA_ACCOUNT_ID: "00000000-0000-4000-8000-000000000000" },
      reason: "Unauthorized",
      detail: "403",
      advice: "what the account may do"
    },
    "a parameter that Alpaca does not take": {
      env: { BALLAST_TOKENIZATION_ISSUER: "xstocks" },
      reason: "InvalidRequest",
      detail: "AAPL is not available from xstocks on base",
      advice: "Correct what Alpaca complains about"
    }
  }
  for (const [what, { advice, detail, env, quantity = "0.01", reason }] of Object.entries(refusals)) {
    it.scoped(`${what}: failed and settled, exit 1, and what to do`, () =>
      Effect.gen(function*() {
        const { code, environment, id, operation: failed } = yield* minted({}, env, quantity)
        assert.strictEqual(code, 1)
        assert.deepInclude(failed, { state: "Failed", finished: true, settled: true, succeeded: false })
        assert.deepInclude(failed.failure, { reason, place: "Alpaca", amount: quantity })
        assert.include(failed.failure?.detail, detail)
        const { stdout } = yield* inProcess(["show", id], environment)
        for (const words of [reason, detail, `${quantity} at Alpaca`, advice]) assert.include(stdout, words)
        assert.include((yield* inProcess(["resume"], environment)).stdout, "nothing to resume")
      }))
  }

  it.scoped("rejected by the issuer: failed and settled, exit 1", () =>
    Effect.gen(function*() {
      const { code, operation: failed } = yield* minted({ outcome: "reject" })
      assert.strictEqual(code, 1)
      assert.deepInclude(failed.failure, { reason: "Rejected", place: "Alpaca" })
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

  it.scoped("Alpaca is down once the order was taken: nothing is concluded, however late it is", () =>
    Effect.gen(function*() {
      const { environment, world } = yield* ownDatabase
      const id = randomUUID()
      // The first look succeeds, before the deadline; all others fail, past it too.
      yield* world.alpaca.faults.add({ on: "GET request", skip: 1, times: "forever", fault: { _tag: "DropBefore" } })
      yield* world.alpaca.change({ mint: { delayMillis: 1000 } })
      const quick = { ...environment, ...short, BALLAST_POLL_TIMEOUT: "100 millis" }
      const ended = yield* inProcess([...mintOf(id), "--json"], quick)
      yield* world.alpaca.faults.clear
      yield* world.alpaca.change({ mint: { delayMillis: 100 } })
      assert.strictEqual(ended.code, 3)
      assert.deepInclude(operation(ended), { state: "MintAccepted", settled: false })
      assert.include(JSON.parse(ended.stdout).error, "Alpaca")
      yield* eventually(
        "the issuer is done",
        Effect.map(world.alpaca.history, ({ requests }) => requests.at(-1)?.status === "completed")
      )
      const resumed = yield* inProcess(["resume", id, "--json"], environment)
      assert.strictEqual(resumed.code, 0, resumed.stderr)
      assert.notInclude(operation(resumed).events.map(({ type }) => type), "MintFailed")
    }))

  it.scoped("what could not be ordered before the deadline is not ordered after it", () =>
    Effect.gen(function*() {
      const { environment, world } = yield* ownDatabase
      const id = randomUUID()
      const down = yield* world.alpaca.faults.add({ on: "*", fault: { _tag: "Down" } })
      const quick = { ...environment, ...short, BALLAST_POLL_TIMEOUT: "50 millis" }
      assert.strictEqual((yield* inProcess(mintOf(id), quick)).code, 3)
      yield* world.alpaca.faults.remove(down)
      const ended = yield* inProcess(["resume", id, "--json"], quick)
      assert.strictEqual(ended.code, 3)
      assert.deepInclude(operation(ended).failure, { reason: "TimedOut", place: "Alpaca" })
      const { requests } = yield* world.alpaca.history
      assert.isFalse(requests.some(({ clientRequestId }) => clientRequestId === id))
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
