/** What one node shows of a stored transaction, and what that proves. */
import { Data, Effect, Option } from "effect"
import type { Address } from "../../../domain/Address.ts"
import type { Hex } from "../../../domain/Hex.ts"
import type { TxHash } from "../../../domain/TxHash.ts"
import { type Chain, ChainError, type ChainView, type Included, type Receipt } from "../../../services/Chain.ts"
import type { Signature, Stored } from "../../sql/OutboxRow.ts"

export type Seen = Data.TaggedEnum<{
  /** One of its signatures is in a block. */
  Mined: { readonly signature: Signature; readonly receipt: Receipt; readonly confirmations: number }
  /** Its nonce is free. `latest` is the first that is not mined, `pending` the first that this node does not have. */
  Waiting: { readonly latest: number; readonly pending: number }
  /** Its nonce is used, by whom is not known for certain. That alone proves nothing: it may be this very transaction. */
  NonceUsed: { readonly isFindable: boolean }
  /** A block below the depth that is depended on holds one of its signatures, and its receipt is not there. */
  Included: { readonly txHash: TxHash }
  /**
   * A block below the depth that is depended on holds just what it was to do, under a hash that was not stored with it: a
   * commit was lost, a backup restored, or its keeper has signed twice. It is its own effect, and must not come twice.
   */
  Unknown: { readonly by: Included; readonly kind: Signature["kind"] }
  /** A block below the depth that is depended on holds another transaction at its nonce: the proof that it is dead. */
  Displaced: { readonly by: Included }
  /** No receipt, and nothing else was asked. */
  NotMined: {}
}>
export const Seen = Data.taggedEnum<Seen>()

/** The receipt of any signature, the newest first, since that one is the likeliest. */
export const receiptOf = (view: ChainView, { signatures }: Stored) =>
  Effect.gen(function*() {
    for (const signature of signatures.toReversed()) {
      const receipt = yield* view.receipt(signature.hash)
      if (Option.isSome(receipt)) return Option.some({ signature, receipt: receipt.value })
    }
    return Option.none()
  })

/** That this node contradicts itself, or has dropped what it was asked for: the next one is asked. */
const unproven = (
  { name }: Chain,
  action: string,
  detail: string,
  more: Pick<ChainError, "isForgotten"> = {}
) => new ChainError({ reason: "Unavailable", chain: name, action, detail, ...more })

/** A receipt can come from a cache, or from a block that is none any more. What is depended on stands in its block as well. */
const isInItsBlock = (chain: Chain, view: ChainView, { blockNumber, txHash }: Receipt) =>
  Effect.filterOrFail(
    view.transactions(blockNumber),
    (transactions) => transactions.some((one) => one.txHash === txHash),
    () => unproven(chain, `block of ${txHash}`, `its receipt names block ${blockNumber}, which does not hold it`)
  )

/**
 * The transaction that has used the nonce, out of the block that holds it. Found by how many transactions of the wallet were
 * mined by the end of older and older blocks, for which a node needs the state of that time.
 */
const userOf = (chain: Chain, view: ChainView, { nonce, wallet }: Stored, deepest: bigint) =>
  Effect.gen(function*() {
    const isUsedBy = (block: bigint) => Effect.map(view.nonce(wallet, block), (count) => count > nonce)
    let used = deepest
    let reach = 16n
    let unused = used > reach ? used - reach : 0n
    while (unused > 0n && (yield* isUsedBy(unused))) {
      used = unused
      reach *= 4n
      unused = used > reach ? used - reach : 0n
    }
    while (used - unused > 1n) {
      const middle = (used + unused) / 2n
      if (yield* isUsedBy(middle)) used = middle
      else unused = middle
    }
    const transactions = yield* view.transactions(used)
    const user = transactions.find((one) => one.from === wallet && one.nonce === nonce)
    if (user !== undefined) return user
    const detail = `block ${used} used nonce ${nonce} of ${wallet}, and is shown without the transaction that did`
    return yield* unproven(chain, `transactions of block ${used}`, detail, { isForgotten: true })
  })

/** What the row would have had signed, if this is that: the empty transaction only once it is to be cancelled. */
const kindOf = ({ data, to, value }: Included, row: Stored): Option.Option<Signature["kind"]> => {
  const is = (recipient: Address, message: Hex) =>
    Option.contains(to, recipient) && data.toLowerCase() === message.toLowerCase() && value === 0n
  if (Option.isSome(row.cancelling) && is(row.wallet, "0x")) return Option.some("cancellation")
  return is(row.to, row.data) ? Option.some("call") : Option.none()
}

export const confirmations = (head: bigint, block: bigint): number => head < block ? 0 : Number(head - block) + 1

/** Whatever a node has dropped here, it says nothing about whether the nonce is used. */
const ofNow = Effect.mapError(({ action, chain, detail, reason }: ChainError) =>
  new ChainError({ reason, chain, action, detail })
)

/** `thorough`: asks about the nonce too where there is no receipt. Everything comes from one node. */
export const observe = (
  chain: Chain,
  stored: Stored,
  { thorough }: { readonly thorough: boolean }
): Effect.Effect<Seen, ChainError> =>
  chain.look((view) =>
    Effect.gen(function*() {
      const found = yield* ofNow(receiptOf(view, stored))
      const head = view.head.number
      if (Option.isSome(found)) {
        const { receipt, signature } = found.value
        const depth = confirmations(head, receipt.blockNumber)
        if (depth >= chain.confirmations) yield* ofNow(isInItsBlock(chain, view, receipt))
        return Seen.Mined({ signature, receipt, confirmations: depth })
      }
      if (!thorough) return Seen.NotMined()
      const latest = yield* ofNow(view.nonce(stored.wallet, "latest"))
      if (latest <= stored.nonce) return Seen.Waiting({ latest, pending: yield* view.nonce(stored.wallet, "pending") })
      const deepest = head - BigInt(chain.confirmations) + 1n
      if (deepest < 0n || (yield* view.nonce(stored.wallet, deepest)) <= stored.nonce) {
        return Seen.NonceUsed({ isFindable: true })
      }
      // A node that has dropped the state of that time answers with an error, and the next one is asked.
      const used = yield* userOf(chain, view, stored, deepest)
      if (stored.signatures.some(({ hash }) => hash === used.txHash)) return Seen.Included({ txHash: used.txHash })
      return Option.match(kindOf(used, stored), {
        onNone: () => Seen.Displaced({ by: used }),
        onSome: (kind) => Seen.Unknown({ by: used, kind })
      })
    })
  ).pipe(Effect.catchIf(
    ({ isForgotten }) => isForgotten === true,
    () => Effect.succeed(Seen.NonceUsed({ isFindable: false }))
  ))
