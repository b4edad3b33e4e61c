/** Bad days of a redemption, as its user sees them: what is said, the exit code, and what truly happened. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { parseEther } from "viem"
import type { Fault } from "../../src/layers/local/Fault.ts"
import {
  eventually,
  operation,
  ownDatabase,
  redeemOf,
  redemptionSandbox,
  Sandbox,
  start,
  transfersOf
} from "./Ballast.ts"
import { inProcess } from "./InProcess.ts"

/** Every redemption has an amount of its own, by which its transfer is known on the chain. */
let amounts = 0
const next = () => ({ id: randomUUID(), quantity: `0.${String(500 + ++amounts)}` })

/** A world whose one setting is changed for as long as the scope is open. */
const given = <A>(change: Effect.Effect<A>, back: Effect.Effect<unknown>) => Effect.acquireRelease(change, () => back)

const gasOf = (wei: bigint) =>
  Effect.gen(function*() {
    const { world } = yield* Sandbox
    const set = (wei: bigint) => Effect.orDie(world.base.fund(world.wallet.address, wei))
    yield* given(set(wei), set(parseEther("100")))
  })

layer(redemptionSandbox, { excludeTestServices: true, timeout: 30_000 })("redeem", (it) => {
  it.scoped("tells each event, the transfer and where it is; list and verify know it too", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      const { id, quantity } = next()
      const ended = yield* inProcess(redeemOf(id, quantity), environment)
      assert.strictEqual(ended.code, 0, ended.stderr)
      const [transfer, ...others] = yield* transfersOf(quantity)
      assert.lengthOf(others, 0)
      assert.include(ended.stdout, "Completed: done")
      assert.match(ended.stdout, new RegExp(`transfer: confirmed on base, nonce \\d+, ${transfer?.hash}`))
      const shown = operation(yield* inProcess(["show", id, "--json"], environment))
      assert.deepStrictEqual(
        shown.transactions.map(({ attempt, chain, hash, status, step }) => ({ attempt, chain, hash, status, step })),
        [{ attempt: 1, chain: "base", hash: transfer?.hash ?? "", status: "confirmed", step: "transfer" }]
      )
      const verified = yield* inProcess(["verify", "--json"], environment)
      assert.deepStrictEqual(JSON.parse(verified.stdout), {
        events: 4,
        operations: 1,
        transactions: 1,
        faults: [],
        chainsAsked: true
      })
      const offline = yield* inProcess(["verify"], { BALLAST_DATABASE: environment["BALLAST_DATABASE"] ?? "" })
      assert.include(offline.stdout, "the chains were not asked")
      assert.strictEqual(offline.code, 0)
      const again = yield* inProcess([...redeemOf(id, quantity), "--json"], environment)
      assert.strictEqual(again.code, 0)
      assert.lengthOf(yield* transfersOf(quantity), 1)
    }))

  it.scoped("a dry run shows the plan and leaves no trace", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      const { id, quantity } = next()
      const dry = yield* inProcess([...redeemOf(id, quantity), "--dry-run"], environment)
      assert.strictEqual(dry.code, 0, dry.stderr)
      assert.include(dry.stdout, "nothing was recorded or sent")
      for (
        const word of [environment["BALLAST_REDEMPTION_WALLET"] ?? "", "  3. ", "Expected to arrive", "AAPL in wallet"]
      ) {
        assert.include(dry.stdout, word)
      }
      const json = yield* inProcess([...redeemOf(id, quantity), "--dry-run", "--json"], environment)
      assert.deepInclude(JSON.parse(json.stdout), { dryRun: true, type: "EquityRedemption", id, quantity })
      assert.lengthOf(yield* transfersOf(quantity), 0)
      assert.strictEqual((yield* inProcess(["show", id], environment)).code, 2)
    }))

  it.scoped("what is not taken on: exit 2, and nothing was sent", () =>
    Effect.gen(function*() {
      const { environment, world } = yield* ownDatabase
      const { id } = next()
      const { BALLAST_REDEMPTION_WALLET: _, ...without } = environment
      const cases = [
        [redeemOf(id, "1000"), environment, "our wallet", "has 4", "at the depth of BALLAST_BASE_CONFIRMATIONS"],
        [redeemOf(id, "0.1"), without, "BALLAST_REDEMPTION_WALLET is missing"],
        [
          redeemOf(id, "0.1"),
          { ...environment, BALLAST_REDEMPTION_WALLET: world.wallet.address },
          "BALLAST_REDEMPTION_WALLET: expected the issuer's wallet, got our own"
        ],
        [redeemOf(id, "0.1"), { ...environment, BALLAST_EQUITY_MAX_PER_OPERATION: "0.05" }, "above BALLAST_EQUITY_MAX"]
      ] as const
      for (const [command, variables, ...words] of cases) {
        const ended = yield* inProcess([...command, "--json"], variables)
        assert.strictEqual(ended.code, 2, ended.stderr)
        for (const word of words) assert.include(ended.stderr, word)
        assert.include(ended.stderr, "Nothing was sent")
        assert.property(JSON.parse(ended.stdout), "error")
      }
      assert.lengthOf(yield* transfersOf("0.1"), 0)
    }))

  it.scoped("a paused token: failed, the tokens are in our wallet, exit 1", () =>
    Effect.gen(function*() {
      const { environment, world } = yield* ownDatabase
      const { id, quantity } = next()
      yield* given(
        Effect.orDie(world.issuer.setPaused("AAPL", true)),
        Effect.orDie(world.issuer.setPaused("AAPL", false))
      )
      const ended = yield* inProcess([...redeemOf(id, quantity), "--json"], environment)
      assert.strictEqual(ended.code, 1, ended.stderr)
      const { failure, settled, transactions } = operation(ended)
      assert.deepInclude(failure, { reason: "Reverted", place: "BaseWallet", amount: quantity })
      assert.include(failure?.detail, "EquityToken: paused")
      assert.isTrue(settled)
      assert.lengthOf(transactions, 0)
    }))

  it.scoped("no gas: exit 3, the missing amount is told, nothing is stored as sent; with gas it goes on", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      const { id, quantity } = next()
      const poor = yield* Effect.scoped(
        Effect.zipRight(gasOf(1000n), inProcess([...redeemOf(id, quantity), "--json"], environment))
      )
      assert.strictEqual(poor.code, 3, poor.stderr)
      assert.match(poor.stderr, /our wallet 0x\w+ has 0\.000000000000001 ETH: send it 0\.\d+ ETH or more/)
      assert.lengthOf(operation(poor).transactions, 0)
      assert.lengthOf(yield* transfersOf(quantity), 0)
      const rich = yield* inProcess(["resume", id, "--json"], environment)
      assert.strictEqual(rich.code, 0, rich.stderr)
      assert.lengthOf(yield* transfersOf(quantity), 1)
    }))

  it.scoped("detection never comes: exit 3, the tokens are with the issuer; later detected, recheck adopts it", () =>
    Effect.gen(function*() {
      const { environment, world } = yield* ownDatabase
      const { id, quantity } = next()
      const impatient = { ...environment, BALLAST_POLL_TIMEOUT: "1 second" }
      const late = yield* Effect.scoped(Effect.gen(function*() {
        yield* given(
          world.alpaca.change({ redeem: { isDetected: false } }),
          world.alpaca.change({ redeem: { isDetected: true } })
        )
        const ended = yield* inProcess([...redeemOf(id, quantity), "--json"], impatient)
        assert.strictEqual((yield* inProcess(["recheck", id], impatient)).code, 3, "nothing new yet")
        return ended
      }))
      assert.strictEqual(late.code, 3, late.stderr)
      const { failure, settled } = operation(late)
      assert.deepInclude(failure, { reason: "TimedOut", place: "IssuerInTransit", amount: quantity })
      assert.isFalse(settled)
      const story = yield* inProcess(["show", id], environment)
      assert.include(story.stdout, `The money: ${quantity} at IssuerInTransit.`)
      assert.include(story.stdout, `ballast recheck ${id}`)
      const [transfer] = yield* transfersOf(quantity)
      yield* eventually(
        "the issuer tells",
        Effect.map(
          world.alpaca.history,
          ({ requests }) => requests.some(({ status, txHash }) => status === "completed" && txHash === transfer?.hash)
        )
      )
      const adopted = yield* inProcess(["recheck", id, "--json"], environment)
      assert.strictEqual(adopted.code, 0, adopted.stderr)
      assert.lengthOf(yield* transfersOf(quantity), 1)
    }))

  it.scoped("rejected after the tokens were sent: exit 3, and what a person has to do", () =>
    Effect.gen(function*() {
      const { environment, world } = yield* ownDatabase
      const { id, quantity } = next()
      yield* given(
        world.alpaca.change({ redeem: { outcome: "reject" } }),
        world.alpaca.change({ redeem: { outcome: "complete" } })
      )
      const ended = yield* inProcess(redeemOf(id, quantity), environment)
      assert.strictEqual(ended.code, 3, ended.stderr)
      assert.include(ended.stdout, "Failed (Rejected)")
      assert.include(ended.stdout, `The money: ${quantity} at IssuerInTransit.`)
      assert.include(ended.stdout, "Ask him, with the request's id and the transaction, to send the tokens back")
      assert.include(ended.stdout, `ballast recheck ${id}`)
      assert.lengthOf(yield* transfersOf(quantity), 1)
      assert.strictEqual((yield* inProcess(["resume", id], environment)).code, 3, "still")
      assert.lengthOf(yield* transfersOf(quantity), 1)
    }))

  it.scoped("another one of the symbol has not settled: exit 2, unless several at once are asked for", () =>
    Effect.gen(function*() {
      const { environment, world } = yield* ownDatabase
      const [first, second] = [next(), next()]
      yield* given(
        world.alpaca.change({ redeem: { outcome: "hold" } }),
        world.alpaca.change({ redeem: { outcome: "complete" } })
      )
      const running = yield* start(redeemOf(first.id, first.quantity), environment)
      yield* eventually("it is under way", Effect.map(running.said, (said) => said.includes("NotStarted -> Requested")))
      const refused = yield* inProcess(redeemOf(second.id, second.quantity), environment)
      assert.strictEqual(refused.code, 2)
      assert.include(refused.stderr, first.id)
      assert.include(refused.stderr, "--parallel")
      const parallel = yield* start([...redeemOf(second.id, second.quantity), "--parallel"], environment)
      yield* eventually(
        "both are sent",
        Effect.map(parallel.said, (said) => said.includes("Requested -> TokensSent"))
      )
      assert.lengthOf(yield* transfersOf(second.quantity), 1)
      yield* eventually("both are sent", Effect.map(running.said, (said) => said.includes("TokensSent -> Pending")))
      yield* running.kill("SIGKILL")
      yield* parallel.kill("SIGKILL")
    }))
})

