/** Killed before and after every external call, before the signature, and at any moment: resumed, it is one transfer. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import path from "node:path"
import { eventsOf, eventually, operation, redeemOf, redemptionSandbox, Sandbox, start, transfersOf } from "./Ballast.ts"
import { inProcess } from "./InProcess.ts"
import { delayAfter, delayBefore, delayed, killedAt } from "./Killing.ts"

const recorded = ["RedemptionRequested", "TokensSent", "Detected", "RedemptionCompleted"]

/** Every redemption has an amount of its own, by which its transfer is known on the chain. */
let amounts = 0
const next = () => ({ id: randomUUID(), quantity: `0.${String(100 + ++amounts)}` })
type Redemption = ReturnType<typeof next>

/** Resumes, and holds the end against what is on the chain and in the broker's books. */
const resumedOnce = ({ id, quantity }: Redemption, command = ["resume", id]) =>
  Effect.gen(function*() {
    const { environment, world } = yield* Sandbox
    const ended = yield* inProcess([...command, "--json"], environment)
    assert.strictEqual(ended.code, 0, ended.stderr)
    const { events, state, transactions } = operation(ended)
    assert.strictEqual(state, "Completed")
    assert.deepStrictEqual(events.map(({ type }) => type), recorded)
    const transfers = yield* transfersOf(quantity)
    assert.lengthOf(transfers, 1)
    assert.deepStrictEqual(
      transactions.map(({ hash, status }) => [hash, status]),
      [[transfers[0]?.hash ?? "", "confirmed"]]
    )
    const { requests } = yield* world.alpaca.history
    const ours = requests.filter(({ txHash }) => txHash?.toLowerCase() === transfers[0]?.hash)
    assert.deepStrictEqual(ours.map(({ status }) => status), ["completed"])
  })

const redeem = ({ id, quantity }: Redemption) => [...redeemOf(id, quantity), "--parallel"]

/** Before the intent is recorded. */
const preflight = [
  ["ethereum", "eth_chainId"],
  ["base", "eth_chainId"]
] as const

/** What it takes to reserve a nonce. The last two are asked about the balance first. */
const preparing = [
  ["base", "eth_estimateGas"],
  ["base", "eth_maxPriorityFeePerGas"],
  ["base", "eth_getBalance"],
  ["base", "eth_getTransactionCount"],
  ["base", "eth_getBlockByNumber"],
  ["base", "eth_call"]
] as const

const afterwards = [
  ["base", "eth_getTransactionReceipt"],
  ["alpaca", "GET requests"],
  ["alpaca", "GET request"]
] as const

const sending = ["base", "eth_sendRawTransaction"] as const

