/** What an ERC-20 token answers, read from one node. Source: EIP-20. */
import { Effect, Either, Option } from "effect"
import { encodeFunctionData, erc20Abi } from "viem"
import type { Address } from "../../domain/Address.ts"
import * as TokenAmount from "../../domain/TokenAmount.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import { type Chain, ChainError, type ChainReads, type Receipt } from "../../services/Chain.ts"
import { Received, type Token } from "../../services/Erc20.ts"
import { confirmations } from "./outbox/Observation.ts"
import * as TransferLogs from "./TransferLogs.ts"

const bad = (token: Token, action: string, detail: string) =>
  new ChainError({ reason: "BadAnswer", chain: token.chain, action, detail })

/** `0x` is what an address without a contract answers. */
const amount = (token: Token, action: string, answer: Effect.Effect<`0x${string}`, ChainError>) =>
  Effect.flatMap(answer, (data) =>
    Either.mapBoth(TransferLogs.uint256(data), {
      onLeft: (problem) => bad(token, action, `${token.address} is no ERC-20 token: ${problem}`),
      onRight: (units) => TokenAmount.make({ units, decimals: token.decimals })
    }))

/** As of the latest block, or at the end of another one. */
export const balance = (node: ChainReads, token: Token, owner: Address, at?: bigint) =>
  amount(
    token,
    `token balance of ${owner}`,
    node.call(
      { to: token.address, data: encodeFunctionData({ abi: erc20Abi, functionName: "balanceOf", args: [owner] }) },
      at
    )
  )

export const allowance = (node: ChainReads, token: Token, owner: Address, spender: Address) =>
  amount(
    token,
    `allowance of ${spender}`,
    node.call({
      to: token.address,
      data: encodeFunctionData({ abi: erc20Abi, functionName: "allowance", args: [owner, spender] })
    })
  )

/** What a receipt brought to the recipient. */
export const brought = (token: Token, { logs, txHash }: Receipt, recipient: Address) =>
  Either.mapBoth(TransferLogs.received(logs, { token: token.address, recipient }), {
    onLeft: (problem) => bad(token, `receipt of ${txHash}`, `amount of a transfer of ${token.address}: ${problem}`),
    onRight: (units) => TokenAmount.make({ units, decimals: token.decimals })
  })

/** Of the chain's answer about one transaction: `moved` reads from its receipt, at depth, what it did. */
export const atDepth = (
  chain: Chain,
  txHash: TxHash,
  moved: (receipt: Receipt) => Effect.Effect<TokenAmount.TokenAmount, ChainError>
): Effect.Effect<Received, ChainError> =>
  chain.look((view) =>
    Effect.gen(function*() {
      const receipt = yield* view.receipt(txHash)
      if (Option.isNone(receipt)) return Received.NotMined()
      const depth = confirmations(view.head.number, receipt.value.blockNumber)
      if (depth < chain.confirmations) {
        return Received.Unconfirmed({ confirmations: depth, required: chain.confirmations })
      }
      if (receipt.value.status === "reverted") return Received.Reverted()
      return Received.Confirmed({ amount: yield* moved(receipt.value) })
    })
  )

export const received = (
  chain: Chain,
  token: Token,
  { recipient, txHash }: { readonly txHash: TxHash; readonly recipient: Address }
): Effect.Effect<Received, ChainError> => atDepth(chain, txHash, (receipt) => brought(token, receipt, recipient))
