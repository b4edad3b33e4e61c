/** A scriptable Erc20: what a transaction brought is what the test says. For tests of whatever depends on the port. */
import { Context, Effect, Layer, Option, Queue, Ref } from "effect"
import type { Address } from "../../domain/Address.ts"
import * as TokenAmount from "../../domain/TokenAmount.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import type { ChainError } from "../../services/Chain.ts"
import { Allowance, Erc20, Received, type Token, Transferred } from "../../services/Erc20.ts"
import type { SubmitError, TransactionKey } from "../../services/TransactionOutbox.ts"

/** A transfer that was asked for. */
export interface AskedTransfer {
  readonly key: TransactionKey
  readonly token: Token
  readonly recipient: Address
  readonly amount: TokenAmount.TokenAmount
}

/** The script of the test layer: what becomes of transfers, and all that were asked for. */
export class Erc20Control extends Context.Tag("ballast/testing/Erc20Control")<Erc20Control, {
  /** From now on; a transaction of which nothing was said is not mined. */
  readonly setReceived: (txHash: TxHash, received: Received) => Effect.Effect<void>
  /** From now on; a transfer of which nothing was said is on its way. */
  readonly setTransferred: (key: TransactionKey, transferred: Transferred) => Effect.Effect<void>
  /** In the token's smallest units, at whatever depth; zero unless said otherwise. */
  readonly setBalance: (token: Token, owner: Address, units: bigint) => Effect.Effect<void>
  /** From now on, for every spender; enough unless said otherwise. */
  readonly setAllowance: (allowance: Allowance) => Effect.Effect<void>
  /** The next look, at whatever, ends in this error. */
  readonly failNext: (error: ChainError) => Effect.Effect<void>
  /** The next transfer or approval is not taken on: it ends in this error. */
  readonly failNextSending: (error: SubmitError) => Effect.Effect<void>
  /** Each key once, oldest first. */
  readonly transfers: Effect.Effect<ReadonlyArray<AskedTransfer>>
}>() {}

const holding = (token: Token, owner: Address) => `${token.chain}/${token.address}/${owner}`
const nameOf = ({ attempt, operation, step }: TransactionKey) => `${operation}/${step}/${attempt}`

/** The port and its script. */
export const layer: Layer.Layer<Erc20 | Erc20Control> = Layer.effectContext(
  Effect.gen(function*() {
    const receipts = yield* Ref.make<ReadonlyMap<TxHash, Received>>(new Map())
    const transferred = yield* Ref.make<ReadonlyMap<string, Transferred>>(new Map())
    const asked = yield* Ref.make<ReadonlyMap<string, AskedTransfer>>(new Map())
    const balances = yield* Ref.make<ReadonlyMap<string, bigint>>(new Map())
    const allowance = yield* Ref.make<Allowance>(Allowance.Enough())
    const errors = yield* Queue.unbounded<ChainError>()
    const refusals = yield* Queue.unbounded<SubmitError>()
    const told = <E>(queue: Queue.Dequeue<E>): Effect.Effect<void, E> =>
      Effect.flatMap(Queue.poll(queue), (error) => Option.isSome(error) ? Effect.fail(error.value) : Effect.void)
    const look = <A, E>(answer: Effect.Effect<A, E>) => Effect.zipRight(told(errors), answer)
    const send = <A>(answer: Effect.Effect<A>) => look(Effect.zipRight(told(refusals), answer))
    const balance = (token: Token, owner: Address) =>
      look(Effect.map(
        Ref.get(balances),
        (known) => TokenAmount.make({ units: known.get(holding(token, owner)) ?? 0n, decimals: token.decimals })
      ))

    return Context.make(Erc20, {
      transfer: (token, { amount, recipient }, { key }) =>
        send(Effect.zipRight(
          Ref.update(asked, (all) =>
            all.has(nameOf(key)) ? all : new Map(all).set(nameOf(key), { key, token, recipient, amount })),
          Effect.map(
            Ref.get(transferred),
            (known) =>
              known.get(nameOf(key)) ?? Transferred.Pending({ waitingFor: "the script" })
          )
        )),
      received: (_token, { txHash }) =>
        look(Effect.map(Ref.get(receipts), (known) => known.get(txHash) ?? Received.NotMined())),
      balance,
      confirmedBalance: balance,
      ensureAllowance: () => send(Ref.get(allowance))
    }).pipe(Context.add(Erc20Control, {
      setReceived: (txHash, received) => Ref.update(receipts, (known) => new Map(known).set(txHash, received)),
      setTransferred: (key, end) => Ref.update(transferred, (known) => new Map(known).set(nameOf(key), end)),
      setBalance: (token, owner, units) =>
        Ref.update(balances, (known) => new Map(known).set(holding(token, owner), units)),
      setAllowance: (next) => Ref.set(allowance, next),
      failNext: (error) => Queue.offer(errors, error),
      failNextSending: (error) => Queue.offer(refusals, error),
      transfers: Effect.map(Ref.get(asked), (all) => [...all.values()])
    }))
  })
)
