/** What goes wrong between the chains and Circle: each shows the fault, and then counts what truly happened. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Logger, LogLevel } from "effect"
import { randomUUID } from "node:crypto"
import { afterAll } from "vitest"
import type * as Cctp from "../../../src/domain/Cctp.ts"
import { OperationId } from "../../../src/domain/OperationId.ts"
import * as Usdc from "../../../src/domain/Usdc.ts"
import * as CircleSettings from "../../../src/layers/local/CircleSettings.ts"
import { CctpWorld } from "../../../src/layers/testing/CctpWorld.ts"
import { type Attested, CctpBridge, type Mintable } from "../../../src/services/CctpBridge.ts"
import { Leases } from "../../../src/services/Leases.ts"
import { TransactionOutbox } from "../../../src/services/TransactionOutbox.ts"
import * as AnvilCctp from "./AnvilCctp.ts"

const nodes = AnvilCctp.runtime()
afterAll(() => nodes.dispose())
const layer = AnvilCctp.shared(nodes)

const usdc = Usdc.fromUnits
const amount = usdc(100_000_000n)
const gross = Number(amount)

/** 100 USDC in our wallet on Ethereum, and a Circle that has no other whims than its usual ones. */
const given = Effect.gen(function*() {
  const bridge = yield* CctpBridge
  const world = yield* CctpWorld
  const local = yield* AnvilCctp.LocalCctp
  const { wallet } = yield* TransactionOutbox
  const { circle } = local.world
  const { ethereum, base } = local.chains
  yield* circle.change(CircleSettings.make({ quirks: true }))
  yield* Effect.all([circle.faults.clear, ethereum.faults.clear, base.faults.clear])
  const operation = OperationId.make(randomUUID())
  const lease = yield* Effect.flatMap(Leases, (leases) => leases.hold(`Test/${operation}`))
  yield* world.give(amount)
  const before = yield* world.effects
  const { lane } = world
  const sending = (step: string, attempt: number) => ({ key: { operation, step, attempt }, lease })
  const over = <A extends { readonly _tag: string }, E, R>(look: Effect.Effect<A, E, R>) =>
    Effect.repeat(Effect.zipRight(world.mine(1), look), { until: ({ _tag }) => _tag !== "Pending", times: 40 })
  const burn = (attempt = 1, finality: Cctp.Finality = "fast") =>
    bridge.burn(lane, { amount, finality }, sending("burn", attempt))
  const mint = (mintable: Mintable, attempt = 1) => bridge.mint(lane, mintable, sending("mint", attempt))
  const burned = Effect.map(over(burn()), (end) => {
    if (end._tag !== "Burned") throw new Error(`not burned: ${JSON.stringify(end)}`)
    return { burnTx: end.burnTx, burned: end.burned, maxFee: end.maxFee, destinationBlock: 0n }
  })
  const look = (burn: Cctp.Burn) => bridge.attestation(lane, burn)
  const attested = (burn: Cctp.Burn) =>
    Effect.map(over(look(burn)), (end): Mintable => {
      if (end._tag !== "Ready") throw new Error(`not attested: ${JSON.stringify(end)}`)
      return { ...end.attestation, burn }
    })
  const counts = Effect.map(world.effects, ({ burned, minted }) => ({
    burns: burned.length - before.burned.length,
    mints: minted.length - before.minted.length
  }))
  return {
    bridge,
    world,
    local,
    circle,
    ethereum,
    base,
    wallet,
    lane,
    sending,
    over,
    burn,
    burned,
    look,
    attested,
    mint,
    counts
  }
})

type Given = Effect.Effect.Success<typeof given>

const test = <E>(
  name: string,
  run: (given: Given) => Effect.Effect<void, E>
) =>
  it.live(name, () =>
    Effect.flatMap(given, run).pipe(
      Effect.scoped,
      Effect.provide(layer),
      Logger.withMinimumLogLevel(LogLevel.None)
    ))

