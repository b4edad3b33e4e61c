/** The local Alpaca's books of USDC: where each unit is, and every transfer. What happened is judged from here. */
import { Clock, Data, Effect, Either, Option, Record, Ref } from "effect"
import { randomUUID } from "node:crypto"
import type { Address, Hex } from "viem"

/**
 * In units of 1e-6 USDC. Nothing is lost: `available + outgoing + incoming + fees + withdrawn` is what there was at first,
 * plus `deposited`.
 */
export interface Books {
  /** Ours to withdraw. */
  readonly available: bigint
  /** Taken for withdrawals of which it is not settled yet whether they happen. */
  readonly outgoing: bigint
  /** Seen on chain and not credited. */
  readonly incoming: bigint
  /** Kept by Alpaca, whether it says so or not. */
  readonly fees: bigint
  /** What has truly left on chain. */
  readonly withdrawn: bigint
  /** What has truly come on chain. */
  readonly deposited: bigint
}

export interface WalletTransfer {
  readonly id: string
  readonly direction: "INCOMING" | "OUTGOING"
  /** What Alpaca says. Where the money is, `place` tells. */
  readonly status: "PROCESSING" | "COMPLETE" | "FAILED"
  /** In units of 1e-6 USDC, before anything is taken from it. */
  readonly amount: bigint
  readonly networkFee: bigint
  readonly fee: bigint
  readonly from: Address
  readonly to: Address
  readonly txHash: Option.Option<Hex>
  /** Where the amount truly is: still under way, arrived where it was to go, or back where it came from. */
  readonly place: "underway" | "arrived" | "returned"
  /** What arrived, on chain or in the account. */
  readonly arrived: bigint
  /** Unix milliseconds. */
  readonly createdAt: number
}

/** What a caller asks for; the rest of a withdrawal is Alpaca's. */
export type WithdrawalDraft = Pick<WalletTransfer, "amount" | "to">

/** What was seen on chain. */
export type DepositDraft = Pick<WalletTransfer, "amount" | "from"> & { readonly txHash: Hex }

/** What Alpaca says from then on. */
export type Told = Partial<Pick<WalletTransfer, "status" | "txHash" | "networkFee" | "fee">>

export class InsufficientBalance extends Data.TaggedError("InsufficientBalance")<{ readonly available: bigint }> {}

interface State {
  readonly books: Books
  /** Oldest first. */
  readonly transfers: ReadonlyArray<WalletTransfer>
}

export interface AlpacaWalletLedger {
  readonly books: Effect.Effect<Books>
  /** Oldest first. */
  readonly transfers: Effect.Effect<ReadonlyArray<WalletTransfer>>
  readonly transfer: (id: string) => Effect.Effect<Option.Option<WalletTransfer>>
  /** Takes the money and books the withdrawal, both or neither. */
  readonly acceptWithdrawal: (draft: WithdrawalDraft) => Effect.Effect<WalletTransfer, InsufficientBalance>
  readonly acceptDeposit: (draft: DepositDraft) => Effect.Effect<WalletTransfer>
  /** Moves no money. */
  readonly tell: (id: string, told: Told) => Effect.Effect<void>
  /** So much has arrived, and Alpaca keeps the rest. Nothing happens to a transfer that is not under way. */
  readonly arrive: (id: string, units: bigint, told: Told) => Effect.Effect<void>
  /** A withdrawal's money is available again. Nothing happens to a transfer that is not under way. */
  readonly giveBack: (id: string, told: Told) => Effect.Effect<void>
}

const move = (books: Books, change: Partial<Books>): Books =>
  Record.map({ ...books }, (units, place) => units + (change[place] ?? 0n))

const arrival = ({ amount, direction }: WalletTransfer, units: bigint): Partial<Books> =>
  direction === "OUTGOING"
    ? { outgoing: -amount, withdrawn: units, fees: amount - units }
    : { incoming: -amount, available: units, fees: amount - units }

/** A transfer as it begins. */
const open = (
  known: Pick<WalletTransfer, "amount" | "direction" | "from" | "to" | "txHash">
): Effect.Effect<WalletTransfer> =>
  Effect.map(Clock.currentTimeMillis, (createdAt) => ({
    ...known,
    id: randomUUID(),
    status: "PROCESSING",
    networkFee: 0n,
    fee: 0n,
    place: "underway",
    arrived: 0n,
    createdAt
  }))

export const make = ({ custody, deposit, units }: {
  /** Sends withdrawals. */
  readonly custody: Address
  /** Takes deposits. */
  readonly deposit: Address
  /** Available at first, in units of 1e-6 USDC. */
  readonly units: bigint
}): Effect.Effect<AlpacaWalletLedger> =>
  Effect.gen(function*() {
    const state = yield* Ref.make<State>({
      books: { available: units, outgoing: 0n, incoming: 0n, fees: 0n, withdrawn: 0n, deposited: 0n },
      transfers: []
    })

    const change = (
      id: string,
      to: (transfer: WalletTransfer) => readonly [WalletTransfer, Partial<Books>]
    ) =>
      Ref.update(state, (old) => {
        const known = old.transfers.find((transfer) => transfer.id === id)
        if (known === undefined) return old
        const [changed, moved] = to(known)
        return {
          books: move(old.books, moved),
          transfers: old.transfers.map((transfer) => transfer === known ? changed : transfer)
        }
      })

    return {
      books: Effect.map(Ref.get(state), ({ books }) => books),
      transfers: Effect.map(Ref.get(state), ({ transfers }) => transfers),
      transfer: (id) =>
        Effect.map(
          Ref.get(state),
          ({ transfers }) => Option.fromNullable(transfers.find((transfer) => transfer.id === id))
        ),
      acceptWithdrawal: (draft) =>
        Effect.gen(function*() {
          const transfer = yield* open({ ...draft, direction: "OUTGOING", from: custody, txHash: Option.none() })
          return yield* yield* Ref.modify(
            state,
            (old): readonly [Either.Either<WalletTransfer, InsufficientBalance>, State] => {
              const { amount } = draft
              const { available } = old.books
              if (available < amount) return [Either.left(new InsufficientBalance({ available })), old]
              return [Either.right(transfer), {
                books: move(old.books, { available: -amount, outgoing: amount }),
                transfers: [...old.transfers, transfer]
              }]
            }
          )
        }),
      acceptDeposit: ({ txHash, ...draft }) =>
        open({ ...draft, direction: "INCOMING", to: deposit, txHash: Option.some(txHash) }).pipe(
          Effect.tap((transfer) =>
            Ref.update(state, ({ books, transfers }) => ({
              books: move(books, { deposited: transfer.amount, incoming: transfer.amount }),
              transfers: [...transfers, transfer]
            }))
          )
        ),
      tell: (id, told) => change(id, (transfer) => [{ ...transfer, ...told }, {}]),
      arrive: (id, arrived, told) =>
        change(id, (transfer) =>
          transfer.place === "underway"
            ? [{ ...transfer, ...told, place: "arrived", arrived }, arrival(transfer, arrived)]
            : [transfer, {}]),
      giveBack: (id, told) =>
        change(id, (transfer) =>
          transfer.place === "underway" && transfer.direction === "OUTGOING"
            ? [{ ...transfer, ...told, place: "returned" }, {
              outgoing: -transfer.amount,
              available: transfer.amount
            }]
            : [transfer, {}])
    }
  })