layer(redemptionSandbox, { excludeTestServices: true, timeout: 30_000 })("killed", (it) => {
  it.scoped("these are all calls that a redemption makes", () =>
    Effect.gen(function*() {
      const { environment, world: { alpaca, base, ethereum } } = yield* Sandbox
      const made = Effect.all({ alpaca: alpaca.counts.all, base: base.counts.all, ethereum: ethereum.counts.all })
      const one = next()
      assert.strictEqual((yield* inProcess(redeem(one), environment)).code, 0)
      const all = Object.entries(yield* made).flatMap(([server, counts]) =>
        Object.keys(counts).map((call) => `${server} ${call}`)
      )
      assert.sameMembers(all, [...preflight, ...preparing, sending, ...afterwards].map((call) => call.join(" ")))
    }))

  it.scoped("before its intent is recorded: the same command redeems once", () =>
    Effect.gen(function*() {
      const one = next()
      for (const call of [preflight[0], preparing[4]]) yield* killedAt(redeem(one), call, delayBefore)
      assert.lengthOf(yield* transfersOf(one.quantity), 0)
      yield* resumedOnce(one, redeem(one))
    }))

  for (const call of preparing.slice(0, 4)) {
    it.scoped(`before and after ${call[1]}: nothing was reserved`, () =>
      Effect.gen(function*() {
        const one = next()
        yield* killedAt(redeem(one), call, delayBefore)
        yield* killedAt(["resume", one.id], call, delayAfter)
        assert.lengthOf(yield* transfersOf(one.quantity), 0)
        yield* resumedOnce(one)
      }))
  }

  it.scoped("before the signature: the reserved nonce is used by the next process", () =>
    Effect.gen(function*() {
      const { environment, world } = yield* Sandbox
      const one = next()
      const custody = yield* Effect.acquireRelease(
        Effect.sync(() => {
          const program = path.join(import.meta.dirname, "programs/Custody.mjs")
          const child = spawn(process.execPath, [program, world.wallet.address, one.id, one.quantity], {
            env: { PATH: process.env["PATH"], ...environment },
            stdio: ["ignore", "pipe", "inherit"]
          })
          let said = ""
          child.stdout.on("data", (part) => said += String(part))
          return { child, said: () => said }
        }),
        ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
      )
      yield* eventually("it signs", Effect.sync(() => custody.said().includes("signing")))
      yield* Effect.async<void>((resume) => {
        custody.child.on("exit", () => resume(Effect.void))
        custody.child.kill("SIGKILL")
      })
      const shown = operation(yield* inProcess(["show", one.id, "--json"], environment))
      assert.deepStrictEqual(shown.transactions.map(({ hash, status }) => [hash, status]), [[null, "reserved"]])
      yield* resumedOnce(one)
    }))

  it.scoped("stored and not broadcast: the same bytes go out", () =>
    Effect.gen(function*() {
      const { environment } = yield* Sandbox
      const one = next()
      yield* killedAt(redeem(one), sending, delayBefore)
      const [stored] = operation(yield* inProcess(["show", one.id, "--json"], environment)).transactions
      assert.strictEqual(stored?.status, "signed")
      yield* resumedOnce(one)
      const [transfer] = yield* transfersOf(one.quantity)
      assert.strictEqual(transfer?.hash, stored?.hash)
    }))

  it.scoped("the broadcast arrives after the next process has begun", () =>
    Effect.gen(function*() {
      const one = next()
      yield* killedAt(redeem(one), sending, delayed)
      yield* resumedOnce(one)
    }))

  it.scoped("broadcast, and mined while nobody looks", () =>
    Effect.gen(function*() {
      const one = next()
      const sandbox = yield* Sandbox
      const isOut = Effect.map(transfersOf(one.quantity), (transfers) => transfers.length === 1)
      yield* killedAt(redeem(one), sending, delayAfter, Effect.provideService(isOut, Sandbox, sandbox))
      yield* resumedOnce(one)
    }))

  for (const call of afterwards) {
    it.scoped(`before and after ${call[1]}`, () =>
      Effect.gen(function*() {
        const one = next()
        yield* killedAt(redeem(one), call, delayBefore)
        yield* killedAt(["resume", one.id], call, delayAfter)
        yield* resumedOnce(one)
      }))
  }

  it.scoped("with the receipt at depth in hand, before it is recorded", () =>
    Effect.gen(function*() {
      const { environment, world } = yield* Sandbox
      const one = next()
      const call = "eth_getTransactionReceipt"
      const { counts, faults } = world.base
      const hidden = yield* faults.add({ on: call, fault: { _tag: "RpcResult", result: null }, times: "forever" })
      const command = yield* start(redeem(one), environment)
      const sandbox = yield* Sandbox
      yield* eventually(
        "it is mined",
        Effect.map(Effect.provideService(transfersOf(one.quantity), Sandbox, sandbox), ({ length }) => length === 1)
      )
      yield* Effect.orDie(Effect.repeatN(world.base.mine, 4))
      const withheld = yield* faults.add({ on: call, fault: delayAfter, times: "forever" })
      yield* faults.remove(hidden)
      const seen = yield* counts.of(call)
      yield* eventually("it has the receipt", Effect.map(counts.of(call), (count) => count > seen))
      assert.isNull((yield* command.kill("SIGKILL")).code)
      yield* faults.remove(withheld)
      assert.deepStrictEqual(yield* eventsOf(environment, one.id), ["RedemptionRequested"])
      yield* resumedOnce(one)
    }))

  for (const event of ["TokensSent", "Detected"]) {
    it.scoped(`once ${event} is recorded`, () =>
      Effect.gen(function*() {
        const { environment } = yield* Sandbox
        const one = next()
        const command = yield* start(redeem(one), environment)
        yield* eventually(
          `${event} is recorded`,
          Effect.map(eventsOf(environment, one.id), (types) => types.includes(event))
        )
        yield* command.kill("SIGKILL")
        yield* resumedOnce(one)
      }))
  }

  // Spread over the life of a redemption, around its transfer.
  for (const millis of [700, 850, 1000, 1200]) {
    it.scoped(`after ${millis} milliseconds`, () =>
      Effect.gen(function*() {
        const { environment } = yield* Sandbox
        const one = next()
        const command = yield* start(redeem(one), environment)
        yield* Effect.sleep(millis)
        yield* command.kill("SIGKILL")
        yield* resumedOnce(one, redeem(one))
      }))
  }

  it.scoped("or not: log, outbox and chains agree in the end", () =>
    Effect.gen(function*() {
      const { environment } = yield* Sandbox
      const { code, stdout } = yield* inProcess(["verify"], environment)
      assert.strictEqual(code, 0, stdout)
      assert.include(stdout, "0 faults")
      assert.notInclude(stdout, "not asked")
      assert.strictEqual((yield* inProcess(["list", "--live", "--json"], environment)).stdout.trim(), "[]")
    }))
})
