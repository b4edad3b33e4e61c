/** Two simulated chains with nothing but the live layer of a chain before them. */
import { Effect, Option } from "effect"
import { custom, encodeFunctionData, erc20Abi, type Hex, keccak256, maxUint256 } from "viem"
import { privateKeyToAccount } from "viem/accounts"
import * as SimulatedChain from "../../simulation/chain/SimulatedChain.ts"
import * as Dice from "../../simulation/Dice.ts"
import * as Places from "../../simulation/Places.ts"
import * as Timeline from "../../simulation/Timeline.ts"
import type { Address } from "../../src/domain/Address.ts"
import * as TxHash from "../../src/domain/TxHash.ts"
import * as EvmChain from "../../src/layers/evm/EvmChain.ts"
import * as RpcEndpoint from "../../src/layers/evm/RpcEndpoint.ts"
import type { ChainName } from "../../src/services/Chain.ts"
import { pass } from "./Asking.ts"

const blockTimes = { ethereum: 12_000, base: 2_000 }
export const ether = 10n ** 18n
export const gwei = 10n ** 9n
const account = privateKeyToAccount(Places.walletKey)

/** What our wallet and the vault have at the beginning, in units of 1e-6 USDC. */
export const beginning = { ethereum: 2_000_000_000n, base: 3_000_000_000n, vault: 500_000_000n, stranger: 10n ** 12n }

const simulated = (name: ChainName, seed: number, timeline: Timeline.Timeline, mood: SimulatedChain.Mood) =>
  SimulatedChain.make({
    name,
    timeline,
    mood,
    dice: Dice.make(seed).fork(name),
    blockTime: blockTimes[name],
    genesis: {
      wei: [[Places.wallet, ether]],
      tokens: [
        [Places.usdc[name], Places.wallet, beginning[name]],
        [Places.usdc[name], Places.stranger, beginning.stranger]
      ],
      vault: name === "base" ? beginning.vault : 0n
    }
  })

export interface Call {
  readonly nonce: number
  readonly to?: Address
  readonly data?: Hex
  readonly maxFee?: bigint
  readonly tip?: bigint
  readonly gas?: bigint
}

export const make = ({ mood = SimulatedChain.calm, seed = 1 } = {}) => {
  const timeline = Timeline.make(Date.UTC(2026, 0, 1))
  const of = (name: ChainName) => {
    const world = simulated(name, seed, timeline, mood)
    const node = (number: number) =>
      EvmChain.make(name, {
        chainId: world.chainId,
        confirmations: 3,
        timeout: "1 minute",
        endpoints: [RpcEndpoint.fromTransport(
          `node-${number}.test`,
          custom({ request: async ({ method, params }) => world.request(number, method, params ?? []) })
        )]
      })
    const sign = ({ data = "0x", gas = 300_000n, maxFee = 20n * gwei, nonce, tip = gwei, to = Places.wallet }: Call) =>
      Effect.map(
        Effect.promise(() =>
          account.signTransaction({
            type: "eip1559",
            chainId: world.chainId,
            maxFeePerGas: maxFee,
            maxPriorityFeePerGas: tip,
            nonce,
            gas,
            to,
            data
          })
        ),
        (raw) => ({ raw, hash: TxHash.make(keccak256(raw)) })
      )
    const nodes = [node(0), node(1)] as const
    /** Broadcasts through the first node, and waits for its block. */
    const done = (call: Call) =>
      Effect.gen(function*() {
        const { hash, raw } = yield* sign(call)
        yield* nodes[0].broadcast(raw)
        mine(1)
        return yield* Effect.flatMap(
          nodes[0].receipt(hash),
          Option.match({
            onNone: () => Effect.dieMessage(`${hash} was not mined`),
            onSome: Effect.succeed
          })
        )
      })
    const mine = (blocks: number) => pass(timeline, blocks * blockTimes[name])
    return { world, nodes, sign, done, mine }
  }
  return { timeline, ethereum: of("ethereum"), base: of("base") }
}

export const approval = (token: Address, spender: Address) => ({
  to: token,
  data: encodeFunctionData({ abi: erc20Abi, functionName: "approve", args: [spender, maxUint256] })
})

export const transfer = (token: Address, to: Address, amount: bigint) => ({
  to: token,
  data: encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [to, amount] })
})
