/** USDC from Alpaca into the vault, as its user sees it: what is said, the exit code, and what truly happened. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Fault } from "../../src/layers/local/Fault.ts"
import { ballast, operation, ownDatabase, rebalanceOf, rebalanceSandbox } from "./Ballast.ts"
import { inProcess } from "./InProcess.ts"
import {
  alpacaWith,
  effectsOf,
  happenedOnce,
  next,
  nothing,
  type Rebalance,
  struck,
  total,
  units,
  wentWell
} from "./Rebalances.ts"

const order = ({ amount, id }: Rebalance) => rebalanceOf("alpaca-to-base", id, amount)

layer(rebalanceSandbox(), { excludeTestServices: true, timeout: 40_000 })("usdc alpaca-to-base", (it) => {
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
        new RegExp(`asked ${one.amount}, withdrawn ${one.amount}, burned ${one.amount}, fee of CCTP 0\\.\\d+, minted`)
      )
      const shown = operation(yield* inProcess(["show", one.id, "--json"], environment))
      assert.deepStrictEqual(
        shown.transactions.map(({ chain, status, step }) => `${step.split(" ")[0]} on ${chain}: ${status}`),
        [
          "approve on ethereum: confirmed",
          "burn on ethereum: confirmed",
          "mint on base: confirmed",
          "approve on base: confirmed",
          "deposit on base: confirmed"
        ]
      )
      for (const { hash } of shown.transactions) assert.include(ended.stdout, hash ?? "no hash")
      assert.strictEqual((yield* inProcess(order(one), environment)).code, 0)
      yield* happenedOnce(one.amount)
      assert.strictEqual(yield* total, before)
      const verified = yield* inProcess(["verify", "--json"], environment)
      assert.deepInclude(JSON.parse(verified.stdout), { events: 8, operations: 1, transactions: 5, faults: [] })
      const other = yield* inProcess(rebalanceOf("base-to-alpaca", one.id, one.amount), environment)
      assert.strictEqual(other.code, 2, other.stderr)
    }))

  it.scoped("a dry run shows the plan and leaves no trace", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      const one = next()
      const dry = yield* inProcess([...order(one), "--dry-run"], environment)
      assert.strictEqual(dry.code, 0, dry.stderr)
      for (
        const word of ["nothing was recorded or sent", "  5. ", "Vault", environment["BALLAST_USDC_VAULT_ID"] ?? ""]
      ) {
        assert.include(dry.stdout, word)
      }
      const json = yield* inProcess([...order(one), "--dry-run", "--json"], environment)
      const { arrival, balances, fee, steps } = JSON.parse(json.stdout) as {
        readonly arrival: string
        readonly fee: string
        readonly steps: ReadonlyArray<string>
        readonly balances: ReadonlyArray<{ readonly place: string; readonly before: string; readonly after: string }>
      }
      assert.strictEqual(units(arrival) + units(fee), units(one.amount))
      assert.lengthOf(steps, 5)
      const vault = balances.find(({ place }) => place === "Vault")
      assert.strictEqual(units(vault?.after ?? "0") - units(vault?.before ?? "0"), units(arrival))
      assert.deepStrictEqual(yield* effectsOf(one.amount), nothing)
      assert.strictEqual((yield* inProcess(["show", one.id], environment)).code, 2)
    }))

  it.scoped("what is not taken on: exit 2, and nothing was sent", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      const one = next()
      const { BALLAST_USDC_VAULT_ID: _, BALLAST_VAULT_CONTRACT: __, BALLAST_VAULT_OWNER: ___, ...rest } = environment
      const { BALLAST_VAULT_READ_CONTRACT: ____, BALLAST_VAULT_SPENDER: _____, ...without } = rest
      const cases = [
        [{ ...environment, BALLAST_USDC_MIN: "5000" }, "below BALLAST_USDC_MIN, 5000"],
        [{ ...environment, BALLAST_USDC_MAX_PER_OPERATION: "60" }, "above BALLAST_USDC_MAX_PER_OPERATION, 60"],
        [{ ...environment, BALLAST_USDC_MAX_PER_DAY: "60" }, "above BALLAST_USDC_MAX_PER_DAY, 60"],
        [without, "BALLAST_VAULT_CONTRACT"],
        [
          { ...environment, BALLAST_BASE_USDC: environment["BALLAST_VAULT_CONTRACT"] ?? "" },
          "BALLAST_BASE_USDC"
        ]
      ] as const
      for (const [variables, ...words] of cases) {
        const ended = yield* inProcess([...order(one), "--json"], variables)
        assert.strictEqual(ended.code, 2, ended.stderr)
        for (const word of words) assert.include(ended.stderr, word)
      }
      for (const ownStatus of ["PENDING", null, "ACTIVE"]) {
        yield* Effect.scoped(Effect.gen(function*() {
          yield* alpacaWith({ rules: { ownStatus } })
          const ended = yield* inProcess(order(one), environment)
          assert.strictEqual(ended.code, 2, ended.stderr)
          assert.include(ended.stderr, "whitelist")
          const checked = yield* inProcess(["check"], environment)
          assert.strictEqual(checked.code, 1)
          assert.match(checked.stdout, /wrong +Alpaca's whitelist/)
        }))
      }
      assert.deepStrictEqual(yield* effectsOf(one.amount), nothing)
      const checked = yield* inProcess(["check"], environment)
      assert.strictEqual(checked.code, 0, checked.stdout)
      for (const word of ["777 in our wallet", "888 in our wallet", "USDC in the vault", "basis points"]) {
        assert.include(checked.stdout, word)
      }
    }))

  const lost: ReadonlyArray<readonly [string, Fault]> = [
    ["an answer that is lost", { _tag: "DropAfter" }],
    ["an error after the effect", { _tag: "FailAfter", status: 500 }],
    ["an answer that is no JSON", { _tag: "WrongBody", body: "Html" }]
  ]
  for (const [name, fault] of lost) {
    it.scoped(`${name} to the withdrawal: it is looked for, and there is one`, () =>
      Effect.zipRight(struck("alpaca", "wallets.withdraw", fault), wentWell("alpaca-to-base", next())))
  }

  it.scoped("a withdrawal that did not get through: after Alpaca's settling time it is ordered again", () =>
    Effect.zipRight(
      struck("alpaca", "wallets.withdraw", { _tag: "FailBefore", status: 503 }),
      wentWell("alpaca-to-base", next())
    ))

  it.scoped("a transfer that Alpaca does not show by its id for a while is waited for", () =>
    Effect.zipRight(alpacaWith({ wire: { hiddenReads: 6 } }), wentWell("alpaca-to-base", next())))

  it.scoped("Alpaca's word before the chain has it: what counts is what has arrived", () =>
    Effect.zipRight(alpacaWith({ withdraw: { toldBeforeMillis: 800 } }), wentWell("alpaca-to-base", next())))

  it.scoped("less than was asked for arrives: that is burned, and the rest is told", () =>
    Effect.gen(function*() {
      yield* alpacaWith({ withdraw: { networkFee: 300_000n, shortBy: 2_500n } })
      const one = next()
      const ended = yield* wentWell("alpaca-to-base", one, 302_500n)
      const { data } = operation(ended)
      assert.deepInclude(data["withdrawn"], { received: `${BigInt(one.amount) - 1n}.6975` })
    }))

  it.scoped("FAILED without a transaction: failed, the USDC are at Alpaca", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      yield* alpacaWith({ withdraw: { outcome: "fail" } })
      const one = next()
      const ended = yield* inProcess([...order(one), "--json"], environment)
      assert.strictEqual(ended.code, 1, ended.stderr)
      assert.deepInclude(operation(ended).failure, { reason: "Rejected", place: "Alpaca", amount: one.amount })
      assert.deepStrictEqual(yield* effectsOf(one.amount), nothing)
    }))

  it.scoped("FAILED with a transaction: looked at further, since it may have been sent", () =>
    Effect.zipRight(alpacaWith({ withdraw: { outcome: "failThenComplete" } }), wentWell("alpaca-to-base", next())))

  it.scoped("FAILED with a transaction that reverted: not settled, and never taken for money", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      yield* alpacaWith({ withdraw: { outcome: "failReverted" } })
      const one = next()
      const ended = yield* inProcess([...order(one), "--json"], { ...environment, BALLAST_POLL_TIMEOUT: "1 second" })
      assert.strictEqual(ended.code, 3, ended.stderr)
      const { failure, settled } = operation(ended)
      assert.deepInclude(failure, { reason: "TimedOut", place: "AlpacaInTransit", amount: one.amount })
      assert.include(failure?.detail, "reverted")
      assert.isFalse(settled)
    }))

  it.scoped("two of the same amount at once: each has a withdrawal and a burn of its own", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      const [one, other] = [next(), { ...next() }]
      const both = { ...environment, BALLAST_USDC_CONCURRENT: "2" }
      const same = rebalanceOf("alpaca-to-base", other.id, one.amount)
      const ended = yield* Effect.all([ballast(order(one), both), ballast(same, both)], { concurrency: 2 })
      assert.deepStrictEqual(ended.map(({ code }) => code), [0, 0], ended.map(({ stderr }) => stderr).join("\n"))
      assert.deepStrictEqual(yield* effectsOf(one.amount), { withdrawn: 2, burned: 2, minted: 2, deposited: 2 })
    }))

  it.scoped("one place, two processes: one of them gets it", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      const [one, other] = [next(), next()]
      const ended = yield* Effect.all([ballast(order(one), environment), ballast(order(other), environment)], {
        concurrency: 2
      })
      assert.sameMembers(ended.map(({ code }) => code), [0, 2], ended.map(({ stderr }) => stderr).join("\n"))
      assert.include(ended.map(({ stderr }) => stderr).join("\n"), "BALLAST_USDC_CONCURRENT is 1")
    }))

  it.scoped("a day's limit, two processes: together they stay below it", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      const [one, other] = [next(), next()]
      const limits = { BALLAST_USDC_CONCURRENT: "2", BALLAST_USDC_MAX_PER_DAY: "1200" }
      const ended = yield* Effect.all(
        [one, other].map((each) => ballast(order(each), { ...environment, ...limits })),
        { concurrency: 2 }
      )
      assert.sameMembers(ended.map(({ code }) => code), [0, 2], ended.map(({ stderr }) => stderr).join("\n"))
      assert.include(ended.map(({ stderr }) => stderr).join("\n"), "above BALLAST_USDC_MAX_PER_DAY, 1200")
    }))

  it.scoped("typed wrongly: exit 2, each mistake is told", () =>
    Effect.gen(function*() {
      const { environment } = yield* ownDatabase
      for (
        const [amount, words] of [["0", "more than zero"], ["1e3", "plain decimal"], [
          "60.0000001",
          "6 decimals"
        ]] as const
      ) {
        const ended = yield* inProcess(["usdc", "alpaca-to-base", "--amount", amount, "--id", "3"], environment)
        assert.strictEqual(ended.code, 2, ended.stderr)
        assert.include(ended.stderr, words)
        assert.include(ended.stderr, "--id")
      }
    }))
})
