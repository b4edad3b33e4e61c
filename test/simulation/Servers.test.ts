/** Alpaca, its issuer and Circle over the simulated chains, with somebody who sends by hand what Ballast would. */
import { expect, it } from "@effect/vitest"
import { encodeFunctionData, erc20Abi, type Hex, zeroHash } from "viem"
import * as SimulatedAlpaca from "../../simulation/alpaca/SimulatedAlpaca.ts"
import * as SimulatedChain from "../../simulation/chain/SimulatedChain.ts"
import * as SimulatedCircle from "../../simulation/circle/SimulatedCircle.ts"
import * as Dice from "../../simulation/Dice.ts"
import * as Ids from "../../simulation/Ids.ts"
import * as Places from "../../simulation/Places.ts"
import * as Timeline from "../../simulation/Timeline.ts"
import type { Address } from "../../src/domain/Address.ts"
import { domains, messengerAbi, word } from "../../src/layers/cctp/Abi.ts"
import { pass } from "./Asking.ts"

const minute = 60_000
const amount = 100_000_000n
const token = Places.equities.AAPL.token

const moods = {
  calm: { chains: SimulatedChain.calm, alpaca: SimulatedAlpaca.calm, circle: SimulatedCircle.calm },
  wild: { chains: SimulatedChain.wild, alpaca: SimulatedAlpaca.wild, circle: SimulatedCircle.wild }
}

const make = (seed: number, day: keyof typeof moods) => {
  const timeline = Timeline.make(Date.parse("2026-11-26T12:00:00Z"))
  const dice = Dice.make(seed)
  const chain = (name: "ethereum" | "base", blockTime: number, tokens: SimulatedChain.Options["genesis"]["tokens"]) =>
    SimulatedChain.make({
      name,
      timeline,
      dice: dice.fork(name),
      blockTime,
      mood: moods[day].chains,
      genesis: { wei: [], tokens, vault: 0n }
    })
  const ethereum = chain("ethereum", 12_000, [[Places.usdc.ethereum, Places.alpacaCustody, 10n ** 12n]])
  const base = chain("base", 2_000, [])
  const alpaca = SimulatedAlpaca.make({
    timeline,
    dice: dice.fork("Alpaca"),
    mood: { ...moods[day].alpaca, refused: 0, rejected: 0, failedNoHash: 0, fee: 0 },
    ethereum,
    base,
    shares: { AAPL: 10n ** 12n, TSLA: 0n },
    usdc: 10n ** 9n
  })
  const circle = SimulatedCircle.make({
    timeline,
    dice: dice.fork("Circle"),
    mood: { ...moods[day].circle, thirdParty: 1, expiry: 0 },
    chains: { ethereum, base }
  })
  const post = (path: string, body: object) =>
    alpaca.respond({
      method: "POST",
      url: new URL(`${Places.alpacaUrl}/v1/accounts/${Places.account}/${path}`),
      headers: { "apca-api-key-id": "key", "apca-api-secret-key": "secret" },
      body: JSON.stringify(body)
    }).status
  const mint = () =>
    post("tokenization/mint", {
      underlying_symbol: "AAPL",
      qty: "2.5",
      issuer: "st0x",
      network: "base",
      wallet_address: Places.wallet,
      client_request_id: Ids.uuid(dice)
    })
  const withdraw = () =>
    post("wallets/transfers", { amount: "100", address: Places.wallet, asset: "USDC", chain: "ETH" })
  const send = (on: SimulatedChain.SimulatedChain, to: Address, data: Hex) =>
    on.submit({ from: Places.wallet, to, data })
  const transfer = (on: SimulatedChain.SimulatedChain, what: Address, to: Address, units: bigint) =>
    send(on, what, encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [to, units] }))
  const burn = () => {
    send(
      ethereum,
      Places.usdc.ethereum,
      encodeFunctionData({ abi: erc20Abi, functionName: "approve", args: [Places.messenger, amount] })
    )
    pass(timeline, 30 * minute)
    send(
      ethereum,
      Places.messenger,
      encodeFunctionData({
        abi: messengerAbi,
        functionName: "depositForBurn",
        args: [amount, domains.base, word(Places.wallet), Places.usdc.ethereum, zeroHash, 20_000n, 1000]
      })
    )
  }
  const calm = () => {
    for (const chain of [ethereum, base]) chain.setMood(SimulatedChain.calm)
    alpaca.setMood(SimulatedAlpaca.calm)
    circle.setMood({ ...SimulatedCircle.calm, thirdParty: 1 })
  }
  return { timeline, ethereum, base, alpaca, circle, mint, withdraw, transfer, burn, calm }
}

for (const day of ["calm", "wild"] as const) {
  it(`what goes through all of them arrives, on a ${day} day`, () => {
    for (const seed of [1, 2, 3, 4]) {
      const { alpaca, base, burn, calm, circle, ethereum, mint, timeline, transfer, withdraw } = make(seed, day)
      expect([mint(), withdraw()]).toEqual([200, 200])
      pass(timeline, day === "wild" ? 180 * minute : 5 * minute)
      expect([base.balanceOf(token, Places.wallet), ethereum.balanceOf(Places.usdc.ethereum, Places.wallet)]).toEqual(
        [2_500_000_000_000_000_000n, amount]
      )
      burn()
      transfer(base, token, Places.redemptionWallet, 1_500_000_000_000_000_000n)
      pass(timeline, 30 * minute)
      calm()
      pass(timeline, 40 * minute)
      const [message] = circle.messages()
      expect(message).toMatchObject({ amount, attested: true, source: "ethereum" })
      expect(base.balanceOf(Places.usdc.base, Places.wallet)).toBe(amount - (message?.fee ?? 0n))
      expect(base.isUsed(message?.nonce ?? "0x")).toBe(true)
      expect(alpaca.shares("AAPL")).toBe(10n ** 12n - 1_000_000_000n)
      expect(alpaca.usdc()).toBe(10n ** 9n - amount)
      withdraw()
      pass(timeline, 10 * minute)
      transfer(ethereum, Places.usdc.ethereum, Places.alpacaDeposit, amount)
      pass(timeline, 20 * minute)
      expect([alpaca.usdc(), alpaca.inTransit(), alpaca.arriving()]).toEqual([10n ** 9n - amount, 0n, 0n])
      expect(alpaca.deposits()).toMatchObject([{ amount, credited: true, fees: 0n }])
    }
  })
}
