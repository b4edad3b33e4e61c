/** Rebalances of USDC, and what truly happened of them: each has an amount of its own, by which it is known everywhere. */
import { assert } from "@effect/vitest"
import { Effect, Either } from "effect"
import { randomUUID } from "node:crypto"
import * as Usdc from "../../src/domain/Usdc.ts"
import * as AlpacaWalletSettings from "../../src/layers/local/AlpacaWalletSettings.ts"
import type * as CircleSettings from "../../src/layers/local/CircleSettings.ts"
import type { Fault } from "../../src/layers/local/Fault.ts"
import { operation, ownDatabase, rebalanceOf, Sandbox } from "./Ballast.ts"
import { inProcess } from "./InProcess.ts"

export type Direction = "alpaca-to-base" | "base-to-alpaca"

/** Of a rebalance that finishes. */
export const recorded = [
  "RebalanceRequested",
  "Initiated",
  "WithdrawalConfirmed",
  "BridgingInitiated",
  "AttestationReceived",
  "Bridged",
  "DepositInitiated",
  "DepositConfirmed"
]

let amounts = 0
/**
 * Further apart than any fee, and ever smaller: databases of one test each do not know what another has claimed, and a smaller
 * transfer would be held against theirs.
 */
export const next = () => ({ id: randomUUID(), amount: `${900 - ++amounts}` })
export type Rebalance = ReturnType<typeof next>

export const nothing = { withdrawn: 0, burned: 0, minted: 0, deposited: 0 }

export const units = (amount: string) => Either.getOrThrow(Usdc.parse(amount))

const once = { withdrawn: 1, burned: 1, minted: 1, deposited: 1 }

/** How often each step has happened for this amount, in whichever direction; `short` units of it never arrived. */
export const effectsOf = (amount: string, short = 0n) =>
  Effect.gen(function*() {
    const { world } = yield* Sandbox
    const { wallets } = yield* world.alpaca.history
    const { burns, mints, vaultMoves } = yield* world.circle.history
    const asked = units(amount)
    const burned = burns.filter((burn) => burn.amount === asked - short)
    const minted = mints.filter(({ nonce }) => burned.some((burn) => burn.nonce === nonce))
    const isMinted = (deposited: bigint) => minted.some((mint) => mint.amount === deposited)
    return {
      withdrawn: wallets.transfers.filter((one) =>
        one.direction === "OUTGOING" && one.amount === asked && one.place !== "returned"
      )
        .length + vaultMoves.filter((move) =>
          move.type === "withdraw" && move.amount === asked
        ).length,
      burned: burned.length,
      minted: minted.length,
      deposited: vaultMoves.filter((move) => move.type === "deposit" && isMinted(move.amount)).length +
        wallets.receipts.filter((receipt) => isMinted(receipt.amount)).length
    }
  })

export const happenedOnce = (amount: string, short?: bigint) =>
  Effect.map(effectsOf(amount, short), (effects) => assert.deepStrictEqual(effects, once))

/** All USDC of the world that is ours or was, in units of 1e-6. */
export const total = Effect.gen(function*() {
  const { world } = yield* Sandbox
  const { wallets: { books } } = yield* world.alpaca.history
  const { balances } = yield* world.circle.history
  const { baseWallet, cctpFees, ethereumWallet, inTransit, vault } = balances
  return books.available + books.outgoing + books.incoming + books.fees + ethereumWallet + baseWallet + vault +
    cctpFees +
    inTransit
})

/** What is in our wallet on both chains. */
export const inWallet = Effect.gen(function*() {
  const { world } = yield* Sandbox
  const { balances: { baseWallet, ethereumWallet } } = yield* world.circle.history
  return { baseWallet, ethereumWallet }
})

/** A world that is changed for as long as the scope is open. */
export const given = <A, E, E2>(change: Effect.Effect<A, E>, back: Effect.Effect<unknown, E2>) =>
  Effect.acquireRelease(Effect.orDie(change), () => Effect.orDie(back))

const usual = AlpacaWalletSettings.make({ quirks: true, delayMillis: 100 })

/** Alpaca's wallets with other habits. */
export const alpacaWith = (wallets: AlpacaWalletSettings.Patch) =>
  Effect.flatMap(
    Sandbox,
    ({ world: { alpaca } }) => given(alpaca.change({ wallets }), alpaca.change({ wallets: usual }))
  )

/** Circle with other habits. */
export const circleWith = (changes: CircleSettings.Patch) =>
  Effect.flatMap(
    Sandbox,
    ({ world: { circle } }) =>
      Effect.flatMap(circle.settings, (before) => given(circle.change(changes), circle.change(before)))
  )

/** Struck as often as it says, and no more. */
export const struck = (
  server: "alpaca" | "circle" | "ethereum" | "base",
  on: string,
  fault: Fault,
  times: number | "forever" = 1
) =>
  Effect.flatMap(
    Sandbox,
    ({ world }) => given(world[server].faults.add({ on, fault, times }), world[server].faults.clear)
  )

/** It went well all the same, each step happened once, and other USDC in our wallet was not touched. */
export const wentWell = (direction: Direction, one: Rebalance, short?: bigint) =>
  Effect.gen(function*() {
    const { environment } = yield* ownDatabase
    const before = yield* inWallet
    const ended = yield* inProcess([...rebalanceOf(direction, one.id, one.amount), "--json"], environment)
    assert.strictEqual(ended.code, 0, ended.stderr)
    const { events, state } = operation(ended)
    assert.strictEqual(state, "DepositConfirmed")
    assert.deepStrictEqual(events.map(({ type }) => type), recorded)
    yield* happenedOnce(one.amount, short)
    assert.deepStrictEqual(yield* inWallet, before)
    return ended
  })
