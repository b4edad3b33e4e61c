/** Vaults of both shapes on one real node, with the local world's contracts and the live chain in front. Started once, for all cases. */
import { Context, Effect, Layer, ManagedRuntime, Redacted } from "effect"
import { parseEther } from "viem"
import * as Address from "../../../src/domain/Address.ts"
import * as Float from "../../../src/domain/Float.ts"
import * as Usdc from "../../../src/domain/Usdc.ts"
import * as EvmChain from "../../../src/layers/evm/EvmChain.ts"
import * as RpcEndpoint from "../../../src/layers/evm/RpcEndpoint.ts"
import * as VaultLive from "../../../src/layers/evm/Vault.ts"
import * as LocalChain from "../../../src/layers/local/Chain.ts"
import * as Contracts from "../../../src/layers/local/Contracts.ts"
import * as RainVault from "../../../src/layers/local/RainVault.ts"
import * as UsdcDeployment from "../../../src/layers/local/UsdcDeployment.ts"
import * as UsdcToken from "../../../src/layers/local/UsdcToken.ts"
import * as TransactionOutboxTest from "../../../src/layers/testing/TransactionOutboxTest.ts"
import { VaultWorld } from "../../../src/layers/testing/VaultWorld.ts"
import { BaseChain, EthereumChain } from "../../../src/services/Chain.ts"

const address = (text: string) => Address.make(text.toLowerCase())

const start = Effect.gen(function*() {
  const { wallet } = TransactionOutboxTest
  const artifacts = yield* Contracts.load()
  // No block comes by itself while a suite runs.
  const chain = yield* LocalChain.make({ name: "base", chainId: 8453, blockTime: "1 day" })
  const plan = UsdcDeployment.plan(LocalChain.wallet)
  yield* chain.fund(plan.owner.address, parseEther("1000"))
  yield* UsdcDeployment.toBase({
    plan,
    artifacts,
    chain,
    grants: [],
    operator: wallet,
    vaultOwner: wallet,
    vaultUnits: 0n
  })
  return { chain, plan }
})
type Started = Effect.Effect.Success<typeof start>

const driver = ({ chain, plan }: Started, shape: RainVault.Shape): VaultWorld["Type"] => {
  const { wallet } = TransactionOutboxTest
  const usdc = UsdcToken.make({ address: plan.usdc.base, chain, owner: plan.owner })
  const vault = (vaultId: `0x${string}`) => RainVault.make({ chain, plan: { ...plan, vaultId }, shape, wallet })
  const { contract, orderBook, owner } = vault(plan.vaultId)
  return {
    token: address(usdc.address),
    vault: {
      contract: address(contract),
      reader: address(orderBook),
      spender: address(contract),
      owner: address(owner)
    },
    paysPartly: shape === "orderbook",
    mine: (blocks) => Effect.orDie(chain.attempt("mine", () => chain.client.mine({ blocks }))),
    giveGas: (owner) => Effect.orDie(chain.fund(owner, parseEther("1"))),
    giveUsdc: (owner, amount) => Effect.orDie(usdc.mint(owner, amount)),
    usdcOf: (owner) => Effect.orDie(Effect.map(usdc.balanceOf(owner), Usdc.fromUnits)),
    trade: (id, { coefficient, exponent }) => Effect.orDie(vault(id).trade(coefficient, Number(exponent))),
    holding: (id) => Effect.orDie(Effect.flatMap(vault(id).float, Float.fromHex))
  }
}

/** Both shapes on one orderbook: each case has a vault of its own. */
export class Vaults
  extends Context.Tag("test/Vaults")<Vaults, Readonly<Record<RainVault.Shape, VaultWorld["Type"]>>>()
{}

const nodes = Layer.scopedContext(Effect.map(start, (started) => {
  const options = {
    chainId: 8453,
    confirmations: 3,
    timeout: "5 seconds",
    endpoints: [RpcEndpoint.http(Redacted.make(started.chain.url))]
  } as const
  const nobody = { ...options, chainId: 1, endpoints: [RpcEndpoint.http(Redacted.make("http://127.0.0.1:1"))] } as const
  return Context.make(BaseChain, EvmChain.make("base", options)).pipe(
    Context.add(EthereumChain, EvmChain.make("ethereum", nobody)),
    Context.add(Vaults, { orderbook: driver(started, "orderbook"), inventory: driver(started, "inventory") })
  )
}))

export const runtime = () => ManagedRuntime.make(nodes)

/** The node of the runtime, everything else anew, and the vaults of one shape. */
export const shared = (
  runtime: ManagedRuntime.ManagedRuntime<Vaults | EthereumChain | BaseChain, unknown>,
  shape: RainVault.Shape
) => {
  const world = Layer.effectContext(Effect.map(Effect.orDie(runtime.runtimeEffect), ({ context }) => context))
  return Layer.mergeAll(VaultLive.layer, Layer.effect(VaultWorld, Effect.map(Vaults, (vaults) => vaults[shape]))).pipe(
    Layer.provideMerge(TransactionOutboxTest.over()),
    Layer.provideMerge(world)
  )
}
