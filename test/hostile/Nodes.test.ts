/** Everything that reads what a node answers. */
import { describe, it } from "@effect/vitest"
import { Effect, Either, FastCheck as fc, Option, Redacted, Schema } from "effect"
import { concat, encodeAbiParameters, encodeErrorResult, encodeEventTopics, parseAbi } from "viem"
import * as Viem from "viem"
import { expect } from "vitest"
import * as Address from "../../src/domain/Address.ts"
import * as CctpMessage from "../../src/domain/CctpMessage.ts"
import { Hex } from "../../src/domain/Hex.ts"
import * as TokenAmount from "../../src/domain/TokenAmount.ts"
import * as TxHash from "../../src/domain/TxHash.ts"
import * as Usdc from "../../src/domain/Usdc.ts"
import { messengerAbi, transmitterAbi, word } from "../../src/layers/cctp/Abi.ts"
import * as Attesting from "../../src/layers/cctp/Attesting.ts"
import * as Logs from "../../src/layers/cctp/Logs.ts"
import * as Reads from "../../src/layers/cctp/Reads.ts"
import * as BroadcastAnswer from "../../src/layers/evm/BroadcastAnswer.ts"
import * as Erc20Reads from "../../src/layers/evm/Erc20Reads.ts"
import * as EvmChain from "../../src/layers/evm/EvmChain.ts"
import * as RevertReason from "../../src/layers/evm/RevertReason.ts"
import * as RpcEndpoint from "../../src/layers/evm/RpcEndpoint.ts"
import * as RpcFailure from "../../src/layers/evm/RpcFailure.ts"
import * as TransferLogs from "../../src/layers/evm/TransferLogs.ts"
import * as VaultReads from "../../src/layers/evm/VaultReads.ts"
import * as Message from "../../src/layers/testing/CctpTestMessage.ts"
import type { Chain, ChainError, ChainView, Receipt } from "../../src/services/Chain.ts"
import * as Hostile from "./Hostile.ts"
import { expectTold, judge } from "./Judgement.ts"

const apiKey = "rpc-key-12fd"
const url = `https://node.test/v2/${apiKey}`
const fit = { secrets: [apiKey] }

const address = (digit: string) => Address.make(`0x${digit.repeat(40)}`)
const [wallet, ethereumUsdc, baseUsdc, messenger, transmitter] = [
  address("1"),
  address("2"),
  address("3"),
  address("4"),
  address("5")
]
const lane = {
  source: "base",
  destination: "ethereum",
  wallet,
  usdc: { ethereum: ethereumUsdc, base: baseUsdc },
  messenger,
  transmitter
} as const
const attested = Message.make({
  lane,
  amount: Usdc.fromUnits(1_000_000_000n),
  finality: "fast",
  maxFee: Usdc.fromUnits(200_000n),
  fee: Usdc.fromUnits(100_000n),
  nonce: Message.nonce(7),
  edition: 1
})
const txHash = TxHash.make(`0x${"ab".repeat(32)}`)
const raw = "0x02abcd"
const token = { chain: "base", address: baseUsdc, decimals: 6 } as const
const vault = { id: `0x${"07".repeat(32)}`, owner: wallet, reader: address("6") } as const
const mintable = {
  message: attested,
  attestation: "0x00",
  nonce: Message.nonce(7),
  burn: {
    burnTx: txHash,
    burned: Usdc.fromUnits(1_000_000_000n),
    maxFee: Usdc.fromUnits(200_000n),
    destinationBlock: 0n
  }
} as const

const words = (...values: ReadonlyArray<bigint>) => concat(values.map((value) => Viem.numberToHex(value, { size: 32 })))
const one = words(1n)