describe("quotes", () => {
  test("a fast transfer that costs too much is a standard one", ({ bridge, circle, lane }) =>
    Effect.gen(function*() {
      yield* circle.change({ attesting: { feeBps: 200_001n } })
      expect(yield* bridge.quote(lane, { amount, finality: "fast" })).toMatchObject({
        finality: "standard",
        maxFee: 0n
      })
      yield* circle.change({ attesting: { feeBps: 190_000n } })
      // 19 basis points and a fifth of them are more than 20: as much as may be is offered.
      expect(yield* bridge.quote(lane, { amount, finality: "fast" })).toMatchObject({
        finality: "fast",
        fee: 190_000n,
        maxFee: 200_000n
      })
    }))

  test("a fast transfer of which Circle has no more to give is a standard one", ({ bridge, circle, lane }) =>
    Effect.gen(function*() {
      yield* circle.change({ attesting: { allowance: amount - 1n } })
      expect((yield* bridge.quote(lane, { amount, finality: "fast" })).finality).toBe("standard")
    }))

  test("a fast transfer of which nobody says how much is left is a standard one", ({ bridge, circle, lane }) =>
    Effect.gen(function*() {
      yield* circle.faults.add({ on: "circle.allowance", fault: { _tag: "FailBefore", status: 503 } })
      expect((yield* bridge.quote(lane, { amount, finality: "fast" })).finality).toBe("standard")
    }))

  test("what the contract wants is offered, whatever Circle asks for", ({ bridge, lane, local }) =>
    Effect.gen(function*() {
      // In units of 1/1000 of a basis point.
      yield* local.world.cctp.ethereum.setMinFee(5_000n)
      const quote = yield* bridge.quote(lane, { amount, finality: "standard" })
      yield* local.world.cctp.ethereum.setMinFee(0n)
      expect(quote).toMatchObject({ maxFee: 50_000n, fee: 0n })
    }))
})

describe("burns", () => {
  test("a burn whose message is not found is known all the same: what is wrong is told when it is to be minted", ({ attested, bridge, lane, mint, over, sending }) =>
    Effect.gen(function*() {
      const strange = { ...lane, transmitter: lane.messenger }
      const end = yield* over(bridge.burn(strange, { amount, finality: "fast" }, sending("burn", 1)))
      if (end._tag !== "Burned") throw new Error(`not burned: ${JSON.stringify(end)}`)
      const burn = { burnTx: end.burnTx, burned: end.burned, maxFee: end.maxFee, destinationBlock: 0n }
      const error = yield* Effect.flip(over(bridge.attestation(strange, burn)))
      expect(error).toMatchObject({ reason: "Mismatch" })
      const mintable = yield* attested(burn)
      expect((yield* over(mint(mintable)))._tag).toBe("Minted")
    }))

  test("a fee above the ceiling is not offered, whoever asks for it: nothing is burned, and it may cost less later", ({ burn, counts, local, over }) =>
    Effect.gen(function*() {
      yield* local.world.cctp.ethereum.setMinFee(21_000n)
      const error = yield* Effect.flip(burn())
      yield* local.world.cctp.ethereum.setMinFee(0n)
      expect(error).toMatchObject({ reason: "FeeTooHigh", kind: "transient" })
      expect(yield* counts).toEqual({ burns: 0, mints: 0 })
      expect((yield* over(burn()))._tag).toBe("Burned")
    }))

  test("an answer that is lost burns once", ({ burned, counts, ethereum }) =>
    Effect.gen(function*() {
      yield* ethereum.faults.add({ on: "eth_sendRawTransaction", fault: { _tag: "DropAfter" } })
      expect((yield* burned).burned).toBe(amount)
      expect(yield* ethereum.faults.pending).toEqual([])
      expect(yield* counts).toEqual({ burns: 1, mints: 0 })
    }))

  test("one that reverts on the chain says why, and burns nothing", ({ burn, counts, local, over, wallet }) =>
    Effect.gen(function*() {
      const { usdc } = local.world
      yield* local.chains.ethereum.faults.add({
        on: "eth_sendRawTransaction",
        fault: { _tag: "FailBefore", status: 503 }
      })
      expect((yield* burn())._tag).toBe("Pending")
      yield* usdc.ethereum.setBlacklisted(wallet, true)
      const end = yield* over(burn())
      yield* usdc.ethereum.setBlacklisted(wallet, false)
      expect(end).toMatchObject({ _tag: "Reverted", why: expect.stringContaining("Blacklistable") })
      expect(yield* counts).toEqual({ burns: 0, mints: 0 })
    }))

  test("one that would revert is not sent", ({ burn, counts, local }) =>
    Effect.gen(function*() {
      yield* local.world.cctp.ethereum.setPaused(true)
      const error = yield* Effect.flip(burn())
      yield* local.world.cctp.ethereum.setPaused(false)
      expect(error).toMatchObject({ reason: "Reverts", detail: expect.stringContaining("Pausable: paused") })
      expect(yield* counts).toEqual({ burns: 0, mints: 0 })
    }))

  test("a fee that rises after the offer makes it slow, not failed", ({ burned, circle, counts, look, over, world }) =>
    Effect.gen(function*() {
      const burn = yield* burned
      yield* circle.change({ attesting: { feeBps: 100_000n } })
      yield* world.mine(1)
      expect(yield* look(burn)).toMatchObject({ _tag: "Pending", delay: "insufficient_fee" })
      expect(yield* over(look(burn))).toMatchObject({ _tag: "Ready", expires: 0n })
      expect(yield* counts).toEqual({ burns: 1, mints: 0 })
    }))
})

