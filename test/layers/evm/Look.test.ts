/** Several reads that have to fit together come from one node, and from none that is behind. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, LogLevel, TestClock } from "effect"
import * as Address from "../../../src/domain/Address.ts"
import * as EvmChain from "../../../src/layers/evm/EvmChain.ts"
import type { ChainView } from "../../../src/services/Chain.ts"
import { nowhere, optionsOf, quietly, type Reply, start } from "./RpcStub.ts"

const address = Address.make("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")

interface Node {
  block: number
  /** Of everything but the block. */
  reply: Reply
  isDown: boolean
  chainId: string
}

/** A node that can be changed while it runs. */
const node = (given: Partial<Node> = {}) =>
  Effect.gen(function*() {
    const state: Node = { block: 20, reply: { result: "0x1" }, isDown: false, chainId: "0x2105", ...given }
    const stub = yield* start((method) => {
      if (state.isDown) return "disconnect"
      if (method === "eth_chainId") return { result: state.chainId }
      return method === "eth_getBlockByNumber"
        ? { result: { number: `0x${state.block.toString(16)}`, baseFeePerGas: "0x7" } }
        : state.reply
    })
    return { ...stub, state }
  })

const reads = ({ balance, head, nonce }: ChainView) =>
  Effect.all({ head: Effect.succeed(head.number), nonce: nonce(address, "latest"), balance: balance(address) })

const all = ["eth_chainId", "eth_getBlockByNumber", "eth_getTransactionCount", "eth_getBalance"]

