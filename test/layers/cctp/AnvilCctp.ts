/** CCTP on two real nodes with the local Circle behind it, and the live layers in front. Started once, for all cases. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { Context, Effect, Layer, ManagedRuntime, Redacted } from "effect"
import { createWalletClient, erc20Abi, http, maxUint256, parseEther } from "viem"
import * as Address from "../../../src/domain/Address.ts"
import * as Usdc from "../../../src/domain/Usdc.ts"
import * as CctpBridgeLive from "../../../src/layers/cctp/CctpBridge.ts"
import * as EvmChain from "../../../src/layers/evm/EvmChain.ts"
import * as RpcEndpoint from "../../../src/layers/evm/RpcEndpoint.ts"
import * as LocalChain from "../../../src/layers/local/Chain.ts"
import * as CircleSettings from "../../../src/layers/local/CircleSettings.ts"
import * as Contracts from "../../../src/layers/local/Contracts.ts"
import * as UsdcWorld from "../../../src/layers/local/UsdcWorld.ts"
import { CctpWorld } from "../../../src/layers/testing/CctpWorld.ts"
import * as TransactionOutboxTest from "../../../src/layers/testing/TransactionOutboxTest.ts"
import type { Lane } from "../../../src/services/CctpBridge.ts"
import { BaseChain, type ChainName, EthereumChain } from "../../../src/services/Chain.ts"

const { wallet } = TransactionOutboxTest
const address = (text: string) => Address.make(text.toLowerCase())

export interface Local {
  readonly world: UsdcWorld.UsdcWorld
  readonly chains: Readonly<Record<ChainName, LocalChain.Chain>>
}

/** The local world behind the port, for what is beyond the contract suite. */
export class LocalCctp extends Context.Tag("ballast/test/LocalCctp")<LocalCctp, Local>() {}

const start = Effect.gen(function*() {
  const artifacts = yield* Contracts.load()
  // No block comes by itself while a suite runs.
  const blockTime = "1 day"
  const [ethereum, base] = yield* Effect.all([
    LocalChain.make({ name: "ethereum", chainId: 1, blockTime }),
    LocalChain.make({ name: "base", chainId: 8453, blockTime })
  ], { concurrency: 2 })
  const chains = { ethereum, base }
  const world = yield* UsdcWorld.make({
    chains,
    artifacts,
    wallet,
    shape: "orderbook",
    vaultUnits: 0n,
    grants: { ethereum: [], base: [] },
    settings: CircleSettings.make({ quirks: true })
  })
  return { world, chains }
})

const laneOf = ({ world: { cctp, usdc } }: Local): Lane => ({
  source: "ethereum",
  destination: "base",
  wallet,
  usdc: { ethereum: address(usdc.ethereum.address), base: address(usdc.base.address) },
  messenger: address(cctp.messenger),
  transmitter: address(cctp.transmitter)
})

const mine = ({ chains }: Local, blocks: number) =>
  Effect.orDie(
    Effect.forEach(
      Object.values(chains),
      (chain) => chain.attempt("mine", () => chain.client.mine({ blocks })),
      { discard: true, concurrency: 2 }
    )
  )

/** Sent from our wallet past the outbox, which takes its nonces from the chain. */
const approve = ({ chains: { ethereum }, world: { cctp, usdc } }: Local) =>
  ethereum.attempt("approving", async () => {
    await ethereum.client.impersonateAccount({ address: wallet })
    await createWalletClient({ account: wallet, transport: http(ethereum.url) }).writeContract({
      address: usdc.ethereum.address,
      abi: erc20Abi,
      functionName: "approve",
      args: [cctp.messenger, maxUint256],
      chain: null
    })
    await ethereum.client.mine({ blocks: 3 })
    await ethereum.client.stopImpersonatingAccount({ address: wallet })
  })

const driver = (local: Local): CctpWorld["Type"] => {
  const { chains, world: { circle, usdc } } = local
  return {
    lane: laneOf(local),
    give: (amount) =>
      Effect.orDie(Effect.all([
        chains.ethereum.fund(wallet, parseEther("10")),
        chains.base.fund(wallet, parseEther("10")),
        usdc.ethereum.mint(wallet, amount)
      ], { discard: true })),
    mine: (blocks) => mine(local, blocks),
    setAttesting: (isOn) => circle.change({ attesting: { isOn } }),
    expire: () => Effect.asVoid(mine(local, expiryBlocks)),
    mintAsStranger: (burnTx) => Effect.asVoid(Effect.orDie(circle.mintAsStranger("ethereum", burnTx))),
    effects: Effect.map(circle.history, ({ burns, mints }) => ({
      burned: burns.filter(({ depositor }) => address(depositor) === wallet).map(({ amount }) =>
        Usdc.fromUnits(amount)
      ),
      minted: mints.filter(({ recipient }) => address(recipient) === wallet).map(({ amount }) => Usdc.fromUnits(amount))
    }))
  }
}

/** Of the destination, so that a message can be made to expire. */
const expiryBlocks = 200

const chainLayers = ({ chains }: Local) => {
  const options = (name: ChainName, chainId: number) => ({
    chainId,
    confirmations: 3,
    timeout: "5 seconds",
    endpoints: [RpcEndpoint.http(Redacted.make(chains[name].url))] as const
  } as const)
  return Context.make(EthereumChain, EvmChain.make("ethereum", options("ethereum", 1))).pipe(
    Context.add(BaseChain, EvmChain.make("base", options("base", 8453)))
  )
}

const nodes = Layer.scopedContext(Effect.gen(function*() {
  const local = yield* start
  yield* local.world.circle.change({ attesting: { expiryBlocks } })
  yield* Effect.all([
    local.chains.ethereum.fund(wallet, parseEther("10")),
    local.chains.base.fund(wallet, parseEther("10"))
  ])
  yield* approve(local)
  return chainLayers(local).pipe(Context.add(LocalCctp, local), Context.add(CctpWorld, driver(local)))
}))

export const runtime = () => ManagedRuntime.make(nodes)

/** The nodes of the runtime, and everything else anew. */
export const shared = (
  runtime: ManagedRuntime.ManagedRuntime<CctpWorld | LocalCctp | EthereumChain | BaseChain, unknown>
) => {
  const world = Layer.effectContext(Effect.map(Effect.orDie(runtime.runtimeEffect), ({ context }) => context))
  return Layer.unwrapEffect(Effect.map(LocalCctp, ({ world: { circle } }) =>
    CctpBridgeLive.layer({
      apiUrl: circle.url,
      timeout: "5 seconds",
      feeMargin: 200_000n,
      maxFeeBps: 20_000_000n
    }))).pipe(
      Layer.provide(FetchHttpClient.layer),
      Layer.provideMerge(TransactionOutboxTest.over()),
      Layer.provideMerge(world)
    )
}
