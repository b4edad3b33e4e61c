/**
 * Alpaca's tokenization in memory, to be scripted through `AlpacaTokenizationControl`. Its errors come from the table of
 * the live layer, so that they are the same. Time is Effect's Clock: nothing waits under a TestClock that nobody moves.
 */
import { Clock, Context, DateTime, Duration, Effect, Layer, Option, Ref } from "effect"
import type { MintId } from "../../domain/OperationId.ts"
import * as Shares from "../../domain/Shares.ts"
import type { TokenizationRequest, TokenizationRequestId } from "../../domain/TokenizationRequest.ts"
import type { Order } from "../../domain/TokenizedEquityMint/State.ts"
import * as TxHash from "../../domain/TxHash.ts"
import { AlpacaError } from "../../services/AlpacaError.ts"
import { AlpacaTokenization, type SentTokens } from "../../services/AlpacaTokenization.ts"
import * as RedemptionQuery from "../alpaca/RedemptionQuery.ts"
import * as Books from "./AlpacaTokenizationBooks.ts"
import { AlpacaTokenizationControl } from "./AlpacaTokenizationControl.ts"
import * as AlpacaTokenizationLine from "./AlpacaTokenizationLine.ts"
import { AlpacaTokenizationWorld } from "./AlpacaTokenizationWorld.ts"

/** What the scripted issuer is to be like. */
export interface Options {
  /** Available at first: `{ AAPL: "100" }`. Default nothing. */
  readonly shares?: Readonly<Record<string, string>>
  /** How long a caller waits for an answer, as the live layer's. Default 20 seconds. */
  readonly timeout?: Duration.DurationInput
}

/** Both sides of one Alpaca. Make it once and build layers from it (`layerOf`) for a program that is stopped and started. */
export interface World {
  readonly port: AlpacaTokenization["Type"]
  readonly control: AlpacaTokenizationControl["Type"]
}

const absent = Option.some(Option.none<TokenizationRequest>())

const madeUpHash = (id: TokenizationRequestId) => TxHash.make(`0x${id.replaceAll("-", "").padStart(64, "0")}`)

const idOf = ({ request }: Books.Taken): TokenizationRequestId => request.id

const mismatch = (action: string, { issuer, network, request }: Books.Taken): AlpacaError => {
  const { id, quantity, symbol, wallet } = request
  const what = `${Shares.print(quantity)} ${symbol}, wallet ${Option.getOrElse(wallet, () => "")}`
  const detail = `found ${id}: ${what}, issuer ${issuer}, network ${network}`
  return new AlpacaError({ reason: "Mismatch", action, detail })
}

