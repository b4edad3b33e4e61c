/** The world of the contract suites on two real nodes, with the live layers in front of it. Started once, for all cases. */
import { Context, Effect, Layer, ManagedRuntime, Redacted } from "effect"
import {
  concat,
  createTestClient,
  encodeDeployData,
  type Hex,
  http,
  keccak256,
  numberToHex,
  pad,
  publicActions,
  stringToHex,
  walletActions
} from "viem"
import * as Address from "../../../src/domain/Address.ts"
import * as TxHash from "../../../src/domain/TxHash.ts"
import * as EvmChain from "../../../src/layers/evm/EvmChain.ts"
import * as RpcEndpoint from "../../../src/layers/evm/RpcEndpoint.ts"
import * as Anvil from "../../../src/layers/local/Anvil.ts"
import * as Contracts from "../../../src/layers/local/Contracts.ts"
import { type ChainDriver, ChainWorld } from "../../../src/layers/testing/ChainWorld.ts"

const addressOf = (name: string) => Address.make(`0x${keccak256(stringToHex(name)).slice(-40)}`)

const token = addressOf("token")
const otherToken = addressOf("other token")
const reverter = addressOf("reverter")
const batch = addressOf("batch")

/**
 * A token in 70 bytes. 36 bytes of data (`balanceOf(address)`): answers the storage slot of that number. Otherwise the
 * data is (from, to, amount), and it emits Transfer.
 */
const tokenCode: Hex = `0x${
  [
    "3660241460 3b 57", // calldatasize == 36 ? goto 3b
    "6020 6040 6000 37", // memory[0] = amount
    "602035 600035", // to, from
    `7f${keccak256(stringToHex("Transfer(address,address,uint256)")).slice(2)}`,
    "6020 6000 a3 00", // log3, stop
    "5b 600435 54 6000 52 6020 6000 f3" // 3b: return storage[data[4]]
  ].join("").replaceAll(" ", "")
}`

/** Data: any number of (token, from, to, amount). Calls each token with the other three. */
const batchCode: Hex = `0x${
  [
    "6000 5b", // i = 0; 02:
    "36 81 10 15 6028 57", // i < calldatasize or goto 28
    "6060 81 6020 01 6000 37", // memory[0..96] = data[i + 32..]
    "6000 6000 6060 6000 6000 85 35 5a f1 50", // call(data[i], memory[0..96])
    "6080 01 6002 56", // i += 128; goto 02
    "5b 00" // 28: stop
  ].join("").replaceAll(" ", "")
}`

const alwaysReverts: Hex = "0x60006000fd"

