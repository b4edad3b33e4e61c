import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, FastCheck as fc } from "effect"
import { encodeAbiParameters, encodeEventTopics, parseAbi, toEventSelector } from "viem"
import * as Address from "../../../src/domain/Address.ts"
import type { Hex } from "../../../src/domain/Hex.ts"
import * as TransferLogs from "../../../src/layers/evm/TransferLogs.ts"
import type { Log } from "../../../src/services/Chain.ts"
import { left, right } from "../../support/spec.ts"

const token = Address.make("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")
const ours = Address.make("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
const theirs = Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")
const abi = parseAbi(["event Transfer(address indexed from, address indexed to, uint256 value)"])

/** As a contract emits it, according to viem. */
const transfer = (from: Address.Address, to: Address.Address, value: bigint): Log => ({
  address: token,
  topics: encodeEventTopics({ abi, eventName: "Transfer", args: { from, to } }) as ReadonlyArray<Hex>,
  data: encodeAbiParameters([{ type: "uint256" }], [value])
})

const sum = (...logs: ReadonlyArray<Log>) => TransferLogs.received(logs, { token, recipient: ours })

describe("TransferLogs.received", () => {
  it("knows the topic of EIP-20", () =>
    assert.strictEqual(TransferLogs.transferTopic, toEventSelector("Transfer(address,address,uint256)")))

  it("sums what came in", () => {
    assert.strictEqual(right(sum(transfer(theirs, ours, 5n), transfer(Address.zero, ours, 7n))), 12n)
    assert.strictEqual(right(sum()), 0n)
  })

  it.prop(
    "is the sum of the incoming amounts, among any other transfers",
    [fc.array(fc.tuple(Arbitrary.make(Address.Address), fc.boolean(), fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })))],
    ([transfers]) => {
      const logs = transfers.map(([other, isIncoming, value]) =>
        isIncoming ? transfer(other, ours, value) : transfer(ours, other, value)
      )
      const expected = transfers.filter(([other, isIncoming]) => isIncoming && other !== ours)
        .reduce((total, [, , value]) => total + value, 0n)
      assert.strictEqual(right(sum(...logs)), expected)
    }
  )

  const incoming = transfer(theirs, ours, 1_000n)
  const [signature = "0x", from = "0x", to = "0x"] = incoming.topics
  const approval = toEventSelector("Approval(address,address,uint256)")
  const ignored: Record<string, Log> = {
    "of another token": { ...incoming, address: theirs },
    "to another recipient": transfer(ours, theirs, 1_000n),
    "from the recipient to itself": transfer(ours, ours, 1_000n),
    "of an NFT, with a fourth topic": { ...incoming, topics: [signature, from, to, from] },
    "with parties that are not indexed": { ...incoming, topics: [signature] },
    "with no topics": { ...incoming, topics: [] },
    "of another event": { ...incoming, topics: [approval, from, to] },
    "to an address that is ours but for dirty upper bytes": {
      ...incoming,
      topics: [signature, from, `0x${"1".repeat(24)}${ours.slice(2).toLowerCase()}`]
    }
  }
  for (const [what, log] of Object.entries(ignored)) {
    it(`ignores a log ${what}`, () => assert.strictEqual(right(sum(log, transfer(theirs, ours, 5n))), 5n))
  }

  it("reads topics in any case", () =>
    assert.strictEqual(
      right(sum({ ...incoming, topics: incoming.topics.map((topic): Hex => `0x${topic.slice(2).toUpperCase()}`) })),
      1_000n
    ))

  for (const data of ["0x", "0x01", `0x${"00".repeat(31)}`, `0x${"00".repeat(33)}`, `0x${"00".repeat(64)}`] as const) {
    it(`does not take an amount of ${(data.length - 2) / 2} bytes for zero`, () =>
      assert.include(left(sum(transfer(theirs, ours, 5n), { ...incoming, data })), "expected 32 bytes"))
  }

  it("does not care for such an amount where it is not ours", () =>
    assert.strictEqual(right(sum({ ...transfer(ours, theirs, 1n), data: "0x" })), 0n))
})
