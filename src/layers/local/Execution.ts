/** Transactions of the world's own that must succeed. */
import { Effect } from "effect"
import type { Hex, TransactionReceipt } from "viem"
import type * as Chain from "./Chain.ts"
import { LocalWorldError } from "./LocalWorldError.ts"

export interface Call {
  /** What it does, for whoever reads of its failure. */
  readonly what: string
  /** Left out to deploy. */
  readonly to?: Hex
  readonly data: Hex
}

/** Sends all of them, in this order, in as few blocks as hold them, and waits. */
export const executeAll = (
  chain: Chain.Chain,
  from: Chain.Wallet,
  calls: ReadonlyArray<Call>
): Effect.Effect<ReadonlyArray<TransactionReceipt>, LocalWorldError> =>
  Effect.gen(function*() {
    const sent = yield* Effect.forEach(calls, ({ what, ...call }) =>
      Effect.gen(function*() {
        const signed = yield* chain.sign(from, call)
        yield* chain.broadcast(signed)
        return { what, hash: signed.hash }
      }))
    yield* chain.mine
    return yield* Effect.forEach(sent, ({ hash, what }) =>
      Effect.filterOrFail(
        chain.mined(hash),
        ({ status }) => status === "success",
        () => new LocalWorldError({ reason: "ChainFailed", detail: `${what} reverted on ${chain.name}` })
      ))
  })

/** Sends one, mines it and waits. */
export const execute = (
  chain: Chain.Chain,
  from: Chain.Wallet,
  call: Call
): Effect.Effect<void, LocalWorldError> => Effect.asVoid(executeAll(chain, from, [call]))
