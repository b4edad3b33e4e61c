/**
 * Alpaca's crypto wallet in memory, which works by itself: a withdrawal is sent at the second look, and what the test says has
 * come is credited at the second look. The test may say otherwise. For tests of whatever depends on the port.
 */
import { Context, DateTime, Effect, Either, Layer, Option, Ref } from "effect"
import * as Address from "../../domain/Address.ts"
import * as TxHash from "../../domain/TxHash.ts"
import * as Usdc from "../../domain/Usdc.ts"
import { type WalletTransfer, WalletTransferId } from "../../domain/WalletTransfer.ts"
import { AlpacaError } from "../../services/AlpacaError.ts"
import { AlpacaWallet, type Whitelisting, type Withdrawal } from "../../services/AlpacaWallet.ts"
import { AlpacaWalletWorld, type Fault, type Method } from "./AlpacaWalletWorld.ts"
import { wallet } from "./SignerTest.ts"

/** What there is at first. */
export interface Options {
  /** USDC at Alpaca at first. Default 100000. */
  readonly usdc?: string
  /** The one address on the whitelist. Default that of `SignerTest`. */
  readonly own?: Address.Address
}

/** The script of the test layer: all that Alpaca can be told to do, and all that it has in its books. */
export class AlpacaWalletControl extends Context.Tag("ballast/testing/AlpacaWalletControl")<
  AlpacaWalletControl,
  AlpacaWalletWorld["Type"] & {
    /** It has been sent, in this transaction. */
    readonly sent: (id: WalletTransferId, txHash: TxHash.TxHash) => Effect.Effect<void>
    /** All in either direction, oldest first, as they are in truth. */
    readonly transfers: Effect.Effect<ReadonlyArray<Transfer>>
    /** What becomes of withdrawals ordered from now on; they are sent unless said otherwise, and `hold` leaves them be. */
    readonly setOutcome: (outcome: "send" | "hold") => Effect.Effect<void>
    /** Neither by its id nor in the list, for so many looks at it. */
    readonly hideNext: (looks: number) => Effect.Effect<void>
    /** A transfer that somebody else ordered, of the same form as ours. */
    readonly place: (of: Pick<Withdrawal, "amount" | "address">) => Effect.Effect<WalletTransferId>
    /** Whatever it was before. */
    readonly change: (id: WalletTransferId, changes: Partial<WalletTransfer>) => Effect.Effect<void>
    /** The next call of this method does nothing and ends in this error. */
    readonly failNext: (method: Method, error: AlpacaError) => Effect.Effect<void>
  }
>() {}

/** A transfer, and which way it goes as Alpaca sees it. */
export interface Transfer {
  readonly direction: "OUTGOING" | "INCOMING"
  readonly transfer: WalletTransfer
}

interface Entry extends Transfer {
  /** Looks by its id or its hash that it has had. */
  readonly looks: number
  /** Of those, so many find nothing. */
  readonly hidden: number
  readonly isHeld: boolean
}

interface State {
  readonly available: Usdc.Usdc
  /** Oldest first. */
  readonly entries: ReadonlyArray<Entry>
  readonly whitelisting: Whitelisting
  readonly outcome: "send" | "hold"
  readonly hideNext: number
  readonly strikes: ReadonlyArray<readonly [Method, Fault | AlpacaError]>
}

/** Where USDC is sent to be credited. */
export const depositAddress = Address.make(`0x${"d".repeat(40)}`)

/** The hash of the transaction by which the how many-eth transfer is sent. */
export const hashOf = (number: number): TxHash.TxHash => TxHash.make(`0xa0${number.toString(16).padStart(62, "0")}`)

/** Alpaca's clock and ours differ by a little. */
const clocks = { minutes: 10 }

const isError = (strike: Fault | AlpacaError): strike is AlpacaError => strike instanceof AlpacaError

