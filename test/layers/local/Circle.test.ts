/** The local Circle answers as the real one does, over HTTP and with signatures that the contracts take: external-apis 3.5 to 3.10. */
import { describe, expect, layer } from "@effect/vitest"
import { Effect, Record } from "effect"
import { concat, type Hex, keccak256, recoverAddress, size, slice } from "viem"
import * as CctpMessage from "../../../src/layers/local/CctpMessage.ts"
import * as CircleSettings from "../../../src/layers/local/CircleSettings.ts"
import { become, burn, circle, complete, messages, mine, receive } from "./CircleClient.ts"
import * as Nodes from "./UsdcNodes.ts"

const { stranger, usdc, wallet } = Nodes

const pending = {
  message: "0x",
  attestation: "PENDING",
  eventNonce: null,
  status: "pending_confirmations",
  cctpVersion: 2,
  delayReason: null,
  decodedMessage: null
}

const query = (hash: Hex) => `transactionHash=${hash}`

layer(Nodes.layer, { excludeTestServices: true })("Circle", (it) => {
  const base = ({ chains: { base } }: Nodes.Nodes) => base
  const received = ({ world: { usdc: { base } } }: Nodes.Nodes) => base.balanceOf(stranger)

  /** The message without what Circle fills in, which is also how it ends. */
  const masked = (message: Hex) => concat([slice(message, 0, 12), slice(message, 44, 144), slice(message, 148, 312)])

  describe("sees a burn", () => {
    it.effect("not at first, then without a message, then pending, then complete; and says the same again", () =>
      Effect.gen(function*() {
        const nodes = yield* Nodes.UsdcNodes
        yield* become(nodes, { seenDepth: 2, listedDepth: 3, fastDepth: 5 })
        const hash = yield* burn(nodes)
        const seen = [yield* messages(nodes, query(hash))]
        for (let depth = 2; depth <= 4; depth++) {
          yield* mine(nodes, "ethereum", 1)
          seen.push(yield* messages(nodes, query(hash)))
        }
        expect(seen).toEqual([404, [], [pending], [pending]])
        yield* mine(nodes, "ethereum", 1)
        const first = yield* complete(nodes, hash)
        yield* mine(nodes, "base", 3)
        expect(yield* complete(nodes, hash)).toEqual(first)
      }))

    it.effect("as slowly as it likes to, in the forms that were seen", () =>
      Effect.gen(function*() {
        const nodes = yield* Nodes.UsdcNodes
        const { wire } = CircleSettings.make({ quirks: true })
        yield* become(nodes, {}, wire)
        const hash = yield* burn(nodes)
        expect(yield* messages(nodes, query(hash)))
          .toEqual([{ ...pending, message: null, attestation: null, status: "pending" }])
        yield* mine(nodes, "ethereum", 1)
        const { eventNonce, message } = yield* complete(nodes, hash)
        expect(eventNonce).toBe(BigInt(slice(message, 12, 44)).toString())
        for (const nonce of [eventNonce, slice(message, 12, 44)]) {
          expect(yield* messages(nodes, `nonce=${nonce}`)).toMatchObject([{ message }])
        }
      }))

    it.effect("of nobody, of the other chain, or of nonsense not at all", () =>
      Effect.gen(function*() {
        const nodes = yield* Nodes.UsdcNodes
        yield* become(nodes)
        const hash = yield* burn(nodes)
        expect(yield* messages(nodes, query(keccak256(hash)))).toBe(404)
        expect(yield* messages(nodes, query(hash), 6)).toBe(404)
        expect(yield* messages(nodes, `nonce=${keccak256(hash)}`)).toBe(404)
        for (
          const [domain, asked] of [[3, query(hash)], [0, ""], [0, "transactionHash=0x12"], [0, "nonce=x"]] as const
        ) {
          expect(yield* messages(nodes, asked, domain)).toBe(400)
        }
      }))
  })

  describe("completes", () => {
    it.effect("a fast burn: numbered, with its fee and its last block, and signed; it can be minted", () =>
      Effect.gen(function*() {
        const nodes = yield* Nodes.UsdcNodes
        yield* become(nodes, { feeBps: 13_000n, expiryBlocks: 50 })
        const hash = yield* burn(nodes, { amount: 100n * usdc + 1n })
        yield* mine(nodes, "ethereum", 1)
        const height = yield* base(nodes).height
        const told = yield* complete(nodes, hash)
        const [sent] = yield* nodes.world.cctp.ethereum.sentIn(hash)
        expect(masked(told.message)).toBe(masked(sent?.message ?? "0x"))
        expect(size(told.message)).toBe(376)
        const parsed = CctpMessage.parse(told.message)
        // 1.3 of 10,000 parts, rounded up.
        expect(parsed).toMatchObject({
          nonce: told.eventNonce,
          finalityThresholdExecuted: 1000,
          feeExecuted: 13_001n,
          expirationBlock: BigInt(height + 50)
        })
        expect(told.decodedMessage).toEqual({
          sourceDomain: "0",
          destinationDomain: "6",
          nonce: told.eventNonce,
          sender: nodes.plan.messenger,
          recipient: nodes.plan.messenger,
          destinationCaller: `0x${"0".repeat(40)}`,
          minFinalityThreshold: "1000",
          finalityThresholdExecuted: "1000",
          messageBody: slice(told.message, 148),
          decodedMessageBody: {
            burnToken: nodes.plan.usdc.ethereum,
            mintRecipient: stranger,
            amount: "100000001",
            messageSender: wallet,
            maxFee: "20000",
            feeExecuted: "13001",
            expirationBlock: String(height + 50),
            hookData: null
          }
        })
        const signers = yield* Effect.forEach(
          [0, 65],
          (from) =>
            Effect.promise(() =>
              recoverAddress({ hash: keccak256(told.message), signature: slice(told.attestation, from, from + 65) })
            )
        )
        const attesters = nodes.plan.attesters.map(({ address }) => address)
        expect(attesters).toEqual(expect.arrayContaining(signers))
        expect(BigInt(signers[0] ?? "0x0")).toBeLessThan(BigInt(signers[1] ?? "0x0"))
        const before = yield* received(nodes)
        yield* Nodes.done(base(nodes), receive(nodes, told))
        expect((yield* received(nodes)) - before).toBe(100n * usdc - 13_000n)
      }))

    it.effect("any other later, for nothing and for ever", () =>
      Effect.gen(function*() {
        const nodes = yield* Nodes.UsdcNodes
        yield* become(nodes, { standardDepth: 4 })
        const hash = yield* burn(nodes, { finality: 2000, maxFee: 0n })
        yield* mine(nodes, "ethereum", 2)
        expect(yield* messages(nodes, query(hash))).toEqual([pending])
        yield* mine(nodes, "ethereum", 1)
        const told = yield* complete(nodes, hash)
        expect(CctpMessage.parse(told.message))
          .toMatchObject({ finalityThresholdExecuted: 2000, feeExecuted: 0n, expirationBlock: 0n })
        const before = yield* received(nodes)
        yield* Nodes.done(base(nodes), receive(nodes, told))
        expect((yield* received(nodes)) - before).toBe(100n * usdc)
      }))

    const reasons = {
      insufficient_fee: [{ feeBps: 20_001n }, 20_000n],
      insufficient_allowance_available: [{ allowance: 100n * usdc - 1n }, 20_000n],
      amount_above_max: [{ slowBecause: "amount_above_max" }, 20_000n]
    } as const
    for (const [reason, [attesting, maxFee]] of Record.toEntries(reasons)) {
      it.effect(`a fast one like any other, and says why: ${reason}`, () =>
        Effect.gen(function*() {
          const nodes = yield* Nodes.UsdcNodes
          yield* become(nodes, { standardDepth: 4, ...attesting })
          const hash = yield* burn(nodes, { maxFee })
          yield* mine(nodes, "ethereum", 2)
          expect(yield* messages(nodes, query(hash))).toEqual([{ ...pending, delayReason: reason }])
          yield* mine(nodes, "ethereum", 1)
          expect(CctpMessage.parse((yield* complete(nodes, hash)).message))
            .toMatchObject({ finalityThresholdExecuted: 2000, feeExecuted: 0n, expirationBlock: 0n })
        }))
    }

    it.effect("nothing while it does not attest", () =>
      Effect.gen(function*() {
        const nodes = yield* Nodes.UsdcNodes
        yield* become(nodes, { isOn: false })
        const hash = yield* burn(nodes)
        yield* mine(nodes, "ethereum", 20)
        expect(yield* messages(nodes, query(hash))).toEqual([pending])
        yield* become(nodes)
        yield* complete(nodes, hash)
      }))
  })

  it.effect("signs an expired message anew: the same nonce and fee, and no last block", () =>
    Effect.gen(function*() {
      const nodes = yield* Nodes.UsdcNodes
      const again = (nonce: string) => circle(nodes, `/v2/reattest/${nonce}`, { method: "POST" })
      yield* become(nodes, { expiryBlocks: 3, reattestBlocks: 2 })
      const hash = yield* burn(nodes)
      yield* mine(nodes, "ethereum", 1)
      const old = yield* complete(nodes, hash)
      yield* mine(nodes, "base", 3)
      expect(yield* Nodes.said(base(nodes), receive(nodes, old))).toBe("Message expired and must be re-signed")
      const { body, status } = yield* again(old.eventNonce)
      expect([status, Object.keys(body), body["nonce"]]).toEqual([200, ["message", "nonce"], old.eventNonce])
      expect(yield* complete(nodes, hash)).toEqual(old)
      yield* mine(nodes, "ethereum", 2)
      const fresh = yield* complete(nodes, hash)
      expect(CctpMessage.parse(fresh.message)).toEqual({
        ...CctpMessage.parse(old.message),
        body: expect.any(String),
        finalityThresholdExecuted: 2000,
        expirationBlock: 0n
      })
      const before = yield* received(nodes)
      yield* Nodes.done(base(nodes), receive(nodes, fresh))
      expect((yield* received(nodes)) - before).toBe(100n * usdc - 10_000n)
      expect(yield* Nodes.said(base(nodes), receive(nodes, old))).toBe("Nonce already used")
      const standard = yield* burn(nodes, { finality: 2000 })
      yield* mine(nodes, "ethereum", 12)
      const { eventNonce } = yield* complete(nodes, standard)
      const refusals = [yield* again(eventNonce), yield* again(keccak256(hash)), yield* again("nonsense")]
      expect(refusals.map(({ status }) => status)).toEqual([400, 404, 400])
    }))

  describe("errs when it is told to:", () => {
    const attestations = {
      strangers: "Invalid signature: not attester",
      short: "Invalid attestation length",
      descending: "Invalid signature order or dupe"
    } as const
    for (const [attestation, says] of Record.toEntries(attestations)) {
      it.effect(`an attestation that is ${attestation}: ${says}`, () =>
        Effect.gen(function*() {
          const nodes = yield* Nodes.UsdcNodes
          yield* become(nodes, {}, { attestation })
          const hash = yield* burn(nodes)
          yield* mine(nodes, "ethereum", 1)
          expect(yield* Nodes.said(base(nodes), receive(nodes, yield* complete(nodes, hash)))).toBe(says)
          yield* become(nodes)
          yield* Nodes.done(base(nodes), receive(nodes, yield* complete(nodes, hash)))
        }))
    }

    it.effect("an attestation that is no hex", () =>
      Effect.gen(function*() {
        const nodes = yield* Nodes.UsdcNodes
        yield* become(nodes, {}, { attestation: "noHex" })
        const hash = yield* burn(nodes)
        yield* mine(nodes, "ethereum", 1)
        expect(yield* messages(nodes, query(hash)))
          .toMatchObject([{ status: "complete", attestation: expect.not.stringMatching(/^0x[0-9a-f]*$/) }])
      }))

    it.effect("a message of another burn, in the place of ours or before it", () =>
      Effect.gen(function*() {
        const nodes = yield* Nodes.UsdcNodes
        yield* become(nodes)
        const hash = yield* burn(nodes)
        yield* mine(nodes, "ethereum", 1)
        const own = yield* complete(nodes, hash)
        yield* become(nodes, {}, { foreign: "instead" })
        const foreign = yield* complete(nodes, hash)
        expect(CctpMessage.parse(foreign.message).amount).toBe(100n * usdc + 1n)
        expect(foreign.eventNonce).not.toBe(own.eventNonce)
        yield* become(nodes, {}, { foreign: "before" })
        expect(yield* messages(nodes, query(hash))).toEqual([foreign, own])
      }))
  })
})
