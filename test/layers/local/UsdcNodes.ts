/** The USDC side of the local world on two nodes, and everybody's hands on it: any account sends anything. Blocks come when they are mined. */
import { Context, Effect, Layer, Option, Schema } from "effect"
import { type Address, encodeFunctionData, getAddress, type Hex, maxUint256, parseAbi, parseEther } from "viem"
import { Hex as HexText } from "../../../src/domain/Hex.ts"
import * as RevertReason from "../../../src/layers/evm/RevertReason.ts"
import * as Chain from "../../../src/layers/local/Chain.ts"
import * as CircleSettings from "../../../src/layers/local/CircleSettings.ts"
import * as Contracts from "../../../src/layers/local/Contracts.ts"
import * as UsdcDeployment from "../../../src/layers/local/UsdcDeployment.ts"
import * as UsdcWorld from "../../../src/layers/local/UsdcWorld.ts"
import type { ChainName } from "../../../src/services/Chain.ts"
import { rpc } from "./Client.ts"

/** As Circle and Rain write it down: external-apis 3.2, 4.1, 4.2. */
export const abi = parseAbi([
  "function transfer(address to, uint256 value) returns (bool)",
  "function approve(address spender, uint256 value) returns (bool)",
  "function transferFrom(address from, address to, uint256 value) returns (bool)",
  "function mint(address to, uint256 amount) returns (bool)",
  "function burn(uint256 amount)",
  "function balanceOf(address account) view returns (uint256)",
  "function allowance(address owner, address spender) view returns (uint256)",
  "function minterAllowance(address minter) view returns (uint256)",
  "function isBlacklisted(address account) view returns (bool)",
  "function paused() view returns (bool)",
  "function depositForBurn(uint256 amount, uint32 destinationDomain, bytes32 mintRecipient, address burnToken, bytes32 destinationCaller, uint256 maxFee, uint32 minFinalityThreshold)",
  "function depositForBurnWithHook(uint256 amount, uint32 destinationDomain, bytes32 mintRecipient, address burnToken, bytes32 destinationCaller, uint256 maxFee, uint32 minFinalityThreshold, bytes hookData)",
  "function getMinFeeAmount(uint256 amount) view returns (uint256)",
  "function receiveMessage(bytes message, bytes attestation) returns (bool success)",
  "function usedNonces(bytes32 nonce) view returns (uint256)",
  "function deposit4(address token, bytes32 vaultId, bytes32 depositAmount, ((address interpreter, address store, bytes bytecode) evaluable, (address signer, bytes32[] context, bytes signature)[] signedContext)[] tasks)",
  "function withdraw4(address token, bytes32 vaultId, bytes32 targetAmount, ((address interpreter, address store, bytes bytecode) evaluable, (address signer, bytes32[] context, bytes signature)[] signedContext)[] tasks)",
  "function vaultBalance2(address owner, address token, bytes32 vaultId) view returns (bytes32)",
  "function OPERATOR_ROLE() view returns (bytes32)",
  "function hasRole(bytes32 role, address account) view returns (bool)",
  "function RAINDEX() view returns (address)"
])

