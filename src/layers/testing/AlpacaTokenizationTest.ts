/**
 * Alpaca's tokenization in memory, to be scripted through `AlpacaTokenizationControl`. Its errors come from the table of
 * the live layer, so that they are the same. Time is Effect's Clock: nothing waits under a TestClock that nobody moves.
 */
import { Clock, Context, Duration, Effect, Either, Layer, Option, Ref } from "effect"
import type { EquitySymbol } from "../../domain/EquitySymbol.ts"
import type { MintId } from "../../domain/OperationId.ts"
import * as Shares from "../../domain/Shares.ts"
import {
  answers,
  IssuerRequestId,
  type Status,
  type TokenizationRequest,
  TokenizationRequestId
} from "../../domain/TokenizationRequest.ts"
import type { Order } from "../../domain/TokenizedEquityMint/State.ts"
import * as TxHash from "../../domain/TxHash.ts"
import { AlpacaError, AlpacaTokenization } from "../../services/AlpacaTokenization.ts"
import * as MintBody from "../alpaca/MintBody.ts"
import { AlpacaTokenizationControl } from "./AlpacaTokenizationControl.ts"
import * as AlpacaTokenizationLine from "./AlpacaTokenizationLine.ts"
import { AlpacaTokenizationWorld } from "./AlpacaTokenizationWorld.ts"

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

interface Taken {
  readonly request: TokenizationRequest
  readonly order: Order
  readonly label: MintId
  readonly isOurs: boolean
}

interface Books {
  readonly shares: Readonly<Record<string, Shares.Shares>>
  /** Oldest first. */
  readonly taken: ReadonlyArray<Taken>
  /** What each key was first used for, and what was answered. */
  readonly keys: ReadonlyMap<MintId, Taken>
  /** Unix milliseconds until which a request is not shown. */
  readonly hiddenUntil: ReadonlyMap<TokenizationRequestId, number>
  readonly hideNext: Option.Option<Duration.DurationInput>
  readonly isStrange: boolean
}

const none = Shares.fromUnits(0n)

const parseShares = (shares: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(shares).map(([symbol, text]) => [symbol, Either.getOrThrow(Shares.parse(text))]))

const isFor = ({ order, request }: Taken, wanted: Order): boolean =>
  answers(request, wanted) && order.issuer === wanted.issuer && order.network === wanted.network

const madeUpHash = (id: TokenizationRequestId) => TxHash.make(`0x${id.replaceAll("-", "").padStart(64, "0")}`)

/** Books it under a new id. */
const add = (old: Books, now: number, draft: Omit<Taken, "request">): readonly [Taken, Books] => {
  const number = String(old.taken.length + 1)
  const request: TokenizationRequest = {
    id: TokenizationRequestId.make(`00000000-0000-4000-8000-${number.padStart(12, "0")}`),
    status: "Pending",
    symbol: draft.order.symbol,
    quantity: draft.order.quantity,
    wallet: Option.some(draft.order.wallet),
    txHash: Option.none(),
    issuerRequestId: Option.some(IssuerRequestId.make(`issuer-${number}`))
  }
  const hiddenUntil = Option.match(old.hideNext, {
    onNone: () => old.hiddenUntil,
    onSome: (duration) => new Map(old.hiddenUntil).set(request.id, now + Duration.toMillis(duration))
  })
  const taken = { ...draft, request }
  return [taken, { ...old, taken: [...old.taken, taken], hideNext: Option.none(), hiddenUntil }]
}

/** As reads show it. */
const shown = ({ request }: Taken, isStrange: boolean): TokenizationRequest =>
  isStrange && request.status === "Pending" ? { ...request, status: "Other" } : request

/** The answer to the order itself tells less. */
const answered = (taken: Taken, isStrange: boolean): TokenizationRequest => ({
  ...shown(taken, isStrange),
  wallet: Option.none(),
  txHash: Option.none(),
  issuerRequestId: Option.none()
})

const absent = Option.some(Option.none<TokenizationRequest>())

interface Refused {
  readonly status: number
  readonly message: string
}

/** What Alpaca does with a mint request: external-apis 1.2, 1.3, 1.6. */
const takeOrder = (
  old: Books,
  now: number,
  id: MintId,
  order: Order
): readonly [Either.Either<TokenizationRequest, Refused>, Books] => {
  const refuse = (status: number, message: string) => [Either.left({ status, message }), old] as const
  const first = old.keys.get(id)
  if (first !== undefined) {
    if (MintBody.encode(id, first.order) !== MintBody.encode(id, order)) {
      return refuse(422, "Idempotency-Key was already used with a different request body")
    }
    const isRejected = old.taken.some(({ request }) => request.id === first.request.id && request.status === "Rejected")
    return isRejected
      ? refuse(400, "the request with this Idempotency-Key was rejected")
      : [Either.right(answered(first, old.isStrange)), old]
  }
  const available = old.shares[order.symbol] ?? none
  if (available < order.quantity) return refuse(403, `insufficient position for ${order.symbol}`)
  const [taken, next] = add(old, now, { order, label: id, isOurs: true })
  return [Either.right(answered(taken, old.isStrange)), {
    ...next,
    shares: { ...next.shares, [order.symbol]: Shares.fromUnits(available - order.quantity) },
    keys: new Map(next.keys).set(id, taken)
  }]
}

