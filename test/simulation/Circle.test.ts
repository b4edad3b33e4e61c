import { describe, expect, it } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import { decodeFunctionData, type Hex, toFunctionSelector } from "viem"
import { privateKeyToAddress } from "viem/accounts"
import * as SimulatedCircle from "../../simulation/circle/SimulatedCircle.ts"
import * as Dice from "../../simulation/Dice.ts"
import * as Places from "../../simulation/Places.ts"
import * as Timeline from "../../simulation/Timeline.ts"
import { Nonce } from "../../src/domain/Cctp.ts"
import * as CctpMessage from "../../src/domain/CctpMessage.ts"
import * as TxHash from "../../src/domain/TxHash.ts"
import * as Usdc from "../../src/domain/Usdc.ts"
import { domains, transmitterAbi } from "../../src/layers/cctp/Abi.ts"
import * as Attesting from "../../src/layers/cctp/Attesting.ts"
import * as CircleClient from "../../src/layers/cctp/CircleClient.ts"
import { fill, nonceOf } from "../../src/layers/local/CctpMessage.ts"
import * as CctpTestMessage from "../../src/layers/testing/CctpTestMessage.ts"
import { Attested, type Lane } from "../../src/services/CctpBridge.ts"
import type { ChainReads } from "../../src/services/Chain.ts"
import { http, pass } from "./Asking.ts"
import * as PlainChain from "./PlainChain.ts"

const minute = 60_000
const amount = Usdc.fromUnits(100_000_000n)
const maxFee = Usdc.fromUnits(20_000n)

const laneFrom = (source: Lane["source"]): Lane => ({
  source,
  destination: source === "base" ? "ethereum" : "base",
  wallet: Places.wallet,
  usdc: Places.usdc,
  messenger: Places.messenger,
  transmitter: Places.transmitter
})

/** As a burn emits it. */
const sentOn = (lane: Lane, finality: "fast" | "standard"): Hex =>
  fill(
    CctpTestMessage.make({
      lane,
      amount,
      finality,
      maxFee,
      fee: Usdc.fromUnits(0n),
      nonce: CctpTestMessage.nonce(0),
      edition: 1
    }),
    { finalityThresholdExecuted: 0n, expirationBlock: 0n }
  )

const attesters = new Set(Places.attesterKeys.map((key) => privateKeyToAddress(key).toLowerCase()))
const thresholdSelector = toFunctionSelector("signatureThreshold()")
const unasked = Effect.dieMessage("nothing else is asked of the destination")
/** The transmitter of the destination. */
const view: ChainReads = {
  block: unasked,
  transactions: () => unasked,
  receipt: () => unasked,
  logs: () => unasked,
  nonce: () => unasked,
  code: () => unasked,
  balance: () => unasked,
  estimateGas: () => unasked,
  priorityFee: unasked,
  call: ({ data = "0x" }) => {
    const answer = data === thresholdSelector ? 2 : attesters.has(`0x${data.slice(-40)}`) ? 1 : 0
    return Effect.succeed(`0x${answer.toString(16).padStart(64, "0")}` as const)
  }
}

const world = (seed: number, mood: SimulatedCircle.Mood, reorganisation = 0) => {
  const timeline = Timeline.make(Date.parse("2026-11-26T12:00:00Z"))
  const dice = Dice.make(seed)
  const chain = (blockTime: number, depth: number) =>
    PlainChain.make({ timeline, dice: dice.fork(`chain ${blockTime}`), blockTime, depth, reorganisation })
  const chains = { ethereum: chain(12_000, 2), base: chain(2_000, 9) }
  const circle = SimulatedCircle.make({ timeline, dice: dice.fork("Circle"), mood, chains })
  /** A client of its own for each question: one that is asked again makes the next wait for its turn. */
  const ask = <A, E>(question: (client: CircleClient.CircleClient) => Effect.Effect<A, E>) =>
    CircleClient.make({ apiUrl: Places.circleUrl, timeout: "5 seconds" }).pipe(
      Effect.flatMap(question),
      Effect.scoped,
      Effect.provide(http(circle))
    )
  const look = (lane: Lane, sent: Hex, txHash: Hex) => {
    const burn = { burnTx: TxHash.make(txHash), burned: amount, maxFee, destinationBlock: 0n }
    return Effect.gen(function*() {
      const offer = Attesting.offer(yield* ask((client) => client.messages(lane.source, burn.burnTx)), burn)
      switch (offer._tag) {
        case "Waiting":
          return offer.attested
        case "Malformed":
          return Attested.Unacceptable({ why: offer.why })
        case "Complete":
          return yield* Attesting.judge(view, lane, sent, offer.all)
      }
    })
  }
  return { timeline, chains, circle, ask, look }
}

