import { describe, expect, it } from "@effect/vitest"
import { DateTime, Effect, Either, Layer, Option } from "effect"
import { type Hex, zeroAddress } from "viem"
import * as SimulatedAlpaca from "../../simulation/alpaca/SimulatedAlpaca.ts"
import * as Dice from "../../simulation/Dice.ts"
import * as Ids from "../../simulation/Ids.ts"
import * as Places from "../../simulation/Places.ts"
import * as Timeline from "../../simulation/Timeline.ts"
import { EquitySymbol } from "../../src/domain/EquitySymbol.ts"
import { MintId } from "../../src/domain/OperationId.ts"
import * as Shares from "../../src/domain/Shares.ts"
import * as TxHash from "../../src/domain/TxHash.ts"
import * as Usdc from "../../src/domain/Usdc.ts"
import * as AlpacaClient from "../../src/layers/alpaca/AlpacaClient.ts"
import * as AlpacaTokenizationLive from "../../src/layers/alpaca/AlpacaTokenization.ts"
import * as AlpacaWalletLive from "../../src/layers/alpaca/AlpacaWallet.ts"
import { AlpacaTokenization } from "../../src/services/AlpacaTokenization.ts"
import { AlpacaWallet } from "../../src/services/AlpacaWallet.ts"
import { alpacaConfig, http, pass } from "./Asking.ts"
import * as PlainChain from "./PlainChain.ts"

const start = Date.parse("2026-11-26T12:00:00Z")
const minute = 60_000
const shares = 1_000_000_000_000n
const usdc = 10_000_000_000n
const symbol = EquitySymbol.make("AAPL")
const order = {
  symbol,
  quantity: Shares.fromUnits(10_500_000_000n),
  wallet: Places.wallet,
  token: Places.equities.AAPL.token,
  decimals: 18,
  issuer: "st0x",
  network: "base"
}

/** What is given for what came has come to stay. */
const mindDepths = ({ alpaca, base, ethereum }: Pick<World, "alpaca" | "base" | "ethereum">) => {
  const known = new Set<string>()
  const mind = (chain: PlainChain.PlainChain, hash: Hex, isGiven: boolean) => {
    if (!isGiven || known.has(hash)) return
    known.add(hash)
    expect(chain.depth(hash)).toBeGreaterThanOrEqual(12)
  }
  base.onBlock(() => alpaca.redemptions().forEach(({ credited, hash }) => mind(base, hash, credited > 0n)))
  ethereum.onBlock(() => alpaca.deposits().forEach(({ credited, hash = "0x" }) => mind(ethereum, hash, credited)))
}

const world = (seed: number, mood: SimulatedAlpaca.Mood, reorganisation = 0) => {
  const timeline = Timeline.make(start)
  const dice = Dice.make(seed)
  const chain = (blockTime: number, depth: number) =>
    PlainChain.make({ timeline, dice: dice.fork(`chain ${blockTime}`), blockTime, depth, reorganisation })
  const [ethereum, base] = [chain(12_000, 2), chain(2_000, 9)]
  const alpaca = SimulatedAlpaca.make({
    timeline,
    dice: dice.fork("Alpaca"),
    mood,
    ethereum,
    base,
    shares: { AAPL: shares, TSLA: shares },
    usdc
  })
  const live = Layer.mergeAll(AlpacaTokenizationLive.layerClient, AlpacaWalletLive.layerClient).pipe(
    Layer.provide(AlpacaClient.layer(alpacaConfig)),
    Layer.provide(http(alpaca))
  )
  return { timeline, dice, ethereum, base, alpaca, live }
}

type World = ReturnType<typeof world>

const mintId = (dice: Dice.Dice) => MintId.make(Ids.uuid(dice))
const redeem = ({ base }: World, amount: bigint) =>
  base.put({
    transfers: [{ token: order.token, from: Places.wallet, to: Places.redemptionWallet, amount }]
  })