/** The topics of the events that matter: external-apis 3.2, 4.2, and ERC-20. */
const topics = {
  "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef": "Transfer",
  "0x8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925": "Approval",
  "0xab8530f87dc9b59234c4623bf917212bb2536d647574c8e7e5da92c2ede0c9f8": "Mint",
  "0xcc16f5dbb4873280815c1ee09dbd06736cffcc184412cf7a71a0fdb75d397ca5": "Burn",
  "0x8c5261668696ce22758910d05bab8f186d6eb247ceac2af2e82c7dc17669b036": "MessageSent",
  "0x0c8c1cbdc5190613ebd485511d4e2812cfa45eecb79d845893331fedad5130a5": "DepositForBurn",
  "0xff48c13eda96b1cceacc6b9edeedc9e9db9d6226afbc30146b720c19d3addb1c": "MessageReceived",
  "0x50c55e915134d457debfa58eb6f4342956f8b0616d51a89a3659360178e1ab63": "MintAndWithdraw",
  "0x7f9dfa19cf1cc2f806f2f860fbc9c056b601fb1afc0e9b843dfe5c63616268e6": "DepositV2",
  "0x8045c25080b0868951141ed0a91720bcad09a8364a2b3109ee1fd49c1f0bc8b8": "WithdrawV2",
  "0xa507aac739d4f580d86e1e34ebb6bd0bbd130d687ada88539711c645fd2b5480": "OperatorDeposit",
  "0x50539c01596e1068221f68fffa4b27891c8ec42281472a03345e76561d4cfc44": "OperatorWithdraw"
} as const

/** The account that all of it is about. */
export const { address: wallet } = Chain.wallet("own")
export const { address: stranger } = Chain.wallet("nobody in particular")

export const usdc = 1_000_000n
/** What our wallet has on each chain at first, and lets CCTP and both shapes of a vault take. */
export const granted = 1000n * usdc

/** An address as CCTP writes it. */
export const word = (address: Address): Hex => `0x${address.slice(2).toLowerCase().padStart(64, "0")}`

export interface Nodes {
  readonly world: UsdcWorld.UsdcWorld
  readonly plan: UsdcDeployment.Plan
  readonly chains: Readonly<Record<ChainName, Chain.Chain>>
}

export class UsdcNodes extends Context.Tag("test/UsdcNodes")<UsdcNodes, Nodes>() {}

export interface Transaction {
  readonly from: Address
  /** Left out to deploy. */
  readonly to?: Address
  readonly data: Hex
}

const Receipt = Schema.Struct({
  transactionHash: HexText,
  status: Schema.Literal("0x1", "0x0"),
  gasUsed: Schema.NumberFromString,
  logs: Schema.Array(Schema.Struct({ address: HexText, topics: Schema.NonEmptyArray(HexText), data: HexText }))
})
export type Receipt = typeof Receipt.Type

const send = (chain: Chain.Chain, method: string, params: ReadonlyArray<unknown>) =>
  Effect.orDie(Effect.map(rpc(chain.url, method, params), ({ body }) => body))

/** An answer that is none of this kind is a fault of the test. */
const ask = <A, I>(chain: Chain.Chain, result: Schema.Schema<A, I>, method: string, params: ReadonlyArray<unknown>) =>
  Effect.flatMap(send(chain, method, params), (body) =>
    Effect.catchAll(
      Schema.decodeUnknown(result)(body["result"]),
      () => Effect.dieMessage(`${method} on ${chain.name}: ${JSON.stringify(body)}`)
    ))

/** Mined in a block of its own, whether it reverts or not. */
export const mined = (chain: Chain.Chain, transaction: Transaction) =>
  Effect.gen(function*() {
    const hash = yield* ask(chain, HexText, "eth_sendTransaction", [{ ...transaction, gas: "0x7a120" }])
    yield* chain.mine
    return yield* ask(chain, Receipt, "eth_getTransactionReceipt", [hash])
  })

/** Mined, and must succeed. */
export const done = (chain: Chain.Chain, ...transactions: ReadonlyArray<Transaction>) =>
  Effect.forEach(
    transactions,
    (transaction) =>
      Effect.flatMap(mined(chain, transaction), (receipt) =>
        receipt.status === "0x1"
          ? Effect.succeed(receipt)
          : Effect.flatMap(revert(chain, transaction), (data) => Effect.dieMessage(`reverted: ${words(data)}`)))
  )

const Refused = Schema.Struct({ data: HexText })
const Reverts = Schema.Struct({ error: Refused })

