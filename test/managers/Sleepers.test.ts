/** A process that sleeps until another one has taken over, and wakes right before an effect or right after it. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Fiber, Layer, Logger, Option, TestClock } from "effect"
import * as AlpacaWalletTest from "../../src/layers/testing/AlpacaWalletTest.ts"
import { LeasesControl } from "../../src/layers/testing/LeasesControl.ts"
import * as MintManager from "../../src/managers/MintManager.ts"
import * as Policies from "../../src/managers/Policies.ts"
import * as Progress from "../../src/managers/Progress.ts"
import * as UsdcRebalanceManager from "../../src/managers/UsdcRebalanceManager.ts"
import { AlpacaTokenization } from "../../src/services/AlpacaTokenization.ts"
import { AlpacaWallet } from "../../src/services/AlpacaWallet.ts"
import { LeaseLost } from "../../src/services/Leases.ts"
import { leasesControl } from "../layers/sql/Temporary.ts"
import * as Mints from "./Harness.ts"
import * as Rebalances from "./Rebalances.ts"

const { passing, settled } = Mints
const mints = leasesControl.pipe(Layer.provideMerge(Mints.layer))
const rebalances = leasesControl.pipe(Layer.provideMerge(Rebalances.layer))

const mint = `TokenizedEquityMint/${Mints.id}`
const rebalance = `UsdcRebalance/${Rebalances.id}`
const account = "AlpacaWallet/withdrawal"

/** From now on a process of another machine holds it. */
const seized = (name: string, duration: Duration.DurationInput = "30 seconds") =>
  Effect.flatMap(LeasesControl, (leases) => leases.seize(name, duration))

/** Refused, and told by whom. */
const lost = (error: unknown, name: string) => {
  assert.instanceOf(error, LeaseLost)
  assert.deepInclude({ ...error }, { name, holder: "process 1 on elsewhere" })
  assert.include(error.message, "process 1 on elsewhere has taken it over")
}

describe("a mint", () => {
  it.effect("is not ordered by whoever was taken over while it looked", () =>
    Effect.gen(function*() {
      const alpaca = yield* Mints.leftIn("MintRequested").pipe(
        Effect.updateService(AlpacaTokenization, (port) => ({
          ...port,
          requestMint: () => Effect.interruptible(Effect.never)
        })),
        Effect.zipRight(AlpacaTokenization)
      )
      const control = yield* LeasesControl
      const slept = MintManager.resume(Mints.id).pipe(
        Effect.provideService(AlpacaTokenization, {
          ...alpaca,
          findMint: (id, order) => Effect.zipLeft(alpaca.findMint(id, order), control.seize(mint, "30 seconds"))
        })
      )
      lost(yield* Effect.flip(passing(slept)), mint)
      assert.lengthOf(yield* Mints.ledger, 0)
      assert.deepStrictEqual(yield* Mints.eventTypes, ["MintRequested"])
      yield* Mints.completing("1 second")
      assert.strictEqual((yield* passing(MintManager.resume(Mints.id)))._tag, "Completed")
      assert.lengthOf(yield* Mints.ledger, 1)
    }).pipe(Effect.provide(mints)))
})

describe("what waits", () => {
  it.effect("does not even look any more once its lease is known to be lost", () =>
    Effect.gen(function*() {
      yield* Mints.leftIn("MintAccepted")
      const alpaca = yield* AlpacaTokenization
      let looks = 0
      const waiting = yield* MintManager.resume(Mints.id).pipe(
        Effect.provideService(AlpacaTokenization, {
          ...alpaca,
          getRequest: (id) => Effect.suspend(() => (looks++, alpaca.getRequest(id)))
        }),
        Effect.provide(Policies.layer({ ...Mints.settings, pollInterval: Duration.seconds(20) })),
        Effect.flip,
        Effect.fork
      )
      for (let i = 0; i < 10; i++) yield* TestClock.adjust("100 millis")
      assert.strictEqual(looks, 1)
      yield* seized(mint, "10 minutes")
      for (let i = 0; i < 60; i++) yield* TestClock.adjust("1 second")
      lost(yield* Fiber.join(waiting), mint)
      assert.strictEqual(looks, 1)
    }).pipe(Effect.provide(mints)))
})

