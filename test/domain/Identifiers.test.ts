import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, FastCheck as fc, Schema } from "effect"
import { getAddress } from "viem"
import * as Address from "../../src/domain/Address.ts"
import * as Cctp from "../../src/domain/Cctp.ts"
import { EquitySymbol } from "../../src/domain/EquitySymbol.ts"
import * as Hex from "../../src/domain/Hex.ts"
import { MintId, OperationId, RebalanceId, RedemptionId } from "../../src/domain/OperationId.ts"
import { IssuerRequestId, TokenizationRequestId } from "../../src/domain/TokenizationRequest.ts"
import * as TxHash from "../../src/domain/TxHash.ts"
import * as Usdc from "../../src/domain/Usdc.ts"
import { WalletTransferId } from "../../src/domain/WalletTransfer.ts"
import { right } from "../support/spec.ts"

const digits = (count: number) => fc.hexaString({ minLength: count, maxLength: count })

const accepts = <A, I>(schema: Schema.Schema<A, I>, texts: ReadonlyArray<string>) => {
  for (const text of texts) {
    it(`accepts ${JSON.stringify(text)}`, () =>
      assert.deepStrictEqual<unknown>(Schema.decodeUnknownSync(schema)(text), text))
  }
}
const refuses = <A, I>(schema: Schema.Schema<A, I>, texts: ReadonlyArray<string>) => {
  for (const text of texts) {
    it(`refuses ${JSON.stringify(text.slice(0, 80))}`, () =>
      assert.throws(() => Schema.decodeUnknownSync(schema)(text)))
  }
}

describe("Address", () => {
  // The vectors of EIP-55 itself: two all caps, two all lower, four normal.
  const vectors = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"
  ]
  for (const vector of vectors) {
    it(`accepts ${vector}, also in lower case`, () => {
      assert.strictEqual<string>(Address.make(vector), vector)
      assert.strictEqual<string>(Address.make(vector.toLowerCase()), vector)
    })
  }

  it("names the right checksum when it refuses a wrong one", () =>
    assert.throws(
      () => Address.make("0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
      /0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed has a wrong EIP-55 checksum; if the digits are right it is 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed/
    ))

  it("refuses all upper case where that is not the checksum", () =>
    assert.throws(() => Address.make("0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED"), /checksum/))

  refuses(Address.Address, [
    "",
    "0x",
    "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0X5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed0",
    " 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\n",
    "0xzzaeb6053f3e94c9b9a09f33669435e7ef1beaed",
    "0x".padEnd(1_000_000, "a")
  ])

  it("does not repeat a huge text in its message", () => {
    try {
      Address.make("z".repeat(10_000))
      assert.fail("accepted")
    } catch (error) {
      assert.isBelow(String(error).length, 400)
    }
  })

  it.prop("is what viem makes of the digits, and stays itself in JSON", [digits(40)], ([digits]) => {
    const address = Address.make(`0x${digits}`)
    assert.strictEqual<string>(address, getAddress(`0x${digits}`))
    assert.strictEqual(Schema.decodeSync(Address.Address)(Schema.encodeSync(Address.Address)(address)), address)
  })

  it.prop("one changed letter's case is noticed", [digits(40), fc.nat(39)], ([digits, at]) => {
    const address = Address.make(`0x${digits}`)
    const letter = address.charAt(at + 2)
    const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
    const changed = `${address.slice(0, at + 2)}${other}${address.slice(at + 3)}`
    if (changed === address || changed === address.toLowerCase()) return
    assert.throws(() => Address.make(changed), /checksum/)
  })

  it.prop(
    "generated ones are valid",
    [Arbitrary.make(Address.Address)],
    ([address]) => assert.strictEqual(Address.make(address), address)
  )
})

describe("TxHash", () => {
  it.prop("is one hash in any case", [digits(64)], ([digits]) => {
    assert.strictEqual<string>(TxHash.make(`0x${digits.toUpperCase()}`), `0x${digits}`)
    assert.strictEqual(TxHash.make(`0x${digits.toUpperCase()}`), TxHash.make(`0x${digits}`))
  })
  it.prop(
    "generated ones are valid",
    [Arbitrary.make(TxHash.TxHash)],
    ([hash]) => assert.strictEqual(TxHash.make(hash), hash)
  )
  refuses(TxHash.TxHash, [
    "",
    "0x",
    `0x${"a".repeat(63)}`,
    `0x${"a".repeat(65)}`,
    "a".repeat(64),
    `0x${"g".repeat(64)}`
  ])
})

