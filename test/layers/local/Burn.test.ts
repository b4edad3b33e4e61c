/** Burning USDC on the local world's contracts says and does what Circle's do: external-apis 3.2, 3.3, 3.7. */
import { describe, expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import { type Address, encodeFunctionData, type Hex, maxUint256, pad, zeroHash } from "viem"
import * as CctpMessage from "../../../src/layers/local/CctpMessage.ts"
import { messengerAbi, minterAbi, transmitterAbi, usdcAbi } from "../../../src/layers/local/ContractAbis.ts"
import * as Nodes from "./UsdcNodes.ts"

const { abi, granted, stranger, usdc, wallet, word } = Nodes

interface Order {
  readonly amount?: bigint
  readonly domain?: number
  readonly recipient?: Hex
  readonly token?: Address
  readonly maxFee?: bigint
  readonly finality?: number
}

const order = ({ plan }: Nodes.Nodes, asked: Order = {}): Nodes.Transaction => ({
  from: wallet,
  to: plan.messenger,
  data: encodeFunctionData({
    abi,
    functionName: "depositForBurn",
    args: [
      asked.amount ?? 100n * usdc,
      asked.domain ?? 6,
      asked.recipient ?? word(stranger),
      asked.token ?? plan.usdc.ethereum,
      zeroHash,
      asked.maxFee ?? 20_000n,
      asked.finality ?? 1000
    ]
  })
})

/** Calls the messenger with whatever it is called with, and passes on how that ends. */
const forwarder = (to: Address): Hex => `0x365f5f375f5f365f5f73${to.slice(2)}5af13d5f5f3e602a573d5ffd5b3d5ff3`

/** Answers every call with a zero. */
const alwaysFalse: Hex = "0x5f5f5260205ff3"

interface Bad {
  readonly by?: (nodes: Nodes.Nodes) => ReadonlyArray<Nodes.Transaction>
  readonly asked?: Order
  readonly says: string
}

const byOwner = (to: Address, data: Hex, { plan }: Nodes.Nodes): ReadonlyArray<Nodes.Transaction> => [
  { from: plan.owner.address, to, data }
]

const minFee = (nodes: Nodes.Nodes) =>
  byOwner(
    nodes.plan.messenger,
    encodeFunctionData({ abi: messengerAbi, functionName: "setMinFee", args: [1000n] }),
    nodes
  )

const burnLimit = (units: bigint) => (nodes: Nodes.Nodes) =>
  byOwner(
    nodes.plan.minter,
    encodeFunctionData({
      abi: minterAbi,
      functionName: "setMaxBurnAmountPerMessage",
      args: [nodes.plan.usdc.ethereum, units]
    }),
    nodes
  )

const denylisted = (nodes: Nodes.Nodes) =>
  byOwner(
    nodes.plan.messenger,
    encodeFunctionData({ abi: messengerAbi, functionName: "denylist", args: [wallet] }),
    nodes
  )

const bad: Readonly<Record<string, Bad>> = {
  "there is no allowance": {
    by: (nodes) => [Nodes.approval(nodes, "ethereum", nodes.plan.messenger, 0n)],
    says: "ERC20: transfer amount exceeds allowance"
  },
  "the balance is too small": { asked: { amount: granted + 1n }, says: "ERC20: transfer amount exceeds balance" },
  "the amount is 0": { asked: { amount: 0n, maxFee: 0n }, says: "Amount must be nonzero" },
  "there is no recipient": { asked: { recipient: zeroHash }, says: "Mint recipient must be nonzero" },
  "the fee may be the amount": { asked: { maxFee: 100n * usdc }, says: "Max fee must be less than amount" },
  "the fee may not be the least": { by: minFee, asked: { maxFee: 9_999n }, says: "Insufficient max fee" },
  "the domain is unknown": { asked: { domain: 3 }, says: "No TokenMessenger for domain" },
  "the domain is its own": { asked: { domain: 0 }, says: "No TokenMessenger for domain" },
  "the limit is lower": { by: burnLimit(99n * usdc), says: "Burn amount exceeds per tx limit" },
  "the limit is lower, and so is the balance": {
    by: burnLimit(99n * usdc),
    asked: { amount: granted + 1n },
    says: "ERC20: transfer amount exceeds balance"
  },
  "nothing may be burned": { by: burnLimit(0n), says: "Burn token not supported" },
  "the sender is on the denylist": { by: denylisted, says: "Denylistable: account is on denylist" },
  "the transmitter is paused": {
    by: (nodes) =>
      byOwner(
        nodes.plan.transmitter,
        encodeFunctionData({ abi: transmitterAbi, functionName: "setPaused", args: [true] }),
        nodes
      ),
    says: "Pausable: paused"
  },
  "USDC is paused": {
    by: (nodes) =>
      byOwner(
        nodes.plan.usdc.ethereum,
        encodeFunctionData({ abi: usdcAbi, functionName: "setPaused", args: [true] }),
        nodes
      ),
    says: "Pausable: paused"
  },
  "the sender is blacklisted": {
    by: (nodes) =>
      byOwner(
        nodes.plan.usdc.ethereum,
        encodeFunctionData({ abi: usdcAbi, functionName: "setBlacklisted", args: [wallet, true] }),
        nodes
      ),
    says: "Blacklistable: account is blacklisted"
  },
  "the token has no code": { asked: { token: stranger }, says: "" }
}

layer(Nodes.layer, { excludeTestServices: true })("USDC and its burn on Ethereum", (it) => {
  const given = <A, E>(run: (nodes: Nodes.Nodes) => Effect.Effect<A, E>) =>
    Effect.flatMap(Nodes.UsdcNodes, (nodes) => Nodes.aside(nodes.chains.ethereum, run(nodes)))

  describe("a burn reverts", () => {
    for (const [when, { asked, by = () => [], says }] of Object.entries(bad)) {
      it.effect(`when ${when}: ${says === "" ? "without a word" : says}`, () =>
        given((nodes) =>
          Effect.gen(function*() {
            yield* Nodes.done(nodes.chains.ethereum, ...by(nodes))
            expect(yield* Nodes.said(nodes.chains.ethereum, order(nodes, asked))).toBe(says)
          })
        ))
    }

    it.effect("when the token says no: Transfer operation failed", () =>
      given((nodes) =>
        Effect.gen(function*() {
          yield* Nodes.setCode(nodes.chains.ethereum, stranger, alwaysFalse)
          expect(yield* Nodes.said(nodes.chains.ethereum, order(nodes, { token: stranger })))
            .toBe("Transfer operation failed")
        })
      ))

    it.effect("when who signed it is on the denylist, through whatever contract", () =>
      given((nodes) =>
        Effect.gen(function*() {
          const { chains: { ethereum }, plan } = nodes
          yield* Nodes.setCode(ethereum, stranger, forwarder(plan.messenger))
          const through = { ...order(nodes), to: stranger }
          expect(yield* Nodes.said(ethereum, through)).toBe("ERC20: transfer amount exceeds allowance")
          yield* Nodes.done(ethereum, ...denylisted(nodes))
          expect(yield* Nodes.said(ethereum, through)).toBe("Denylistable: account is on denylist")
        })
      ))

    it.effect("when a hook is announced and is empty", () =>
      given((nodes) =>
        Effect.gen(function*() {
          const data = (hook: Hex) =>
            encodeFunctionData({
              abi,
              functionName: "depositForBurnWithHook",
              args: [usdc, 6, word(stranger), nodes.plan.usdc.ethereum, zeroHash, 0n, 2000, hook]
            })
          const to = nodes.plan.messenger
          expect(yield* Nodes.said(nodes.chains.ethereum, { from: wallet, to, data: data("0x") }))
            .toBe("Hook data is empty")
          const [{ logs } = { logs: [] }] = yield* Nodes.done(nodes.chains.ethereum, {
            from: wallet,
            to,
            data: data(pad("0x1234"))
          })
          expect(logs).toHaveLength(5)
        })
      ))
  })

  it.effect("takes a fee of exactly the least that the contract asks for", () =>
    given((nodes) =>
      Effect.gen(function*() {
        const { chains: { ethereum }, plan } = nodes
        yield* Nodes.done(ethereum, ...minFee(nodes))
        const least = (amount: bigint) =>
          Nodes.read(
            ethereum,
            plan.messenger,
            encodeFunctionData({ abi, functionName: "getMinFeeAmount", args: [amount] })
          )
        expect(BigInt(yield* least(100n * usdc))).toBe(10_000n)
        expect(BigInt(yield* least(2n))).toBe(1n)
        yield* Nodes.done(ethereum, order(nodes, { maxFee: 10_000n }))
      })
    ))

  it.effect("takes a fee that is too low for Circle, which the contract does not know", () =>
    given((nodes) => Nodes.done(nodes.chains.ethereum, order(nodes, { maxFee: 0n }))))

  it.effect("tells of itself in five events, the last two of which have the message", () =>
    given((nodes) =>
      Effect.gen(function*() {
        const { chains: { ethereum }, plan } = nodes
        const receipt = yield* Nodes.mined(ethereum, order(nodes))
        expect(Nodes.events(nodes, "ethereum", receipt)).toEqual([
          "USDC Transfer",
          "USDC Burn",
          "USDC Transfer",
          "transmitter MessageSent",
          "messenger DepositForBurn"
        ])
        const parties = receipt.logs.slice(0, 3).map(({ topics: [, ...parties] }) => parties)
        expect(parties).toEqual([[word(wallet), word(plan.minter)], [word(plan.minter)], [word(plan.minter), zeroHash]])
        expect(receipt.logs[4]?.topics.slice(1)).toEqual([
          word(plan.usdc.ethereum),
          word(wallet),
          `0x${(1000).toString(16).padStart(64, "0")}`
        ])

        const [sent] = yield* nodes.world.cctp.ethereum.sentIn(receipt.transactionHash)
        const message = sent?.message ?? "0x"
        expect(message).toHaveLength(2 + 2 * 376)
        expect(CctpMessage.parse(message)).toMatchObject({
          version: 1,
          sourceDomain: 0,
          destinationDomain: 6,
          nonce: zeroHash,
          sender: word(plan.messenger),
          recipient: word(plan.messenger),
          destinationCaller: zeroHash,
          minFinalityThreshold: 1000,
          finalityThresholdExecuted: 0,
          burnToken: word(plan.usdc.ethereum),
          mintRecipient: word(stranger),
          amount: 100n * usdc,
          messageSender: word(wallet),
          maxFee: 20_000n,
          feeExecuted: 0n,
          expirationBlock: 0n,
          hookData: "0x"
        })
        expect(yield* Nodes.balanceOf(nodes, "ethereum", wallet)).toBe(granted - 100n * usdc)
        expect(yield* Nodes.balanceOf(nodes, "ethereum", plan.minter)).toBe(0n)
      })
    ))

  it.effect("costs what it costs there", () =>
    given((nodes) =>
      Effect.gen(function*() {
        // The first pays for what others find there.
        yield* Nodes.mined(nodes.chains.ethereum, order(nodes))
        const { gasUsed } = yield* Nodes.mined(nodes.chains.ethereum, order(nodes))
        expect(gasUsed).toBeGreaterThan(116_284 / 2)
        expect(gasUsed).toBeLessThan(116_284 * 1.5)
      })
    ))

  describe("USDC", () => {
    it.effect("is behind a proxy, which has no code of a token", () =>
      given(({ chains: { ethereum }, plan }) =>
        Effect.gen(function*() {
          const slot = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"
          const code = yield* ethereum.attempt("code", () => ethereum.client.getCode({ address: plan.usdc.ethereum }))
          expect(code?.length).toBeLessThan(400)
          const behind = yield* ethereum.attempt(
            "slot",
            () => ethereum.client.getStorageAt({ address: plan.usdc.ethereum, slot })
          )
          expect(behind).toBe(word(plan.implementations.ethereum))
        })
      ))

    it.effect("counts an allowance down, also the largest", () =>
      given((nodes) =>
        Effect.gen(function*() {
          const { chains: { ethereum }, plan } = nodes
          const to = plan.usdc.ethereum
          yield* Nodes.done(ethereum, Nodes.approval(nodes, "ethereum", stranger), {
            from: stranger,
            to,
            data: encodeFunctionData({ abi, functionName: "transferFrom", args: [wallet, stranger, 400n] })
          })
          const allowance = encodeFunctionData({ abi, functionName: "allowance", args: [wallet, stranger] })
          expect(BigInt(yield* Nodes.read(ethereum, to, allowance))).toBe(maxUint256 - 400n)
          expect(yield* Nodes.balanceOf(nodes, "ethereum", stranger)).toBe(400n)
        })
      ))

    it.effect("lets only minters mint and burn", () =>
      given(({ chains: { ethereum }, plan }) =>
        Effect.gen(function*() {
          const to = plan.usdc.ethereum
          const mint = encodeFunctionData({ abi, functionName: "mint", args: [stranger, 1n] })
          const burn = encodeFunctionData({ abi, functionName: "burn", args: [1n] })
          for (const data of [mint, burn]) {
            expect(yield* Nodes.said(ethereum, { from: wallet, to, data })).toBe("FiatToken: caller is not a minter")
          }
        })
      ))
  })
})