const deposit = ({ ethereum }: World, amount: bigint) =>
  ethereum.put({
    transfers: [{ token: Places.usdc.ethereum, from: Places.wallet, to: Places.alpacaDeposit, amount }]
  })

const sum = (amounts: ReadonlyArray<bigint>) => amounts.reduce((one, other) => one + other, 0n)
const moved = (chain: PlainChain.PlainChain, token: string, matches: (one: { from: string; to: string }) => boolean) =>
  sum(
    chain.mined().flatMap(({ transfers }) => transfers)
      .filter((one) => one.token === token && matches(one)).map(({ amount }) => amount)
  )

/** What there was at first is where the books say, by the chains of this moment. */
const balances = ({ alpaca, base, ethereum }: World) => {
  const paid = moved(ethereum, Places.usdc.ethereum, ({ from }) => from === Places.alpacaCustody)
  const came = moved(ethereum, Places.usdc.ethereum, ({ to }) => to === Places.alpacaDeposit)
  const minted = moved(base, order.token, ({ from }) => from === zeroAddress)
  const redeemed = sum(alpaca.redemptions().map(({ credited }) => credited))
  return {
    usdc: alpaca.usdc() + alpaca.inTransit() + alpaca.arriving() + alpaca.usdcKept() + paid - came,
    shares: alpaca.shares("AAPL") + alpaca.issuing("AAPL") + alpaca.sharesKept("AAPL") + minted / 1_000_000_000n -
      redeemed
  }
}

describe("on a calm day", () => {
  it.effect("a mint, a redemption, a withdrawal and a deposit", () => {
    const there = world(1, SimulatedAlpaca.calm)
    const { alpaca, dice, live, timeline } = there
    return Effect.gen(function*() {
      const tokenization = yield* AlpacaTokenization
      const wallet = yield* AlpacaWallet
      const id = mintId(dice)
      const requested = yield* tokenization.requestMint(id, order)
      const again = yield* tokenization.requestMint(id, order)
      const withdrawal = yield* wallet.orderWithdrawal({ amount: Usdc.fromUnits(60_000_000n), address: Places.wallet })
      expect(again).toEqual(requested)
      expect([alpaca.shares("AAPL"), alpaca.issuing("AAPL")]).toEqual([shares - order.quantity, order.quantity])
      expect([alpaca.usdc(), alpaca.inTransit()]).toEqual([usdc - 60_000_000n, 60_000_000n])

      const redeemTx = redeem(there, 1_500_000_000_999_999_999n)
      const depositTx = deposit(there, 70_000_000n)
      pass(timeline, 10 * minute)
      const sentAt = DateTime.unsafeMake(start)
      const redemption = yield* tokenization.findRedemption({
        ...order,
        txHash: TxHash.make(redeemTx),
        sentAt
      })
      expect(Option.map(redemption, ({ quantity, status }) => [quantity, status])).toEqual(
        Option.some([1_500_000_000n, "Completed"])
      )
      const credited = yield* wallet.findDeposit({ txHash: TxHash.make(depositTx), address: Places.alpacaDeposit })
      expect(Option.map(credited, ({ amount, status }) => [amount, status])).toEqual(
        Option.some([70_000_000n, "Complete"])
      )
      const [mint] = alpaca.mints()
      expect(mint).toMatchObject({ clientRequestId: id, status: "minted", quantity: order.quantity, fee: 0n })
      const shown = yield* tokenization.findMint(id, order)
      expect(Option.flatMap(shown, ({ txHash }) => txHash)).toEqual(Option.some(mint?.txHash))
      const paid = yield* wallet.getTransfer(withdrawal.id)
      expect(Option.map(paid, ({ status }) => status)).toEqual(Option.some("Complete"))
      expect(alpaca.withdrawals()).toMatchObject([{ paid: true, fees: 0n }])
      expect([alpaca.usdc(), alpaca.inTransit(), alpaca.arriving(), alpaca.shares("AAPL")]).toEqual(
        [usdc + 10_000_000n, 0n, 0n, shares - order.quantity + 1_500_000_000n]
      )
      expect(yield* wallet.depositAddress).toBe(Places.alpacaDeposit)
      expect(yield* wallet.whitelisting(Places.wallet)).toBe("Approved")
    }).pipe(Effect.provide(live))
  })

  it.effect("more than there is, an address that is not whitelisted, and wrong credentials are refused", () => {
    const { alpaca, dice, live } = world(1, SimulatedAlpaca.calm)
    return Effect.gen(function*() {
      const tokenization = yield* AlpacaTokenization
      const wallet = yield* AlpacaWallet
      const refusals = yield* Effect.all([
        Effect.flip(tokenization.requestMint(mintId(dice), { ...order, quantity: Shares.fromUnits(shares + 1n) })),
        Effect.flip(wallet.orderWithdrawal({ amount: Usdc.fromUnits(usdc + 1n), address: Places.wallet })),
        Effect.flip(wallet.orderWithdrawal({ amount: Usdc.fromUnits(60_000_000n), address: Places.stranger }))
      ])
      expect(refusals.map(({ reason }) => reason)).toEqual([
        "InsufficientPosition",
        "InsufficientPosition",
        "NotWhitelisted"
      ])
      const url = new URL(`${Places.alpacaUrl}/v1/accounts/${Places.account}/wallets/transfers`)
      expect(alpaca.respond({ method: "GET", url, headers: {}, body: "" }).status).toBe(401)
      expect(alpaca.withdrawals()).toEqual([])
    }).pipe(Effect.provide(live))
  })
})

