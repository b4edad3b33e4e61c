/** Transactions of the issuer and of Alpaca's custody: each is sent until it has worked, which it does by itself as a rule. */
import type { Hex } from "viem"
import type { Address } from "../../src/domain/Address.ts"
import type { Onlooker } from "../Onlooker.ts"
import type { Waits } from "../Waits.ts"

export interface Payment {
  readonly call: { readonly from: Address; readonly to: Address; readonly data: Hex }
  /** So many blocks must hold it. */
  readonly depth: number
  /** Also when it has to be sent anew, since the first one has reverted. */
  readonly onSent: (hash: Hex) => void
  readonly onSettled: () => void
}

export interface Payments {
  readonly send: (payment: Payment) => void
  /** Whether the chain shows it now. */
  readonly isMined: (hash: Hex | undefined) => boolean
}

const untilSentAnew = 60_000

export const make = (chain: Onlooker, waits: Waits): Payments => {
  const open = new Map<Payment, Hex>()
  const send = (payment: Payment) => {
    const hash = chain.submit(payment.call)
    open.set(payment, hash)
    payment.onSent(hash)
  }
  chain.onBlock(() => {
    for (const [payment, hash] of open) {
      if (chain.depth(hash) < payment.depth) continue
      open.delete(payment)
      if (chain.receipt(hash)?.status === "success") payment.onSettled()
      else waits.after(untilSentAnew, () => send(payment))
    }
  })
  return { send, isMined: (hash) => hash !== undefined && chain.receipt(hash)?.status === "success" }
}
