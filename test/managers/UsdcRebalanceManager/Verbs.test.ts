/** Every failure that a rebalance can come to, and the verb that leads on from it: nothing happens twice, all arrives. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import type { Failure } from "../../../src/domain/Failure.ts"
import { WalletTransferId } from "../../../src/domain/WalletTransfer.ts"
import { AlpacaWalletControl } from "../../../src/layers/testing/AlpacaWalletTest.ts"
import { CctpControl } from "../../../src/layers/testing/CctpBridgeTest.ts"
import { Erc20Control } from "../../../src/layers/testing/Erc20Test.ts"
import { VaultControl } from "../../../src/layers/testing/VaultTest.ts"
import * as UsdcRebalanceManager from "../../../src/managers/UsdcRebalanceManager.ts"
import { AlpacaError } from "../../../src/services/AlpacaError.ts"
import { Attested, Burned, CctpError, Minted } from "../../../src/services/CctpBridge.ts"
import { Allowance, Received, Transferred } from "../../../src/services/Erc20.ts"
import { OutboxError } from "../../../src/services/TransactionOutbox.ts"
import { passing } from "../Harness.ts"
import {
  amount,
  depositTx,
  type Direction,
  effects,
  eventTypes,
  execute as executeOf,
  failure,
  goesWell,
  hash,
  id,
  key,
  layer,
  minted,
  once,
  state,
  tokens,
  until,
  withdrawTx
} from "../Rebalances.ts"

const given = Effect.gen(function*() {
  return {
    alpaca: yield* AlpacaWalletControl,
    cctp: yield* CctpControl,
    erc20: yield* Erc20Control,
    vault: yield* VaultControl
  }
})
type World = Effect.Effect.Success<typeof given>

const error = (reason: AlpacaError["reason"]) => new AlpacaError({ reason, action: "test", detail: "as told" })
const reverts = (step: string) => new OutboxError({ reason: "Reverts", key: key(step), detail: "as told" })
const retry = UsdcRebalanceManager.retry(id)
const settled = { reason: "Settled", note: "moved it on myself, ticket 12" }

/** What is broken, what it comes to, and how it is mended. */
interface Case {
  readonly name: string
  readonly directions: ReadonlyArray<Direction>
  readonly broken: (world: World, direction: Direction) => Effect.Effect<unknown>
  /** It has recorded so many events before it breaks. Default none. */
  readonly begun?: number
  /** Time that must have passed then when it is resumed. */
  readonly late?: "7 minutes" | "25 hours"
  readonly fails: (direction: Direction) => Pick<Failure, "reason" | "place" | "amount">
  readonly mended: (world: World, direction: Direction) => Effect.Effect<unknown>
  readonly verb: "retry" | "recheck"
  /** What has happened in the end, where it is not each step once. */
  readonly effects?: Partial<typeof once>
}

const both: ReadonlyArray<Direction> = ["AlpacaToBase", "BaseToAlpaca"]
const toBase: ReadonlyArray<Direction> = ["AlpacaToBase"]
const toAlpaca: ReadonlyArray<Direction> = ["BaseToAlpaca"]
const source = (direction: Direction) =>
  direction === "AlpacaToBase" ? "EthereumWallet" as const : "BaseWallet" as const
const target = (direction: Direction) =>
  direction === "AlpacaToBase" ? "BaseWallet" as const : "EthereumWallet" as const
const at = (place: Failure["place"], reason: Failure["reason"], amount = "1000") => () => ({ place, reason, amount })

/** The order is refused, for whatever reason. */
const refusals: ReadonlyArray<Case> = ([
  ["InsufficientPosition", "InsufficientPosition"],
  ["InvalidRequest", "InvalidRequest"],
  ["NotWhitelisted", "NotWhitelisted"],
  ["TravelRule", "TravelRule"],
  ["Rejected", "Rejected"],
  ["Unauthenticated", "Unauthorized"]
] as const).map(([told, reason]) => ({
  name: `Alpaca refuses the order: ${told}`,
  directions: toBase,
  broken: ({ alpaca }) => alpaca.failNext("orderWithdrawal", error(told)),
  fails: at("Alpaca", reason),
  mended: () => Effect.void,
  verb: "retry"
}))