const start = (chainId: number) =>
  Effect.gen(function*() {
    const { EquityToken } = yield* Contracts.load()
    // No block comes by itself while a suite runs.
    const anvil = yield* Anvil.make({ chainId, blockTime: "1 day" })
    const client = createTestClient({ mode: "anvil", transport: http(anvil.url, { retryCount: 0 }), cacheTime: 0 })
      .extend(publicActions).extend(walletActions)
    const run = <A>(action: () => Promise<A>) => Effect.orDie(Effect.tryPromise(action))
    const [sender] = yield* run(() => client.getAddresses())
    if (sender === undefined) return yield* Effect.dieMessage("the node has no account")

    /** Sends, and mines it: gas is given, since estimating refuses what will revert. */
    const send = (to: Address.Address, data: Hex) =>
      run(async () => {
        const hash = await client.sendTransaction({ account: sender, to, data, gas: 500_000n, chain: null })
        await client.mine({ blocks: 1 })
        return TxHash.make(hash)
      })

    yield* run(async () => {
      await client.setCode({ address: token, bytecode: tokenCode })
      await client.setCode({ address: otherToken, bytecode: tokenCode })
      await client.setCode({ address: reverter, bytecode: alwaysReverts })
      await client.setCode({ address: batch, bytecode: batchCode })
      await client.mine({ blocks: 1 })
    })

    const deployed = yield* run(async () => {
      const data = encodeDeployData({
        abi: Contracts.equityTokenAbi,
        bytecode: EquityToken.bytecode,
        args: ["Tokenized TEST", "tTEST", 18]
      })
      const hash = await client.sendTransaction({ account: sender, data, gas: 5_000_000n, chain: null })
      await client.mine({ blocks: 1 })
      return client.getTransactionReceipt({ hash })
    })
    const equity = Address.make((deployed.contractAddress ?? "").toLowerCase())
    /** Storage of EquityToken, in the order of its declarations. */
    const slots = { paused: 2n, balanceOf: 4n }
    const store = (index: Hex, value: bigint) =>
      run(() => client.setStorageAt({ address: equity, index, value: pad(numberToHex(value)) }))

    // anvil computes the base fee of each block from the one before it.
    let baseFee: bigint | undefined
    const mine = async (blocks: number) => {
      if (baseFee === undefined) return client.mine({ blocks })
      for (let i = 0; i < blocks; i++) {
        await client.setNextBlockBaseFeePerGas({ baseFeePerGas: baseFee })
        await client.mine({ blocks: 1 })
      }
    }

    const driver: ChainDriver = {
      chainId,
      token,
      otherToken,
      equity,
      reverter,
      mine: (blocks) => run(() => mine(blocks)),
      transfer: (...transfers) =>
        send(
          batch,
          `0x${
            transfers.flatMap(({ from, to, token, units }) => [token, from, to, numberToHex(units)])
              .map((value) => pad(value.toLowerCase() as Hex).slice(2)).join("")
          }`
        ),
      revert: send(reverter, "0x"),
      reorganise: (depth) =>
        run(async () => {
          await client.request({ method: "anvil_reorg", params: [depth, []] } as never)
        }),
      forgetPool: run(async () => {
        await client.request({ method: "anvil_dropAllTransactions", params: [] } as never)
      }),
      setBaseFee: (wei) =>
        Effect.sync(() => {
          baseFee = wei
        }),
      giveEquity: (owner, units) =>
        store(keccak256(concat([pad(owner.toLowerCase() as Hex), pad(numberToHex(slots.balanceOf))])), units),
      pauseEquity: (isPaused) => store(pad(numberToHex(slots.paused)), isPaused ? 1n : 0n),
      sent: (owner) =>
        run(async () => {
          const logs = await client.getContractEvents({
            abi: Contracts.equityTokenAbi,
            address: equity,
            eventName: "Transfer",
            args: { from: owner },
            strict: true,
            fromBlock: 0n
          })
          return logs.map(({ args }) => ({ to: Address.make(args.to), units: args.value }))
        }),
      setBalance: (address, value) => run(() => client.setBalance({ address, value })),
      setTokenBalance: (token, owner, units) =>
        run(() =>
          client.setStorageAt({
            address: token,
            index: pad(owner.toLowerCase() as Hex),
            value: pad(numberToHex(units))
          })
        )
    }
    return { driver, url: anvil.url }
  })

const options = (chainId: number, confirmations: number, url: string): EvmChain.Options => ({
  chainId,
  confirmations,
  timeout: "5 seconds",
  endpoints: [RpcEndpoint.http(Redacted.make(url))]
})

/** Both chains, live, over two nodes. */
const chains = Layer.unwrapScoped(Effect.gen(function*() {
  const [ethereum, base] = yield* Effect.all([start(1), start(8453)], { concurrency: "unbounded" })
  return Layer.mergeAll(
    EvmChain.layerEthereum(options(1, 3, ethereum.url)),
    EvmChain.layerBase(options(8453, 10, base.url)),
    Layer.succeedContext(Context.make(ChainWorld, { ethereum: ethereum.driver, base: base.driver }))
  )
}))

/** Two nodes for all tests of a file: each transaction has a hash of its own, so that they do not meet. */
export const runtime = () => ManagedRuntime.make(chains)

export const shared = (nodes: ReturnType<typeof runtime>) =>
  Layer.effectContext(Effect.suspend(() => Effect.map(nodes.runtimeEffect, ({ context }) => context)))
