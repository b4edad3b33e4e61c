/** Why a call reverts, as a person is told it: out of the data, wherever a node puts it, or else in the node's words. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { type Abi, encodeErrorResult, parseAbi } from "viem"
import * as Address from "../../../src/domain/Address.ts"
import * as EvmChain from "../../../src/layers/evm/EvmChain.ts"
import * as RevertReason from "../../../src/layers/evm/RevertReason.ts"
import { optionsOf, quietly, type Reply, start } from "./RpcStub.ts"

const address = Address.make("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")

const encode = (signature: string, ...args: ReadonlyArray<unknown>) => {
  const signatures: ReadonlyArray<string> = [`error ${signature}`]
  const abi: Abi = parseAbi(signatures)
  return encodeErrorResult({ abi, errorName: signature.slice(0, signature.indexOf("(")), args })
}

const paused = encode("Error(string)", "EquityToken: paused")

describe("the data of a revert", () => {
  const cases: ReadonlyArray<readonly [what: string, data: `0x${string}`, says: string]> = [
    ["the text of a require", paused, "EquityToken: paused"],
    ["a panic", encode("Panic(uint256)", 0x11n), "Panic(17)"],
    [
      "an error of an ERC-20 token",
      encode("ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)", address, 5n, 7n),
      `ERC20InsufficientBalance(${address}, 5, 7)`
    ],
    ["an error without arguments", encode("EnforcedPause()"), "EnforcedPause()"],
    ["an error that nobody knows", encode("Halted(uint256 until)", 5n), "error 0x14a94dbc"],
    ["an error that nobody knows, without arguments", "0xdeadbeef", "error 0xdeadbeef"],
    ["a text that is cut off", "0x08c379a0", "error 0x08c379a0"],
    ["an error with too few arguments", "0xe450d38c01", "error 0xe450d38c"]
  ]
  for (const [what, data, says] of cases) {
    it(what, () => assert.deepStrictEqual(RevertReason.decode(data), Option.some(says)))
  }

  for (const data of ["0x", "0x01", "0x010203", encode("Error(string)", "")] as const) {
    it(`${data.slice(0, 12)} of ${data.length / 2 - 1} bytes tells nothing`, () =>
      assert.isTrue(Option.isNone(RevertReason.decode(data))))
  }
})

describe("a call that reverts says why", () => {
  const revertOf = (error: Extract<Reply, { readonly error: unknown }>["error"]) =>
    Effect.gen(function*() {
      const node = yield* start(() => ({ error }))
      const { call } = EvmChain.make("base", optionsOf([node.url]))
      const { reason, revert } = yield* Effect.flip(call({ to: address, data: "0x01020304" }))
      assert.strictEqual(reason, "Reverted")
      return revert
    })

  const message = "execution reverted"
  const places: Record<string, unknown> = {
    "itself": paused,
    "its data": { message, data: paused },
    "its data's data": { message, data: { data: paused } },
    "its original error": { originalError: { code: 3, message, data: paused } },
    "the original error of its data": { data: { originalError: { code: 3, message, data: paused } } },
    "a word before it": `Reverted ${paused}`
  }
  for (const [where, data] of Object.entries(places)) {
    quietly(
      `the data is in ${where}`,
      () =>
        Effect.map(revertOf({ code: 3, message, data }), (revert) => assert.strictEqual(revert, "EquityToken: paused"))
    )
  }

  quietly("by the code of an older node, which has no words for it", () =>
    Effect.gen(function*() {
      const revert = yield* revertOf({ code: -32015, message: "VM execution error.", data: `Reverted ${paused}` })
      assert.strictEqual(revert, "EquityToken: paused")
    }))

  const words: ReadonlyArray<readonly [message: string, data: unknown, says: string]> = [
    ["execution reverted: EquityToken: paused", "0x", "EquityToken: paused"],
    ["execution reverted: EquityToken: paused", undefined, "EquityToken: paused"],
    ["execution reverted: EquityToken: paused", null, "EquityToken: paused"],
    ["execution reverted: EquityToken: paused", { txHash: "0x01" }, "EquityToken: paused"],
    ["execution reverted: EquityToken: paused", "Reverted", "EquityToken: paused"],
    ["execution reverted: EquityToken: paused", [], "EquityToken: paused"],
    ["execution reverted: revert: EquityToken: paused", "0x", "EquityToken: paused"],
    ["rpc error: execution reverted, EquityToken: paused", "0x", "EquityToken: paused"],
    ["VM execution error: revert: EquityToken: paused", "0x", "EquityToken: paused"],
    ["execution reverted: inner: execution reverted: x", "0x", "inner: execution reverted: x"],
    // The data is the contract's, the words are the node's.
    ["execution reverted: custom error 0xd93c0665", encode("EnforcedPause()"), "EnforcedPause()"],
    ["gas required exceeds allowance (30000000)", undefined, "gas required exceeds allowance (30000000)"],
    ["execution reverted", encode("Error(string)", ""), "no reason given"],
    ["execution reverted", "0x", "no reason given"],
    ["execution reverted", undefined, "no reason given"],
    ["VM execution error.", "Reverted 0x", "no reason given"]
  ]
  for (const [message, data, says] of words) {
    quietly(`${message} ${JSON.stringify(data)?.slice(0, 20)}: ${says}`, () =>
      Effect.map(
        revertOf({ code: -32000, message, ...(data === undefined ? {} : { data }) }),
        (revert) => assert.strictEqual(revert, says)
      ))
  }
})