describe("attestations", () => {
  const refused = (name: string, wire: Partial<CircleSettings.Settings["wire"]>, why: RegExp) =>
    test(name, ({ burned, circle, counts, look, over }) =>
      Effect.gen(function*() {
        const burn = yield* burned
        yield* circle.change({ wire })
        const seen: Attested = yield* over(look(burn))
        expect(seen._tag === "Unacceptable" && seen.why).toMatch(why)
        // And as soon as Circle has put it right, it is good.
        yield* circle.change(CircleSettings.make({ quirks: true }))
        expect((yield* look(burn))._tag).toBe("Ready")
        expect(yield* counts).toEqual({ burns: 1, mints: 0 })
      }))

  refused("that of another burn is refused", { foreign: "instead" }, /another burn/)
  refused("one by strangers is refused", { attestation: "strangers" }, /no attester/)
  refused("one with a signature too few is refused", { attestation: "short" }, /65 bytes.*2 signatures/)
  refused("one in the wrong order is refused", { attestation: "descending" }, /ascending/)
  refused("one whose signature names no public key is refused", { attestation: "noRecovery" }, /signature 2 is none/)
  refused("one whose signature is no point of the curve is refused", { attestation: "noPoint" }, /signature 2 is none/)
  refused("one that is no hex is refused", { attestation: "noHex" }, /not hex/)

  test("ours is found behind that of another burn", ({ attested, burned, circle, counts, mint, over }) =>
    Effect.gen(function*() {
      const burn = yield* burned
      yield* circle.change({ wire: { foreign: "before" } })
      expect((yield* over(Effect.flatMap(attested(burn), mint)))._tag).toBe("Minted")
      expect(yield* counts).toEqual({ burns: 1, mints: 1 })
    }))

  test("as many signatures as the destination asks for are wanted, not as many as usual", ({ burned, local, look, over }) =>
    Effect.gen(function*() {
      const burn = yield* burned
      yield* local.world.cctp.base.setSignatureThreshold(3)
      const seen = yield* over(look(burn))
      yield* local.world.cctp.base.setSignatureThreshold(2)
      expect(seen).toMatchObject({ _tag: "Unacceptable", why: expect.stringContaining("wants 3 signatures") })
    }))

  test("an outage of Circle is an error that passes", ({ attested, burned, circle, look }) =>
    Effect.gen(function*() {
      const burn = yield* burned
      yield* circle.faults.add({ on: "circle.messages", times: 2, fault: { _tag: "FailBefore", status: 503 } })
      expect(yield* Effect.flip(look(burn))).toMatchObject({ reason: "Unavailable", kind: "transient" })
      yield* circle.faults.clear
      yield* circle.faults.add({ on: "circle.messages", fault: { _tag: "Down" } })
      expect(yield* Effect.flip(look(burn))).toMatchObject({ reason: "Unavailable", kind: "transient" })
      yield* circle.faults.clear
      expect((yield* attested(burn)).burn).toEqual(burn)
    }))
})

