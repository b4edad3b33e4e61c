/** What the local world's vaults move, and how they round: external-apis 4.3, 4.5, 4.6. */
import { expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import { zeroHash } from "viem"
import * as VaultFloat from "../../../src/layers/local/VaultFloat.ts"
import * as Nodes from "./UsdcNodes.ts"
import * as Vaults from "./VaultClient.ts"

const { granted, stranger, usdc, wallet } = Nodes
const { balanceOf, deposit, given, moving, trade, units, vaultId, withdraw } = Vaults

layer(Nodes.layer, { excludeTestServices: true })("a vault", (it) => {
  it.effect("encodes one number in many ways", () =>
    given((nodes, base) =>
      Effect.gen(function*() {
        yield* Nodes.done(base, deposit("orderBook")(nodes, units(100n * usdc)))
        expect(yield* balanceOf(nodes, wallet)).toBe(units(100n * usdc))
        yield* Nodes.done(base, deposit("orderBook")(nodes, units(23_456_789n)))
        expect(VaultFloat.unpack(yield* balanceOf(nodes, wallet)))
          .toEqual({ coefficient: 123_456_789n * 10n ** 59n, exponent: -65 })
        // An empty one has one encoding.
        yield* Nodes.done(base, withdraw("orderBook")(nodes, units(123_456_789n)))
        expect(yield* balanceOf(nodes, wallet)).toBe(zeroHash)
      })
    ))

  it.effect("takes a deposit rounded up, and credits what was asked", () =>
    given((nodes) =>
      Effect.gen(function*() {
        const amount = VaultFloat.pack(10_000_005n, -7)
        const { gain, told } = yield* moving(nodes, deposit("orderBook")(nodes, amount))
        expect(gain).toBe(-1_000_001n)
        expect(told).toEqual([{
          eventName: "DepositV2",
          args: { sender: wallet, token: nodes.plan.usdc.base, vaultId, depositAmountUint256: 1_000_001n }
        }])
        expect(yield* balanceOf(nodes, wallet)).toBe(amount)
      })
    ))

  it.effect("pays rounded down, and keeps nothing of what it could not pay", () =>
    given((nodes, base) =>
      Effect.gen(function*() {
        // 84.4567895 USDC
        const held = VaultFloat.pack(844_567_895n, -7)
        yield* Nodes.done(base, trade(nodes, held))
        const asked = units(100n * usdc)
        const { gain, told } = yield* moving(nodes, withdraw("orderBook")(nodes, asked))
        expect(gain).toBe(84_456_789n)
        expect(told).toMatchObject([{
          eventName: "WithdrawV2",
          args: { sender: wallet, vaultId, targetAmount: asked, withdrawAmountUint256: 84_456_789n }
        }])
        expect(yield* balanceOf(nodes, wallet)).toBe(zeroHash)
      })
    ))

  it.effect("pays what is asked, and keeps the rest to the last decimal", () =>
    given((nodes, base) =>
      Effect.gen(function*() {
        yield* Nodes.done(base, trade(nodes, VaultFloat.pack(844_567_895n, -7)))
        const { gain } = yield* moving(nodes, withdraw("orderBook")(nodes, units(84_456_788n)))
        expect(gain).toBe(84_456_788n)
        const { coefficient, exponent } = VaultFloat.unpack(yield* balanceOf(nodes, wallet))
        // 0.0000015 USDC
        expect(coefficient * 10n ** BigInt(80 + exponent)).toBe(15n * 10n ** 73n)
      })
    ))

  it.effect("pays nothing and succeeds when it is empty, or somebody else's", () =>
    given((nodes, base) =>
      Effect.gen(function*() {
        yield* Nodes.done(base, deposit("orderBook")(nodes, units(usdc)))
        const empty = { withdrawAmount: zeroHash, withdrawAmountUint256: 0n }
        const others = withdraw("orderBook")(nodes, units(usdc), { from: stranger })
        for (const ask of [withdraw("orderBook")(nodes, units(usdc), { id: `0x${"7".repeat(64)}` }), others]) {
          const { gain, told } = yield* moving(nodes, ask)
          expect(gain).toBe(0n)
          expect(told).toMatchObject([{ eventName: "WithdrawV2", args: { sender: ask.from, ...empty } }])
        }
        expect(yield* balanceOf(nodes, wallet)).toBe(units(usdc))
      })
    ))

  it.effect("of an inventory is the inventory's, and tells of its operator", () =>
    given((nodes, base) =>
      Effect.gen(function*() {
        const { plan } = nodes
        const events = (transaction: Nodes.Transaction) =>
          Effect.map(Nodes.mined(base, transaction), (receipt) => Nodes.events(nodes, "base", receipt))
        expect((yield* events(deposit("inventory")(nodes, units(5n)))).filter((event) => !event.startsWith("USDC")))
          .toEqual(["orderBook DepositV2", "inventory OperatorDeposit"])
        expect(yield* balanceOf(nodes, wallet)).toBe(zeroHash)
        expect(yield* balanceOf(nodes, plan.inventory)).toBe(units(5n))
        expect((yield* events(withdraw("inventory")(nodes, units(2n)))).filter((event) => !event.startsWith("USDC")))
          .toEqual(["orderBook WithdrawV2", "inventory OperatorWithdraw"])
        expect(VaultFloat.toUnits(yield* balanceOf(nodes, plan.inventory), 6)).toBe(3n)
        expect(yield* Nodes.balanceOf(nodes, "base", plan.inventory)).toBe(0n)
        expect(yield* Nodes.balanceOf(nodes, "base", wallet)).toBe(granted - 3n)
      })
    ))

  it.effect("that is none reads as what could be taken from the wallet", () =>
    given((nodes, base) =>
      Effect.gen(function*() {
        const { plan } = nodes
        expect(yield* balanceOf(nodes, wallet, zeroHash)).toBe(units(granted))
        yield* Nodes.done(base, Nodes.approval(nodes, "base", plan.orderBook, 7n))
        expect(yield* balanceOf(nodes, wallet, zeroHash)).toBe(units(7n))
      })
    ))

  it.effect("costs what it costs there", () =>
    given((nodes, base) =>
      Effect.gen(function*() {
        const gas = (transaction: Nodes.Transaction) =>
          Effect.map(Nodes.mined(base, transaction), ({ gasUsed }) => gasUsed)
        const measured = {
          "first deposit": [yield* gas(deposit("orderBook")(nodes, units(100n))), 131_766],
          "another": [yield* gas(deposit("orderBook")(nodes, units(100n))), 79_387],
          "part": [yield* gas(withdraw("orderBook")(nodes, units(50n))), 75_828],
          "more than there is": [yield* gas(withdraw("orderBook")(nodes, units(500n))), 70_963],
          "an empty vault": [yield* gas(withdraw("orderBook")(nodes, units(500n))), 52_894],
          "first deposit of the inventory": [yield* gas(deposit("inventory")(nodes, units(100n))), 147_451],
          "another of the inventory": [yield* gas(deposit("inventory")(nodes, units(100n))), 111_676],
          "part of the inventory": [yield* gas(withdraw("inventory")(nodes, units(50n))), 103_763]
        } as const
        for (const [what, [used, there]] of Object.entries(measured)) {
          expect(used / there, what).toBeGreaterThan(0.5)
          expect(used / there, what).toBeLessThan(1.5)
        }
      })
    ))
})
