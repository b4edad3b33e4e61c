/** USDC between the chains, on days when nodes, Circle or CCTP are not as they should be. */
import { assert, layer } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { eventsOf, eventually, operation, ownDatabase, rebalanceOf, rebalanceSandbox, start } from "./Ballast.ts"
import { inProcess } from "./InProcess.ts"
import {
  circleWith,
  effectsOf,
  given,
  happenedOnce,
  next,
  type Rebalance,
  struck,
  units,
  wentWell
} from "./Rebalances.ts"

const order = ({ amount, id }: Rebalance) => rebalanceOf("alpaca-to-base", id, amount)

layer(rebalanceSandbox(), { excludeTestServices: true, timeout: 40_000 })("usdc between the chains", (it) => {
  for (const chain of ["ethereum", "base"] as const) {
    it.scoped(`answers of ${chain} to what was broadcast are lost: each is sent once`, () =>
      Effect.zipRight(
        struck(chain, "eth_sendRawTransaction", { _tag: "DropAfter" }, 2),
        wentWell("alpaca-to-base", next())
      ))
  }

  it.scoped("the attestation of another burn is refused, told, and ours is waited for", () =>
    Effect.gen(function*() {
      const { environment, world: { circle } } = yield* ownDatabase
      const one = next()
      yield* circleWith({ wire: { foreign: "instead" } })
      const running = yield* Effect.fork(inProcess(order(one), environment))
      yield* eventually("it is burned", Effect.map(eventsOf(environment, one.id), (events) => events.length === 4))
      yield* Effect.sleep("1 second")
      assert.lengthOf(yield* eventsOf(environment, one.id), 4)
      yield* circle.change({ wire: { foreign: "none" } })
      const ended = yield* Fiber.join(running)
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.include(ended.stderr, "message of another burn")
      yield* happenedOnce(one.amount)
    }))

  it.scoped("a stranger mints first: that is adopted, and nothing is minted by us", () =>
    Effect.gen(function*() {
      yield* circleWith({ attesting: { thirdPartyMints: true } })
      const one = next()
      const ended = yield* wentWell("alpaca-to-base", one)
      assert.include(ended.stderr, "minted by somebody else")
      assert.notInclude(operation(ended).transactions.map(({ step }) => step), "mint")
    }))

  it.scoped("a stranger mints while we are down: that is adopted", () =>
    Effect.gen(function*() {
      const { environment, world: { base, circle } } = yield* ownDatabase
      const one = next()
      const held = yield* base.faults.add({ on: "eth_estimateGas", times: "forever", fault: { _tag: "DropBefore" } })
      const running = yield* start(order(one), environment)
      yield* eventually("it is attested", Effect.map(eventsOf(environment, one.id), (events) => events.length === 5))
      yield* running.kill("SIGKILL")
      yield* base.faults.remove(held)
      const { transactions } = operation(yield* inProcess(["show", one.id, "--json"], environment))
      const burn = transactions.find(({ step }) => step === "burn")?.hash ?? ""
      yield* Effect.orDie(circle.mintAsStranger("ethereum", burn as `0x${string}`))
      const ended = yield* inProcess(["resume", one.id, "--json"], environment)
      assert.strictEqual(ended.code, 0, ended.stderr)
      yield* happenedOnce(one.amount)
    }))

  it.scoped("a fast message that expires is signed anew, and minted once", () =>
    Effect.gen(function*() {
      yield* circleWith({ attesting: { expiryBlocks: 1 } })
      const { environment, world: { circle } } = yield* ownDatabase
      const one = next()
      const reattested = yield* circle.counts.of("circle.reattest")
      const ended = yield* inProcess([...order(one), "--json"], environment)
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.isAbove(yield* circle.counts.of("circle.reattest"), reattested)
      assert.lengthOf(operation(ended).events.filter(({ type }) => type === "AttestationReceived"), 2)
      yield* happenedOnce(one.amount)
    }))

  it.scoped("our wallet on USDC's blacklist: burned and not minted, and minted once it is off again", () =>
    Effect.gen(function*() {
      const { environment, world: { usdc, wallet } } = yield* ownDatabase
      const one = next()
      yield* given(usdc.base.setBlacklisted(wallet.address, true), usdc.base.setBlacklisted(wallet.address, false))
      const ended = yield* inProcess([...order(one), "--json"], environment)
      assert.strictEqual(ended.code, 3, ended.stderr)
      const { failure, settled } = operation(ended)
      assert.deepInclude(failure, { reason: "Reverted", place: "CctpInTransit", amount: one.amount })
      assert.include(failure?.detail, "Blacklistable: account is blacklisted")
      assert.isFalse(settled)
      yield* Effect.orDie(usdc.base.setBlacklisted(wallet.address, false))
      const again = yield* inProcess(["resume", one.id, "--json"], environment)
      assert.strictEqual(again.code, 0, again.stderr)
      yield* happenedOnce(one.amount)
    }))

  it.scoped("CCTP paused: nothing is burned, the USDC are in our wallet on Ethereum", () =>
    Effect.gen(function*() {
      const { environment, world: { cctp, usdc, wallet } } = yield* ownDatabase
      const one = next()
      yield* given(cctp.ethereum.setPaused(true), cctp.ethereum.setPaused(false))
      const ended = yield* inProcess([...order(one), "--json"], environment)
      assert.strictEqual(ended.code, 1, ended.stderr)
      assert.deepInclude(operation(ended).failure, { reason: "Reverted", place: "EthereumWallet", amount: one.amount })
      assert.deepStrictEqual(yield* effectsOf(one.amount), { withdrawn: 1, burned: 0, minted: 0, deposited: 0 })
      assert.strictEqual(yield* Effect.orDie(usdc.ethereum.balanceOf(wallet.address)), units("777") + units(one.amount))
    }))

  for (const server of ["ethereum", "base", "circle", "alpaca"] as const) {
    it.scoped(`${server} is down for a while: nothing is concluded, and it goes on`, () =>
      Effect.gen(function*() {
        const { environment, world } = yield* ownDatabase
        const one = next()
        const running = yield* Effect.fork(inProcess([...order(one), "--json"], environment))
        yield* eventually("it has begun", Effect.map(eventsOf(environment, one.id), (events) => events.length > 0))
        const down = yield* world[server].faults.add({ on: "*", fault: { _tag: "Down" } })
        yield* Effect.sleep("1500 millis")
        yield* world[server].faults.remove(down)
        const ended = yield* Fiber.join(running)
        assert.strictEqual(ended.code, 0, ended.stderr)
        yield* happenedOnce(one.amount)
      }))
  }
})
