/** The account's crypto wallet over HTTP: USDC on Ethereum. Broker API. Source: external-apis 2. */
import type { HttpClient } from "@effect/platform"
import { Array as Arr, DateTime, Duration, Effect, Either, Layer, Option, Predicate } from "effect"
import * as Address from "../../domain/Address.ts"
import * as Usdc from "../../domain/Usdc.ts"
import type { WalletTransfer, WalletTransferId } from "../../domain/WalletTransfer.ts"
import type { AlpacaError } from "../../services/AlpacaError.ts"
import { AlpacaWallet, type Deposit, type Whitelisting, type Withdrawal } from "../../services/AlpacaWallet.ts"
import * as AlpacaClient from "./AlpacaClient.ts"
import * as Together from "./Together.ts"
import * as WalletRow from "./WalletRow.ts"

const transfers = "wallets/transfers"

/** Alpaca dates a transfer by its clock, and we an intent by ours. */
const clockMargin = Duration.minutes(10)

/** A list is documented to be bare; some endpoints wrap theirs. */
const rowsIn = (answer: unknown): Option.Option<ReadonlyArray<unknown>> => {
  if (Array.isArray(answer)) return Option.some(answer)
  if (!Predicate.isRecord(answer)) return Option.none()
  const wrapped = ["transfers", "whitelists", "whitelisted_addresses", "data"].map((name) => answer[name])
  return Option.fromNullable(wrapped.find((value) => Array.isArray(value)))
}

/** Paging is not documented; if there is any it works like that of Alpaca's other lists. */
const nextPage = (answer: unknown): Option.Option<string> =>
  Predicate.isRecord(answer)
    ? Option.filter(
      Option.liftPredicate(answer["next_page_token"], Predicate.isString),
      (token) => token !== "" && token.length <= 1024
    )
    : Option.none()

const mostPages = 100
/** Of all pages together: what is held of them is bounded, whatever there is. */
const mostRows = 100_000

/** It ended without anything having left. */
const cameToNothing = ({ status, txHash }: WalletTransfer): boolean => status === "Failed" && Option.isNone(txHash)

const shown = (all: ReadonlyArray<WalletTransfer>): string =>
  all.map(({ amount, createdAt, id, status }) =>
    `${id} (${Usdc.print(amount)} USDC, ${status}, of ${DateTime.formatIso(createdAt)})`
  ).join(", ")

