/** What an operator orders when something has failed: retry, cancel, reconcile, and what he is told. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import {
  type Ended,
  eventsOf,
  eventually,
  mintOf,
  operation,
  ownDatabase,
  rebalanceOf,
  rebalanceSandbox,
  start
} from "./Ballast.ts"
import { inProcess } from "./InProcess.ts"
import { effectsOf, given, happenedOnce, next, nothing } from "./Rebalances.ts"

const error = ({ stdout }: Ended) =>
  (JSON.parse(stdout) as {
    readonly error: { readonly type: string; readonly reason?: string; readonly message: string }
  })
    .error

layer(rebalanceSandbox(), { excludeTestServices: true, timeout: 40_000 })("verbs", (it) => {
  it.scoped("CCTP paused: the failure names retry, which goes on from where the money is, and each step happens once", () =>
    Effect.gen(function*() {
      const { environment, world: { cctp } } = yield* ownDatabase
      const one = next()
      yield* given(cctp.ethereum.setPaused(true), cctp.ethereum.setPaused(false))
      const failed = yield* inProcess(rebalanceOf("alpaca-to-base", one.id, one.amount), environment)
      assert.strictEqual(failed.code, 1, failed.stderr)
      assert.include(failed.stdout, `Try again with: ballast retry ${one.id}`)
      assert.include(failed.stdout, `ballast reconcile ${one.id} --reason TEXT --note TEXT`)
      const again = yield* inProcess(["retry", one.id, "--json"], environment)
      assert.strictEqual(again.code, 1, again.stderr)
      assert.deepInclude(operation(again).failure, { reason: "Reverted", place: "EthereumWallet" })
      yield* Effect.orDie(cctp.ethereum.setPaused(false))
      const ended = yield* inProcess(["retry", one.id, "--json"], environment)
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.strictEqual(operation(ended).state, "DepositConfirmed")
      yield* happenedOnce(one.amount)
      const story = yield* inProcess(["show", one.id], environment)
      assert.include(story.stdout, "RebalanceRecovered")
      assert.include(story.stdout, "no transaction burn can still be mined")
      assert.strictEqual((yield* inProcess(["verify"], environment)).code, 0)
    }))

  it.scoped("a rebalance that has sent nothing is cancelled, tried again all the same, and its end is the operator's", () =>
    Effect.gen(function*() {
      const { environment, world: { base } } = yield* ownDatabase
      const one = next()
      const held = yield* base.faults.add({ on: "eth_estimateGas", times: "forever", fault: { _tag: "DropBefore" } })
      const running = yield* start(rebalanceOf("base-to-alpaca", one.id, one.amount), environment)
      yield* eventually("it is begun", Effect.map(eventsOf(environment, one.id), (events) => events.length === 1))
      const busy = yield* inProcess(["cancel", one.id, "--reason", "why not", "--no-wait", "--json"], environment)
      assert.strictEqual(busy.code, 3, "another process drives it")
      yield* running.kill("SIGKILL")
      const cancelled = yield* inProcess(["cancel", one.id, "--reason", "changed my mind", "--json"], environment)
      assert.strictEqual(cancelled.code, 1, cancelled.stderr)
      assert.deepInclude(operation(cancelled).failure, {
        reason: "Cancelled",
        detail: "changed my mind",
        place: "Vault"
      })
      assert.deepStrictEqual(yield* effectsOf(one.amount), nothing)
      const late = yield* inProcess(["cancel", one.id, "--reason", "again", "--json"], environment)
      assert.strictEqual(late.code, 2)
      assert.deepInclude(error(late), { type: "Refused", reason: "NotCancellable" })
      assert.include(error(late).message, `ballast retry ${one.id}`)
      const said = ["--reason", "Settled", "--note", "not wanted any more, ticket 12"]
      const reconciled = yield* inProcess(["reconcile", one.id, ...said, "--json"], environment)
      assert.strictEqual(reconciled.code, 1, reconciled.stderr)
      const { events, settled, state } = operation(reconciled)
      assert.deepStrictEqual([state, settled], ["Reconciled", true])
      assert.deepInclude(events.at(-1), {
        type: "RebalanceReconciled",
        payload: { reason: "Settled", note: "not wanted any more, ticket 12" }
      })
      yield* base.faults.remove(held)
      const retried = yield* inProcess(["retry", one.id, "--json"], environment)
      assert.deepInclude(error(retried), { type: "Refused", reason: "NotRetryable" })
      assert.strictEqual(retried.code, 2)
    }))

  it.scoped("a refused mint: not before Alpaca has settled, then under a key of its own", () =>
    Effect.gen(function*() {
      const { environment, world } = yield* ownDatabase
      const id = randomUUID()
      const failed = yield* inProcess([...mintOf(id, "1000000"), "--json"], environment)
      assert.deepInclude(operation(failed).failure, { reason: "InsufficientPosition", place: "Alpaca" })
      const early = yield* inProcess(["retry", id, "--json"], environment)
      assert.strictEqual(early.code, 3, early.stderr)
      assert.deepInclude(error(early), { type: "Refused", reason: "StillPossible" })
      yield* Effect.sleep("2100 millis")
      const again = yield* inProcess(["retry", id, "--json"], environment)
      assert.strictEqual(again.code, 1, again.stderr)
      assert.deepStrictEqual(operation(again).events.map(({ type }) => type), [
        "MintRequested",
        "MintFailed",
        "MintRetried",
        "MintFailed"
      ])
      assert.lengthOf((yield* world.alpaca.history).requests.filter((one) => one.clientRequestId === id), 0)
    }))

  const id = "6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e"
  const wrong = [
    [["retry", id], "there is no operation"],
    [["cancel", id, "--reason", "x"], "there is no operation"],
    [["reconcile", id, "--reason", "x", "--note", "y"], "there is no operation"],
    [["recheck", id, "--transfer", "x"], "there is no operation"],
    [["retry", "17"], "UUID"],
    [["cancel", id], "--reason"],
    [["cancel", id, "--reason", " "], "--reason: expected some words"],
    [["reconcile", "17", "--reason", "", "--note", ""], "--note: expected some words"],
    [["recheck", id, "--transfer", "a b"], "--transfer: expected 1 to 128 printable characters"]
  ] as const
  for (const [args, says] of wrong) {
    it.scoped(`ballast ${args.map((word) => JSON.stringify(word)).join(" ")}: exit 2, ${says}`, () =>
      Effect.gen(function*() {
        const { environment } = yield* ownDatabase
        const ended = yield* inProcess([...args, "--json"], environment)
        assert.strictEqual(ended.code, 2, ended.stderr)
        assert.include(ended.stderr, says)
        assert.include(error(ended).message, says)
      }))
  }
})