describe("a look", () => {
  quietly(
    "asks one node for everything, its latest block first and once; and before its first look which chain it serves",
    () =>
      Effect.gen(function*() {
        const [first, second] = yield* Effect.all([node(), node()])
        const seen = yield* EvmChain.make("base", optionsOf([first.url, second.url])).look(reads)
        assert.deepStrictEqual(seen, { head: 20n, nonce: 1, balance: 1n })
        assert.deepStrictEqual(first.asked, all)
        assert.deepStrictEqual(second.asked, [])
      })
  )

  quietly("asks which chain a node serves once", () =>
    Effect.gen(function*() {
      const one = yield* node()
      const { look } = EvmChain.make("base", optionsOf([one.url]))
      yield* look(reads)
      yield* look(reads)
      assert.lengthOf(one.asked.filter((method) => method === "eth_chainId"), 1)
    }))

  quietly(
    "does not take a node of another chain, and asks the next one; nor does it believe its block",
    () =>
      Effect.gen(function*() {
        const [wrong, right] = yield* Effect.all([node({ chainId: "0x1", block: 24_000_000 }), node()])
        const { look } = EvmChain.make("base", optionsOf([wrong.url, right.url]))
        assert.strictEqual((yield* look(reads)).head, 20n)
        assert.deepStrictEqual(wrong.asked, ["eth_chainId"])
        const error = yield* Effect.flip(EvmChain.make("base", optionsOf([wrong.url])).look(reads))
        assert.strictEqual(error.reason, "WrongChain")
        yield* Effect.ignore(look(reads))
        assert.deepStrictEqual(wrong.asked, ["eth_chainId", "eth_chainId", "eth_chainId"], "again until it is right")
        assert.include(error.message, "serves chain 1, expected 8453 for base")
        wrong.state.chainId = "0x2105"
        wrong.state.block = 21
        assert.strictEqual((yield* look(reads)).head, 21n, "put right, it is taken")
      })
  )

  quietly("one that is down and one of another chain: down for now", () =>
    Effect.gen(function*() {
      const [down, wrong] = yield* Effect.all([node({ isDown: true }), node({ chainId: "0x1" })])
      const error = yield* Effect.flip(EvmChain.make("base", optionsOf([down.url, wrong.url])).look(reads))
      assert.strictEqual(error.reason, "Unavailable")
    }))

  it.scoped("forgets a block that no node reaches for minutes, and says so once", () =>
    Effect.gen(function*() {
      const [first, second] = yield* Effect.all([node({ block: 10 ** 9 }), node()])
      const { look } = EvmChain.make("base", optionsOf([first.url, second.url]))
      yield* look(reads)
      first.state.block = 20
      const said: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => {
        if (LogLevel.greaterThanEqual(logLevel, LogLevel.Error)) said.push(String(message))
      })
      yield* Effect.gen(function*() {
        for (let minute = 0; minute < 5; minute++) {
          const error = yield* Effect.flip(look(reads))
          assert.include(error.message, "behind block 1000000000 that was seen")
          yield* TestClock.adjust("1 minute")
          first.state.block += 30
        }
        yield* Effect.flip(look(reads))
        assert.strictEqual((yield* look(reads)).head, 170n)
        yield* look(reads)
      }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      assert.lengthOf(said, 1)
      assert.include(said[0], "1000000000")
      first.state.block = 169
      second.state.block = 100
      assert.include((yield* Effect.flip(look(reads))).message, "behind block 170", "from then on as before")
    }))

  it.scoped("does not forget a block for being asked seldom", () =>
    Effect.gen(function*() {
      const [ahead, behind] = yield* Effect.all([node({ block: 25 }), node({ isDown: true })])
      const { look } = EvmChain.make("base", optionsOf([behind.url, ahead.url]))
      yield* look(reads)
      behind.state.isDown = false
      ahead.state.isDown = true
      for (let day = 0; day < 3; day++) {
        yield* Effect.flip(look(reads))
        ahead.state.isDown = false
        yield* TestClock.adjust("1 day")
        assert.strictEqual((yield* look(reads)).head, 25n)
        ahead.state.isDown = true
      }
    }))

  for (
    const down of ["disconnect", { status: 503, body: "no" }, { result: "nonsense" }] satisfies ReadonlyArray<Reply>
  ) {
    quietly(
      `reads everything again from the next node if ${JSON.stringify(down)} is the answer in the middle`,
      () =>
        Effect.gen(function*() {
          const good = yield* node({ block: 21, reply: { result: "0x2" } })
          const asked: Array<string> = []
          const bad = yield* start((method) => {
            asked.push(method)
            if (method === "eth_chainId") return { result: "0x2105" }
            if (method === "eth_getBalance") return down
            return method === "eth_getTransactionCount"
              ? { result: "0x1" }
              : { result: { number: "0x14", baseFeePerGas: "0x7" } }
          })
          const seen = yield* EvmChain.make("base", optionsOf([bad.url, good.url])).look(reads)
          assert.deepStrictEqual(asked, all)
          assert.deepStrictEqual(good.asked, all)
          assert.deepStrictEqual(seen, { head: 21n, nonce: 2, balance: 2n })
        })
    )
  }

  quietly(
    "goes on to the next node if nobody listens at the first, and prefers the first again later",
    () =>
      Effect.gen(function*() {
        const [first, second] = yield* Effect.all([node({ isDown: true }), node({ reply: { result: "0x2" } })])
        const { look } = EvmChain.make("base", optionsOf([nowhere, first.url, second.url]))
        assert.strictEqual((yield* look(reads)).nonce, 2)
        first.state.isDown = false
        assert.strictEqual((yield* look(reads)).nonce, 1)
        assert.lengthOf(second.asked, 4)
      })
  )

  quietly("does not believe a node that is behind a block which another one has shown", () =>
    Effect.gen(function*() {
      const [first, second] = yield* Effect.all([
        node({ isDown: true }),
        node({ block: 25, reply: { result: "0x2" } })
      ])
      const { look } = EvmChain.make("base", optionsOf([first.url, second.url]))
      yield* look(reads)
      first.state.isDown = false
      assert.deepStrictEqual(yield* look(reads), { head: 25n, nonce: 2, balance: 2n })
      // The last time it was asked for its block, and then for nothing else.
      assert.deepStrictEqual(first.asked, ["eth_chainId", "eth_chainId", "eth_getBlockByNumber"])
      first.state.block = 25
      assert.deepStrictEqual(yield* look(reads), { head: 25n, nonce: 1, balance: 1n })
    }))

  quietly("fails for now if all are behind, and says what was seen", () =>
    Effect.gen(function*() {
      const [first, second] = yield* Effect.all([node({ block: 20 }), node({ block: 20 })])
      const { look } = EvmChain.make("base", optionsOf([first.url, second.url]))
      yield* look(reads)
      first.state.block = 18
      second.state.block = 19
      const error = yield* Effect.flip(look(reads))
      assert.strictEqual(error.reason, "Unavailable")
      assert.strictEqual(error.kind, "transient")
      assert.strictEqual(
        error.message,
        `base (latest block): Unavailable: ${first.url} is at block 18, behind block 20 that was seen; ${second.url} is at block 19, behind block 20 that was seen`
      )
      second.state.block = 20
      assert.strictEqual((yield* look(reads)).head, 20n)
    }))

  quietly("each chain remembers its own blocks", () =>
    Effect.gen(function*() {
      const [ahead, behind] = yield* Effect.all([node({ block: 20 }), node({ block: 3 })])
      yield* EvmChain.make("ethereum", optionsOf([ahead.url])).look(reads)
      assert.strictEqual((yield* EvmChain.make("base", optionsOf([behind.url])).look(reads)).head, 3n)
    }))

  quietly("a revert is an answer, and the next node is not asked", () =>
    Effect.gen(function*() {
      const reply = { error: { code: 3, message: "execution reverted: EquityToken: paused" } }
      const [first, second] = yield* Effect.all([node({ reply }), node()])
      const { look } = EvmChain.make("base", optionsOf([first.url, second.url]))
      const error = yield* Effect.flip(look(({ call }) => call({ to: address, data: "0x01020304" })))
      assert.strictEqual(error.reason, "Reverted")
      assert.strictEqual(error.revert, "EquityToken: paused")
      assert.lengthOf(second.asked, 0)
    }))

  quietly("an error of the caller's own passes through, and the next node is not asked", () =>
    Effect.gen(function*() {
      const [first, second] = yield* Effect.all([node(), node()])
      const { look } = EvmChain.make("base", optionsOf([first.url, second.url]))
      const error = yield* Effect.flip(look(({ head }) => Effect.fail(`not at block ${head.number}`)))
      assert.strictEqual(error, "not at block 20")
      assert.lengthOf(second.asked, 0)
    }))

  for (const result of [null, {}, { number: "0x14" }, { number: null, baseFeePerGas: "0x7" }]) {
    quietly(
      `a node whose latest block is ${JSON.stringify(result)} is not ready, and the next one is asked`,
      () =>
        Effect.gen(function*() {
          const first = yield* start(() => ({ result }))
          const second = yield* node()
          const { look } = EvmChain.make("base", optionsOf([first.url, second.url]))
          assert.strictEqual((yield* look(reads)).head, 20n)
          assert.lengthOf(first.asked, 1)
        })
    )
  }
})