const logs = [
  {
    address: baseUsdc.toLowerCase(),
    topics: [TransferLogs.transferTopic, word(messenger), word(wallet)],
    data: words(7n)
  },
  {
    address: messenger,
    topics: encodeEventTopics({
      abi: messengerAbi,
      eventName: "DepositForBurn",
      args: { burnToken: baseUsdc, depositor: wallet, minFinalityThreshold: 1000 }
    }),
    data: words(1_000_000_000n, BigInt(wallet), 0n, BigInt(messenger), 0n, 200_000n, 256n, 0n)
  },
  {
    address: transmitter,
    topics: encodeEventTopics({ abi: transmitterAbi, eventName: "MessageSent" }),
    data: encodeAbiParameters([{ type: "bytes" }], [attested])
  }
]
const receipt = { transactionHash: txHash, status: "0x1", blockNumber: "0x10", logs }
const block = { number: "0x20", baseFeePerGas: "0x5", hash: txHash }
const minedLogs = logs.map((log) => ({ ...log, transactionHash: txHash, blockNumber: "0x10", removed: false }))
const transactions = {
  transactions: [{ hash: txHash, from: wallet, nonce: "0x1", to: messenger, input: "0xabcd", value: "0x0" }]
}

/** What the logs say is read with them: it must not break on what the schema lets through. */
const readLogs = ({ logs }: Pick<Receipt, "logs">) => {
  const isAmounts = [
    TransferLogs.received(logs, { token: baseUsdc, recipient: wallet }),
    TransferLogs.gained(logs, { token: baseUsdc, owner: wallet })
  ].every((read) =>
    Either.match(read, { onLeft: (problem) => problem.length < 200, onRight: (n) => typeof n === "bigint" })
  )
  const burns = Logs.burns(lane, logs)
  return isAmounts && burns.every(({ burned, maxFee }) => isUsdc(burned) && isUsdc(maxFee)) &&
    Logs.messages(lane, Usdc.fromUnits(1_000_000_000n), logs).every(isHex) &&
    Option.match(Logs.minted(lane, mintable, logs), { onNone: () => true, onSome: ({ received }) => isUsdc(received) })
}

const isHex = Schema.is(Hex)
const isAmount = Schema.is(Schema.typeSchema(TokenAmount.TokenAmount))
const isUsdc = Schema.is(Schema.typeSchema(Usdc.Usdc))
const isAddress = Schema.is(Schema.typeSchema(Address.Address))
const isUint256 = (value: unknown) => typeof value === "bigint" && value >= 0n && value < 2n ** 256n
const isCount = (value: unknown) => Number.isSafeInteger(value)
const isBoolean = (value: unknown) => typeof value === "boolean"

interface Read {
  readonly method: string
  readonly golden: unknown
  readonly run: (chain: Chain) => Promise<"value" | "failure">
}

const ofChain = <A>(
  method: string,
  golden: unknown,
  call: (chain: Chain) => Effect.Effect<A, { readonly message: string }>,
  is: (value: A) => boolean
): Read => ({ method, golden, run: (chain) => judge(call(chain), is, fit) })

/** `eth_call` and what is like it. */
const ofView = <A>(
  method: string,
  golden: unknown,
  call: (view: ChainView) => Effect.Effect<A, ChainError>,
  is: (value: A) => boolean
): Read => ofChain(method, golden, (chain) => chain.look(call), is)