const toNonce = Schema.decodeSync(Nonce)

describe("on a calm day", () => {
  for (const source of ["ethereum", "base"] as const) {
    for (const finality of ["fast", "standard"] as const) {
      it.effect(`a ${finality} burn on ${source} is signed once, for the fee that was said`, () => {
        const { ask, chains, circle, look, timeline } = world(1, SimulatedCircle.calm)
        const lane = laneFrom(source)
        const sent = sentOn(lane, finality)
        const burnTx = chains[source].put({ did: [{ kind: "burn", message: sent }] })
        return Effect.gen(function*() {
          expect((yield* look(lane, sent, burnTx))._tag).toBe("Pending")
          pass(timeline, minute)
          const early = yield* look(lane, sent, burnTx)
          expect(early._tag).toBe(finality === "fast" ? "Ready" : "Pending")
          pass(timeline, 20 * minute)
          const seen = yield* look(lane, sent, burnTx)
          expect(seen._tag).toBe("Ready")
          const rates = yield* ask((client) => client.rates(source, lane.destination))
          expect(rates).toEqual({ fast: Option.some(1_000_000n), standard: 0n })
          const fee = finality === "fast" ? 10_000n : 0n
          expect(circle.messages()).toEqual([
            { nonce: nonceOf(domains[source], burnTx, 0), source, sourceTx: burnTx, amount, fee, attested: true }
          ])
          expect((yield* ask((client) => client.fastAllowance)) > amount).toBe(true)
        })
      })
    }
  }

  it.effect("a fast burn that offers too little is told why, and waits like a standard one", () => {
    const { chains, look, timeline } = world(1, { ...SimulatedCircle.calm, usual: 1_000 })
    const lane = laneFrom("ethereum")
    const sent = sentOn(lane, "fast")
    const poor: Hex = `0x${sent.slice(2, 2 + 560)}${"0".repeat(64)}${sent.slice(2 + 624)}`
    const burnTx = chains.ethereum.put({ did: [{ kind: "burn", message: poor }] })
    return Effect.gen(function*() {
      pass(timeline, 5 * minute)
      expect(yield* look(lane, poor, burnTx)).toMatchObject({ _tag: "Pending", delay: "insufficient_fee" })
      pass(timeline, 20 * minute)
      expect((yield* look(lane, poor, burnTx))._tag).toBe("Ready")
    })
  })
})

describe("on a wild day", () => {
  it.effect("only our message, rightly signed, is ever taken for ours, and it comes in the end", () => {
    const tags = new Set<string>()
    const minted = { ours: 0, renewed: 0 }
    return Effect.forEach(Array.from({ length: 30 }, (_, seed) => seed), (seed) => {
      const strange = { ...SimulatedCircle.wild, foreign: 0.5, badSignature: 0.5, expiry: 0.5, lieFor: 10 * minute }
      const { ask, chains, circle, look, timeline } = world(seed, strange, 0.1)
      const lane = laneFrom(seed % 2 === 0 ? "ethereum" : "base")
      const sent = sentOn(lane, seed % 3 === 0 ? "standard" : "fast")
      const burnTx = chains[lane.source].put({ did: [{ kind: "burn", message: sent }] })
      const nonce = toNonce(nonceOf(domains[lane.source], burnTx, 0))
      return Effect.gen(function*() {
        let isReady = false
        for (let step = 0; step < 400 && !isReady; step++) {
          if (step === 300) circle.setMood(SimulatedCircle.calm)
          pass(timeline, minute)
          const seen = yield* look(lane, sent, burnTx)
          tags.add(seen._tag)
          if (seen._tag !== "Ready") continue
          expect(seen.attestation.nonce).toBe(nonce)
          expect(CctpMessage.isOf(sent, seen.attestation.message)).toBe(true)
          isReady = seen.expires === 0n || seen.expires > BigInt(chains[lane.destination].head())
          if (!isReady) yield* Effect.ignore(ask((client) => client.reattest(nonce)))
          else if (seen.expires === 0n && seed % 3 !== 0) minted.renewed++
        }
        expect(isReady).toBe(true)
        for (const { data, from } of chains[lane.destination].submitted()) {
          expect(from).toBe(Places.stranger)
          const [message] = decodeFunctionData({ abi: transmitterAbi, data }).args
          expect(CctpMessage.isOf(sent, `0x${String(message).slice(2)}`)).toBe(true)
          minted.ours++
        }
      })
    }).pipe(Effect.map(() => {
      expect([...tags].toSorted()).toEqual(["Pending", "Ready", "Unacceptable"])
      expect(minted.ours).toBeGreaterThan(0)
      expect(minted.renewed).toBeGreaterThan(0)
    }))
  })
})