const setDeposit = ({ erc20, vault }: World, direction: Direction, moved: Transferred) =>
  direction === "AlpacaToBase"
    ? vault.setMoved(key("deposit"), moved)
    : erc20.setTransferred(key("deposit"), moved)
const deposited = (world: World, direction: Direction) =>
  setDeposit(world, direction, Transferred.Sent({ txHash: depositTx, amount: tokens(minted) }))

/** A deposit that comes to nothing, in one way or another. */
const deposits: ReadonlyArray<Case> = ([
  ["reverts", Transferred.Reverted({ txHash: hash("e1"), why: "as told" }), "Reverted"],
  ["moves nothing", Transferred.Sent({ txHash: hash("e1"), amount: tokens(0n) }), "Reverted"],
  ["is cancelled", Transferred.Dead({ isOurs: true, why: "an operator's" }), "Cancelled"]
] as const).map(([name, moved, reason]) => ({
  name: `a deposit that ${name}`,
  directions: both,
  broken: (world, direction) => setDeposit(world, direction, moved),
  fails: (direction) => ({ place: target(direction), reason, amount: "999.9" }),
  mended: deposited,
  verb: "retry"
}))

const withdrawals: ReadonlyArray<Case> = ([
  ["reverts", Transferred.Reverted({ txHash: hash("e1"), why: "as told" }), "Reverted"],
  ["is cancelled", Transferred.Dead({ isOurs: true, why: "an operator's" }), "Cancelled"]
] as const).map(([name, moved, reason]) => ({
  name: `a withdrawal from the vault that ${name}`,
  directions: toAlpaca,
  broken: ({ vault }) => vault.setMoved(key("withdraw"), moved),
  fails: at("Vault", reason),
  mended: ({ vault }) =>
    vault.setMoved(
      key("withdraw"),
      Transferred.Sent({ txHash: withdrawTx.BaseToAlpaca, amount: tokens(amount) })
    ),
  verb: "retry"
}))

const burns: ReadonlyArray<Case> = ([
  ["reverts", Burned.Reverted({ txHash: hash("e1"), why: "as told" }), "Reverted"],
  ["is cancelled", Burned.Dead({ isOurs: true, why: "an operator's" }), "Cancelled"]
] as const).map(([name, burned, reason]) => ({
  name: `a burn that ${name}`,
  directions: both,
  broken: ({ cctp }) => cctp.setBurned(key("burn"), burned),
  fails: (direction) => ({ place: source(direction), reason, amount: "1000" }),
  mended: ({ cctp }) => cctp.setBurned(key("burn"), undefined),
  verb: "retry"
}))

