/** Minting USDC on the local world's contracts says and does what Circle's do: external-apis 3.2, 3.4 to 3.7. */
import { describe, expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import {
  type Address,
  concat,
  encodeFunctionData,
  type Hex,
  keccak256,
  numberToHex,
  pad,
  slice,
  stringToHex,
  zeroHash
} from "viem"
import * as Cctp from "../../../src/layers/local/Cctp.ts"
import * as Chain from "../../../src/layers/local/Chain.ts"
import { transmitterAbi, usdcAbi } from "../../../src/layers/local/ContractAbis.ts"
import * as Nodes from "./UsdcNodes.ts"

const { abi, stranger, usdc, wallet, word } = Nodes

const nonce = keccak256(stringToHex("one burn"))

const usual = {
  version: 1,
  destination: 6,
  nonce: nonce as Hex,
  caller: zeroHash as Hex,
  executed: 2000,
  bodyVersion: 1,
  amount: 1000n * usdc,
  maxFee: 200_000n,
  fee: 0n,
  expires: 0n
}
type Fields = Partial<typeof usual & { readonly token: Address; readonly sender: Address; readonly recipient: Address }>

const u32 = (value: number) => numberToHex(value, { size: 4 })
const u256 = (value: bigint) => numberToHex(value, { size: 32 })

/** As Circle completes it, of a burn on Ethereum. */
const messageOf = ({ plan }: Nodes.Nodes, fields: Fields): Hex => {
  const {
    amount,
    bodyVersion,
    caller,
    destination,
    executed,
    expires,
    fee,
    maxFee,
    nonce,
    recipient,
    sender,
    token,
    version
  } = {
    ...usual,
    token: plan.usdc.ethereum,
    sender: plan.messenger,
    recipient: stranger,
    ...fields
  }
  return concat([
    ...[version, 0, destination].map(u32),
    nonce,
    ...[sender, plan.messenger].map(word),
    caller,
    ...[1000, executed, bodyVersion].map(u32),
    ...[token, recipient].map(word),
    u256(amount),
    word(wallet),
    ...[maxFee, fee, expires].map(u256)
  ])
}

const receive = ({ plan }: Nodes.Nodes, message: Hex, attestation: Hex, from = wallet): Nodes.Transaction => ({
  from,
  to: plan.transmitter,
  data: encodeFunctionData({ abi, functionName: "receiveMessage", args: [message, attestation] })
})

/** Properly signed. */
const attested = (nodes: Nodes.Nodes, fields: Fields = {}, from = wallet) => {
  const message = messageOf(nodes, fields)
  return Effect.map(nodes.world.cctp.attest(message), (attestation) => receive(nodes, message, attestation, from))
}

type Act = (nodes: Nodes.Nodes) => Nodes.Transaction
const ofOwner = (to: (nodes: Nodes.Nodes) => Address, data: (nodes: Nodes.Nodes) => Hex): Act => (nodes) => ({
  from: nodes.plan.owner.address,
  to: to(nodes),
  data: data(nodes)
})
const token = ({ plan }: Nodes.Nodes) => plan.usdc.base
const paused = ofOwner(
  ({ plan }) => plan.transmitter,
  () => encodeFunctionData({ abi: transmitterAbi, functionName: "setPaused", args: [true] })
)
const blacklisted = (isBlacklisted: boolean) =>
  ofOwner(
    token,
    () => encodeFunctionData({ abi: usdcAbi, functionName: "setBlacklisted", args: [stranger, isBlacklisted] })
  )
const lowAllowance = ofOwner(
  token,
  ({ plan }) =>
    encodeFunctionData({ abi: usdcAbi, functionName: "configureMinter", args: [plan.minter, 1000n * usdc - 1n] })
)

interface Bad {
  readonly act?: Act
  readonly fields?: Fields
  readonly says: string
}

/** Signed as it should be, so that what it says is about the message. */
const badMessages: Readonly<Record<string, Bad>> = {
  "the transmitter is paused": { act: paused, says: "Pausable: paused" },
  "it is for another chain": { fields: { destination: 0 }, says: "Invalid destination domain" },
  "it is for another caller": { fields: { caller: word(stranger) }, says: "Invalid caller for message" },
  "its version is unknown": { fields: { version: 2 }, says: "Invalid message version" },
  "it has the nonce of none": { fields: { nonce: zeroHash }, says: "Nonce already used" },
  "it is too far from final": { fields: { executed: 499 }, says: "Unsupported finality threshold" },
  "the version of its body is unknown": { fields: { bodyVersion: 2 }, says: "Invalid message body version" },
  "it has expired": { fields: { executed: 1000, expires: 1n }, says: "Message expired and must be re-signed" },
  "its fee is all": { fields: { maxFee: 1000n * usdc, fee: 1000n * usdc }, says: "Fee equals or exceeds amount" },
  "its fee is more than was allowed": { fields: { fee: 200_001n }, says: "Fee exceeds max fee" },
  "its token is not known": { fields: { token: stranger }, says: "Mint token not supported" },
  "its sender is no messenger": { fields: { sender: stranger }, says: "Remote TokenMessenger unsupported" },
  "its recipient is blacklisted": { act: blacklisted(true), says: "Blacklistable: account is blacklisted" },
  "too little may be minted": { act: lowAllowance, says: "FiatToken: mint amount exceeds minterAllowance" }
}

const [one, two] = Cctp.ascending(["attester 1", "attester 2"].map(Chain.wallet))
const impostors = Cctp.ascending(["impostor 1", "impostor 2"].map(Chain.wallet))

const withByte = (bytes: Hex, index: number, value: number): Hex => {
  const rest = index + 1 < (bytes.length - 2) / 2 ? [slice(bytes, index + 1)] : []
  return concat([slice(bytes, 0, index), numberToHex(value, { size: 1 }), ...rest])
}

/** What becomes of the true attestation of two times 65 bytes. */
const badAttestations: Readonly<
  Record<string, readonly [change: (good: Hex, message: Hex) => Effect.Effect<Hex>, says: string]>
> = {
  "is empty": [() => Effect.succeed("0x"), "Invalid attestation length"],
  "lacks a byte": [(good) => Effect.succeed(slice(good, 0, 129)), "Invalid attestation length"],
  "lacks a signature": [(good) => Effect.succeed(slice(good, 0, 65)), "Invalid attestation length"],
  "has one too many": [(good) => Effect.succeed(concat([good, slice(good, 0, 65)])), "Invalid attestation length"],
  "is all zeros": [() => Effect.succeed(pad("0x", { size: 130 })), "ECDSA: invalid signature 'v' value"],
  "has another v": [(good) => Effect.succeed(withByte(good, 64, 29)), "ECDSA: invalid signature 'v' value"],
  "has an s of the other half": [
    (good) => Effect.succeed(withByte(good, 32, 0xf0)),
    "ECDSA: invalid signature 's' value"
  ],
  "is of strangers": [(_, message) => Cctp.signatures(impostors, message), "Invalid signature: not attester"],
  "is of another message": [
    (_, message) => Cctp.signatures([one, two].flatMap((signer) => signer ?? []), concat([message, "0x00"])),
    "Invalid signature: not attester"
  ],
  "comes in the wrong order": [
    (good) => Effect.succeed(concat([slice(good, 65), slice(good, 0, 65)])),
    "Invalid signature order or dupe"
  ],
  "is twice of the same attester": [
    (good) => Effect.succeed(concat([slice(good, 0, 65), slice(good, 0, 65)])),
    "Invalid signature order or dupe"
  ]
}

layer(Nodes.layer, { excludeTestServices: true })("a mint on Base", (it) => {
  const given = <A, E>(run: (nodes: Nodes.Nodes, base: Chain.Chain) => Effect.Effect<A, E>) =>
    Effect.flatMap(Nodes.UsdcNodes, (nodes) => Nodes.aside(nodes.chains.base, run(nodes, nodes.chains.base)))

  const isUsed = ({ chains: { base }, plan }: Nodes.Nodes) =>
    Effect.map(
      Nodes.read(base, plan.transmitter, encodeFunctionData({ abi, functionName: "usedNonces", args: [nonce] })),
      BigInt
    )

  describe("reverts when", () => {
    for (const [when, { act, fields = {}, says }] of Object.entries(badMessages)) {
      it.effect(`${when}: ${says}`, () =>
        given((nodes, base) =>
          Effect.gen(function*() {
            if (act !== undefined) yield* Nodes.done(base, act(nodes))
            expect(yield* Nodes.said(base, yield* attested(nodes, fields))).toBe(says)
          })
        ))
    }

    for (const [when, [change, says]] of Object.entries(badAttestations)) {
      it.effect(`its attestation ${when}: ${says}`, () =>
        given((nodes, base) =>
          Effect.gen(function*() {
            const message = messageOf(nodes, {})
            const attestation = yield* change(yield* nodes.world.cctp.attest(message), message)
            expect(yield* Nodes.said(base, receive(nodes, message, attestation))).toBe(says)
          })
        ))
    }

    it.effect("it was minted before: Nonce already used, if the attestation is a good one", () =>
      given((nodes, base) =>
        Effect.gen(function*() {
          const first = yield* attested(nodes)
          yield* Nodes.done(base, first)
          expect(yield* Nodes.said(base, first)).toBe("Nonce already used")
          // The same burn, signed anew, or expired meanwhile: the nonce is asked first.
          expect(yield* Nodes.said(base, yield* attested(nodes, { executed: 1000, expires: 1n })))
            .toBe("Nonce already used")
          const message = messageOf(nodes, {})
          const attestation = yield* Cctp.signatures(impostors, message)
          expect(yield* Nodes.said(base, receive(nodes, message, attestation))).toBe("Invalid signature: not attester")
        })
      ))

    it.effect("several things are wrong: it says the first of them", () =>
      given((nodes, base) =>
        Effect.gen(function*() {
          const inOrder: ReadonlyArray<readonly [Fields, string]> = [
            [{ destination: 0 }, "Invalid destination domain"],
            [{ caller: word(stranger) }, "Invalid caller for message"],
            [{ version: 2 }, "Invalid message version"],
            [{ nonce: zeroHash }, "Nonce already used"],
            [{ executed: 499 }, "Unsupported finality threshold"],
            [{ bodyVersion: 2 }, "Invalid message body version"],
            [{ expires: 1n }, "Message expired and must be re-signed"],
            [{ fee: 1000n * usdc }, "Fee equals or exceeds amount"]
          ]
          for (const [index, [, says]] of inOrder.entries()) {
            const wrong = inOrder.slice(index).reduce<Fields>((all, [fields]) => ({ ...all, ...fields }), {})
            expect(yield* Nodes.said(base, yield* attested(nodes, { ...wrong, token: stranger }))).toBe(says)
          }
          yield* Nodes.done(base, paused(nodes))
          expect(yield* Nodes.said(base, receive(nodes, "0x", "0x"))).toBe("Pausable: paused")
        })
      ))
  })

  it.effect("is over in four events, and may be submitted by anybody", () =>
    given((nodes, base) =>
      Effect.gen(function*() {
        expect(yield* isUsed(nodes)).toBe(0n)
        const receipt = yield* Nodes.mined(base, yield* attested(nodes, {}, stranger))
        expect(Nodes.events(nodes, "base", receipt)).toEqual([
          "USDC Mint",
          "USDC Transfer",
          "messenger MintAndWithdraw",
          "transmitter MessageReceived"
        ])
        expect(receipt.logs[3]?.topics.slice(1)).toEqual([word(stranger), nonce, u256(2000n)])
        expect(yield* isUsed(nodes)).toBe(1n)
        expect(yield* Nodes.balanceOf(nodes, "base", stranger)).toBe(1000n * usdc)
      })
    ))

  it.effect("mints a fast one twice: to the recipient, and the fee", () =>
    given((nodes, base) =>
      Effect.gen(function*() {
        const receipt = yield* Nodes.mined(
          base,
          yield* attested(nodes, { executed: 1000, fee: 100_000n, expires: 1_000_000n })
        )
        expect(Nodes.events(nodes, "base", receipt)).toEqual([
          "USDC Mint",
          "USDC Transfer",
          "USDC Mint",
          "USDC Transfer",
          "messenger MintAndWithdraw",
          "transmitter MessageReceived"
        ])
        expect(yield* Nodes.balanceOf(nodes, "base", stranger)).toBe(999_900_000n)
        expect(yield* Nodes.balanceOf(nodes, "base", nodes.plan.feeRecipient)).toBe(100_000n)
        expect(receipt.logs[4]?.data).toBe(concat([u256(999_900_000n), u256(100_000n)]))
      })
    ))

  it.effect("expires with the block that it names", () =>
    given((nodes, base) =>
      Effect.gen(function*() {
        const height = BigInt(yield* base.height)
        const until = (expires: bigint) => attested(nodes, { executed: 1000, expires })
        expect((yield* Nodes.mined(base, yield* until(height + 1n))).status).toBe("0x0")
        expect((yield* Nodes.mined(base, yield* until(height + 3n))).status).toBe("0x1")
      })
    ))

  it.effect("is for the caller that it names", () =>
    given((nodes, base) =>
      Effect.flatMap(attested(nodes, { caller: word(wallet) }), (transaction) => Nodes.done(base, transaction))
    ))

  it.effect("can be tried again after a revert, which has left the nonce alone", () =>
    given((nodes, base) =>
      Effect.gen(function*() {
        const transaction = yield* attested(nodes)
        yield* Nodes.done(base, blacklisted(true)(nodes))
        expect((yield* Nodes.mined(base, transaction)).status).toBe("0x0")
        expect(yield* isUsed(nodes)).toBe(0n)
        yield* Nodes.done(base, blacklisted(false)(nodes), transaction)
        expect(yield* isUsed(nodes)).toBe(1n)
      })
    ))

  it.effect("costs what it costs there", () =>
    given((nodes, base) =>
      Effect.gen(function*() {
        const gas = (transaction: Nodes.Transaction) =>
          Effect.map(Nodes.mined(base, transaction), ({ gasUsed }) => gasUsed)
        const standard = yield* attested(nodes)
        const other = keccak256(nonce)
        const measured = {
          "zero balance": [yield* gas(standard), 163_810],
          "replay": [yield* gas(standard), 48_260],
          "fast": [yield* gas(yield* attested(nodes, { nonce: other, executed: 1000, fee: 1n })), 178_611],
          "again": [yield* gas(yield* attested(nodes, { nonce: keccak256(other) })), 146_902]
        } as const
        for (const [what, [used, there]] of Object.entries(measured)) {
          expect(used / there, what).toBeGreaterThan(0.5)
          expect(used / there, what).toBeLessThan(1.5)
        }
      })
    ))
})
