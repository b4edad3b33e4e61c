/** The simulated contracts do and say, byte for byte, what the compiled ones do and say. */
import { expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import { type Address, concat, encodeFunctionData, type Hex, numberToHex, zeroHash } from "viem"
import * as Messenger from "../../simulation/chain/Messenger.ts"
import * as SimulatedChain from "../../simulation/chain/SimulatedChain.ts"
import * as Signing from "../../simulation/circle/Signing.ts"
import * as Dice from "../../simulation/Dice.ts"
import * as Places from "../../simulation/Places.ts"
import * as Timeline from "../../simulation/Timeline.ts"
import * as Checksummed from "../../src/domain/Address.ts"
import { orderBookAbi } from "../../src/layers/local/ContractAbis.ts"
import * as VaultFloat from "../../src/layers/local/VaultFloat.ts"
import type { ChainName } from "../../src/services/Chain.ts"
import { rpc } from "../layers/local/Client.ts"
import * as Nodes from "../layers/local/UsdcNodes.ts"
import { pass } from "./Asking.ts"

const { abi, granted, usdc, word } = Nodes

/** Who and where, in one of the worlds. */
interface Where {
  readonly wallet: Address
  readonly trader: Address
  readonly usdc: Readonly<Record<ChainName, Address>>
  readonly messenger: Address
  readonly transmitter: Address
  readonly orderBook: Address
  readonly minter: Address
  readonly feeRecipient: Address
}

const simulated: Where = {
  ...Places,
  trader: Places.stranger,
  orderBook: Places.orderbook,
  feeRecipient: Messenger.feeRecipient
}

const compiled = ({ plan }: Nodes.Nodes): Where => ({ ...plan, wallet: Nodes.wallet, trader: plan.owner.address })

const names = (where: Where, chain: ChainName): ReadonlyArray<Address> => [
  where.wallet,
  where.trader,
  where.messenger,
  where.transmitter,
  ...chain === "base" ? [where.orderBook] : [],
  where.minter,
  where.feeRecipient,
  where.usdc.ethereum,
  where.usdc.base
]

/** Of the compiled world, in the words of the simulated one. */
const translate = (nodes: Nodes.Nodes, chain: ChainName) => {
  const pairs = names(compiled(nodes), chain).map((name, at) =>
    [name.slice(2).toLowerCase(), names(simulated, chain)[at]?.slice(2).toLowerCase() ?? ""] as const
  )
  return (text: string) => pairs.reduce((all, [from, to]) => all.replaceAll(from, to), text.toLowerCase())
}

interface Step {
  readonly chain: ChainName
  readonly by?: "wallet" | "trader"
  readonly to: (where: Where) => Address
  readonly data: (where: Where, sign: (message: Hex) => Hex) => Hex
}

const u32 = (value: number) => numberToHex(value, { size: 4 })
const u256 = (value: bigint) => numberToHex(value, { size: 32 })

const approve = (chain: ChainName, spender: (where: Where) => Address, units: bigint): Step => ({
  chain,
  to: (where) => where.usdc[chain],
  data: (where) => encodeFunctionData({ abi, functionName: "approve", args: [spender(where), units] })
})

const burn = (
  amount: bigint,
  { caller = zeroHash, domain = 6, maxFee = 10n, recipient, token }: {
    readonly maxFee?: bigint
    readonly domain?: number
    readonly caller?: Hex
    readonly recipient?: Hex
    readonly token?: Address
  } = {}
): Step => ({
  chain: "ethereum",
  to: ({ messenger }) => messenger,
  data: ({ usdc, wallet }) =>
    encodeFunctionData({
      abi,
      functionName: "depositForBurn",
      args: [amount, domain, recipient ?? word(wallet), token ?? usdc.ethereum, caller, maxFee, 1000]
    })
})

const usual = {
  version: 1,
  source: 0,
  destination: 6,
  nonce: 1n,
  executed: 1000,
  bodyVersion: 1,
  amount: 100n * usdc,
  maxFee: 20_000n,
  fee: 10_000n,
  expires: 10n ** 9n,
  caller: false,
  token: true
}

const receive = (fields: Partial<typeof usual> = {}): Step => {
  const { amount, bodyVersion, caller, destination, executed, expires, fee, maxFee, nonce, source, token, version } = {
    ...usual,
    ...fields
  }
  return {
    chain: "base",
    to: ({ transmitter }) => transmitter,
    data: ({ messenger, trader, usdc, wallet }, sign) => {
      const message = concat([
        ...[version, source, destination].map(u32),
        u256(nonce),
        word(messenger),
        word(messenger),
        caller ? word(trader) : zeroHash,
        ...[1000, executed, bodyVersion].map(u32),
        word(token ? usdc.ethereum : usdc.base),
        word(wallet),
        u256(amount),
        word(wallet),
        ...[maxFee, fee, expires].map(u256)
      ])
      return encodeFunctionData({ abi, functionName: "receiveMessage", args: [message, sign(message)] })
    }
  }
}

const vaultId: Hex = `0x${"5a".repeat(32)}`

const move = (functionName: "deposit4" | "withdraw4", float: Hex, id = vaultId): Step => ({
  chain: "base",
  to: ({ orderBook }) => orderBook,
  data: ({ usdc }) => encodeFunctionData({ abi, functionName, args: [usdc.base, id, float, []] })
})

const trade = (float: Hex, isGain: boolean): Step => ({
  chain: "base",
  by: "trader",
  to: ({ orderBook }) => orderBook,
  data: ({ usdc, wallet }) =>
    encodeFunctionData({ abi: orderBookAbi, functionName: "trade", args: [wallet, usdc.base, vaultId, float, isGain] })
})

const balance: Step = {
  chain: "base",
  to: ({ orderBook }) => orderBook,
  data: ({ usdc, wallet }) =>
    encodeFunctionData({ abi, functionName: "vaultBalance2", args: [wallet, usdc.base, vaultId] })
}

const dice = Dice.make(11)
const float = () => VaultFloat.pack(BigInt(dice.between(1, 900_000_000)), -dice.between(6, 9))

const steps: ReadonlyArray<Step> = [
  burn(2000n * usdc),
  burn(0n),
  burn(10n),
  burn(11n, { domain: 0 }),
  burn(11n, { recipient: zeroHash }),
  burn(11n, { token: Places.issuer }),
  burn(200n * usdc),
  burn(300n * usdc, { maxFee: 0n, caller: word(Places.issuer) }),
  approve("ethereum", ({ messenger }) => messenger, 5n),
  burn(11n),
  receive(),
  receive(),
  receive({ nonce: 0n }),
  receive({ nonce: 2n, executed: 2000, fee: 0n, expires: 0n }),
  receive({ nonce: 3n, destination: 0 }),
  receive({ nonce: 3n, version: 2 }),
  receive({ nonce: 3n, bodyVersion: 2 }),
  receive({ nonce: 3n, source: 1 }),
  receive({ nonce: 3n, executed: 499 }),
  receive({ nonce: 3n, expires: 1n }),
  receive({ nonce: 3n, fee: 20_001n }),
  receive({ nonce: 3n, fee: 100n * usdc, maxFee: 100n * usdc }),
  receive({ nonce: 3n, token: false }),
  receive({ nonce: 3n, caller: true }),
  { ...receive({ nonce: 3n, caller: true }), by: "trader" },
  move("withdraw4", float()),
  move("deposit4", zeroHash),
  move("withdraw4", VaultFloat.pack(-1n, -6)),
  move("deposit4", float(), zeroHash),
  ...Array.from({ length: 6 }, () => [
    move("deposit4", float()),
    balance,
    trade(float(), dice.chance(0.7)),
    balance,
    move("withdraw4", float()),
    balance
  ]).flat(),
  move("withdraw4", VaultFloat.pack(1n, 9)),
  balance,
  move("deposit4", VaultFloat.pack(1n, 9)),
  approve("base", () => "0x0000000000000000000000000000000000000000", 1n)
]

layer(Nodes.layer, { timeout: "60 seconds" })((it) => {
  it.effect("in every step of a story", () =>
    Effect.gen(function*() {
      const nodes = yield* Nodes.UsdcNodes
      const timeline = Timeline.make(0)
      const chain = (name: ChainName) =>
        SimulatedChain.make({
          name,
          timeline,
          dice: Dice.make(1),
          mood: SimulatedChain.calm,
          blockTime: 1000,
          genesis: {
            wei: [],
            tokens: [[Places.usdc[name], Places.wallet, granted], [Places.usdc[name], Places.stranger, 10n ** 15n]],
            vault: 0n
          }
        })
      const chains = { ethereum: chain("ethereum"), base: chain("base") }
      const inSimulation = ({ by = "wallet", chain, data, to }: Step) => {
        const call = {
          from: Checksummed.make(simulated[by]),
          to: Checksummed.make(to(simulated)),
          data: data(simulated, Signing.good)
        }
        let said: string
        try {
          said = String(chains[chain].request(0, "eth_call", [call, "latest"]))
        } catch (error) {
          said = error instanceof SimulatedChain.RpcRefusal ? `reverts ${error.data ?? "0x"}` : "dies"
        }
        const hash = chains[chain].submit(call)
        pass(timeline, 1000)
        const { logs = [], status } = chains[chain].receipt(hash) ?? {}
        return { said, status, logs: logs.map(({ address, data, topics }) => [address, ...topics, data].join(" ")) }
      }
      const inFact = ({ by = "wallet", chain, data, to }: Step) =>
        Effect.gen(function*() {
          const where = compiled(nodes)
          let message: Hex = "0x"
          // Signing is asynchronous here: it is made twice, the first time to learn what is to be signed.
          data(where, (asked) => {
            message = asked
            return "0x"
          })
          const attestation = yield* nodes.world.cctp.attest(message)
          const call = { from: where[by], to: to(where), data: data(where, () => attestation) }
          const { body } = yield* Effect.orDie(rpc(nodes.chains[chain].url, "eth_call", [call, "latest"]))
          const { error, result } = body as { readonly result?: string; readonly error?: { readonly data?: string } }
          const { logs, status } = yield* Nodes.mined(nodes.chains[chain], call)
          const said = translate(nodes, chain)
          return {
            said: said(result ?? `reverts ${error?.data ?? "0x"}`),
            status: status === "0x1" ? "success" : "reverted",
            logs: logs.map(({ address, data, topics }) => said([address, ...topics, data].join(" ")))
          }
        })
      for (const spender of [Places.messenger, Places.orderbook]) {
        inSimulation(approve(spender === Places.messenger ? "ethereum" : "base", () => spender, 2n ** 256n - 1n))
      }
      let reverted = 0
      for (const [at, step] of steps.entries()) {
        const { logs, said, status } = inSimulation(step)
        if (status === "reverted") reverted++
        expect({ at, status, said: said.toLowerCase(), logs: logs.map((log) => log.toLowerCase()) })
          .toEqual({ at, ...yield* inFact(step) })
      }
      expect(reverted).toBeGreaterThan(15)
      expect(reverted).toBeLessThan(steps.length / 2)
    }))
})
