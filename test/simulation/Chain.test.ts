import { describe, expect, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { encodeFunctionData, type Hex, zeroHash } from "viem"
import * as SimulatedChain from "../../simulation/chain/SimulatedChain.ts"
import * as Signing from "../../simulation/circle/Signing.ts"
import * as Places from "../../simulation/Places.ts"
import * as Usdc from "../../src/domain/Usdc.ts"
import { domains, messengerAbi, transmitterAbi, word } from "../../src/layers/cctp/Abi.ts"
import * as Logs from "../../src/layers/cctp/Logs.ts"
import * as TransferLogs from "../../src/layers/evm/TransferLogs.ts"
import { vaultAbi } from "../../src/layers/evm/VaultAbi.ts"
import * as VaultReads from "../../src/layers/evm/VaultReads.ts"
import { fill, nonceOf } from "../../src/layers/local/CctpMessage.ts"
import * as VaultFloat from "../../src/layers/local/VaultFloat.ts"
import type { Lane } from "../../src/services/CctpBridge.ts"
import * as Chains from "./Chains.ts"

const { approval, beginning, gwei, transfer } = Chains
const amount = Usdc.fromUnits(1_000_000_000n)

const lane: Lane = {
  source: "ethereum",
  destination: "base",
  wallet: Places.wallet,
  usdc: Places.usdc,
  messenger: Places.messenger,
  transmitter: Places.transmitter
}

const burn = (units: bigint, maxFee = 200_000n) => ({
  to: Places.messenger,
  data: encodeFunctionData({
    abi: messengerAbi,
    functionName: "depositForBurn",
    args: [units, domains.base, word(Places.wallet), Places.usdc.ethereum, zeroHash, maxFee, 1000]
  })
})

const receiving = (message: Hex, attestation = Signing.good(message)) => ({
  to: Places.transmitter,
  data: encodeFunctionData({ abi: transmitterAbi, functionName: "receiveMessage", args: [message, attestation] })
})

describe("the bridge", () => {
  /** A burn on Ethereum, and its message as Circle fills it in. */
  const burned = ({ ethereum }: ReturnType<typeof Chains.make>) =>
    Effect.gen(function*() {
      yield* ethereum.done({ nonce: 0, ...approval(Places.usdc.ethereum, Places.messenger) })
      const receipt = yield* ethereum.done({ nonce: 1, ...burn(amount) })
      const [sent = "0x"] = Logs.messages(lane, amount, receipt.logs)
      const nonce = nonceOf(domains.ethereum, receipt.txHash, 0)
      const message = fill(sent, {
        nonce: BigInt(nonce),
        finalityThresholdExecuted: 1000n,
        feeExecuted: 100_000n,
        expirationBlock: 2_000n
      })
      return { receipt, sent, message, nonce }
    })

  it.effect("burns and mints, each once, with the logs that Circle's contracts have", () =>
    Effect.gen(function*() {
      const chains = Chains.make()
      const { base, ethereum } = chains
      const { message, nonce, receipt } = yield* burned(chains)
      expect(Logs.burns(lane, receipt.logs)).toEqual([{ burned: amount, maxFee: 200_000n }])
      expect(receipt.logs.map(({ address }) => address)).toEqual([
        ...Array.from({ length: 3 }, () => Places.usdc.ethereum),
        Places.transmitter,
        Places.messenger
      ])
      expect(ethereum.world.balanceOf(Places.usdc.ethereum, Places.wallet)).toBe(beginning.ethereum - amount)
      expect(ethereum.world.receipt(receipt.txHash)).toMatchObject({ did: [{ kind: "burn", amount }] })

      expect(base.world.isUsed(nonce)).toBe(false)
      const minted = yield* base.done({ nonce: 0, ...receiving(message) })
      const mintable = {
        message,
        attestation: Signing.good(message),
        nonce,
        burn: { burnTx: receipt.txHash, burned: amount, maxFee: Usdc.fromUnits(200_000n), destinationBlock: 0n }
      } as never
      expect(Logs.minted(lane, mintable, minted.logs)).toEqual(
        Option.some({ received: amount - 100_000n, feeCollected: 100_000n })
      )
      expect(TransferLogs.received(minted.logs, { token: Places.usdc.base, recipient: Places.wallet })).toMatchObject({
        right: amount - 100_000n
      })
      expect(base.world.isUsed(nonce)).toBe(true)
      expect(base.world.balanceOf(Places.usdc.base, Places.wallet)).toBe(beginning.base + amount - 100_000n)

      const again = yield* base.done({ nonce: 1, ...receiving(message) })
      expect(again).toMatchObject({ status: "reverted", logs: [] })
      expect(base.world.balanceOf(Places.usdc.base, Places.wallet)).toBe(beginning.base + amount - 100_000n)
      const found = yield* base.nodes[0].logs({
        address: Places.transmitter,
        topics: [null, null, nonce],
        fromBlock: 0n
      })
      expect(found).toMatchObject([{ txHash: minted.txHash, blockNumber: minted.blockNumber }])
    }))

  it.effect("refuses what is not attested as it should be, and everything while it is paused", () =>
    Effect.gen(function*() {
      const chains = Chains.make()
      const { message, sent } = yield* burned(chains)
      const { nodes: [node], world } = chains.base
      const said = (message: Hex, attestation?: Hex) =>
        node.estimateGas({ from: Places.wallet, ...receiving(message, attestation) }).pipe(
          Effect.match({ onFailure: ({ revert }) => revert, onSuccess: () => "nothing" })
        )
      expect(yield* said(message)).toBe("nothing")
      expect(yield* said(sent)).toBe("Nonce already used")
      expect(yield* said(sent, Signing.good(message))).toBe("Invalid signature: not attester")
      expect(yield* said(message, Signing.flawed(message, "short"))).toBe("Invalid attestation length")
      expect(yield* said(message, Signing.flawed(message, "descending"))).toBe("Invalid signature order or dupe")
      expect(yield* said(message, `0x${"00".repeat(130)}`)).toBe("ECDSA: invalid signature 'v' value")
      world.set({ cctpPaused: true })
      expect(yield* said(message)).toBe("Pausable: paused")
      world.set({ cctpPaused: false, signatureThreshold: 1 })
      expect(yield* said(message)).toBe("Invalid attestation length")
    }))
})

describe("the vault", () => {
  const move = (functionName: "deposit4" | "withdraw4", float: Hex) => ({
    to: Places.orderbook,
    data: encodeFunctionData({ abi: vaultAbi, functionName, args: [Places.usdc.base, Places.vaultId, float, []] })
  })
  const units = (value: bigint) => VaultFloat.pack(value, -6)
  const vault = { id: Places.vaultId, owner: Places.wallet, reader: Places.orderbook } as const

  it.effect("takes what is deposited, and pays what there is", () =>
    Effect.gen(function*() {
      const { base } = Chains.make()
      const [node] = base.nodes
      const gained = (logs: Parameters<typeof TransferLogs.gained>[0]) =>
        TransferLogs.gained(logs, { token: Places.usdc.base, owner: Places.wallet })
      expect(yield* VaultReads.balance(node, vault as never, Places.usdc.base)).toBe(beginning.vault)
      yield* base.done({ nonce: 0, ...approval(Places.usdc.base, Places.orderbook) })
      // A Float of seven decimals: one unit more is taken.
      const deposit = yield* base.done({ nonce: 1, ...move("deposit4", VaultFloat.pack(1_234_567_895n, -7)) })
      expect(gained(deposit.logs)).toMatchObject({ right: -123_456_790n })
      expect(yield* VaultReads.balance(node, vault as never, Places.usdc.base)).toBe(beginning.vault + 123_456_789n)
      const all = beginning.vault + 123_456_789n
      const part = yield* base.done({ nonce: 2, ...move("withdraw4", units(100_000_000n)) })
      expect(gained(part.logs)).toMatchObject({ right: 100_000_000n })
      const rest = yield* base.done({ nonce: 3, ...move("withdraw4", units(10n ** 12n)) })
      expect(gained(rest.logs)).toMatchObject({ right: all - 100_000_000n })
      expect(base.world.receipt(rest.txHash)?.did).toEqual([
        { kind: "vaultWithdraw", vaultId: Places.vaultId, amount: all - 100_000_000n }
      ])
      const nothing = yield* base.done({ nonce: 4, ...move("withdraw4", units(1n)) })
      expect(nothing).toMatchObject({ status: "success" })
      expect(gained(nothing.logs)).toMatchObject({ right: 0n })
      const refused = yield* Effect.flip(node.call({ from: Places.wallet, ...move("withdraw4", units(0n)) }))
      expect(refused.revert).toMatch(/^ZeroWithdrawTargetAmount\(/)
    }))
})

describe("the mempool", () => {
  it.effect("takes and refuses as geth does", () =>
    Effect.gen(function*() {
      const { ethereum } = Chains.make()
      const { mine, nodes: [node], sign, world } = ethereum
      const sent = (call: Chains.Call) =>
        Effect.flatMap(sign(call), ({ raw }) => Effect.map(node.broadcast(raw), ({ answer }) => answer))
      const pending = node.nonce(Places.wallet, "pending")
      expect(yield* sent({ nonce: 1 })).toBe("Accepted")
      expect(yield* pending).toBe(0)
      expect(yield* sent({ nonce: 0 })).toBe("Accepted")
      expect(yield* pending).toBe(2)
      expect(yield* sent({ nonce: 0 })).toBe("AlreadyKnown")
      expect(yield* sent({ nonce: 0, maxFee: 21n * gwei, tip: 2n * gwei })).toBe("Occupied")
      expect(yield* sent({ nonce: 0, maxFee: 22n * gwei, tip: 2n * gwei })).toBe("Accepted")
      expect(yield* sent({ nonce: 2, maxFee: 10_000_000n * gwei })).toBe("InsufficientFunds")
      expect(yield* sent({ nonce: 2, gas: 20_000n })).toBe("Invalid")
      mine(1)
      expect(yield* node.nonce(Places.wallet, "latest")).toBe(2)
      expect(yield* sent({ nonce: 0 })).toBe("NonceTooLow")
      const [first] = world.transactions()
      const replaced = yield* sign({ nonce: 0, maxFee: 22n * gwei, tip: 2n * gwei })
      expect(first?.hash).toBe(replaced.hash)
      // What pays less than the block asks for waits, whatever else it may pay.
      expect(yield* sent({ nonce: 2, maxFee: gwei })).toBe("Accepted")
      mine(5)
      expect(yield* node.nonce(Places.wallet, "latest")).toBe(2)
      expect(yield* pending).toBe(3)
      // Two empty transactions, paid by us.
      const paid = Chains.ether - world.weiOf(Places.wallet)
      expect(paid).toBeGreaterThan(2n * 21_000n * gwei)
      expect(paid).toBeLessThan(21_000n * 42n * gwei)
    }))

  it.effect("what was replaced may be mined all the same", () =>
    Effect.gen(function*() {
      const { ethereum } = Chains.make({ mood: { ...SimulatedChain.calm, passOver: 1 } })
      const { mine, nodes: [node], sign, world } = ethereum
      const first = yield* sign({ nonce: 0 })
      const second = yield* sign({ nonce: 0, maxFee: 30n * gwei, tip: 2n * gwei })
      for (const { raw } of [first, second]) expect((yield* node.broadcast(raw)).answer).toBe("Accepted")
      mine(1)
      expect(world.transactions()).toMatchObject([{ hash: first.hash }])
      expect((yield* node.broadcast(second.raw)).answer).toBe("NonceTooLow")
    }))

  it.effect("a node that is behind has not heard of what the others know", () =>
    Effect.gen(function*() {
      const { ethereum } = Chains.make({ mood: { ...SimulatedChain.calm, lag: 0.2 } })
      const { mine, nodes, sign, world } = ethereum
      const heads = Effect.all([nodes[0].block, nodes[1].block])
      // The second one is to be behind, and the first one not.
      let [first, second] = yield* heads
      while (first.number !== BigInt(world.head()) || second.number === first.number) {
        mine(1)
        ;[first, second] = yield* heads
      }
      const { hash, raw } = yield* sign({ nonce: 0 })
      yield* nodes[0].broadcast(raw)
      expect(yield* nodes[0].nonce(Places.wallet, "pending")).toBe(1)
      expect(yield* nodes[1].nonce(Places.wallet, "pending")).toBe(0)
      mine(1)
      expect(world.depth(hash)).toBe(1)
      expect(yield* nodes[1].receipt(hash)).toEqual(Option.none())
      const late = yield* nodes[1].broadcast(raw)
      expect(late.answer).toBe("Accepted")
      world.setMood(SimulatedChain.calm)
      mine(1)
      expect(Option.isSome(yield* nodes[1].receipt(hash))).toBe(true)
      expect((yield* nodes[1].block).number).toBe(BigInt(world.head()))
    }))
})

describe("reorganisations", () => {
  const wild = { ...SimulatedChain.wild, reorganisation: 0.3, depth: 3, forget: 0 }

  it.effect("what was mined waits again, and nothing of it is left until it is mined anew", () =>
    Effect.gen(function*() {
      const { ethereum } = Chains.make({ mood: { ...wild, passOver: 0.7, lag: 0, spike: 0 } })
      const { mine, nodes: [node], sign, world } = ethereum
      const mined: Array<Hex> = []
      world.onBlock((all) => mined.push(...all.map(({ hash }) => hash)))
      const hashes: Array<Hex> = []
      for (let nonce = 0; nonce < 20; nonce++) {
        const { hash, raw } = yield* sign({ nonce, ...transfer(Places.usdc.ethereum, Places.stranger, 1_000n) })
        hashes.push(hash)
        yield* node.broadcast(raw)
        for (let block = 0; block < 6; block++) {
          mine(1)
          const count = world.transactions().length
          expect(hashes.filter((one) => world.receipt(one) !== undefined)).toHaveLength(count)
          expect(yield* node.nonce(Places.wallet, "latest")).toBe(count)
          expect(world.balanceOf(Places.usdc.ethereum, Places.wallet)).toBe(beginning.ethereum - 1_000n * BigInt(count))
          expect(yield* node.nonce(Places.wallet, "pending")).toBe(nonce + 1)
        }
      }
      expect(mined.length).toBeGreaterThan(hashes.length + 5)
      world.setMood(SimulatedChain.calm)
      mine(1)
      expect(world.transactions().map(({ hash }) => hash)).toEqual(hashes)
      for (const { block, nonce } of world.transactions()) {
        expect(yield* node.nonce(Places.wallet, BigInt(block))).toBeGreaterThan(nonce)
        expect(yield* node.nonce(Places.wallet, BigInt(block - 1))).toBeLessThanOrEqual(nonce)
      }
    }))

  it.effect("also what others submit comes back, and nothing is made or lost", () =>
    Effect.gen(function*() {
      const { ethereum } = Chains.make({ mood: wild })
      const { mine, world } = ethereum
      const mined: Array<Hex> = []
      world.onBlock((all) => mined.push(...all.map(({ hash }) => hash)))
      const hashes = Array.from({ length: 20 }, () => {
        mine(2)
        const call = transfer(Places.usdc.ethereum, Places.alpacaDeposit, 5n)
        return world.submit({ from: Places.stranger, ...call })
      })
      mine(20)
      world.setMood(SimulatedChain.calm)
      mine(1)
      expect(world.transactions().map(({ hash }) => hash)).toEqual(hashes)
      expect(new Set(mined)).toEqual(new Set(hashes))
      expect(mined.length).toBeGreaterThan(hashes.length)
      expect(world.balanceOf(Places.usdc.ethereum, Places.alpacaDeposit)).toBe(100n)
      expect(world.balanceOf(Places.usdc.ethereum, Places.stranger)).toBe(beginning.stranger - 100n)
      expect(yield* ethereum.nodes[0].balance(Places.stranger)).toBe(0n)
    }))

  it.effect("a transaction of ours that is forgotten is nowhere, and what others submit is not", () =>
    Effect.gen(function*() {
      const { ethereum } = Chains.make({ mood: { ...SimulatedChain.calm, passOver: 1, forget: 1 } })
      const { mine, nodes: [node], sign, world } = ethereum
      const { hash, raw } = yield* sign({ nonce: 0 })
      yield* node.broadcast(raw)
      const theirs = world.submit({
        from: Places.stranger,
        ...transfer(Places.usdc.ethereum, Places.alpacaDeposit, 5n)
      })
      mine(1)
      expect(yield* node.nonce(Places.wallet, "pending")).toBe(0)
      world.setMood(SimulatedChain.calm)
      mine(1)
      expect(world.depth(hash)).toBe(0)
      expect(world.depth(theirs)).toBe(1)
      expect(world.signed().map(({ hash }) => hash)).toEqual([hash])
      expect((yield* node.broadcast(raw)).answer).toBe("Accepted")
      mine(1)
      expect(world.depth(hash)).toBe(1)
    }))
})

describe("fees", () => {
  it("climb by an eighth with each block at most, and come down again", () => {
    const { ethereum } = Chains.make({ mood: { ...SimulatedChain.calm, spike: 0.05 }, seed: 3 })
    const fee = () => {
      const block = ethereum.world.request(0, "eth_getBlockByNumber", ["latest", false])
      return BigInt((block as { readonly baseFeePerGas: Hex }).baseFeePerGas)
    }
    const fees = Array.from({ length: 600 }, () => {
      ethereum.mine(1)
      return fee()
    })
    for (const [at, before] of fees.slice(0, -1).entries()) {
      expect(fees[at + 1]).toBeLessThanOrEqual(before + before / 8n)
    }
    expect(fees.some((fee) => fee > 15n * gwei)).toBe(true)
    ethereum.world.setMood(SimulatedChain.calm)
    ethereum.mine(60)
    expect(fee()).toBeLessThan(12n * gwei)
  })
})

it.effect("the same seed is the same world, and another one is another", () =>
  Effect.gen(function*() {
    const lived = (seed: number) =>
      Effect.gen(function*() {
        const { base } = Chains.make({ mood: { ...SimulatedChain.wild, trade: 0.05, reorganisation: 0.1 }, seed })
        const story: Array<string> = []
        base.world.onBlock((mined) => story.push(`${base.world.head()} ${mined.map(({ hash }) => hash).join(" ")}`))
        for (let nonce = 0; nonce < 5; nonce++) {
          const { raw } = yield* base.sign({ nonce, ...transfer(Places.usdc.base, Places.stranger, 1n) })
          yield* base.nodes[1].broadcast(raw)
          base.mine(40)
        }
        return [...story, base.world.vaultBalance(), base.world.weiOf(Places.wallet)]
      })
    const first = yield* lived(7)
    expect(yield* lived(7)).toEqual(first)
    expect(yield* lived(8)).not.toEqual(first)
  }))