/** The port and its control, over books of its own. */
export const make = (options: Options = {}): Effect.Effect<World> =>
  Effect.gen(function*() {
    const { timeout = "20 seconds" } = options
    const books = yield* Ref.make(Books.make(options.shares ?? {}))
    const line = yield* AlpacaTokenizationLine.make(timeout)

    const update = (change: (old: Books.Books) => Partial<Books.Books>) =>
      Ref.update(books, (old) => ({ ...old, ...change(old) }))

    /** One change at the present time. */
    const modify = <A>(change: (old: Books.Books, now: number) => readonly [A, Books.Books]) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => Ref.modify(books, (old) => change(old, now)))

    /** What can be read of the requests that are wanted, oldest first. */
    const visible = (wanted: (taken: Books.Taken) => boolean) =>
      Effect.zipWith(Ref.get(books), Clock.currentTimeMillis, (all, now) => Books.visible(all, now).filter(wanted))

    const requestMint = (id: MintId, order: Order) => {
      const action = `request mint ${id} of ${Shares.print(order.quantity)} ${order.symbol}`
      const work = Effect.flatten(modify((old, now) => Books.takeOrder(old, now, id, order)))
      const refuse = ({ message, status }: Books.Refused) =>
        AlpacaTokenizationLine.refused("requestMint", action, status, message)
      return line.call({
        method: "requestMint",
        id,
        action,
        work: Effect.mapError(work, refuse),
        absent: Option.none()
      })
    }

    const findMint = (id: MintId, order: Order) => {
      const action = `find mint ${id}`
      const work = Effect.gen(function*() {
        const labelled = yield* visible(({ label }) => Option.contains(label, id))
        const ours = labelled.findLast((taken) => Books.isFor(taken, order))
        const other = labelled.at(-1)
        if (ours !== undefined) return Option.some(ours.request)
        if (other === undefined) return Option.none()
        return yield* mismatch(action, other)
      })
      return line.call({ method: "findMint", id, action, work, absent })
    }

    const findRedemption = (sent: SentTokens) => {
      const { symbol, txHash } = sent
      const action = `find redemption of the ${symbol} sent in ${txHash}`
      const work = Effect.gen(function*() {
        const after = DateTime.toEpochMillis(RedemptionQuery.createdAfter(sent))
        const found = yield* visible(({ createdAt, request, type }) =>
          type === "redeem" && createdAt > after && Option.contains(request.txHash, txHash)
        )
        // The issuer rounds down, so the quantity is not compared here.
        const ours = found.filter((taken) => Books.isFor(taken, { ...sent, quantity: taken.request.quantity }))
        const likeliest = ours.findLast(({ request }) => request.status !== "Rejected") ?? ours.at(-1)
        const other = found.at(-1)
        if (likeliest !== undefined) return Option.some(likeliest.request)
        if (other === undefined) return Option.none()
        return yield* mismatch(action, other)
      })
      return line.call({ method: "findRedemption", id: txHash, action, work, absent: Option.none() })
    }

    const getRequest = (id: TokenizationRequestId) => {
      const work = Effect.map(
        visible(({ request }) => request.id === id),
        ([found]) => Option.map(Option.fromNullable(found), ({ request }) => request)
      )
      return line.call({ method: "getRequest", id, action: `get tokenization request ${id}`, work, absent })
    }

    const control: World["control"] = {
      shares: (symbol) => Effect.map(Ref.get(books), (all) => Books.sharesOf(all, symbol)),
      setShares: (symbol, quantity) => update(({ shares }) => ({ shares: { ...shares, [symbol]: quantity } })),
      requestsOf: (wanted) =>
        Effect.map(
          Ref.get(books),
          ({ taken }) => taken.filter(({ label }) => Option.contains(label, wanted)).map(({ request }) => request.id)
        ),
      requests: Effect.map(Ref.get(books), ({ taken }) => taken),
      place: (label, order) => Effect.map(modify((old, now) => Books.addForeign(old, now, label, order)), idOf),
      redeem: (tokens, quantity = Shares.fromTokenAmountFloor(tokens.amount)) =>
        Effect.map(modify((old, now) => Books.addRedemption(old, now, tokens, quantity)), idOf),
      complete: (id, txHash = madeUpHash(id)) =>
        Ref.modify(books, (old) => {
          const next = Books.end(old, id, "Completed", Option.some(txHash))
          const ended = Option.fromNullable(next.taken.find(({ request }) => request.id === id))
          return [Option.getOrElse(Option.flatMap(ended, ({ request }) => request.txHash), () => txHash), next]
        }),
      reject: (id) => Ref.update(books, (old) => Books.end(old, id, "Rejected", Option.none())),
      setStatus: (id, status) => Ref.update(books, (old) => Books.edit(old, id, { status })),
      speakStrangely: update(() => ({ isStrange: true })),
      hide: (id, duration) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          update(({ hiddenUntil }) => ({
            hiddenUntil: new Map(hiddenUntil).set(id, now + Duration.toMillis(duration))
          }))),
      hideNext: (duration) => update(() => ({ hideNext: Option.some(duration) })),
      forgetKeys: update(() => ({ keys: new Map() })),
      strike: (method, fault) => line.push(method, { _tag: "Fault", fault }),
      loseAnswer: line.push("requestMint", { _tag: "Fault", fault: { _tag: "AnswerLost" } }),
      failNext: (method, error) => line.push(method, { _tag: "Fail", error }),
      delayNext: (method, duration, { late = false } = {}) => line.push(method, { _tag: "Delay", duration, late }),
      unavailable: line.refuseFor,
      available: line.refuseFor(Duration.zero),
      calls: line.calls
    }

    return { port: { requestMint, findMint, findRedemption, getRequest }, control }
  })

/** The port, its script, and what the contract suite needs of it. */
export type Provided = AlpacaTokenization | AlpacaTokenizationControl | AlpacaTokenizationWorld

/** Layers over a world that outlives them. */
export const layerOf = ({ control, port }: World): Layer.Layer<Provided> =>
  Layer.succeedContext(
    Context.make(AlpacaTokenization, port).pipe(
      Context.add(AlpacaTokenizationControl, control),
      Context.add(AlpacaTokenizationWorld, control)
    )
  )

/** Both as a layer, with these options. */
export const layerWith = (options: Options): Layer.Layer<Provided> =>
  Layer.unwrapEffect(Effect.map(make(options), layerOf))

/** With 100 AAPL. */
export const layer: Layer.Layer<Provided> = layerWith({ shares: { AAPL: "100" } })