const make = ({ own = wallet, usdc = "100000" }: Options = {}) =>
  Effect.gen(function*() {
    const state = yield* Ref.make<State>({
      available: Either.getOrThrow(Usdc.parse(usdc)),
      entries: [],
      whitelisting: "Approved",
      outcome: "send",
      hideNext: 0,
      strikes: []
    })
    const update = (change: (old: State) => Partial<State>) => Ref.update(state, (old) => ({ ...old, ...change(old) }))

    const edit = (id: WalletTransferId, change: (entry: Entry) => Partial<Entry>) =>
      update(({ entries }) => ({
        entries: entries.map((entry) => entry.transfer.id === id ? { ...entry, ...change(entry) } : entry)
      }))
    const told = (id: WalletTransferId, changes: Partial<WalletTransfer>) =>
      edit(id, ({ transfer }) => ({ transfer: { ...transfer, ...changes } }))

    /** What was under way ends: with USDC that can be withdrawn, where they have come or are not sent. */
    const end = (id: WalletTransferId, available: Entry["direction"], changes: Partial<WalletTransfer>) =>
      update((old) => {
        const entry = old.entries.find(({ transfer }) => transfer.id === id)
        const isDue = entry?.transfer.status === "Processing" && entry.direction === available
        return {
          available: isDue ? Usdc.fromUnits(old.available + entry.transfer.amount) : old.available
        }
      }).pipe(Effect.zipRight(told(id, changes)))

    const numberOf = (id: WalletTransferId) =>
      Effect.map(Ref.get(state), ({ entries }) => 1 + entries.findIndex(({ transfer }) => transfer.id === id))

    const add = (
      direction: Entry["direction"],
      { address, amount, status, txHash }: Pick<WalletTransfer, "amount" | "status" | "txHash" | "address">
    ) =>
      Effect.flatMap(DateTime.now, (createdAt) =>
        Ref.modify(state, (old) => {
          const number = old.entries.length + 1
          const id = WalletTransferId.make(`00000000-0000-4000-9000-${String(number).padStart(12, "0")}`)
          const transfer: WalletTransfer = { id, status, amount, txHash, address, createdAt }
          const entry = { direction, transfer, looks: 0, hidden: old.hideNext, isHeld: old.outcome === "hold" }
          return [transfer, { ...old, hideNext: 0, entries: [...old.entries, entry] }]
        }))

    const fail = (reason: AlpacaError["reason"], action: string, detail: string) =>
      new AlpacaError({ reason, action, detail })

    /** Struck by what was told before, at most once. */
    const call = <A>(
      method: Method,
      action: string,
      work: Effect.Effect<A, AlpacaError>
    ): Effect.Effect<A, AlpacaError> =>
      Effect.gen(function*() {
        const strike = yield* Ref.modify(state, (old) => {
          const first = old.strikes.find(([struck]) => struck === method)
          return [first?.[1], { ...old, strikes: old.strikes.filter((other) => other !== first) }]
        })
        if (strike === undefined) return yield* work
        if (isError(strike)) return yield* strike
        const unanswered = method === "orderWithdrawal" ? "OutcomeUnknown" : "Unavailable"
        if (strike === "AnswerLost") yield* Effect.exit(work)
        return yield* fail(
          unanswered,
          action,
          strike === "AnswerLost" ? "the answer was lost" : "the connection failed"
        )
      })

    /** One more look; the second one, of those that find it, is when it moves on by itself. */
    const looked = ({ direction, hidden, isHeld, looks, transfer }: Entry) =>
      Effect.gen(function*() {
        yield* edit(transfer.id, () => ({ looks: looks + 1 }))
        if (looks < hidden) return Option.none<WalletTransfer>()
        if (looks > hidden && transfer.status === "Processing" && !isHeld) {
          const txHash = direction === "OUTGOING" ? Option.some(hashOf(yield* numberOf(transfer.id))) : transfer.txHash
          yield* end(transfer.id, "INCOMING", { status: "Complete", txHash })
          return Option.some({ ...transfer, status: "Complete" as const, txHash })
        }
        return Option.some(transfer)
      })

    const whitelistingOf = (address: Address.Address) =>
      Effect.map(Ref.get(state), ({ whitelisting }): Whitelisting => address === own ? whitelisting : "Absent")

    const orderWithdrawal = ({ address, amount }: Pick<Withdrawal, "amount" | "address">) => {
      const action = `withdraw ${Usdc.print(amount)} USDC to ${address}`
      return call(
        "orderWithdrawal",
        action,
        Effect.gen(function*() {
          const { available } = yield* Ref.get(state)
          const whitelisting = yield* whitelistingOf(address)
          if (whitelisting !== "Approved") return yield* fail("NotWhitelisted", action, `${address} is ${whitelisting}`)
          if (amount > available) {
            return yield* fail("InsufficientPosition", action, `${Usdc.print(available)} USDC are available`)
          }
          yield* update(() => ({ available: Usdc.fromUnits(available - amount) }))
          return yield* add("OUTGOING", {
            amount,
            address: Option.some(address),
            status: "Processing",
            txHash: Option.none()
          })
        })
      )
    }

    const cameToNothing = ({ status, txHash }: WalletTransfer) => status === "Failed" && Option.isNone(txHash)

    const findWithdrawal = ({ address, amount, claimed, since }: Withdrawal) => {
      const action = `find withdrawal of ${Usdc.print(amount)} USDC to ${address}`
      return call(
        "findWithdrawal",
        action,
        Effect.gen(function*() {
          const { entries } = yield* Ref.get(state)
          yield* Effect.forEach(entries, ({ looks, transfer }) => edit(transfer.id, () => ({ looks: looks + 1 })))
          const found = entries.filter(({ direction, hidden, looks, transfer }) =>
            direction === "OUTGOING" && looks >= hidden && Option.contains(transfer.address, address) &&
            !claimed.has(transfer.id) &&
            DateTime.greaterThanOrEqualTo(transfer.createdAt, DateTime.subtract(since, clocks))
          ).map(({ transfer }) => transfer)
          const ours = found.filter((transfer) => transfer.amount === amount)
          const effective = ours.filter((transfer) => !cameToNothing(transfer))
          const smaller = found.filter((transfer) => transfer.amount < amount && !cameToNothing(transfer))
          const doubtful = effective.length > 1 ? effective : effective.length === 0 ? smaller : []
          return doubtful.length > 0
            ? yield* fail("Ambiguous", action, `any of ${doubtful.map(({ id }) => id).join(", ")} could be it`)
            : Option.fromNullable(effective.at(0) ?? ours.at(-1))
        })
      )
    }

    const transfers = Effect.map(Ref.get(state), ({ entries }) => entries)
    const outgoing = Effect.map(
      transfers,
      (entries) => entries.filter(({ direction }) => direction === "OUTGOING").map(({ transfer }) => transfer)
    )

    const port: AlpacaWallet["Type"] = {
      depositAddress: call("depositAddress", "deposit address", Effect.succeed(depositAddress)),
      whitelisting: (address) => call("whitelisting", `whitelisting of ${address}`, whitelistingOf(address)),
      orderWithdrawal,
      findWithdrawal,
      getTransfer: (id) =>
        call(
          "getTransfer",
          `get transfer ${id}`,
          Effect.flatMap(transfers, (entries) => {
            const entry = entries.find(({ transfer }) => transfer.id === id)
            return entry === undefined ? Effect.succeedNone : looked(entry)
          })
        ),
      findDeposit: ({ address, txHash }) =>
        call(
          "findDeposit",
          `find deposit ${txHash}`,
          Effect.flatMap(transfers, (entries) => {
            const entry = entries.find(({ direction, transfer }) =>
              direction === "INCOMING" && Option.contains(transfer.txHash, txHash) &&
              Option.contains(transfer.address, address)
            )
            return entry === undefined ? Effect.succeedNone : looked(entry)
          })
        )
    }

    const control: AlpacaWalletControl["Type"] = {
      available: Effect.map(Ref.get(state), ({ available }) => available),
      withdrawals: Effect.map(outgoing, (all) => all.map(({ id }) => id)),
      transfers,
      complete: (id) =>
        Effect.gen(function*() {
          const txHash = hashOf(yield* numberOf(id))
          yield* told(id, { status: "Complete", txHash: Option.some(txHash) })
          return txHash
        }),
      sent: (id, txHash) => told(id, { status: "Complete", txHash: Option.some(txHash) }),
      fail: (id) => end(id, "OUTGOING", { status: "Failed", txHash: Option.none() }),
      deposit: ({ amount, txHash }) =>
        Effect.map(
          add("INCOMING", {
            amount,
            txHash: Option.some(txHash),
            address: Option.some(depositAddress),
            status: "Processing"
          }),
          ({ id }) => id
        ),
      credit: (id) => end(id, "INCOMING", { status: "Complete" }),
      setWhitelisting: (whitelisting) => update(() => ({ whitelisting })),
      strike: (method, fault) => update(({ strikes }) => ({ strikes: [...strikes, [method, fault] as const] })),
      setOutcome: (outcome) => update(() => ({ outcome })),
      hideNext: (hideNext) => update(() => ({ hideNext })),
      place: ({ address, amount }) =>
        Effect.map(
          add("OUTGOING", { amount, address: Option.some(address), status: "Processing", txHash: Option.none() }),
          ({ id }) => id
        ),
      change: told,
      failNext: (method, error) => update(({ strikes }) => ({ strikes: [...strikes, [method, error] as const] }))
    }
    return { port, control }
  })

/** The port, its script, and what the contract suite needs of it. */
export const layerWith = (
  options: Options = {}
): Layer.Layer<AlpacaWallet | AlpacaWalletControl | AlpacaWalletWorld> =>
  Layer.effectContext(Effect.map(make(options), ({ control, port }) =>
    Context.make(AlpacaWallet, port).pipe(
      Context.add(AlpacaWalletControl, control),
      Context.add(AlpacaWalletWorld, control)
    )))

/** The same with 100000 USDC. */
export const layer = layerWith()