/** The data that a call reverts with. Fails if it does not. */
export const revert = (chain: Chain.Chain, transaction: Transaction) =>
  Effect.flatMap(
    send(chain, "eth_call", [transaction, "latest"]),
    (body) =>
      Schema.decodeUnknown(Reverts)(body).pipe(
        Effect.map(({ error }) => error.data),
        Effect.catchAll(() => Effect.dieMessage(`does not revert: ${JSON.stringify(body)}`))
      )
  )

/** What the data of a revert says; nothing if it is empty. */
export const words = (data: Hex) => Option.getOrElse(RevertReason.decode(data), () => data === "0x" ? "" : data)

export const said = (chain: Chain.Chain, transaction: Transaction) => Effect.map(revert(chain, transaction), words)

/** A view's answer. */
export const read = (chain: Chain.Chain, to: Address, data: Hex) =>
  ask(chain, HexText, "eth_call", [{ to, data }, "latest"])

/** What is done meanwhile has not been. */
export const aside = <A, E, R>(chain: Chain.Chain, run: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    ask(chain, Schema.String, "evm_snapshot", []),
    () => run,
    (id) => (ask(chain, Schema.Literal(true), "evm_revert", [id]))
  )

export const setCode = (chain: Chain.Chain, address: Address, code: Hex) =>
  send(chain, "anvil_setCode", [address, code])

/** By name, with the contract it is of if that is a known one. */
export const events = ({ plan }: Nodes, chain: ChainName, { logs }: Receipt) => {
  const places = {
    USDC: plan.usdc[chain],
    transmitter: plan.transmitter,
    messenger: plan.messenger,
    ...(chain === "base" ? { orderBook: plan.orderBook, inventory: plan.inventory } : {})
  }
  const names: Readonly<Record<string, string>> = topics
  return logs.map(({ address, topics: [topic] }) => {
    const place = Object.entries(places).find(([, place]) => place === getAddress(address))?.[0] ?? address
    return `${place} ${names[topic] ?? topic}`
  })
}

/** A transaction that lets a spender take that much of our USDC. */
export const approval = ({ plan }: Pick<Nodes, "plan">, chain: ChainName, spender: Address, units = maxUint256) => ({
  from: wallet,
  to: plan.usdc[chain],
  data: encodeFunctionData({ abi, functionName: "approve", args: [spender, units] })
})

export const balanceOf = ({ chains, plan }: Nodes, chain: ChainName, owner: Address) =>
  Effect.map(
    read(chains[chain], plan.usdc[chain], encodeFunctionData({ abi, functionName: "balanceOf", args: [owner] })),
    BigInt
  )

const start = Effect.gen(function*() {
  const artifacts = yield* Contracts.load()
  const blockTime = "1 day"
  const [ethereum, base] = yield* Effect.all([
    Chain.make({ name: "ethereum", chainId: 1, blockTime }),
    Chain.make({ name: "base", chainId: 8453, blockTime })
  ], { concurrency: 2 })
  const chains = { ethereum, base }
  const world = yield* UsdcWorld.make({
    chains,
    artifacts,
    wallet,
    shape: "orderbook",
    vaultUnits: 0n,
    grants: { ethereum: [{ to: wallet, units: granted }], base: [{ to: wallet, units: granted }] },
    settings: CircleSettings.make({ quirks: false })
  })
  for (const chain of [ethereum, base]) {
    yield* chain.fund(wallet, parseEther("100"))
    yield* chain.fund(stranger, parseEther("100"))
    yield* send(chain, "anvil_autoImpersonateAccount", [true])
  }
  const nodes = { chains, world, plan: UsdcDeployment.plan(Chain.wallet) }
  const { inventory, messenger, orderBook } = nodes.plan
  yield* done(ethereum, approval(nodes, "ethereum", messenger))
  yield* done(base, ...[orderBook, inventory].map((spender) => approval(nodes, "base", spender)))
  return nodes
})

/** Started once for a file. */
export const layer = Layer.scoped(UsdcNodes, start)