describe("Hex", () => {
  accepts(Hex.Hex, ["0x", "0x00", "0xAbCd"])
  refuses(Hex.Hex, ["", "0", "00", "0x0", "0xabc", "0xgg", "0x00 ", "0X00", "0x00\n"])
  accepts(Hex.ofBytes(2), ["0x0000", "0xffFF"])
  refuses(Hex.ofBytes(2), ["0x", "0x00", "0x000", "0x000000"])
  it.prop(
    "is generated at every length asked for",
    [Arbitrary.make(Hex.ofBytes(32)), Arbitrary.make(Hex.Hex)],
    ([word, any]) => {
      assert.match(word, /^0x[0-9a-f]{64}$/)
      assert.isTrue(Schema.is(Hex.Hex)(any))
    }
  )
  it("reads megabytes", () => assert.isTrue(Schema.is(Hex.Hex)(`0x${"ab".repeat(5_000_000)}`)))
})

describe("OperationId", () => {
  const id = "6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e"
  accepts(OperationId, [id, "00000000-0000-0000-0000-000000000000"])
  refuses(OperationId, [
    id.toUpperCase(),
    ` ${id}`,
    `${id}\n`,
    id.slice(1),
    `${id}0`,
    id.replaceAll("-", ""),
    `{${id}}`,
    "../../etc"
  ])
  for (const schema of [MintId, RedemptionId, RebalanceId]) {
    accepts(schema, [id])
    refuses(schema, ["", id.toUpperCase(), `${id}\n`])
    it.prop("generated ones are valid", [Arbitrary.make(schema)], ([id]) => Schema.is(OperationId)(id))
  }
})

describe("EquitySymbol", () => {
  accepts(EquitySymbol, ["A", "AAPL", "BRK.B", "BF.B", "X1"])
  refuses(EquitySymbol, ["", "aapl", "AAPL ", " AAPL", "1A", "BRK.", ".B", "BRK.B.C", "AAPL\n", "A/B", "ABCDEFGHIJKL"])
})

describe("ids of the broker and the issuer", () => {
  for (const schema of [TokenizationRequestId, IssuerRequestId, WalletTransferId]) {
    accepts(schema, ["x", "12345-678-90AB", "a".repeat(128)])
    refuses(schema, ["", " ", "a b", "a\n", "a".repeat(129), "\u00e9"])
  }
})

describe("Cctp.Nonce", () => {
  const decode = Schema.decodeSync(Cctp.Nonce)
  it.prop("is one nonce in any case, and is written in lower case", [digits(64)], ([digits]) => {
    const nonce = decode(`0x${digits.toUpperCase()}`)
    assert.strictEqual<string>(nonce, `0x${digits}`)
    assert.strictEqual(nonce, decode(`0x${digits}`))
    assert.strictEqual(Schema.encodeSync(Cctp.Nonce)(nonce), `0x${digits}`)
  })
  it.prop(
    "generated ones are valid",
    [Arbitrary.make(Cctp.Nonce)],
    ([nonce]) => assert.strictEqual(decode(nonce), nonce)
  )
  refuses(Cctp.Nonce, [
    "",
    "0x",
    "1",
    `0x${"a".repeat(63)}`,
    `0x${"a".repeat(62)}`,
    `0x${"a".repeat(66)}`,
    "a".repeat(64),
    `0x${"g".repeat(64)}`,
    `0x${"a".repeat(64)}\n`
  ])
})

describe("Cctp.BlockNumber", () => {
  for (
    const [text, number] of [["0", 0n], ["20000001", 20_000_001n], ["18446744073709551615", 2n ** 64n - 1n]] as const
  ) {
    it(`is a decimal string in JSON: ${text}`, () => {
      assert.strictEqual(Schema.decodeSync(Cctp.BlockNumber)(text), number)
      assert.strictEqual(Schema.encodeSync(Cctp.BlockNumber)(number), text)
    })
  }
  refuses(Cctp.BlockNumber, ["", " ", "-1", "1.5", "latest", "1n", "1e3"])
  it("is no number, which could not count every block", () =>
    assert.throws(() => Schema.decodeUnknownSync(Cctp.BlockNumber)(20_000_001)))
})

describe("PositiveUsdc", () => {
  const isPositive = Schema.is(Usdc.PositiveUsdc)
  it("reads the least that can be moved, and any other amount", () => {
    assert.strictEqual<bigint>(Schema.decodeSync(Usdc.PositiveUsdc)("0.000001"), 1n)
    assert.strictEqual<bigint>(Schema.decodeSync(Usdc.PositiveUsdc)("1000.5"), 1_000_500_000n)
    assert.strictEqual(Schema.encodeSync(Usdc.PositiveUsdc)(right(Usdc.parse("1000.5"))), "1000.5")
  })
  refuses(Usdc.PositiveUsdc, ["0", "0.000000", "-1", "0.0000001", "", "1e6"])
  it("refuses nothing at all, and says so", () => {
    assert.isFalse(isPositive(Usdc.fromUnits(0n)))
    assert.throws(() => Schema.decodeSync(Usdc.PositiveUsdc)("0"), /expected more than zero USDC/)
  })
  it.prop(
    "generated ones can be moved",
    [Arbitrary.make(Usdc.PositiveUsdc)],
    ([amount]) => assert.isTrue(amount > 0n && isPositive(amount))
  )
})