layer(redemptionSandbox, { excludeTestServices: true, timeout: 30_000 })("the node of a redemption", (it) => {
  const lost: Readonly<Record<string, Fault>> = {
    "dies between the signature and the broadcast": { _tag: "DropBefore" },
    "takes the broadcast, and its answer is lost": { _tag: "DropAfter" },
    "answers the broadcast with an error of its own": { _tag: "FailBefore", status: 503 },
    "has taken the broadcast and answers with an error": { _tag: "FailAfter", status: 500 },
    "answers the broadcast with a page of HTML": { _tag: "WrongBody", body: "Html", status: 200 },
    "says that it knows the transaction, and does not": {
      _tag: "RpcError",
      code: -32000,
      message: "already known",
      after: false
    },
    "says nonce too low, and has taken it": { _tag: "RpcError", code: -32000, message: "nonce too low", after: true },
    "says underpriced, and has taken it": {
      _tag: "RpcError",
      code: -32000,
      message: "replacement transaction underpriced",
      after: true
    }
  }
  for (const [what, fault] of Object.entries(lost)) {
    it.scoped(`${what}: one transfer`, () =>
      Effect.gen(function*() {
        const { environment, world } = yield* ownDatabase
        const { id, quantity } = next()
        yield* world.base.faults.add({ on: "eth_sendRawTransaction", fault })
        const ended = yield* inProcess([...redeemOf(id, quantity), "--json"], environment)
        assert.deepStrictEqual(yield* world.base.faults.pending, [], "it has happened")
        assert.strictEqual(ended.code, 0, ended.stderr)
        assert.lengthOf(yield* transfersOf(quantity), 1)
      }))
  }

  it.scoped("counts less of ours than is mined: its nonce is taken already, so a further one is used; one transfer", () =>
    Effect.gen(function*() {
      const { environment, world } = yield* ownDatabase
      const { id, quantity } = next()
      yield* world.base.faults.add({ on: "eth_getTransactionCount", fault: { _tag: "RpcResult", result: "0x0" } })
      const ended = yield* inProcess([...redeemOf(id, quantity), "--json"], environment)
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.deepStrictEqual(
        operation(ended).transactions.map(({ attempt, nonce, status }) => [attempt, nonce === 0, status]),
        [[1, true, "displaced"], [2, false, "confirmed"]]
      )
      assert.lengthOf(yield* transfersOf(quantity), 1)
    }))

  it.scoped("has two Ballasts with one key, that know nothing of each other, send at once: one transfer each", () =>
    Effect.gen(function*() {
      const [ours, theirs] = [yield* ownDatabase, yield* ownDatabase]
      const { world } = ours
      const [first, second] = [next(), next()]
      // Until both have taken the same nonce nothing is let through.
      const held = yield* world.base.faults.add({
        on: "eth_sendRawTransaction",
        fault: { _tag: "DelayBefore", millis: 1500 },
        times: 2
      })
      const both = [
        yield* start([...redeemOf(first.id, first.quantity), "--json"], ours.environment),
        yield* start([...redeemOf(second.id, second.quantity), "--json"], theirs.environment)
      ]
      const ends = yield* Effect.forEach(both, ({ ended }) => ended)
      assert.isFalse(yield* world.base.faults.remove(held), "both were held up")
      const transactions = ends.map((ended) => {
        assert.strictEqual(ended.code, 0, ended.stderr)
        return operation(ended).transactions
      })
      assert.strictEqual(transactions[0]?.[0]?.nonce, transactions[1]?.[0]?.nonce, "they met")
      assert.sameMembers(transactions.flat().map(({ status }) => status), ["confirmed", "displaced", "confirmed"])
      for (const { quantity } of [first, second]) assert.lengthOf(yield* transfersOf(quantity), 1)
      assert.include(ends.map(({ stderr }) => stderr).join(), "Something else sends with our key")
    }))

  it.scoped("two processes with one id: one drives, the other says who and waits; one transfer, the same end", () =>
    Effect.gen(function*() {
      const { environment, world } = yield* ownDatabase
      const { id, quantity } = next()
      const held = yield* world.base.faults.add({
        on: "eth_getTransactionReceipt",
        fault: { _tag: "RpcResult", result: null },
        times: "forever"
      })
      const command = [...redeemOf(id, quantity), "--json"]
      const first = yield* start(command, environment)
      yield* eventually("one has sent", Effect.map(first.said, (said) => said.includes("Accepted")))
      const second = yield* start(command, environment)
      yield* eventually(
        "the other waits",
        Effect.map(second.said, (said) => said.includes(`is being driven by process ${first.pid}`))
      )
      const impatient = yield* inProcess([...command, "--no-wait"], environment)
      assert.strictEqual(impatient.code, 3)
      assert.include(impatient.stderr, `is being driven by process ${first.pid}`)
      yield* world.base.faults.remove(held)
      for (const process of [first, second]) {
        const ended = yield* process.ended
        assert.strictEqual(ended.code, 0, ended.stderr)
        assert.strictEqual(operation(ended).state, "Completed")
      }
      assert.lengthOf(yield* transfersOf(quantity), 1)
    }))

  const down: Fault = { _tag: "Down" }

  it.scoped("is down at the start: exit 3, nothing was recorded", () =>
    Effect.gen(function*() {
      const { environment, world } = yield* ownDatabase
      const { id, quantity } = next()
      const isDown = yield* world.base.faults.add({ on: "*", fault: down })
      const ended = yield* inProcess(redeemOf(id, quantity), environment)
      yield* world.base.faults.remove(isDown)
      assert.strictEqual(ended.code, 3, ended.stderr)
      assert.strictEqual((yield* inProcess(["show", id], environment)).code, 2)
    }))
})
