/** The outbox's answers in the words of the ports that send through it. */
import { Effect } from "effect"
import type { ChainName, Receipt } from "../../services/Chain.ts"
import { Transferred } from "../../services/Erc20.ts"
import type { Submitted } from "../../services/TransactionOutbox.ts"

/** What is left to say of a transaction that has not had its effect. */
export type WithoutEffect = Exclude<Transferred, { readonly _tag: "Sent" }>

export const unconfirmed = ({ confirmations, required, txHash }: Extract<Submitted, { _tag: "Unconfirmed" }>) =>
  `confirmation ${required} of transaction ${txHash} (now ${confirmations})`

/** @param confirmed reads the effect from the receipt, at depth */
export const told = <A, E, R>(
  chain: ChainName,
  submitted: Submitted,
  confirmed: (receipt: Receipt) => Effect.Effect<A, E, R>
): Effect.Effect<A | WithoutEffect, E, R> => {
  switch (submitted._tag) {
    case "Pending":
      return Effect.succeed(Transferred.Pending({ waitingFor: submitted.waitingFor }))
    case "Unconfirmed":
      return Effect.succeed(Transferred.Pending({ waitingFor: unconfirmed(submitted) }))
    case "Confirmed":
      return confirmed(submitted.receipt)
    case "Reverted":
      return Effect.succeed(Transferred.Reverted({ txHash: submitted.txHash, why: submitted.why }))
    case "Cancelled":
      return Effect.succeed(Transferred.Dead({ isOurs: true, why: submitted.why }))
    case "Displaced":
      return Effect.succeed(Transferred.Dead({
        isOurs: false,
        why: `nonce ${submitted.nonce} on ${chain} was used by another transaction of our wallet`
      }))
  }
}
