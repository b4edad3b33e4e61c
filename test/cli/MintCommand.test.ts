import { describe, expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Child from "./Child.ts"
import * as Sandbox from "./Sandbox.ts"

const transitions = (said: Child.Said) =>
  Child.logOf(said).flatMap(({ annotations, message }) => annotations["from"] === undefined ? [] : [message])

const recorded = ["MintRequested", "MintAccepted", "TokensReceived", "MintCompleted"]

const utc = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

layer(Sandbox.layer(2), { excludeTestServices: true, timeout: "60 seconds" })((it) => {
  describe.concurrent("mint", () => {
    it.scoped("ends with tokens in the wallet, and tells so in one document; the same id again changes nothing", () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.open
        const { tokens } = sandbox.world
        const order = Sandbox.order("1.50")
        const first = yield* sandbox.ballast(order.args)
        expect(first.code).toBe(0)
        const truth = yield* Sandbox.effectsOf(sandbox.world, order)
        expect(truth).toMatchObject({
          requests: [{ status: "completed", symbol: "AAPL", quantity: 1_500_000_000n, wallet: order.wallet }],
          transactions: [{ status: "mined" }],
          tokens: { AAPL: 1_500_000_000_000_000_000n }
        })
        const requested = {
          symbol: "AAPL",
          quantity: "1.5",
          wallet: order.wallet,
          token: tokens["AAPL"]?.address,
          decimals: 18,
          issuer: "st0x",
          network: "base"
        }
        const accepted = { tokenizationRequestId: truth.requests[0]?.id }
        const received = { txHash: truth.transactions[0]?.hash, sharesMinted: "1.500000000000000000" }
        const payloads = [requested, accepted, received, {}]
        expect(Child.documentOf(first)).toEqual({
          type: "TokenizedEquityMint",
          id: order.id,
          state: "Completed",
          finished: true,
          settled: true,
          succeeded: true,
          version: 4,
          startedAt: utc,
          updatedAt: utc,
          data: {
            ...requested,
            ...accepted,
            ...received,
            requestedAt: utc,
            acceptedAt: utc,
            receivedAt: utc,
            completedAt: utc
          },
          events: recorded.map((type, index) => ({ sequence: index + 1, type, at: utc, payload: payloads[index] })),
          transactions: []
        })
        // Each once: somebody reads the story there.
        expect(transitions(first)).toEqual([
          "NotStarted -> MintRequested",
          "MintRequested -> MintAccepted",
          "MintAccepted -> TokensReceived",
          "TokensReceived -> Completed"
        ])

        const again = yield* sandbox.ballast(order.args)
        expect(again.code).toBe(0)
        expect(Child.documentOf(again)).toEqual(Child.documentOf(first))
        expect(transitions(again)).toEqual([])
        expect(yield* sandbox.world.alpaca.counts.of("POST mint")).toBe(1)
      }))

    it.scoped("refuses the same id for another symbol, quantity or wallet, and shows both", () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.open
        const order = Sandbox.order()
        expect((yield* sandbox.ballast(order.args)).code).toBe(0)
        const before = yield* sandbox.world.alpaca.counts.all
        const other = Sandbox.order().wallet
        const changes = { AAPL: "MSFT", [order.quantity]: "1.6", [order.wallet]: other }
        yield* Effect.forEach(Object.entries(changes), ([was, is]) =>
          Effect.gen(function*() {
            const args = order.args.map((arg) => arg === was ? is : arg)
            const refused = yield* sandbox.ballast(args)
            expect(refused.code).toBe(2)
            const { error } = Child.documentOf(refused)
            expect(error).toMatchObject({ reason: "DifferentRequest" })
            const { message } = error as { readonly message: string }
            expect(message).toContain(order.id)
            expect(message.split(";")[0]).toContain(was)
            expect(message.split(";")[1]).toContain(is)
            expect(refused.stderr).toContain(message)
          }), { concurrency: 3 })
        expect(yield* sandbox.world.alpaca.counts.all).toEqual(before)
        expect(yield* Sandbox.eventsOf(sandbox, order)).toEqual(recorded)
      }))

    it.scoped("tells people the story; its tokens go to our own wallet unless told otherwise", () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.open
        const ended = yield* sandbox.ballast(["mint", "--symbol", "MSFT", "--quantity", "0.000000001"])
        expect(ended.code).toBe(0)
        const id = /^mint (\S{36})$/m.exec(ended.stderr)?.[1]
        const lines = ended.stdout.trimEnd().split("\n")
        expect(lines[0]).toBe(`TokenizedEquityMint ${id}, 0.000000001 MSFT`)
        expect(lines.slice(1, -1).map((line) => line.trim().split(/\s+/)[2])).toEqual(recorded)
        expect(lines[1]).toContain(sandbox.world.wallet.address)
        expect(lines.at(-1)).toBe("Completed: done")
      }))

    it.scoped("--dry-run shows the plan and sends nothing", () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.open
        const before = yield* sandbox.world.alpaca.history
        const calls = yield* sandbox.world.alpaca.counts.all
        const order = Sandbox.order()
        const [document, text] = yield* Effect.all([
          sandbox.ballast([...order.args, "--dry-run"]),
          sandbox.ballast([...order.args.filter((arg) => arg !== "--json"), "--dry-run"])
        ], { concurrency: 2 })
        expect([document.code, text.code]).toEqual([0, 0])
        expect(Child.documentOf(document)).toMatchObject({
          dryRun: true,
          id: order.id,
          symbol: "AAPL",
          quantity: order.quantity,
          wallet: order.wallet
        })
        for (const word of [order.id, "1.5 AAPL", "st0x", order.wallet]) expect(text.stdout).toContain(word)
        expect(yield* sandbox.world.alpaca.history).toEqual(before)
        expect(yield* sandbox.world.alpaca.counts.all).toEqual(calls)
        expect(yield* Sandbox.eventsOf(sandbox, order)).toEqual([])
      }))

    const wrongSecret = { BALLAST_ALPACA_API_SECRET: "a-secret-of-somebody-else" }
    const otherAccount = { BALLAST_ALPACA_ACCOUNT_ID: "00000000-0000-4000-8000-000000000000" }
    const refusals: ReadonlyArray<{
      readonly why: string
      readonly quantity?: string
      readonly env?: Readonly<Record<string, string>>
      readonly reason: string
      readonly detail: string
      readonly advice: string
    }> = [
      {
        why: "too few shares",
        quantity: "2000000",
        reason: "InsufficientPosition",
        detail: "insufficient position for AAPL",
        advice: "Buy or free the shares"
      },
      {
        why: "wrong credentials",
        env: wrongSecret,
        reason: "Unauthorized",
        detail: "401",
        advice: "BALLAST_ALPACA_API_KEY"
      },
      {
        why: "another's account",
        env: otherAccount,
        reason: "Unauthorized",
        detail: "403",
        advice: "the account may do"
      },
      {
        why: "no such token there",
        env: { BALLAST_TOKENIZATION_ISSUER: "xstocks" },
        reason: "InvalidRequest",
        detail: "AAPL is not available from xstocks on base",
        advice: "Correct what Alpaca complains about"
      }
    ]

    it.scoped("a refusal of Alpaca is final, and says why and what to do", () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.open
        const refused = yield* Effect.forEach(refusals, ({ advice, detail, env = {}, quantity, reason, why }) =>
          Effect.gen(function*() {
            const order = Sandbox.order(quantity)
            const ended = yield* sandbox.ballast(
              order.args.filter((arg) =>
                arg !== "--json"
              ),
              { env }
            )
            expect([why, ended.code]).toEqual([why, 1])
            expect(ended.stdout).toContain(`Failed (${reason}): `)
            expect(ended.stdout).toContain(detail)
            expect(ended.stdout).toContain(`The money: ${order.quantity} at Alpaca.`)
            expect(ended.stdout).toContain(advice)
            const failure = { reason, place: "Alpaca", amount: order.quantity, detail: expect.stringContaining(detail) }
            return expect.objectContaining({ id: order.id, finished: true, settled: true, succeeded: false, failure })
          }), { concurrency: 2 })
        const listed: unknown = JSON.parse((yield* sandbox.ballast(["list", "--json"])).stdout)
        expect(listed).toHaveLength(refusals.length)
        expect(listed).toEqual(expect.arrayContaining(refused))
        expect((yield* sandbox.ballast(["resume"])).stdout).toContain("nothing to resume")
      }))

    it.scoped("a rejection by the issuer is final, and the shares are back", () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.open
        const { alpaca } = sandbox.world
        yield* alpaca.change({ mint: { outcome: "reject" } })
        const before = yield* alpaca.ledger.positions
        const order = Sandbox.order()
        const ended = yield* sandbox.ballast(order.args)
        expect(ended.code).toBe(1)
        expect(Child.documentOf(ended)).toMatchObject({
          state: "Failed",
          settled: true,
          failure: { reason: "Rejected", place: "Alpaca", amount: "1.5" },
          data: { tokenizationRequestId: expect.any(String) }
        })
        expect(yield* alpaca.ledger.positions).toEqual(before)
        // For a settled failure nobody has to look, and nothing is ordered again.
        const resumed = yield* sandbox.ballast(["resume", order.id])
        expect(resumed.code).toBe(1)
        expect(resumed.stdout).toContain("Ask Alpaca or the issuer why")
        expect((yield* Sandbox.effectsOf(sandbox.world, order)).requests).toHaveLength(1)
      }))

    it.scoped("stops waiting at the deadline; a late success is adopted by recheck", () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.open
        const { alpaca } = sandbox.world
        yield* alpaca.change({ mint: { outcome: "hold" } })
        const order = Sandbox.order()
        const ended = yield* sandbox.ballast(order.args, { env: { BALLAST_POLL_TIMEOUT: "300 millis" } })
        expect(ended.code).toBe(3)
        const timedOut = {
          state: "Failed",
          finished: true,
          settled: false,
          succeeded: false,
          failure: { reason: "TimedOut", place: "IssuerInTransit", amount: "1.5" }
        }
        expect(Child.documentOf(ended)).toMatchObject(timedOut)
        const early = yield* sandbox.ballast(["recheck", order.id])
        expect(early.code).toBe(3)
        expect(early.stdout).toContain(`ballast recheck ${order.id}`)

        const { requests } = yield* Sandbox.effectsOf(sandbox.world, order)
        yield* alpaca.settle(requests[0]?.id ?? "", { outcome: "complete" })
        const late = yield* sandbox.ballast(["recheck", order.id, "--json"])
        expect(late.code).toBe(0)
        expect(Child.documentOf(late)).toMatchObject({ state: "Completed", succeeded: true })
        expect(yield* Sandbox.eventsOf(sandbox, order)).toEqual([
          "MintRequested",
          "MintAccepted",
          "MintFailed",
          "MintRecovered",
          "TokensReceived",
          "MintCompleted"
        ])
        expect(yield* Sandbox.effectsOf(sandbox.world, order)).toMatchObject({
          requests: [{ status: "completed" }],
          transactions: [{ status: "mined" }],
          tokens: { AAPL: 1_500_000_000_000_000_000n }
        })
      }))

    for (
      const [what, script, words] of [
        ["names no transaction", { hash: "missing" }, "names no transaction"],
        ["names a transaction that reverted", { hash: "reverted" }, "it reverted"],
        ["brings another token", { mintInstead: "MSFT" }, "it transfers nothing of token"]
      ] as const
    ) {
      it.scoped(`what the chain does not confirm is not believed: ${what}`, () =>
        Effect.gen(function*() {
          const sandbox = yield* Sandbox.open
          yield* sandbox.world.alpaca.change({ mint: script })
          const order = Sandbox.order()
          const ended = yield* sandbox.ballast(order.args, { env: { BALLAST_POLL_TIMEOUT: "800 millis" } })
          expect(ended.code).toBe(3)
          expect(Child.documentOf(ended)).toMatchObject({
            state: "Failed",
            settled: false,
            failure: { reason: "Unverifiable", place: "IssuerInTransit", detail: expect.stringContaining(words) }
          })
        }))
    }

    it.scoped("concludes nothing while Alpaca cannot be reached, however late it is", () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.open
        const { alpaca } = sandbox.world
        yield* alpaca.change({ mint: { outcome: "hold" } })
        const order = Sandbox.order()
        // The first look succeeds, all others fail, past the deadline too.
        const down = yield* alpaca.faults.add({
          on: "GET request",
          skip: 1,
          times: "forever",
          fault: { _tag: "DropBefore" }
        })
        const env = { BALLAST_POLL_TIMEOUT: "100 millis", BALLAST_RETRY_ATTEMPTS: "4" }
        const ended = yield* sandbox.ballast(order.args, { env })
        expect(ended.code).toBe(3)
        expect(Child.documentOf(ended)).toMatchObject({
          state: "MintAccepted",
          finished: false,
          settled: false,
          error: expect.stringContaining("Alpaca")
        })
        const [request] = (yield* Sandbox.effectsOf(sandbox.world, order)).requests
        yield* alpaca.faults.remove(down)
        yield* alpaca.settle(request?.id ?? "", { outcome: "complete" })
        const resumed = yield* sandbox.ballast(["resume", order.id, "--json"], { env })
        expect(resumed.code).toBe(0)
        expect(Child.documentOf(resumed)).toMatchObject({ state: "Completed" })
        expect(yield* Sandbox.eventsOf(sandbox, order)).toEqual(recorded)
      }))

    it.scoped("orders nothing once the deadline has passed before Alpaca could be reached", () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.open
        const { alpaca } = sandbox.world
        yield* alpaca.faults.add({ on: "*", fault: { _tag: "Down" } })
        const order = Sandbox.order()
        const env = { BALLAST_POLL_TIMEOUT: "100 millis", BALLAST_RETRY_ATTEMPTS: "3" }
        const ended = yield* sandbox.ballast(order.args, { env })
        expect(ended.code).toBe(3)
        expect(Child.documentOf(ended)).toMatchObject({ state: "MintRequested", settled: false })
        expect(yield* Sandbox.eventsOf(sandbox, order)).toEqual(["MintRequested"])
        yield* alpaca.faults.clear
        const resumed = yield* sandbox.ballast(["resume", order.id, "--json"], { env })
        expect(Child.documentOf(resumed)).toMatchObject({ state: "Failed", failure: { reason: "TimedOut" } })
        expect((yield* Sandbox.effectsOf(sandbox.world, order)).requests).toEqual([])
      }))

    it.scoped("fewer tokens than ordered: done, recorded as the chain says, and a person is told", () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.open
        yield* sandbox.world.alpaca.change({ mint: { fee: 500_000_000n } })
        const order = Sandbox.order()
        const ended = yield* sandbox.ballast(order.args)
        expect(ended.code).toBe(0)
        expect(Child.documentOf(ended)).toMatchObject({
          state: "Completed",
          data: { quantity: "1.5", sharesMinted: "1.000000000000000000" }
        })
        const alerts = Child.logOf(ended).filter(({ logLevel }) => logLevel === "WARN")
        expect(alerts).toHaveLength(1)
        expect(alerts[0]?.message).toMatch(/1\.5 AAPL were ordered, 1\.0+ arrived/)
        expect(alerts[0]?.message).toContain(order.id)
      }))
  })
})