const make: Effect.Effect<AlpacaWallet["Type"], never, AlpacaClient.AlpacaClient> = Effect.map(
  AlpacaClient.AlpacaClient,
  (client) => {
    const orMalformed = <A>(reason: AlpacaError["reason"], action: string, decoded: Either.Either<A, string>) =>
      Either.mapLeft(decoded, (problem) => client.failure(reason, action, `malformed answer: ${problem}`))

    /** What `read` makes of the rows, page by page, so that no more than one page is held as it came. */
    const list = <A>(
      action: string,
      path: string,
      read: (rows: ReadonlyArray<unknown>) => Effect.Effect<ReadonlyArray<A>, AlpacaError>
    ) =>
      Effect.gen(function*() {
        let all: ReadonlyArray<A> = []
        let page = Option.none<string>()
        for (let number = 0; number < mostPages; number++) {
          const query = Option.match(page, { onNone: () => ({}), onSome: (token) => ({ page_token: token }) })
          const answer = yield* client.read({ action, path, query, limit: AlpacaClient.listLimit })
          const found = yield* Effect.mapError(rowsIn(answer), () =>
            client.failure("Unavailable", action, "malformed answer: not a list"))
          all = all.concat(yield* read(found))
          page = nextPage(answer)
          if (all.length > mostRows) {
            break
          }
          if (Option.isNone(page)) {
            return all
          }
        }
        return yield* client.failure(
          "Unavailable",
          action,
          `the list has more than ${mostPages} pages or ${mostRows} rows that could be meant`
        )
      })

    /** Of the rows that can be ours; one of somebody else's may be what it likes. */
    const listed = (action: string, mayBeOurs: (row: unknown) => boolean, decode: typeof WalletRow.decode) =>
      list(
        action,
        transfers,
        (rows) => Effect.forEach(rows.filter(mayBeOurs), (row) => orMalformed("Unavailable", action, decode(row)))
      )

    const depositAddress = Effect.gen(function*() {
      const action = "deposit address of USDC on Ethereum"
      const answer = yield* client.read({ action, path: "wallets", query: { asset: "USDC", network: "ethereum" } })
      const { address } = yield* orMalformed("Unavailable", action, WalletRow.depositAddress(answer))
      if (address === Address.zero) {
        return yield* client.failure("Unavailable", action, "malformed answer: the zero address")
      }
      return address
    }).pipe(Effect.withSpan("AlpacaWallet.depositAddress"))

    const whitelisting = Effect.fn("AlpacaWallet.whitelisting")(function*(address: Address.Address) {
      const found = yield* list(
        `whitelisting of ${address}`,
        "wallets/whitelists",
        (rows) => Effect.succeed(WalletRow.whitelistings(rows, address))
      )
      const verdict: Whitelisting = (["Approved", "Pending", "Other"] as const).find((one) => found.includes(one)) ??
        "Absent"
      return verdict
    })

    const findWithdrawal = Effect.fn("AlpacaWallet.findWithdrawal")(
      function*({ address, amount, claimed, since }: Withdrawal) {
        const action = `find withdrawal of ${Usdc.print(amount)} USDC to ${address}`
        const oldest = DateTime.subtractDuration(since, clockMargin)
        const found = yield* listed(action, (row) => WalletRow.mayBeWithdrawal(row, address, oldest), WalletRow.decode)
        const ours = found.filter((transfer) => transfer.amount === amount && !claimed.has(transfer.id))
        const unaddressed = ours.find((transfer) => Option.isNone(transfer.address))
        if (unaddressed !== undefined) {
          const problem = `${shown([unaddressed])} does not tell where it goes`
          return yield* client.failure("Unavailable", action, `malformed answer: ${problem}`)
        }
        const effective = ours.filter((transfer) => !cameToNothing(transfer))
        // Fees may have been taken from what Alpaca shows: nothing smaller is taken for ours, nor for nobody's.
        const smaller = found.filter((transfer) =>
          transfer.amount < amount && Option.isSome(transfer.address) && !claimed.has(transfer.id) &&
          !cameToNothing(transfer)
        )
        const doubtful = effective.length > 1 ? effective : effective.length === 0 ? smaller : []
        if (doubtful.length > 0) {
          return yield* client.failure("Ambiguous", action, `any of these could be it: ${shown(doubtful)}`)
        }
        return Option.fromNullable(effective.at(0) ?? ours.at(-1))
      }
    )

    const orderWithdrawal = Effect.fn("AlpacaWallet.orderWithdrawal")(
      function*({ address, amount }: Pick<Withdrawal, "amount" | "address">) {
        const action = `withdraw ${Usdc.print(amount)} USDC to ${address}`
        const answer = yield* client.write({
          action,
          path: transfers,
          body: JSON.stringify({ amount: Usdc.print(amount), address, asset: "USDC", chain: "ETH" })
        })
        // Whatever it says of it: it has an id, by which it is recorded and followed.
        return yield* orMalformed("OutcomeUnknown", action, WalletRow.decode(answer))
      }
    )

    const transferById = (id: WalletTransferId) =>
      Effect.gen(function*() {
        const action = `get transfer ${id}`
        const answer = yield* client.find({ action, path: `${transfers}/${AlpacaClient.encode(id)}` })
        if (Option.isNone(answer)) return Option.none<WalletTransfer>()
        const transfer = yield* orMalformed("Unavailable", action, WalletRow.decode(answer.value))
        if (transfer.id.toLowerCase() !== id.toLowerCase()) {
          return yield* client.failure("Unavailable", action, `malformed answer: it is about ${transfer.id}`)
        }
        return Option.some(transfer)
      })

    /**
     * The first page alone: more of them may be more calls than one for each. It may lack one that is there, or show it as
     * nobody can read it: that one is asked for by itself.
     */
    const transfersById = (ids: ReadonlyArray<WalletTransferId>) =>
      Effect.gen(function*() {
        const action = `get ${ids.length} transfers`
        const answer = yield* client.read({ action, path: transfers, limit: AlpacaClient.listLimit })
        const wanted = new Set(ids.map((id) => id.toLowerCase()))
        const rows = Option.getOrElse(rowsIn(answer), () => []).filter((row) => WalletRow.isOneOf(row, wanted))
        const found = new Map(
          Arr.getRights(rows.map(WalletRow.decode)).map((transfer) => [transfer.id.toLowerCase(), transfer])
        )
        return (id: WalletTransferId) => {
          const transfer = found.get(id.toLowerCase())
          return transfer === undefined ? undefined : Effect.succeedSome(transfer)
        }
      })

    const askTransfer = Together.make({ one: transferById, all: transfersById, isShared: AlpacaClient.isRateLimit })

    const getTransfer = Effect.fn("AlpacaWallet.getTransfer")((id: WalletTransferId) => askTransfer(id))

    /** What a list of transfers says of one deposit. */
    const depositIn = (rows: ReadonlyArray<unknown>, { address, txHash }: Deposit) =>
      Effect.gen(function*() {
        const action = `find deposit ${txHash}`
        const ours = rows.filter((row) => WalletRow.mayBeDeposit(row, txHash, address))
        const found = yield* Effect.forEach(
          ours,
          (row) => orMalformed("Unavailable", action, WalletRow.decodeDeposit(row))
        )
        const complete = found.filter(({ status }) => status === "Complete")
        if (complete.length > 1) {
          return yield* client.failure(
            "Ambiguous",
            action,
            `Alpaca shows several of one transaction: ${shown(complete)}`
          )
        }
        return Option.fromNullable(complete.at(0) ?? found.find(({ status }) => status !== "Failed") ?? found.at(0))
      })

    const deposits = (wanted: ReadonlyArray<Deposit>) =>
      Effect.map(
        list(
          wanted.length === 1 ? `find deposit ${wanted[0]?.txHash}` : `find ${wanted.length} deposits`,
          transfers,
          (rows) =>
            Effect.succeed(
              rows.filter((row) => wanted.some((one) => WalletRow.mayBeDeposit(row, one.txHash, one.address)))
            )
        ),
        (rows) => (deposit: Deposit) => depositIn(rows, deposit)
      )

    const askDeposit = Together.make({
      one: (deposit: Deposit) => Effect.flatMap(deposits([deposit]), (said) => said(deposit)),
      all: deposits,
      // The same list would be read again for each.
      isShared: () => true
    })

    const findDeposit = Effect.fn("AlpacaWallet.findDeposit")((deposit: Deposit) => askDeposit(deposit))

    return { depositAddress, whitelisting, findWithdrawal, orderWithdrawal, getTransfer, findDeposit }
  }
)

/** For a client that other ports use as well. */
export const layerClient: Layer.Layer<AlpacaWallet, never, AlpacaClient.AlpacaClient> = Layer.effect(AlpacaWallet, make)

export const layer = (config: AlpacaClient.AlpacaConfig): Layer.Layer<AlpacaWallet, never, HttpClient.HttpClient> =>
  Layer.provide(layerClient, AlpacaClient.layer(config))
