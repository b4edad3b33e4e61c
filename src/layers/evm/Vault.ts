/** Vaults of Rain's orderbook on Base: moved through the outbox, and judged by the token's logs. Source: external-apis 4. */
import { Effect, Either, Layer } from "effect"
import { encodeFunctionData } from "viem"
import type { Address } from "../../domain/Address.ts"
import * as Float from "../../domain/Float.ts"
import * as TokenAmount from "../../domain/TokenAmount.ts"
import * as Usdc from "../../domain/Usdc.ts"
import { BaseChain, ChainError, type Receipt } from "../../services/Chain.ts"
import { type Sending, Transferred } from "../../services/Erc20.ts"
import { OutboxError, TransactionOutbox } from "../../services/TransactionOutbox.ts"
import { Vault, type VaultMove } from "../../services/Vault.ts"
import * as Erc20Reads from "./Erc20Reads.ts"
import * as Submission from "./Submission.ts"
import * as TransferLogs from "./TransferLogs.ts"
import { vaultAbi } from "./VaultAbi.ts"
import * as VaultReads from "./VaultReads.ts"

const chain = "base"
type Way = "in" | "out"

/** The contract's own events are not asked: an inventory has others, and what counts is what the token did. */
const moved = (way: Way, receipt: Receipt, token: Address, wallet: Address) => {
  const bad = (detail: string) =>
    new ChainError({ reason: "BadAnswer", chain, action: `receipt of ${receipt.txHash}`, detail })
  return Either.match(TransferLogs.gained(receipt.logs, { token, owner: wallet }), {
    onLeft: (problem) => bad(`amount of a transfer of ${token}: ${problem}`),
    onRight: (gained) => {
      const units = way === "out" ? gained : -gained
      return units < 0n
        ? bad(`it moved ${-units} units of ${token} the wrong way, as our wallet ${wallet} sees it`)
        : Effect.succeed(TokenAmount.make({ units, decimals: Usdc.decimals }))
    }
  })
}

/** Rain's form of an amount, which is narrower than ours. */
const packed = (amount: Usdc.Usdc, key: Sending["key"]) =>
  Either.mapLeft(
    Float.toHex(Float.fromFixed(amount, Usdc.decimals)),
    ({ message }) => new OutboxError({ reason: "Reverts", key, detail: `no vault can move that much: ${message}` })
  )

export const layer: Layer.Layer<Vault, never, BaseChain | TransactionOutbox> = Layer.effect(
  Vault,
  Effect.gen(function*() {
    const base = yield* BaseChain
    const outbox = yield* TransactionOutbox

    const move = (way: Way, { amount, token, vault }: VaultMove, { key, lease }: Sending) =>
      Effect.gen(function*() {
        const data = encodeFunctionData({
          abi: vaultAbi,
          functionName: way === "in" ? "deposit4" : "withdraw4",
          args: [token, vault.id, yield* packed(amount, key), []]
        })
        const submitted = yield* outbox.submitOnce(key, { chain, to: vault.contract, data }, lease)
        return yield* Submission.told(chain, submitted, (receipt) =>
          Effect.map(
            moved(way, receipt, token, outbox.wallet),
            (amount) => Transferred.Sent({ txHash: receipt.txHash, amount })
          ))
      })

    return {
      deposit: Effect.fn("Vault.deposit")((asked, sending) => move("in", asked, sending)),
      withdraw: Effect.fn("Vault.withdraw")((asked, sending) => move("out", asked, sending)),
      deposited: Effect.fn("Vault.deposited")(({ token, txHash, wallet }) =>
        Erc20Reads.atDepth(base, txHash, (receipt) => moved("in", receipt, token, wallet))
      ),
      balance: Effect.fn("Vault.balance")((vault, token) => VaultReads.balance(base, vault, token))
    }
  })
)
