/** A scriptable Vault: what a transaction moved is what the test says. For tests of whatever depends on the port. */
import { Context, Effect, Layer, Option, Queue, Ref } from "effect"
import type { TxHash } from "../../domain/TxHash.ts"
import { fromUnits, type Usdc } from "../../domain/Usdc.ts"
import type { Vault as VaultRef } from "../../domain/UsdcRebalance/State.ts"
import type { ChainError } from "../../services/Chain.ts"
import { Received, type Sending, Transferred } from "../../services/Erc20.ts"
import type { SubmitError, TransactionKey } from "../../services/TransactionOutbox.ts"
import { Vault, type VaultMove } from "../../services/Vault.ts"

/** A deposit or a withdrawal that was asked for. */
export interface AskedMove extends VaultMove {
  readonly key: TransactionKey
  readonly kind: "deposit" | "withdrawal"
}

/** The script of the test layer: what becomes of deposits and withdrawals, and all that were asked for. */
export class VaultControl extends Context.Tag("ballast/testing/VaultControl")<VaultControl, {
  /** From now on, of a deposit or a withdrawal; one of which nothing was said is on its way. */
  readonly setMoved: (key: TransactionKey, moved: Transferred) => Effect.Effect<void>
  /** What `deposited` answers from now on; a transaction of which nothing was said is not mined. */
  readonly setDeposited: (txHash: TxHash, deposited: Received) => Effect.Effect<void>
  /** From now on, whatever moves; zero unless said otherwise. Vaults are told apart by owner and id. */
  readonly setBalance: (vault: Pick<VaultRef, "id" | "owner">, balance: Usdc) => Effect.Effect<void>
  /** The next look, at whatever, ends in this error. */
  readonly failNext: (error: ChainError) => Effect.Effect<void>
  /** The next deposit or withdrawal is not taken on: it ends in this error. */
  readonly failNextSending: (error: SubmitError) => Effect.Effect<void>
  /** Each key once, oldest first. */
  readonly moves: Effect.Effect<ReadonlyArray<AskedMove>>
}>() {}

const nameOf = ({ attempt, operation, step }: TransactionKey) => `${operation}/${step}/${attempt}`
const holding = ({ id, owner }: Pick<VaultRef, "id" | "owner">) => `${owner}/${id.toLowerCase()}`

/** The port and its script. */
export const layer: Layer.Layer<Vault | VaultControl> = Layer.effectContext(
  Effect.gen(function*() {
    const moved = yield* Ref.make<ReadonlyMap<string, Transferred>>(new Map())
    const receipts = yield* Ref.make<ReadonlyMap<TxHash, Received>>(new Map())
    const asked = yield* Ref.make<ReadonlyMap<string, AskedMove>>(new Map())
    const balances = yield* Ref.make<ReadonlyMap<string, Usdc>>(new Map())
    const errors = yield* Queue.unbounded<ChainError>()
    const refusals = yield* Queue.unbounded<SubmitError>()
    const told = <E>(queue: Queue.Dequeue<E>): Effect.Effect<void, E> =>
      Effect.flatMap(Queue.poll(queue), (error) => Option.isSome(error) ? Effect.fail(error.value) : Effect.void)
    const look = <A, E>(answer: Effect.Effect<A, E>) => Effect.zipRight(told(errors), answer)
    const send = (kind: AskedMove["kind"], move: VaultMove, { key }: Sending) =>
      look(
        told(refusals).pipe(
          Effect.zipRight(
            Ref.update(
              asked,
              (all) => all.has(nameOf(key)) ? all : new Map(all).set(nameOf(key), { ...move, key, kind })
            )
          ),
          Effect.zipRight(Ref.get(moved)),
          Effect.map((known) => known.get(nameOf(key)) ?? Transferred.Pending({ waitingFor: "the script" }))
        )
      )

    return Context.make(Vault, {
      deposit: (move, sending) => send("deposit", move, sending),
      withdraw: (move, sending) => send("withdrawal", move, sending),
      deposited: ({ txHash }) =>
        look(Effect.map(Ref.get(receipts), (known) => known.get(txHash) ?? Received.NotMined())),
      balance: (vault) => look(Effect.map(Ref.get(balances), (known) => known.get(holding(vault)) ?? fromUnits(0n)))
    }).pipe(Context.add(VaultControl, {
      setMoved: (key, end) => Ref.update(moved, (known) => new Map(known).set(nameOf(key), end)),
      setDeposited: (txHash, received) => Ref.update(receipts, (known) => new Map(known).set(txHash, received)),
      setBalance: (vault, balance) => Ref.update(balances, (known) => new Map(known).set(holding(vault), balance)),
      failNext: (error) => Queue.offer(errors, error),
      failNextSending: (error) => Queue.offer(refusals, error),
      moves: Effect.map(Ref.get(asked), (all) => [...all.values()])
    }))
  })
)