export const make = (options: Options = {}): Effect.Effect<World> =>
  Effect.gen(function*() {
    const { timeout = "20 seconds" } = options
    const books = yield* Ref.make<Books>({
      shares: parseShares(options.shares ?? {}),
      taken: [],
      keys: new Map(),
      hiddenUntil: new Map(),
      hideNext: Option.none(),
      isStrange: false
    })
    const line = yield* AlpacaTokenizationLine.make(timeout)

    const update = (change: (old: Books) => Partial<Books>) => Ref.update(books, (old) => ({ ...old, ...change(old) }))

    /** What can be read of the requests that are wanted, oldest first. */
    const visible = (wanted: (taken: Taken) => boolean) =>
      Effect.zipWith(Ref.get(books), Clock.currentTimeMillis, ({ hiddenUntil, isStrange, taken }, now) =>
        taken
          .filter((one) => wanted(one) && (hiddenUntil.get(one.request.id) ?? now) <= now)
          .map((one) => ({ ...one, request: shown(one, isStrange) })))

    const requestMint = (id: MintId, order: Order) => {
      const action = `request mint ${id} of ${Shares.print(order.quantity)} ${order.symbol}`
      const work = Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        return yield* yield* Ref.modify(books, (old) => takeOrder(old, now, id, order))
      })
      const refuse = ({ message, status }: Refused) =>
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
        const labelled = yield* visible(({ label }) => label === id)
        const ours = labelled.findLast((taken) => isFor(taken, order))
        const other = labelled.at(-1)
        if (ours !== undefined) return Option.some(ours.request)
        if (other === undefined) return Option.none()
        const found = `${Shares.print(other.order.quantity)} ${other.order.symbol} to ${other.order.wallet}`
        return yield* new AlpacaError({ reason: "Mismatch", action, detail: `found ${other.request.id}: ${found}` })
      })
      return line.call({ method: "findMint", id, action, work, absent })
    }

    const getRequest = (id: TokenizationRequestId) => {
      const work = Effect.map(
        visible(({ request }) => request.id === id),
        ([found]) => Option.map(Option.fromNullable(found), ({ request }) => request)
      )
      return line.call({ method: "getRequest", id, action: `get tokenization request ${id}`, work, absent })
    }

    const edit = (id: TokenizationRequestId, change: (request: TokenizationRequest) => Partial<TokenizationRequest>) =>
      update(({ taken }) => ({
        taken: taken.map((one) =>
          one.request.id === id ? { ...one, request: { ...one.request, ...change(one.request) } } : one
        )
      }))

    const control: World["control"] = {
      shares: (symbol: EquitySymbol) => Effect.map(Ref.get(books), ({ shares }) => shares[symbol] ?? none),
      setShares: (symbol, quantity) => update(({ shares }) => ({ shares: { ...shares, [symbol]: quantity } })),
      requestsOf: (wanted) =>
        Effect.map(
          Ref.get(books),
          ({ taken }) => taken.filter(({ label }) => label === wanted).map(({ request }) => request.id)
        ),
      place: (label, order) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Ref.modify(books, (old) => {
            const [{ request }, next] = add(old, now, { order, label, isOurs: false })
            return [request.id, next]
          })),
      complete: (id, txHash = madeUpHash(id)) =>
        Effect.as(
          edit(id, ({ status }) => status === "Pending" ? { status: "Completed", txHash: Option.some(txHash) } : {}),
          txHash
        ),
      reject: (id) =>
        update(({ shares, taken }) => {
          const pending = taken.find(({ request }) => request.id === id && request.status === "Pending")
          if (pending === undefined) return {}
          const { isOurs, order, request } = pending
          const available = (shares[order.symbol] ?? none) + (isOurs ? order.quantity : 0n)
          return {
            shares: { ...shares, [order.symbol]: Shares.fromUnits(available) },
            taken: taken.map((one) => one === pending ? { ...one, request: { ...request, status: "Rejected" } } : one)
          }
        }),
      setStatus: (id: TokenizationRequestId, status: Status) => edit(id, () => ({ status })),
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

    return { port: { requestMint, findMint, getRequest }, control }
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

export const layerWith = (options: Options): Layer.Layer<Provided> =>
  Layer.unwrapEffect(Effect.map(make(options), layerOf))

/** With 100 AAPL. */
export const layer: Layer.Layer<Provided> = layerWith({ shares: { AAPL: "100" } })