const cases: ReadonlyArray<Case> = [
  ...refusals,
  ...withdrawals,
  ...burns,
  ...deposits,
  {
    name: "CCTP is paused",
    directions: both,
    broken: ({ cctp }) => cctp.failNextSending(reverts("burn")),
    fails: (direction) => ({ place: source(direction), reason: "Reverted", amount: "1000" }),
    mended: () => Effect.void,
    verb: "retry"
  },
  {
    name: "an approval without effect",
    directions: both,
    broken: ({ erc20 }) => erc20.setAllowance(Allowance.Refused({ why: "as told" })),
    fails: (direction) => ({ place: source(direction), reason: "Reverted", amount: "1000" }),
    mended: ({ erc20 }) => erc20.setAllowance(Allowance.Enough()),
    verb: "retry"
  },
  {
    name: "more than one message may burn",
    directions: both,
    broken: ({ cctp }) =>
      cctp.failNextSending(new CctpError({ reason: "AboveBurnLimit", action: "test", detail: "so" })),
    fails: (direction) => ({ place: source(direction), reason: "InvalidRequest", amount: "1000" }),
    mended: () => Effect.void,
    verb: "retry"
  },
  {
    name: "an attestation that is days late",
    directions: both,
    broken: ({ cctp }) => cctp.setAttested(Attested.Pending({ waitingFor: "finality", delay: undefined })),
    begun: 4,
    late: "25 hours",
    fails: at("CctpInTransit", "TimedOut"),
    mended: ({ cctp }) => cctp.setAttested(undefined),
    verb: "recheck"
  },
  {
    name: "a mint that would revert",
    directions: both,
    begun: 5,
    broken: ({ cctp }) => Effect.zipRight(cctp.setMintable(false), cctp.failNextSending(reverts("mint"))),
    fails: at("CctpInTransit", "Reverted"),
    mended: ({ cctp }) => cctp.setMintable(true),
    verb: "retry"
  },
  {
    name: "a mint that was cancelled",
    directions: both,
    broken: ({ cctp }) => cctp.setMinted(key("mint"), Minted.Dead({ isOurs: true, why: "an operator's" })),
    fails: at("CctpInTransit", "Cancelled"),
    mended: ({ cctp }) => cctp.setMinted(key("mint"), undefined),
    verb: "retry"
  },
  {
    name: "a vault that pays nothing",
    directions: toAlpaca,
    broken: ({ erc20 }) => erc20.setReceived(withdrawTx.BaseToAlpaca, Received.Confirmed({ amount: tokens(0n) })),
    fails: at("Vault", "Short"),
    mended: ({ erc20 }) => erc20.setReceived(withdrawTx.BaseToAlpaca, Received.Confirmed({ amount: tokens(amount) })),
    verb: "retry"
  },
  {
    name: "a transfer that Alpaca never sends, and then does",
    directions: toBase,
    broken: ({ alpaca }) => alpaca.setOutcome("hold"),
    begun: 2,
    late: "7 minutes",
    fails: at("AlpacaInTransit", "TimedOut"),
    mended: ({ alpaca }) =>
      Effect.flatMap(
        alpaca.withdrawals,
        ([transfer]) => transfer === undefined ? Effect.dieMessage("no transfer") : alpaca.complete(transfer)
      ),
    verb: "recheck"
  },
  {
    name: "a deposit that Alpaca refuses, and then credits",
    directions: toAlpaca,
    broken: ({ alpaca, erc20 }) =>
      Effect.gen(function*() {
        yield* erc20.setTransferred(key("deposit"), Transferred.Sent({ txHash: hash("d3"), amount: tokens(minted) }))
        yield* alpaca.change(yield* alpaca.deposit({ amount: minted, txHash: hash("d3") }), { status: "Failed" })
      }),
    fails: at("AlpacaInTransit", "Rejected", "999.9"),
    mended: ({ alpaca }) => alpaca.credit(WalletTransferId.make("00000000-0000-4000-9000-000000000002")),
    verb: "recheck"
  }
]

const fail = ({ begun, broken, fails, late }: Case, direction: Direction) =>
  Effect.gen(function*() {
    const world = yield* given
    yield* goesWell(direction)
    if (late === undefined && begun !== undefined) yield* until(executeOf(direction), begun)
    yield* broken(world, direction)
    if (late !== undefined) {
      yield* until(executeOf(direction), begun ?? 1)
      yield* TestClock.adjust(late)
    }
    const run = begun === undefined ? executeOf(direction) : UsdcRebalanceManager.resume(id)
    assert.deepInclude(failure(yield* passing(run)), fails(direction))
    return world
  })

const verbs = { retry, recheck: UsdcRebalanceManager.recheck(id) }

for (const one of cases) {
  for (const direction of one.directions) {
    describe(`${direction}: ${one.name}`, () => {
      it.effect(`${one.verb} leads on: each step happens once, and the log says why`, () =>
        Effect.gen(function*() {
          const world = yield* fail(one, direction)
          yield* one.mended(world, direction)
          // What is looked at may need a second look.
          yield* passing(verbs[one.verb])
          if (one.verb === "recheck") yield* passing(verbs.recheck)
          assert.strictEqual((yield* state())._tag, "DepositConfirmed")
          assert.deepStrictEqual(yield* effects, { ...once, ...one.effects })
          assert.include(yield* eventTypes(), "RebalanceRecovered")
        }).pipe(Effect.provide(layer)))

      if (direction !== one.directions[0]) return
      it.effect("so does reconcile: it ends where a person says so", () =>
        Effect.gen(function*() {
          yield* fail(one, direction)
          const end = yield* passing(UsdcRebalanceManager.reconcile(id, settled))
          assert.deepInclude<object>(end, { _tag: "Reconciled", reconciliation: settled })
          const refused = yield* Effect.flip(passing(retry))
          assert.deepInclude(refused, { _tag: "Refused", reason: "NotRetryable" })
        }).pipe(Effect.provide(layer)))
    })
  }
}
