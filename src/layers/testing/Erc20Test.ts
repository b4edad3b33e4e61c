/** A scriptable Erc20: what a transaction brought is what the test says. For tests of whatever depends on the port. */
import { Context, Effect, Layer, Option, Queue, Ref } from "effect"
import type { Address } from "../../domain/Address.ts"
import * as TokenAmount from "../../domain/TokenAmount.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import type { ChainError } from "../../services/Chain.ts"
import { Erc20, Received, type Token } from "../../services/Erc20.ts"

export class Erc20Control extends Context.Tag("ballast/testing/Erc20Control")<Erc20Control, {
  /** From now on; a transaction of which nothing was said is not mined. */
  readonly setReceived: (txHash: TxHash, received: Received) => Effect.Effect<void>
  /** In the token's smallest units; zero unless said otherwise. */
  readonly setBalance: (token: Token, owner: Address, units: bigint) => Effect.Effect<void>
  /** The next look, at whatever, ends in this error. */
  readonly failNext: (error: ChainError) => Effect.Effect<void>
}>() {}

const holding = (token: Token, owner: Address) => `${token.chain}/${token.address}/${owner}`

export const layer: Layer.Layer<Erc20 | Erc20Control> = Layer.effectContext(
  Effect.gen(function*() {
    const receipts = yield* Ref.make<ReadonlyMap<TxHash, Received>>(new Map())
    const balances = yield* Ref.make<ReadonlyMap<string, bigint>>(new Map())
    const errors = yield* Queue.unbounded<ChainError>()
    const look = <A>(answer: Effect.Effect<A>): Effect.Effect<A, ChainError> =>
      Effect.flatMap(Queue.poll(errors), Option.match({ onNone: () => answer, onSome: Effect.fail }))

    return Context.make(Erc20, {
      received: (_token, { txHash }) =>
        look(Effect.map(Ref.get(receipts), (known) => known.get(txHash) ?? Received.NotMined())),
      balance: (token, owner) =>
        look(Effect.map(
          Ref.get(balances),
          (known) => TokenAmount.make({ units: known.get(holding(token, owner)) ?? 0n, decimals: token.decimals })
        ))
    }).pipe(Context.add(Erc20Control, {
      setReceived: (txHash, received) => Ref.update(receipts, (known) => new Map(known).set(txHash, received)),
      setBalance: (token, owner, units) =>
        Ref.update(balances, (known) => new Map(known).set(holding(token, owner), units)),
      failNext: (error) => Queue.offer(errors, error)
    }))
  })
)
