import { describe, expect, it } from "@effect/vitest"
import { Either, FastCheck as fc } from "effect"
import * as Address from "../../src/domain/Address.ts"
import * as CctpMessage from "../../src/domain/CctpMessage.ts"
import type { Hex } from "../../src/domain/Hex.ts"
import * as Usdc from "../../src/domain/Usdc.ts"
import * as Message from "../../src/layers/testing/CctpTestMessage.ts"

const address = (digit: string) => Address.make(`0x${digit.repeat(40)}`)
const attested = Message.make({
  lane: {
    source: "base",
    destination: "ethereum",
    wallet: address("1"),
    usdc: { ethereum: address("2"), base: address("3") },
    messenger: address("4"),
    transmitter: address("5")
  },
  amount: Usdc.fromUnits(1_000_000_000n),
  finality: "fast",
  maxFee: Usdc.fromUnits(200_000n),
  fee: Usdc.fromUnits(100_000n),
  nonce: Message.nonce(7),
  edition: 1
})

/** Bytes from, to: what Circle fills in. */
const filledIn = [[12, 44], [144, 148], [312, 344], [344, 376]] as const
const isFilledIn = (byte: number) => filledIn.some(([from, to]) => from <= byte && byte < to)

const withBytes = (message: Hex, from: number, bytes: string): Hex =>
  `0x${message.slice(2, 2 + 2 * from)}${bytes}${message.slice(2 + 2 * from + bytes.length)}`
const sent = filledIn.reduce((message, [from, to]) => withBytes(message, from, "00".repeat(to - from)), attested)

/** Another value of one byte. */
const changed = (message: Hex, byte: number, by: number): Hex => {
  const value = Number.parseInt(message.slice(2 + 2 * byte, 4 + 2 * byte), 16)
  return withBytes(message, byte, ((value + by) % 256).toString(16).padStart(2, "0"))
}

const aByte = fc.record({ byte: fc.integer({ min: 0, max: 375 }), by: fc.integer({ min: 1, max: 255 }) })

describe("a message of CCTP", () => {
  it("reads as it was written", () => {
    expect(Either.getOrThrow(CctpMessage.parse(attested))).toMatchObject({
      sourceDomain: 6,
      destinationDomain: 0,
      nonce: `0x${"7".padStart(64, "0")}`,
      mintRecipient: "1".repeat(40).padStart(64, "0"),
      messageSender: "1".repeat(40).padStart(64, "0"),
      amount: 1_000_000_000n,
      maxFee: 200_000n,
      feeExecuted: 100_000n,
      expirationBlock: 7_200n
    })
  })

  it("is that of its burn whatever Circle has filled in, and of no other", () => {
    expect(CctpMessage.isOf(sent, attested)).toBe(true)
    fc.assert(fc.property(aByte, ({ by, byte }) => {
      expect(CctpMessage.isOf(sent, changed(attested, byte, by))).toBe(isFilledIn(byte))
    }))
    expect(CctpMessage.isOf(sent, `${attested}00`)).toBe(false)
    expect(CctpMessage.isOf(sent, `0x${attested.slice(4)}`)).toBe(false)
    expect(CctpMessage.isOf(sent, "0x")).toBe(false)
  })

  it("has its body, whatever Circle has filled in, and no other", () => {
    const body: Hex = `0x${attested.slice(2 + 2 * 148)}`
    expect(CctpMessage.hasBody(attested, body)).toBe(true)
    fc.assert(fc.property(aByte, ({ by, byte }) => {
      fc.pre(byte >= 148)
      expect(CctpMessage.hasBody(attested, changed(body, byte - 148, by))).toBe(isFilledIn(byte))
    }))
    expect(CctpMessage.hasBody(attested, `${body}00`)).toBe(false)
  })

  const uint = (value: bigint) => value.toString(16).padStart(64, "0")
  const refusals: ReadonlyArray<readonly [name: string, message: Hex, why: RegExp]> = [
    ["is longer", `${attested}00`, /377 bytes/],
    ["is shorter", "0x00", /1 bytes/],
    ["is of the first version", withBytes(attested, 0, "00000000"), /version 0/],
    ["has a body of another version", withBytes(attested, 148, "00000002"), /body of 2/],
    ["has no nonce", withBytes(attested, 12, uint(0n)), /no nonce/],
    ["takes more than was offered", withBytes(attested, 312, uint(200_001n)), /fee of 200001 units is above/],
    [
      "takes everything",
      withBytes(withBytes(attested, 280, uint(2n ** 255n)), 312, uint(1_000_000_000n)),
      /takes all 1000000000/
    ]
  ]
  for (const [name, message, why] of refusals) {
    it(`is not acceptable when it ${name}`, () => {
      const refused = CctpMessage.acceptable(message)
      expect(Either.isLeft(refused) && refused.left.message).toMatch(why)
    })
  }

  it("is acceptable when it takes all that was offered", () => {
    expect(Either.isRight(CctpMessage.acceptable(withBytes(attested, 312, uint(200_000n))))).toBe(true)
  })
})
