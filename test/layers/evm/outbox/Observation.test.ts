/** What used a nonce long ago, asked of several nodes that do not all remember it. */
import { assert, describe } from "@effect/vitest"
import { DateTime, Effect, Option } from "effect"
import * as EvmChain from "../../../../src/layers/evm/EvmChain.ts"
import { observe } from "../../../../src/layers/evm/outbox/Observation.ts"
import type { Stored } from "../../../../src/layers/sql/OutboxRow.ts"
import { draft, hashOf, signature } from "../../sql/Drafts.ts"
import { optionsOf, quietly, type Reply, start } from "../RpcStub.ts"

const row: Stored = {
  ...draft(),
  nonce: 0,
  position: 1,
  status: "signed",
  isReopened: false,
  mined: Option.none(),
  detail: Option.none(),
  reservedAt: DateTime.unsafeMake(0),
  signatures: [{ ...signature("a"), signedAt: DateTime.unsafeMake(0) }]
}

const usedIn = 50n

const foreign = {
  hash: hashOf("f"),
  from: row.wallet.toLowerCase(),
  nonce: "0x0",
  to: row.to.toLowerCase(),
  input: "0x",
  value: "0x0"
}

/** At block 100, and another transaction of the wallet used its first nonce in block 50. */
const node = ({ past, receipt = { result: null }, transactions = [foreign] }: {
  readonly past?: Reply
  readonly receipt?: Reply
  readonly transactions?: unknown
}) =>
  start((method, [first, second]) => {
    switch (method) {
      case "eth_chainId":
        return { result: "0x2105" }
      case "eth_getBlockByNumber":
        return first === "latest"
          ? { result: { number: "0x64", baseFeePerGas: "0x7" } }
          : { result: { transactions: first === "0x32" ? transactions : [] } }
      case "eth_getTransactionReceipt":
        return receipt
      case "eth_getTransactionCount": {
        if (second === "latest") return { result: "0x1" }
        const block = BigInt(String(second))
        return past !== undefined && block < 80n ? past : { result: block < usedIn ? "0x0" : "0x1" }
      }
      default:
        return "disconnect"
    }
  })

const pruned = {
  past: { error: { code: -32000, message: "missing trie node 0b0b (path ) state 0x0b is not available" } }
}
const limited = { past: { status: 429, body: "too many requests" } }
const bodiless = { transactions: [] }
const archive = {}

const cases = [
  ["an archive", [archive], "Displaced"],
  ["a pruned node, then an archive", [pruned, archive], "Displaced"],
  ["a node that is asked too often, then an archive", [limited, archive], "Displaced"],
  ["a node whose block is empty, then an archive", [bodiless, archive], "Displaced"],
  ["a pruned node", [pruned], "NonceUsed"],
  ["pruned nodes", [pruned, pruned, bodiless], "NonceUsed"],
  ["a node that is asked too often", [limited], "Unavailable"],
  [
    "a node that shows no receipts at all, which says nothing about the nonce",
    [{ receipt: pruned.past }],
    "Unavailable"
  ],
  ["a pruned node, then one that is asked too often", [pruned, limited], "Unavailable"],
  ["a node that is asked too often, then a pruned one", [limited, pruned], "Unavailable"]
] as const

describe("what used the nonce, asked of", () => {
  for (const [name, nodes, expected] of cases) {
    quietly(`${name}: ${expected}`, () =>
      Effect.gen(function*() {
        const [first, ...others] = yield* Effect.forEach(nodes, node)
        if (first === undefined) return assert.fail("no node")
        const chain = EvmChain.make("base", optionsOf([first.url, ...others.map(({ url }) => url)]))
        const seen = yield* Effect.match(observe(chain, row, { thorough: true }), {
          onFailure: ({ reason }) => reason,
          onSuccess: (seen) => seen
        })
        assert.strictEqual(typeof seen === "string" ? seen : seen._tag, expected)
        if (typeof seen !== "string" && seen._tag === "NonceUsed") assert.isFalse(seen.isFindable)
        if (typeof seen !== "string" && seen._tag === "Displaced") assert.strictEqual(seen.by.txHash, hashOf("f"))
      }))
  }
})
