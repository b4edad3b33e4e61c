/** A rebalance that is killed over and over: before and after each of its effects. It moves once. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Fault } from "../../src/layers/local/Fault.ts"
import { eventually, operation, ownDatabase, rebalanceOf, rebalanceSandbox, Sandbox, start } from "./Ballast.ts"
import { inProcess } from "./InProcess.ts"
import { delayAfter } from "./Killing.ts"
import { type Direction, happenedOnce, inWallet, next, recorded, total } from "./Rebalances.ts"

/** Every call that changes something outside. */
const effects = [
  ["alpaca", "wallets.withdraw"],
  ["ethereum", "eth_sendRawTransaction"],
  ["base", "eth_sendRawTransaction"]
] as const

const reached = Effect.flatMap(Sandbox, ({ world }) =>
  Effect.map(
    Effect.forEach(effects, ([server, call]) => world[server].counts.of(call)),
    (counts) => counts.reduce((sum, count) => sum + count, 0)
  ))

/** Kills the command once it has reached an effect, which never gets there or has happened. False: it ended before. */
const killedAtEffect = (command: ReadonlyArray<string>, environment: Readonly<Record<string, string>>, when: number) =>
  Effect.scoped(Effect.gen(function*() {
    const sandbox = yield* Sandbox
    const before = yield* reached
    const fault: Fault = when % 2 === 0 ? { _tag: "DropBefore" } : delayAfter
    yield* Effect.forEach(effects, ([server, on]) => {
      const { faults } = sandbox.world[server]
      return Effect.acquireRelease(faults.add({ on, fault, times: "forever" }), faults.remove)
    })
    const running = yield* start(command, environment)
    const isReached = Effect.map(Effect.provideService(reached, Sandbox, sandbox), (count) => count > before)
    yield* Effect.race(eventually("it reaches an effect", isReached), running.ended)
    const { code } = yield* running.kill("SIGKILL")
    return code === null
  }))

layer(rebalanceSandbox(), { excludeTestServices: true, timeout: 60_000 })("killed", (it) => {
  for (const direction of ["alpaca-to-base", "base-to-alpaca"] satisfies ReadonlyArray<Direction>) {
    it.scoped(`${direction}: before and after each of its effects, one after the other`, () =>
      Effect.gen(function*() {
        const { environment } = yield* ownDatabase
        const one = next()
        const before = { wallet: yield* inWallet, total: yield* total }
        let kills = 0
        while (yield* killedAtEffect(rebalanceOf(direction, one.id, one.amount), environment, kills)) kills += 1
        // A withdrawal, an approval, a burn, a mint and a deposit, each twice.
        assert.isAtLeast(kills, 10)
        const ended = operation(yield* inProcess(["show", one.id, "--json"], environment))
        assert.strictEqual(ended.state, "DepositConfirmed")
        assert.deepStrictEqual(ended.events.map(({ type }) => type), recorded)
        yield* happenedOnce(one.amount)
        assert.deepStrictEqual({ wallet: yield* inWallet, total: yield* total }, before)
        const verified = yield* inProcess(["verify"], environment)
        assert.strictEqual(verified.code, 0, verified.stdout)
        assert.include(verified.stdout, "0 faults")
      }), { timeout: 120_000 })
  }
})
