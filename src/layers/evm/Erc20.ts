/** ERC-20 tokens: read from the two chains, sent through the outbox. Source: EIP-20. */
import { DateTime, Effect, Layer } from "effect"
import { encodeFunctionData, erc20Abi, maxUint256 } from "viem"
import * as TokenAmount from "../../domain/TokenAmount.ts"
import { BaseChain, EthereumChain } from "../../services/Chain.ts"
import { Allowance, Erc20, Transferred } from "../../services/Erc20.ts"
import { attemptOf, isEnded, isFruitless, TransactionOutbox, Transactions } from "../../services/TransactionOutbox.ts"
import * as Erc20Reads from "./Erc20Reads.ts"
import * as Submission from "./Submission.ts"

export const layer: Layer.Layer<Erc20, never, EthereumChain | BaseChain | TransactionOutbox | Transactions> = Layer
  .effect(
    Erc20,
    Effect.gen(function*() {
      const chains = { ethereum: yield* EthereumChain, base: yield* BaseChain }
      const outbox = yield* TransactionOutbox
      const transactions = yield* Transactions

      const transfer: Erc20["Type"]["transfer"] = Effect.fn("Erc20.transfer")(
        function*(token, { amount, recipient }, { key, lease }) {
          const data = encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [recipient, amount.units] })
          const submitted = yield* outbox.submitOnce(key, { chain: token.chain, to: token.address, data }, lease)
          return yield* Submission.told(token.chain, submitted, (receipt) =>
            // A token may say "no" without reverting: what counts is what its logs say.
            Effect.map(Erc20Reads.brought(token, receipt, recipient), (amount) =>
              Transferred.Sent({ txHash: receipt.txHash, amount })))
        }
      )

      const ensureAllowance: Erc20["Type"]["ensureAllowance"] = Effect.fn("Erc20.ensureAllowance")(
        function*(token, { amount, spender }, { lease, operation, since }) {
          const step = `approve ${spender} for ${token.address}`
          const list = Effect.map(
            transactions.list({ operation }),
            (all) => all.filter(({ key }) => key.step === step)
          )
          let ours = yield* list
          // What is under way is seen to its end first, so that none is left behind.
          if (ours.every(isEnded)) {
            const allowed = yield* chains[token.chain].look((view) =>
              Erc20Reads.allowance(view, token, outbox.wallet, spender)
            )
            if (allowed.units >= amount.units) return Allowance.Enough()
            const why = `${spender} was approved for all and may still take ${TokenAmount.print(allowed)} only`
            const standing = ours.find((one) => one.status === "confirmed" && !isFruitless(one))
            if (standing !== undefined && DateTime.lessThan(standing.reservedAt, since)) {
              yield* outbox.fruitless(standing.key, why, lease)
              ours = yield* list
            } else if (standing !== undefined) {
              return Allowance.Refused({
                why
              })
            }
          }
          const data = encodeFunctionData({ abi: erc20Abi, functionName: "approve", args: [spender, maxUint256] })
          const submitted = yield* outbox.submitOnce(
            { operation, step, attempt: attemptOf(ours, step, since) },
            { chain: token.chain, to: token.address, data },
            lease
          )
          switch (submitted._tag) {
            case "Pending":
            case "Confirmed":
              return Allowance.Pending({ waitingFor: `${token.chain} to show the approval of ${spender}` })
            case "Unconfirmed":
              return Allowance.Pending({ waitingFor: Submission.unconfirmed(submitted) })
            case "Reverted":
            case "Cancelled":
              return Allowance.Refused({ why: submitted.why })
            case "Displaced":
              return Allowance.Pending({ waitingFor: `another nonce for the approval of ${spender}` })
          }
        }
      )

      return {
        transfer,
        ensureAllowance,
        received: (token, wanted) =>
          Erc20Reads.received(chains[token.chain], token, wanted).pipe(
            Effect.withSpan("Erc20.received", { attributes: { chain: token.chain, txHash: wanted.txHash } })
          ),
        balance: (token, owner) =>
          chains[token.chain].look((view) => Erc20Reads.balance(view, token, owner)).pipe(
            Effect.withSpan("Erc20.balance", { attributes: { chain: token.chain } })
          ),
        confirmedBalance: (token, owner) =>
          chains[token.chain].look((view) => {
            const depth = view.head.number - BigInt(chains[token.chain].confirmations) + 1n
            return Erc20Reads.balance(view, token, owner, depth < 0n ? 0n : depth)
          }).pipe(Effect.withSpan("Erc20.confirmedBalance", { attributes: { chain: token.chain } }))
      }
    })
  )