describe("a withdrawal", () => {
  const isOnce = Effect.map(Rebalances.effects, ({ withdrawals }) => assert.strictEqual(withdrawals, 1))

  for (const name of [rebalance, account]) {
    it.effect(`is not ordered by whoever has lost ${name.replace(/\/.*-.*/, "")} while it looked`, () =>
      Effect.gen(function*() {
        yield* Rebalances.goesWell("AlpacaToBase")
        yield* Rebalances.until(Rebalances.execute("AlpacaToBase"), 1)
        const alpaca = yield* AlpacaWallet
        const control = yield* LeasesControl
        const begun = yield* DateTime.now
        const settled = DateTime.addDuration(begun, "2 minutes")
        const slept = UsdcRebalanceManager.resume(Rebalances.id).pipe(
          Effect.provideService(AlpacaWallet, {
            ...alpaca,
            // By then an order is next.
            findWithdrawal: (sought) =>
              Effect.zipLeft(
                alpaca.findWithdrawal(sought),
                Effect.flatMap(
                  DateTime.now,
                  (now) =>
                    Effect.when(control.seize(name, "30 seconds"), () => DateTime.greaterThanOrEqualTo(now, settled))
                )
              )
          })
        )
        lost(yield* Effect.flip(passing(slept)), name)
        assert.lengthOf(
          yield* Effect.flatMap(AlpacaWalletTest.AlpacaWalletControl, ({ withdrawals }) => withdrawals),
          0
        )
        assert.deepStrictEqual(yield* Rebalances.eventTypes(), ["RebalanceRequested"])
        yield* passing(UsdcRebalanceManager.resume(Rebalances.id))
        yield* isOnce
      }).pipe(Effect.provide(rebalances)))
  }

  it.effect("is not recorded by whoever has lost the account, since another rebalance may have taken it for its own", () =>
    Effect.gen(function*() {
      yield* Rebalances.goesWell("AlpacaToBase")
      const alpaca = yield* AlpacaWallet
      const control = yield* LeasesControl
      let said = ""
      const slept = Rebalances.execute("AlpacaToBase").pipe(
        Effect.provideService(AlpacaWallet, {
          ...alpaca,
          orderWithdrawal: (order) =>
            Effect.zipLeft(alpaca.orderWithdrawal(order), control.seize(account, "30 seconds"))
        }),
        Effect.provide(Logger.add(Logger.map(Logger.stringLogger, (line) => said += line)))
      )
      lost(yield* Effect.flip(passing(slept)), account)
      assert.deepStrictEqual(yield* Rebalances.eventTypes(), ["RebalanceRequested"])
      const [ordered] = yield* Effect.flatMap(AlpacaWalletTest.AlpacaWalletControl, ({ withdrawals }) => withdrawals)
      assert.include(said, ordered ?? "nothing", "a person can see what was ordered")
      assert.strictEqual((yield* passing(UsdcRebalanceManager.resume(Rebalances.id)))._tag, "DepositConfirmed")
      yield* isOnce
    }).pipe(Effect.provide(rebalances)))
})

describe("whoever finds a lease held", () => {
  /** A mint that another process has, and what is said of it while we wait for it. */
  const waiting = Effect.gen(function*() {
    const told: Array<Progress.Update> = []
    yield* Mints.leftIn("MintAccepted")
    yield* Mints.completing("1 second")
    yield* seized(mint, "30 seconds")
    const waits = yield* MintManager.resume(Mints.id).pipe(
      Effect.locally(Progress.listener, (update) => Effect.sync(() => void told.push(update))),
      Effect.fork
    )
    yield* settled
    const until = DateTime.addDuration(yield* DateTime.now, "30 seconds")
    return { told, until, waits }
  })

  it.effect("says who has it and until when, and takes it as soon as it ends", () =>
    Effect.gen(function*() {
      const { told, until, waits } = yield* waiting
      const [first] = told
      assert.deepInclude(first, { until: Option.some(until), state: "Waiting" })
      assert.include(Option.getOrThrow(first?.waitingFor ?? Option.none()), "process 1 on elsewhere")
      yield* TestClock.adjust("29999 millis")
      yield* settled
      assert.deepStrictEqual(yield* Mints.eventTypes, ["MintRequested", "MintAccepted"])
      assert.deepStrictEqual(new Set(told.map(({ state }) => state)), new Set(["Waiting"]))
      yield* TestClock.adjust("1 millis")
      yield* settled
      assert.include(told.map(({ state }) => state), "MintAccepted")
      assert.strictEqual((yield* passing(Fiber.join(waits)))._tag, "Completed")
    }).pipe(Effect.provide(mints)))

  it.effect("waits for a holder that renews it, and not for long once it is let go", () =>
    Effect.gen(function*() {
      const { told, waits } = yield* waiting
      yield* TestClock.adjust("29 seconds")
      yield* seized(mint, "1 hour")
      yield* TestClock.adjust("1 minute")
      yield* settled
      const until = DateTime.addDuration(yield* DateTime.now, "3540 seconds")
      assert.deepStrictEqual(told.at(-1)?.until, Option.some(until))
      yield* seized(mint, 0)
      yield* TestClock.adjust("2 seconds")
      yield* settled
      assert.include(told.map(({ state }) => state), "MintAccepted")
      assert.strictEqual((yield* passing(Fiber.join(waits)))._tag, "Completed")
    }).pipe(Effect.provide(mints)))
})