const reads: Readonly<Record<string, Read>> = {
  "chain id": ofChain("eth_chainId", "0x2105", (chain) => chain.chainId, isCount),
  head: ofView("eth_getBlockByNumber", block, ({ head }) => Effect.succeed(head.number), isUint256),
  receipt: ofChain(
    "eth_getTransactionReceipt",
    receipt,
    (chain) => chain.receipt(txHash),
    (found) => Option.match(found, { onNone: () => true, onSome: readLogs })
  ),
  logs: ofChain(
    "eth_getLogs",
    minedLogs,
    (chain) => chain.logs({ address: baseUsdc, topics: [TransferLogs.transferTopic], fromBlock: 0n, toBlock: 9n }),
    (logs) => readLogs({ logs })
  ),
  transactions: ofChain(
    "eth_getBlockByNumber",
    transactions,
    (chain) => chain.transactions(7n),
    (found) => found.every(({ nonce }) => isCount(nonce))
  ),
  nonce: ofView("eth_getTransactionCount", "0x7", (view) => view.nonce(wallet, "latest"), isCount),
  code: ofView("eth_getCode", "0x6001", (view) => view.code(wallet), isHex),
  balance: ofView("eth_getBalance", "0x7", (view) => view.balance(wallet), isUint256),
  gas: ofView("eth_estimateGas", "0x5208", (view) => view.estimateGas({ to: wallet, data: "0x" }), isUint256),
  "priority fee": ofView("eth_maxPriorityFeePerGas", "0x5", (view) => view.priorityFee, isUint256),
  "balance of a token": ofView("eth_call", one, (view) => Erc20Reads.balance(view, token, wallet), isAmount),
  "balance of a vault": ofView("eth_call", one, (view) => VaultReads.balance(view, vault, baseUsdc), isUsdc),
  "a transmitter": ofView("eth_call", one, (view) => Reads.transmitterOf(view, "base", messenger), isAddress),
  "a limit of burns": ofView("eth_call", one, (view) => Reads.burnLimit(view, "base", messenger, baseUsdc), isUsdc),
  "a least fee": ofView("eth_call", one, (view) => Reads.leastFee(view, lane, Usdc.fromUnits(1n)), isUsdc),
  "a used nonce": ofView("eth_call", one, (view) => Reads.isUsed(view, lane, mintable.nonce), isBoolean),
  broadcast: ofChain("eth_sendRawTransaction", txHash, (chain) => chain.broadcast(raw), ({ answer, detail }) => {
    expectTold(detail, fit)
    return answer !== "Accepted"
  })
}

const golden: Readonly<Record<string, unknown>> = { eth_chainId: "0x2105", eth_getBlockByNumber: block }

/** Bent is the answer to one method alone. */
const chainOf = (method: string, answer: () => Response) => {
  const transport = Viem.http(url, {
    fetchFn: (_, init) => {
      const asked = JSON.parse(String(init?.body))
      return Promise.resolve(
        asked.method === method
          ? answer()
          : Response.json({ jsonrpc: "2.0", id: asked.id, result: golden[asked.method] })
      )
    }
  })
  const endpoint = {
    ...RpcEndpoint.fromTransport("https://node.test", transport),
    redact: RpcEndpoint.http(Redacted.make(url)).redact
  }
  return EvmChain.make("base", { endpoints: [endpoint], chainId: 8453, confirmations: 1, timeout: "5 seconds" })
}

const answerOf = (envelope: unknown, recipe: Hostile.Recipe, status = 200) => () =>
  new Response(Hostile.bytes(envelope, recipe), { status, headers: { "content-type": "application/json" } })

describe("a typed error or a value that is one", () => {
  for (const [name, { golden, method, run }] of Object.entries(reads)) {
    it(name, async () => {
      const envelope = { jsonrpc: "2.0", id: 1, result: golden }
      expect(await run(chainOf(method, answerOf(envelope, Hostile.straight)))).toBe("value")
      for (const recipe of Hostile.everywhere(envelope)) await run(chainOf(method, answerOf(envelope, recipe)))
      await fc.assert(
        fc.asyncProperty(Hostile.recipe, async (recipe) => void await run(chainOf(method, answerOf(envelope, recipe)))),
        { numRuns: 20 }
      )
    })
  }
})

const errors = parseAbi([
  "error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)",
  "error Error(string why)"
])
const refusals = [
  {
    code: 3,
    message: "execution reverted: paused",
    data: encodeErrorResult({ abi: errors, args: ["paused \u001b[2J"], errorName: "Error" })
  },
  {
    code: -32000,
    message: "nonce too low: next nonce 7, tx nonce 3",
    data: encodeErrorResult({ abi: errors, errorName: "ERC20InsufficientBalance", args: [wallet, 1n, 2n] })
  },
  { code: -32015, message: "VM execution error", data: { originalError: { data: "Reverted 0x08c379a0" } } }
]

