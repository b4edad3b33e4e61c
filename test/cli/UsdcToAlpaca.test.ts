/** USDC from the vault to Alpaca, as its user sees it: what is said, the exit code, and what truly happened. */
import { assert, layer } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { operation, ownDatabase, rebalanceOf, rebalanceSandbox } from "./Ballast.ts"
import { inProcess } from "./InProcess.ts"
import {
  alpacaWith,
  circleWith,
  effectsOf,
  given,
  happenedOnce,
  next,
  nothing,
  type Rebalance,
  struck,
  total,
  units,
  wentWell
} from "./Rebalances.ts"

const order = ({ amount, id }: Rebalance) => rebalanceOf("base-to-alpaca", id, amount)

layer(rebalanceSandbox(), { excludeTestServices: true, timeout: 40_000 })("usdc base-to-alpaca", (it) => {
  it.scoped("tells its story: every event, hash and amount; the same id again moves nothing", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      const before = yield* total
      const one = next()
      const ended = yield* inProcess(order(one), environment)
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.include(ended.stdout, "DepositConfirmed: done")
      assert.match(
        ended.stdout,
        new RegExp(`asked ${one.amount}, withdrawn ${one.amount}, burned ${one.amount}, fee of`)
      )
      const shown = operation(yield* inProcess(["show", one.id, "--json"], environment))
      assert.deepStrictEqual(
        shown.transactions.map(({ chain, status, step }) => `${step.split(" ")[0]} on ${chain}: ${status}`),
        [
          "withdraw on base: confirmed",
          "approve on base: confirmed",
          "burn on base: confirmed",
          "mint on ethereum: confirmed",
          "deposit on ethereum: confirmed"
        ]
      )
      for (const { hash } of shown.transactions) assert.include(ended.stdout, hash ?? "no hash")
      assert.strictEqual((yield* inProcess(order(one), environment)).code, 0)
      yield* happenedOnce(one.amount)
      assert.strictEqual(yield* total, before)
    }))

  it.scoped("a dry run shows the plan and leaves no trace", () =>
    Effect.gen(function*() {
      const { environment, world } = yield* ownDatabase
      const one = next()
      const dry = yield* inProcess([...order(one), "--dry-run"], environment)
      assert.strictEqual(dry.code, 0, dry.stderr)
      for (const word of ["nothing was recorded or sent", "  5. ", world.alpaca.wallets.depositAddress]) {
        assert.include(dry.stdout, word)
      }
      assert.deepStrictEqual(yield* effectsOf(one.amount), nothing)
      assert.strictEqual((yield* inProcess(["show", one.id], environment)).code, 2)
    }))

  it.scoped("more than is in the vault: exit 2, and nothing was sent", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      const ended = yield* inProcess(order({ ...next(), amount: "1000000" }), environment)
      assert.strictEqual(ended.code, 2, ended.stderr)
      assert.include(ended.stderr, "1000000 were asked for")
      assert.deepStrictEqual(yield* effectsOf("1000000"), nothing)
    }))

  it.scoped("the vault is emptied before the withdrawal: it pays nothing, and that is told", () =>
    Effect.gen(function*() {
      const { environment, world: { base, vault } } = yield* ownDatabase
      const before = yield* Effect.orDie(vault.balance)
      const one = next()
      const move = (units: bigint) => Effect.orDie(vault.trade(units, -6))
      // Signed and stored, while no node takes it.
      yield* base.faults.add({ on: "eth_sendRawTransaction", times: "forever", fault: { _tag: "DropBefore" } })
      const running = yield* Effect.fork(inProcess([...order(one), "--json"], environment))
      yield* Effect.sleep("800 millis")
      yield* given(move(-before), move(before))
      yield* base.faults.clear
      const ended = yield* Fiber.join(running)
      assert.strictEqual(ended.code, 1, ended.stderr)
      assert.deepInclude(operation(ended).failure, { reason: "Short", place: "Vault", amount: one.amount })
      assert.deepStrictEqual(yield* effectsOf(one.amount), nothing)
    }))

  for (const [policy, code] of [["fail", 1], ["continue", 0]] as const) {
    it.scoped(`the vault pays less than was asked, and BALLAST_VAULT_SHORT_WITHDRAWAL is ${policy}`, () =>
      Effect.gen(function*() {
        const { environment, world: { base, vault } } = yield* ownDatabase
        const before = yield* Effect.orDie(vault.balance)
        const one = next()
        const left = units("60")
        yield* base.faults.add({ on: "eth_sendRawTransaction", times: "forever", fault: { _tag: "DropBefore" } })
        const running = yield* Effect.fork(
          inProcess([...order(one), "--json"], { ...environment, BALLAST_VAULT_SHORT_WITHDRAWAL: policy })
        )
        yield* Effect.sleep("800 millis")
        yield* given(
          Effect.orDie(vault.trade(left - before, -6)),
          Effect.orDie(vault.trade(before, -6))
        )
        yield* base.faults.clear
        const ended = yield* Fiber.join(running)
        assert.strictEqual(ended.code, code, ended.stderr)
        const { data, failure, state } = operation(ended)
        assert.deepInclude(data["withdrawn"], { received: "60" })
        if (policy === "fail") assert.deepInclude(failure, { reason: "Short", place: "BaseWallet", amount: "60" })
        else assert.strictEqual(state, "DepositConfirmed")
      }))
  }

  for (const chain of ["base", "ethereum"] as const) {
    it.scoped(`answers of ${chain} to what was broadcast are lost: each is sent once`, () =>
      Effect.zipRight(
        struck(chain, "eth_sendRawTransaction", { _tag: "DropAfter" }, 2),
        wentWell("base-to-alpaca", next())
      ))
  }

  it.scoped("Alpaca never credits it: not settled, Alpaca has it; credited later, it is adopted", () =>
    Effect.gen(function*() {
      const { environment, world: { alpaca } } = yield* ownDatabase
      const one = next()
      yield* alpacaWith({ deposit: { isDetected: false } })
      const impatient = { ...environment, BALLAST_POLL_TIMEOUT: "1 second" }
      const ended = yield* inProcess([...order(one), "--json"], impatient)
      assert.strictEqual(ended.code, 3, ended.stderr)
      const { failure, settled } = operation(ended)
      assert.deepInclude(failure, { reason: "TimedOut", place: "AlpacaInTransit" })
      assert.isFalse(settled)
      yield* happenedOnce(one.amount)
      assert.strictEqual((yield* inProcess(["resume", one.id], impatient)).code, 3)
      yield* alpaca.change({ wallets: { deposit: { isDetected: true } } })
      yield* Effect.sleep("500 millis")
      const again = yield* inProcess(["resume", one.id, "--json"], environment)
      assert.strictEqual(again.code, 0, again.stderr)
      assert.strictEqual(operation(again).state, "DepositConfirmed")
      yield* happenedOnce(one.amount)
    }))

  it.scoped("less is credited than was sent: finished, and a person is told of the difference", () =>
    Effect.gen(function*() {
      yield* alpacaWith({ deposit: { fee: 1_000_000n } })
      const before = yield* total
      const ended = yield* wentWell("base-to-alpaca", next())
      const { data } = operation(ended)
      const { received } = data["minted"] as { readonly received: string }
      assert.strictEqual(units(received) - units(String(data["credited"])), 1_000_000n)
      assert.include(ended.stderr, "the difference must be asked of Alpaca")
      assert.strictEqual(yield* total, before)
    }))

  it.scoped("Alpaca refuses the deposit: it has the USDC, and a person must ask", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      yield* alpacaWith({ deposit: { outcome: "fail" } })
      const one = next()
      const ended = yield* inProcess([...order(one), "--json"], environment)
      assert.notStrictEqual(ended.code, 0)
      assert.deepInclude(operation(ended).failure, { reason: "Rejected", place: "AlpacaInTransit" })
      yield* happenedOnce(one.amount)
    }))

  it.scoped("a stranger mints first: that is adopted", () =>
    Effect.gen(function*() {
      yield* circleWith({ attesting: { thirdPartyMints: true } })
      assert.include((yield* wentWell("base-to-alpaca", next())).stderr, "minted by somebody else")
    }))
})

