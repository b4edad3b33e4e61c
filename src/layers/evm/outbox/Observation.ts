/** What one node shows of a stored transaction, and what that proves. */
import { Data, Effect, Option } from "effect"
import type { Chain, ChainError, ChainView, Receipt } from "../../../services/Chain.ts"
import type { Signature, Stored } from "../../sql/OutboxTable.ts"

export type Seen = Data.TaggedEnum<{
  /** One of its signatures is in a block. */
  Mined: { readonly signature: Signature; readonly receipt: Receipt; readonly confirmations: number }
  /** Its nonce is free. `latest` is the first that is not mined, `pending` the first that this node does not have. */
  Waiting: { readonly latest: number; readonly pending: number }
  /**
   * Its nonce is used and there is no receipt of ours. `isDeep`: used below the depth that is depended on, so that it is not
   * the node that merely shows the count before the receipt. `head` is its latest block.
   */
  NonceUsed: { readonly isDeep: boolean; readonly head: bigint }
  /** No receipt, and nothing else was asked. */
  NotMined: {}
}>
export const Seen = Data.taggedEnum<Seen>()

/** The receipt of any signature, the newest first, since that one is the likeliest. */
const receiptOf = (view: ChainView, { signatures }: Stored) =>
  Effect.gen(function*() {
    for (const signature of signatures.toReversed()) {
      const receipt = yield* view.receipt(signature.hash)
      if (Option.isSome(receipt)) return Option.some({ signature, receipt: receipt.value })
    }
    return Option.none()
  })

export const confirmations = (head: bigint, block: bigint): number => head < block ? 0 : Number(head - block) + 1

/** `thorough`: asks about the nonce too where there is no receipt. Everything comes from one node. */
export const observe = (
  chain: Chain,
  stored: Stored,
  { thorough }: { readonly thorough: boolean }
): Effect.Effect<Seen, ChainError> =>
  chain.look((view) =>
    Effect.gen(function*() {
      const found = yield* receiptOf(view, stored)
      const head = view.head.number
      if (Option.isSome(found)) {
        const { receipt, signature } = found.value
        return Seen.Mined({ signature, receipt, confirmations: confirmations(head, receipt.blockNumber) })
      }
      if (!thorough) return Seen.NotMined()
      const latest = yield* view.nonce(stored.wallet, "latest")
      if (latest <= stored.nonce) return Seen.Waiting({ latest, pending: yield* view.nonce(stored.wallet, "pending") })
      const depth = head - BigInt(chain.confirmations) + 1n
      const deep = depth < 0n ? 0 : yield* view.nonce(stored.wallet, depth)
      // What is that deep was mined before this look began, and so its receipt would have been seen above.
      return Seen.NonceUsed({ isDeep: deep > stored.nonce, head })
    })
  )