describe("what a node refuses", () => {
  it("is read, and told, whatever it says", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...refusals),
        Hostile.recipe,
        fc.constantFrom(200, 400, 429, 500, 503),
        fc.constantFrom("gas", "broadcast", "receipt"),
        async (error, recipe, status, name) => {
          const read = reads[name]
          await read?.run(chainOf(read.method, answerOf({ jsonrpc: "2.0", id: 1, error }, recipe, status)))
        }
      ),
      { numRuns: 60 }
    )
  })

  it("also where it is no error at all", () => {
    fc.assert(
      fc.property(fc.anything(), Hostile.word, fc.boolean(), (anything, word, isWord) => {
        const failure = RpcFailure.read(isWord ? { message: Hostile.said(word), cause: anything } : anything)
        RpcFailure.isForgotten(failure)
        BroadcastAnswer.classify(failure)
        expectTold(RpcEndpoint.http(Redacted.make(url)).redact(failure.text), fit)
      })
    )
    const ring = new Error("a ring")
    ring.cause = ring
    expect(RpcFailure.read(ring).isRevert).toBe(false)
    expect(RpcFailure.read({ toString: false }).text).toContain("cannot be shown")
  })

  it("no text takes long to read", () => {
    const start = performance.now()
    const openings = ["execution reverted", "replacement ", "opcode ", "state ", "insufficient ", "up to 1", "nonce "]
    for (const opening of openings) {
      const failure = RpcFailure.read({ message: opening.repeat(30_000), data: `0x${"ab".repeat(1_000_000)}` })
      BroadcastAnswer.classify(failure)
      RpcFailure.isForgotten(failure)
    }
    expect(performance.now() - start).toBeLessThan(5000)
  })
})

const isWord = Schema.is(Hex)

describe("bytes", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 500 }),
    fc.uint8Array({ minLength: 376, maxLength: 376 })
  ).map((bytes) => Viem.toHex(bytes))
  const changed = fc.tuple(fc.nat(375), fc.nat(255)).map(([at, to]) =>
    `${attested.slice(0, 2 + 2 * at)}${to.toString(16).padStart(2, "0")}${attested.slice(4 + 2 * at)}` as Hex
  )

  it("a message of CCTP", () =>
    fc.assert(fc.property(fc.oneof(bytes, changed), (message) => {
      for (const read of [CctpMessage.parse(message), CctpMessage.acceptable(message)]) {
        Either.match(read, {
          onLeft: ({ message }) => expectTold(message),
          onRight: ({ amount, mintRecipient, nonce }) => {
            expect(isUint256(amount) && isWord(nonce) && mintRecipient.length).toBe(64)
          }
        })
      }
      CctpMessage.isOf(attested, message)
      CctpMessage.hasBody(attested, message)
    })))

  it("an attestation", async () => {
    const chain = chainOf("eth_call", () => Response.json({ jsonrpc: "2.0", id: 1, result: one }))
    await fc.assert(
      fc.asyncProperty(changed, bytes, Hostile.word, async (message, attestation, word) => {
        const eventNonce = Hostile.said(word)
        const all = [{ message, attestation, eventNonce }, { message: attested, attestation, eventNonce: "7" }]
        await judge(chain.look((view) => Attesting.judge(view, lane, attested, all)), (verdict) => {
          if (verdict._tag === "Unacceptable") expectTold(verdict.why)
          return ["Unacceptable", "Ready"].includes(verdict._tag)
        }, fit)
      }),
      { numRuns: 30 }
    )
    // Of the right size, and no signatures.
    for (const signature of ["1b".repeat(65), "00".repeat(65), `${"ff".repeat(64)}1c`, `${"ab".repeat(64)}1b`]) {
      const offered = { message: attested, attestation: `0x${signature}` as Hex, eventNonce: "7" }
      await judge(chain.look((view) => Attesting.judge(view, lane, attested, [offered])), () => true, fit)
    }
  })

  it("what a revert says", () =>
    fc.assert(fc.property(bytes, fc.constantFrom("0x08c379a0", "0x4e487b71", "0xe450d38c"), (data, selector) => {
      for (const one of [data, `${selector}${data.slice(2)}` as Hex]) {
        expect(Option.getOrElse(RevertReason.decode(one), () => "").length).toBeLessThan(5000)
      }
    })))
})
