/** ERC-20 tokens, read through the two chains. Source: EIP-20. */
import { Effect, Either, Layer, Option } from "effect"
import type { Address } from "../../domain/Address.ts"
import * as TokenAmount from "../../domain/TokenAmount.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import { BaseChain, ChainError, EthereumChain } from "../../services/Chain.ts"
import { Erc20, Received, type Token } from "../../services/Erc20.ts"
import * as TransferLogs from "./TransferLogs.ts"

/** First four bytes of keccak256 of `balanceOf(address)`. */
const balanceOf = "0x70a08231"

export const layer: Layer.Layer<Erc20, never, EthereumChain | BaseChain> = Layer.effect(
  Erc20,
  Effect.gen(function*() {
    const chains = { ethereum: yield* EthereumChain, base: yield* BaseChain }

    const received = Effect.fn("Erc20.received")(
      function*(token: Token, { recipient, txHash }: { readonly txHash: TxHash; readonly recipient: Address }) {
        const chain = chains[token.chain]
        const receipt = yield* chain.receipt(txHash)
        if (Option.isNone(receipt)) return Received.NotMined()
        const { blockNumber, logs, status } = receipt.value
        // Read after the receipt. Of two nodes behind one URL this may be the slower one, whose head is below the block.
        const head = yield* chain.blockNumber
        const confirmations = head < blockNumber ? 0 : Number(head - blockNumber) + 1
        if (confirmations < chain.confirmations) {
          return Received.Unconfirmed({ confirmations, required: chain.confirmations })
        }
        if (status === "reverted") return Received.Reverted()
        const units = yield* Either.mapLeft(
          TransferLogs.received(logs, { token: token.address, recipient }),
          (problem) =>
            new ChainError({
              reason: "BadAnswer",
              chain: token.chain,
              action: `receipt of ${txHash}`,
              detail: `amount of a transfer of ${token.address}: ${problem}`
            })
        )
        return Received.Confirmed({ amount: TokenAmount.make({ units, decimals: token.decimals }) })
      }
    )

    const balance = Effect.fn("Erc20.balance")(function*(token: Token, owner: Address) {
      const answer = yield* chains[token.chain].call(
        token.address,
        `${balanceOf}${TransferLogs.word(owner).slice(2)}`
      )
      // `0x` is what an address without a contract answers.
      const units = yield* Either.mapLeft(TransferLogs.uint256(answer), (problem) =>
        new ChainError({
          reason: "BadAnswer",
          chain: token.chain,
          action: `token balance of ${owner}`,
          detail: `${token.address} is no ERC-20 token: ${problem}`
        }))
      return TokenAmount.make({ units, decimals: token.decimals })
    })

    return {
      received: (token, transfer) =>
        received(token, transfer).pipe(Effect.annotateSpans({ chain: token.chain, txHash: transfer.txHash })),
      balance: (token, owner) => balance(token, owner).pipe(Effect.annotateSpans({ chain: token.chain }))
    }
  })
)
