import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import * as Address from "../../../src/domain/Address.ts"
import * as EvmChain from "../../../src/layers/evm/EvmChain.ts"
import { optionsOf, quietly, type Reply, start } from "./RpcStub.ts"

const address = Address.make("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
const topic = `0x${"01".repeat(32)}` as const
const hash = (block: number) => `0x${block.toString(16).padStart(64, "0")}`
const log = (block: number) => ({
  address: address.toLowerCase(),
  topics: [topic],
  data: "0x",
  transactionHash: hash(block),
  blockNumber: `0x${block.toString(16)}`,
  removed: false
})

const head = 1_000
const filter = { address, topics: [topic], fromBlock: 1n }

interface Asked {
  readonly fromBlock: string
  readonly toBlock: string
}

/** One log in every hundredth block; refuses what is wider than `widest`, in those words. */
const node = (widest: number, refusal: Reply) => {
  const ranges: Array<string> = []
  const reply = (method: string, [asked]: ReadonlyArray<unknown>): Reply => {
    if (method === "eth_getBlockByNumber") return { result: { number: `0x${head.toString(16)}`, baseFeePerGas: "0x1" } }
    const { fromBlock, toBlock } = asked as Asked
    const [from, to] = [Number(fromBlock), toBlock === "latest" ? head : Number(toBlock)]
    ranges.push(`${from}-${toBlock === "latest" ? toBlock : to}`)
    if (to - from + 1 > widest) return refusal
    const blocks = Array.from({ length: head / 100 }, (_, index) => 100 * (index + 1))
    return { result: blocks.filter((block) => block >= from && block <= to).map(log) }
  }
  return { reply, ranges }
}

const all = Array.from({ length: 10 }, (_, index) => 100n * BigInt(index + 1))

/** As providers were seen to say it. */
const refusals = [
  [-32005, "query returned more than 10000 results. Try with this block range [0x1, 0x64]."],
  [-32600, "You can make eth_getLogs requests with up to a 10 block range."],
  [-32000, "block range is too wide"],
  [-32614, "eth_getLogs is limited to a 10,000 range"],
  [-32602, "eth_getLogs and eth_newFilter are limited to a 10,000 blocks range"],
  [-32000, "exceed maximum block range: 5000"],
  [-32000, "range is too large, max is 1k blocks"],
  [-32005, "Log response size exceeded."],
  [-32000, "too many blocks, max allowed 500"]
] as const

describe("a range that a node refuses", () => {
  for (const [code, message] of refusals) {
    quietly(`is halved until it answers: ${message}`, () =>
      Effect.gen(function*() {
        const { ranges, reply } = node(300, { error: { code, message } })
        const { url } = yield* start(reply)
        const logs = yield* EvmChain.make("base", optionsOf([url])).logs(filter)
        assert.deepStrictEqual(logs.map(({ blockNumber }) => blockNumber), all)
        assert.deepStrictEqual(ranges, ["1-latest", "1-500", "1-250", "251-500", "501-1000", "501-750", "751-1000"])
      }))
  }
  quietly("is not asked of a node that is down again and again", () =>
    Effect.gen(function*() {
      const { ranges, reply } = node(0, { error: { code: -32603, message: "Internal error" } })
      const { url } = yield* start(reply)
      const error = yield* Effect.flip(EvmChain.make("base", optionsOf([url])).logs(filter))
      assert.strictEqual(error.reason, "Unavailable")
      assert.deepStrictEqual(ranges, ["1-latest"])
    }))
  quietly("of a single block ends in the node's words", () =>
    Effect.gen(function*() {
      const { reply } = node(0, { error: { code: -32005, message: "query returned more than 10000 results" } })
      const { url } = yield* start(reply)
      const error = yield* Effect.flip(EvmChain.make("base", optionsOf([url])).logs({ ...filter, toBlock: 3n }))
      assert.include(error.message, "query returned more than 10000 results")
    }))
})

describe("a log", () => {
  quietly("that was removed, or of a block that is still being made, is none", () =>
    Effect.gen(function*() {
      const { url } = yield* start(() => ({
        result: [log(1), { ...log(2), removed: true }, { ...log(3), blockNumber: null, transactionHash: null }]
      }))
      const logs = yield* EvmChain.make("base", optionsOf([url])).logs(filter)
      assert.deepStrictEqual(logs.map(({ txHash }) => txHash), [hash(1)])
    }))
})
