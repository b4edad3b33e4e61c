/** What nodes are asked, as the Ethereum JSON-RPC specification has it, and what geth answers. */
import type { Hex } from "viem"
import * as Execution from "./Execution.ts"
import type { Mined } from "./Ledger.ts"
import * as Node from "./Node.ts"
import { refuse, refuseReverted, RpcRefusal } from "./Refusal.ts"
import * as State from "./State.ts"
import * as Words from "./Words.ts"

type Params = ReadonlyArray<unknown>

const quantity = (value: bigint | number): Hex => `0x${value.toString(16)}`

const invalid = (what: string): never => {
  throw new RpcRefusal(-32602, `invalid argument: ${what}`)
}

const text = (value: unknown): string => typeof value === "string" ? value : invalid("expected a string")
const isHex = (value: string): value is Hex => /^0x[0-9a-f]*$/i.test(value)
const bytes = (value: unknown): Hex => {
  const found = text(value)
  return isHex(found) ? found : invalid("expected hex digits")
}
const address = (value: unknown) =>
  /^0x[0-9a-f]{40}$/i.test(text(value)) ? Words.address(text(value).toLowerCase()) : invalid("expected an address")

const fields = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? { ...value } : invalid("expected an object")

/** A block that this node has. */
const blockOf = ({ head }: Node.Node, tag: unknown): number => {
  if (tag === undefined || tag === "latest" || tag === "pending") return head
  const number = Number(text(tag))
  return number > head ? refuse("header not found") : number
}

const log = ({ block, hash }: Mined, { address, data, topics }: Execution.Log, index: number) => ({
  address: address.toLowerCase(),
  topics,
  data,
  blockNumber: quantity(block),
  transactionHash: hash,
  logIndex: quantity(index),
  removed: false
})

const receipt = (mined: Mined) => ({
  transactionHash: mined.hash,
  blockNumber: quantity(mined.block),
  from: mined.from.toLowerCase(),
  to: mined.to.toLowerCase(),
  contractAddress: null,
  status: mined.status === "success" ? "0x1" : "0x0",
  type: "0x2",
  logs: mined.logs.map((one, index) => log(mined, one, index))
})

const transaction = ({ block, data, from, hash, nonce, to }: Mined) => ({
  hash,
  blockNumber: quantity(block),
  from: from.toLowerCase(),
  to: to.toLowerCase(),
  nonce: quantity(nonce),
  input: data,
  value: "0x0",
  type: "0x2"
})

/** A null, or nothing, in the place of a topic is any. */
const matches = (wanted: ReadonlyArray<unknown>, { topics }: Execution.Log): boolean =>
  wanted.every((one, at) =>
    one === null || (typeof one === "string" && one.toLowerCase() === topics[at]?.toLowerCase())
  )

export const answer = (chain: Node.Chain, number: number, method: string, params: Params): unknown => {
  const node = Node.make(chain, number)
  const [first, second] = params

  const execute = (message: unknown, at: number) => {
    const { data, from, input, to } = fields(message)
    const call = {
      from: from === undefined ? Words.address(Words.ofNumber(0)) : address(from),
      to: address(to),
      data: bytes(data ?? input ?? "0x")
    }
    const result = Execution.run(node.state(at), call, {
      // It is executed as a part of that block.
      block: at,
      settings: chain.settings(),
      contracts: chain.contracts
    })
    return result.status === "success" ? result : refuseReverted(result.reverted)
  }

  const block = () => {
    if (typeof first === "string" && first.startsWith("0x") && Number(first) > node.head) return null
    const at = blockOf(node, first)
    const mined = chain.ledger.blocks(at, at).flatMap((one) => one.mined)
    return {
      number: quantity(at),
      baseFeePerGas: quantity(chain.market.baseFee(at)),
      transactions: second === true ? mined.map(transaction) : mined.map(({ hash }) => hash)
    }
  }

  const logs = () => {
    const { address: of, fromBlock, toBlock, topics } = fields(first)
    const to = typeof toBlock === "string" && toBlock !== "latest" ? Math.min(Number(toBlock), node.head) : node.head
    const from = typeof fromBlock === "string" && fromBlock !== "latest" ? Number(fromBlock) : node.head
    const [emitter, wanted] = [address(of), Array.isArray(topics) ? topics : []]
    return chain.ledger.blocks(from, to).flatMap(({ mined }) =>
      mined.flatMap((one) =>
        one.logs.flatMap((found, index) =>
          found.address === emitter && matches(wanted, found) ? [log(one, found, index)] : []
        )
      )
    )
  }

  switch (method) {
    case "eth_chainId":
      return quantity(chain.chainId)
    case "eth_getBlockByNumber":
      return block()
    case "eth_getTransactionReceipt": {
      const mined = chain.ledger.mined(bytes(first))
      return mined === undefined || mined.block > node.head ? null : receipt(mined)
    }
    case "eth_getLogs":
      return logs()
    case "eth_getTransactionCount":
      return quantity(
        second === "pending" ? node.pending(address(first)) : node.nonce(address(first), blockOf(node, second))
      )
    case "eth_getCode":
      return chain.contracts.has(address(first)) ? "0x6080604052" : "0x"
    case "eth_getBalance":
      return quantity(node.state(blockOf(node, second)).get(State.wei(address(first))) ?? 0n)
    case "eth_call":
      return execute(first, blockOf(node, second)).output
    case "eth_estimateGas":
      return quantity(execute(first, node.head).gas)
    case "eth_maxPriorityFeePerGas":
      return quantity(chain.tip)
    case "eth_sendRawTransaction":
      return node.send(text(first))
    default:
      throw new RpcRefusal(-32601, `the method ${method} does not exist/is not available`)
  }
}