describe("mints", () => {
  test("an answer that is lost mints once", ({ attested, base, burned, counts, mint, over }) =>
    Effect.gen(function*() {
      const mintable = yield* Effect.flatMap(burned, attested)
      yield* base.faults.add({ on: "eth_sendRawTransaction", fault: { _tag: "DropAfter" } })
      expect(yield* over(mint(mintable))).toMatchObject({ _tag: "Minted", isOurs: true })
      expect(yield* base.faults.pending).toEqual([])
      expect(yield* counts).toEqual({ burns: 1, mints: 1 })
    }))

  test("a stranger's mint during ours makes ours revert, and is found", ({ attested, base, burned, counts, mint, over, world }) =>
    Effect.gen(function*() {
      const mintable = yield* Effect.flatMap(burned, attested)
      // Ours is signed and stored, and not out.
      yield* base.faults.add({ on: "eth_sendRawTransaction", fault: { _tag: "FailBefore", status: 503 } })
      expect((yield* mint(mintable))._tag).toBe("Pending")
      yield* world.mintAsStranger(mintable.burn.burnTx)
      expect(yield* over(mint(mintable))).toMatchObject({
        _tag: "Reverted",
        why: expect.stringContaining("Nonce already used")
      })
      const found = yield* over(mint(mintable, 2))
      expect(found).toMatchObject({ _tag: "Minted", isOurs: false })
      expect(found._tag === "Minted" && Number(found.mint.received + found.mint.feeCollected)).toBe(gross)
      expect(yield* counts).toEqual({ burns: 1, mints: 1 })
    }))

  test("a stranger's mint is not ours to count on before it is deep enough", ({ attested, burned, mint, world }) =>
    Effect.gen(function*() {
      const mintable = yield* Effect.flatMap(burned, attested)
      yield* world.mintAsStranger(mintable.burn.burnTx)
      expect(yield* mint(mintable)).toMatchObject({
        _tag: "Pending",
        waitingFor: expect.stringContaining("confirmation")
      })
    }))

  test("a nonce that is used and never shows is a matter for a person", ({ attested, burned, mint, world }) =>
    Effect.gen(function*() {
      const mintable = yield* Effect.flatMap(burned, attested)
      yield* world.mintAsStranger(mintable.burn.burnTx)
      yield* world.mine(3)
      const late = { ...mintable, burn: { ...mintable.burn, destinationBlock: 1_000_000n } }
      expect(yield* Effect.flip(mint(late))).toMatchObject({ reason: "Mismatch", kind: "unknown" })
      // The nonce of another burn: what was minted is not ours.
      const other = { ...mintable, burn: { ...mintable.burn, burned: usdc(1n) } }
      expect(yield* Effect.flip(mint(other))).toMatchObject({ reason: "Mismatch", kind: "unknown" })
    }))

  test("one that has reverted mints the same message at the next attempt", ({ attested, base, burned, counts, local, mint, over, wallet }) =>
    Effect.gen(function*() {
      const mintable = yield* Effect.flatMap(burned, attested)
      yield* base.faults.add({ on: "eth_sendRawTransaction", fault: { _tag: "FailBefore", status: 503 } })
      yield* mint(mintable)
      yield* local.world.usdc.base.setBlacklisted(wallet, true)
      const reverted = yield* over(mint(mintable))
      const error = yield* Effect.flip(mint(mintable, 2))
      yield* local.world.usdc.base.setBlacklisted(wallet, false)
      expect(reverted).toMatchObject({ _tag: "Reverted", why: expect.stringContaining("Blacklistable") })
      expect(error).toMatchObject({ reason: "Reverts", detail: expect.stringContaining("Blacklistable") })
      expect(yield* over(mint(mintable, 2))).toMatchObject({ _tag: "Minted", isOurs: true })
      expect(yield* counts).toEqual({ burns: 1, mints: 1 })
    }))

  test("whether one would go is told without sending any", ({ attested, bridge, burned, counts, lane, local, wallet }) =>
    Effect.gen(function*() {
      const mintable = yield* Effect.flatMap(burned, attested)
      const can = bridge.canMint(lane, mintable)
      yield* local.world.usdc.base.setBlacklisted(wallet, true)
      const before = yield* can
      yield* local.world.usdc.base.setBlacklisted(wallet, false)
      expect([before, yield* can]).toEqual([false, true])
      expect(yield* counts).toEqual({ burns: 1, mints: 0 })
    }))

  test("what is stored is sent, whatever signature has come since", ({ attested, base, bridge, burned, mint, over, world }) =>
    Effect.gen(function*() {
      const stale = yield* Effect.flatMap(burned, attested)
      yield* base.faults.add({ on: "eth_sendRawTransaction", fault: { _tag: "FailBefore", status: 503 } })
      yield* mint(stale)
      yield* bridge.reattest(stale)
      yield* world.mine(4)
      const fresh = yield* attested(stale.burn)
      expect(fresh.message).not.toBe(stale.message)
      expect(yield* over(mint(fresh))).toMatchObject({ _tag: "Minted", isOurs: true })
    }))
})