it.effect("a mint that is rejected gives its shares back, and its key is good for nothing else", () => {
  const { alpaca, dice, live, timeline } = world(1, { ...SimulatedAlpaca.calm, rejected: 1 })
  return Effect.gen(function*() {
    const tokenization = yield* AlpacaTokenization
    const id = mintId(dice)
    const { status } = yield* tokenization.requestMint(id, order)
    expect([status, alpaca.shares("AAPL")]).toEqual(["Pending", shares - order.quantity])
    const other = yield* Effect.flip(tokenization.requestMint(id, { ...order, quantity: Shares.fromUnits(1n) }))
    expect(other.reason).toBe("Mismatch")
    pass(timeline, minute)
    const again = yield* Effect.flip(tokenization.requestMint(id, order))
    expect([again.reason, alpaca.shares("AAPL"), alpaca.mints().map(({ status }) => status)]).toEqual(
      ["Rejected", shares, ["rejected"]]
    )
  }).pipe(Effect.provide(live))
})

describe("on a wild day", () => {
  const seeds = Array.from({ length: 40 }, (_, seed) => seed)

  it("every unit is accounted for at any time, and when it is over nothing is on its way", () => {
    const seen = new Set<string>()
    for (const seed of seeds) {
      const there = world(seed, SimulatedAlpaca.wild, 0.1)
      const { alpaca, dice, timeline } = there
      mindDepths(there)
      const headers = { "apca-api-key-id": "key", "apca-api-secret-key": "secret" }
      const post = (path: string, body: object) =>
        alpaca.respond({
          method: "POST",
          url: new URL(`${Places.alpacaUrl}/v1/accounts/${Places.account}/${path}`),
          headers,
          body: JSON.stringify(body)
        }).status
      for (let step = 0; step < 40; step++) {
        if (step < 8) {
          post("tokenization/mint", {
            underlying_symbol: symbol,
            qty: "1.000000001",
            issuer: "st0x",
            network: "base",
            wallet_address: Places.wallet,
            client_request_id: Ids.uuid(dice)
          })
          post("wallets/transfers", { amount: "55.5", address: Places.wallet, asset: "USDC", chain: "ETH" })
          redeem(there, BigInt(dice.between(1, 2_000_000_000)) * 1_000_000_000n)
          deposit(there, BigInt(dice.between(1, 900_000_000)))
        }
        pass(timeline, 5 * minute)
        expect(balances(there)).toEqual({ usdc, shares })
        for (const { givenBack, paid, status } of alpaca.withdrawals()) {
          seen.add(`withdrawal ${status}, paid ${paid}, given back ${givenBack}`)
        }
        for (const { status } of alpaca.mints()) seen.add(`mint ${status}`)
      }
      alpaca.setMood(SimulatedAlpaca.calm)
      pass(timeline, 20 * minute)
      expect(balances(there)).toEqual({ usdc, shares })
      expect([alpaca.inTransit(), alpaca.arriving(), alpaca.issuing("AAPL")]).toEqual([0n, 0n, 0n])
      expect(alpaca.withdrawals().filter(({ givenBack, paid }) => givenBack === paid)).toEqual([])
      expect(alpaca.deposits().every(({ credited }) => credited)).toBe(true)
      expect(alpaca.redemptions().every(({ credited, tokens }) => credited === tokens / 1_000_000_000n)).toBe(true)
    }
    expect([...seen].toSorted()).toEqual([
      "mint minted",
      "mint pending",
      "mint rejected",
      "withdrawal COMPLETE, paid false, given back false",
      "withdrawal COMPLETE, paid true, given back false",
      "withdrawal FAILED, paid false, given back false",
      "withdrawal FAILED, paid false, given back true",
      "withdrawal FAILED, paid true, given back false",
      "withdrawal PROCESSING, paid false, given back false",
      "withdrawal PROCESSING, paid true, given back false"
    ])
  })

  it.effect("what is ours is found among all that could be mistaken for it, within the settling time", () =>
    Effect.forEach(seeds.slice(0, 20), (seed) => {
      const strange = { ...SimulatedAlpaca.wild, foreign: 1, quirks: 0.9, pages: 0.7, relabelled: 0.5 }
      const there = world(seed, strange)
      const { alpaca, dice, live, timeline } = there
      return Effect.gen(function*() {
        const tokenization = yield* AlpacaTokenization
        const wallet = yield* AlpacaWallet
        const since = DateTime.unsafeMake(timeline.now())
        const sought = { amount: Usdc.fromUnits(60_000_000n), address: Places.wallet, since, claimed: new Set<never>() }
        const ordered = yield* Effect.either(wallet.orderWithdrawal(sought))
        const id = mintId(dice)
        const requested = yield* Effect.either(tokenization.requestMint(id, order))
        const redeemTx = TxHash.make(redeem(there, 10n ** 18n))
        const depositTx = TxHash.make(deposit(there, 70_000_000n))
        pass(timeline, 60_000)
        // Nothing of a refused order is ever found.
        expect(Option.map(yield* wallet.findWithdrawal(sought), ({ id }) => id)).toEqual(
          Option.map(Either.getRight(ordered), ({ id }) => id)
        )
        expect(alpaca.withdrawals().length).toBe(Either.isRight(ordered) ? 1 : 0)
        const taken = Option.map(Either.getRight(requested), ({ id }) => id)
        for (let step = 0; step < 30; step++) {
          pass(timeline, 2 * minute)
          const found = yield* tokenization.findMint(id, order)
          // Somebody else's with our label never hides that there is none of ours yet.
          expect(Option.isNone(found) ? taken : Option.map(found, ({ id }) => id)).toEqual(taken)
        }
        pass(timeline, 360 * minute)
        expect(Option.isSome(yield* tokenization.findMint(id, order))).toBe(Option.isSome(taken))
        const redemption = yield* tokenization.findRedemption({ ...order, txHash: redeemTx, sentAt: since })
        expect(Option.map(redemption, ({ status }) => status)).toEqual(Option.some("Completed"))
        const credited = yield* wallet.findDeposit({ txHash: depositTx, address: Places.alpacaDeposit })
        expect(Option.map(credited, ({ amount }) => amount)).toEqual(
          Option.fromNullable(alpaca.deposits().map(({ amount, fees }) => amount - fees)[0])
        )
      }).pipe(Effect.provide(live))
    }))
})