layer(rebalanceSandbox({ vault: "inventory" }), { excludeTestServices: true, timeout: 40_000 })(
  "usdc, with an inventory before the orderbook",
  (it) => {
    for (const direction of ["base-to-alpaca", "alpaca-to-base"] as const) {
      it.scoped(`${direction} goes through the inventory`, () =>
        Effect.gen(function*() {
          const { environment } = yield* ownDatabase
          const one = next()
          assert.notStrictEqual(environment["BALLAST_VAULT_CONTRACT"], environment["BALLAST_VAULT_READ_CONTRACT"])
          const ended = yield* inProcess(rebalanceOf(direction, one.id, one.amount), environment)
          assert.strictEqual(ended.code, 0, ended.stderr)
          yield* happenedOnce(one.amount)
        }))
    }

    it.scoped("a deposit that is refused: minted, and in our wallet on Base", () =>
      Effect.gen(function*() {
        const { environment, world: { vault } } = yield* ownDatabase
        yield* given(vault.setPaused(true), vault.setPaused(false))
        const one = next()
        const ended = yield* inProcess([...rebalanceOf("alpaca-to-base", one.id, one.amount), "--json"], environment)
        assert.strictEqual(ended.code, 1, ended.stderr)
        const { data, failure } = operation(ended)
        const { received } = data["minted"] as { readonly received: string }
        assert.deepInclude(failure, { reason: "Reverted", place: "BaseWallet", amount: received })
        assert.include(failure?.detail, "EnforcedPause")
        assert.deepStrictEqual(yield* effectsOf(one.amount), { withdrawn: 1, burned: 1, minted: 1, deposited: 0 })
      }))
  }
)
