/** The books of the Alpaca in memory. Each change is one step, so that nobody ever sees half of it. */
import { Duration, Either, Option } from "effect"
import type { MintId } from "../../domain/OperationId.ts"
import * as Shares from "../../domain/Shares.ts"
import {
  answers,
  IssuerRequestId,
  type TokenizationRequest,
  TokenizationRequestId
} from "../../domain/TokenizationRequest.ts"
import type { Order } from "../../domain/TokenizedEquityMint/State.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import * as MintBody from "../alpaca/MintBody.ts"
import type { ArrivedTokens } from "./AlpacaTokenizationWorld.ts"

export interface Taken {
  readonly type: "mint" | "redeem"
  readonly request: TokenizationRequest
  readonly issuer: string
  readonly network: string
  /** Of a mint. */
  readonly label: Option.Option<MintId>
  /** Unix milliseconds. */
  readonly createdAt: number
  /** What becomes available again when it ends so. */
  readonly returned: Readonly<Record<"Completed" | "Rejected", Shares.Shares>>
}

export interface Books {
  readonly shares: Readonly<Record<string, Shares.Shares>>
  /** Oldest first. */
  readonly taken: ReadonlyArray<Taken>
  /** What each key was first used for, and what was answered. */
  readonly keys: ReadonlyMap<MintId, { readonly body: string; readonly first: Taken }>
  /** Unix milliseconds until which a request is not shown. */
  readonly hiddenUntil: ReadonlyMap<TokenizationRequestId, number>
  readonly hideNext: Option.Option<Duration.DurationInput>
  readonly isStrange: boolean
}

const none = Shares.fromUnits(0n)

export const make = (shares: Readonly<Record<string, string>>): Books => ({
  shares: Object.fromEntries(
    Object.entries(shares).map(([symbol, text]) => [symbol, Either.getOrThrow(Shares.parse(text))])
  ),
  taken: [],
  keys: new Map(),
  hiddenUntil: new Map(),
  hideNext: Option.none(),
  isStrange: false
})

export const sharesOf = ({ shares }: Books, symbol: string): Shares.Shares => shares[symbol] ?? none

type Wanted = Pick<Order, "symbol" | "quantity" | "wallet" | "issuer" | "network">

export const isFor = ({ issuer, network, request }: Taken, wanted: Wanted): boolean =>
  answers(request, wanted) && issuer === wanted.issuer && network === wanted.network

/** Books it under a new id. */
const add = (
  old: Books,
  now: number,
  { issuer, network, quantity, symbol, wallet }: Wanted,
  rest: Pick<Taken, "type" | "label" | "returned"> & Pick<TokenizationRequest, "txHash">
): readonly [Taken, Books] => {
  const number = String(old.taken.length + 1)
  const { txHash, ...kind } = rest
  const request: TokenizationRequest = {
    id: TokenizationRequestId.make(`00000000-0000-4000-8000-${number.padStart(12, "0")}`),
    status: "Pending",
    symbol,
    quantity,
    wallet: Option.some(wallet),
    txHash,
    issuerRequestId: Option.some(IssuerRequestId.make(`issuer-${number}`))
  }
  const hiddenUntil = Option.match(old.hideNext, {
    onNone: () => old.hiddenUntil,
    onSome: (duration) => new Map(old.hiddenUntil).set(request.id, now + Duration.toMillis(duration))
  })
  const taken = { ...kind, request, issuer, network, createdAt: now }
  return [taken, { ...old, taken: [...old.taken, taken], hideNext: Option.none(), hiddenUntil }]
}

const addMint = (old: Books, now: number, label: MintId, order: Order, isOurs: boolean) =>
  add(old, now, order, {
    type: "mint",
    label: Option.some(label),
    returned: { Completed: none, Rejected: isOurs ? order.quantity : none },
    txHash: Option.none()
  })

/** Of somebody else, who neither uses our key nor takes of our shares. */
export const addForeign = (old: Books, now: number, label: MintId, order: Order): readonly [Taken, Books] =>
  addMint(old, now, label, order, false)

/** What the issuer makes of tokens that have arrived. */
export const addRedemption = (
  old: Books,
  now: number,
  tokens: ArrivedTokens,
  quantity: Shares.Shares
): readonly [Taken, Books] =>
  add(old, now, { ...tokens, quantity }, {
    type: "redeem",
    label: Option.none(),
    returned: { Completed: quantity, Rejected: none },
    txHash: Option.some(tokens.txHash)
  })

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

export interface Refused {
  readonly status: number
  readonly message: string
}

/** What Alpaca does with a mint request: external-apis 1.2, 1.3, 1.6. */
export const takeOrder = (
  old: Books,
  now: number,
  id: MintId,
  order: Order
): readonly [Either.Either<TokenizationRequest, Refused>, Books] => {
  const refuse = (status: number, message: string) => [Either.left({ status, message }), old] as const
  const body = MintBody.encode(id, order)
  const used = old.keys.get(id)
  if (used !== undefined) {
    if (used.body !== body) return refuse(422, "Idempotency-Key was already used with a different request body")
    const { id: requestId } = used.first.request
    const isRejected = old.taken.some(({ request }) => request.id === requestId && request.status === "Rejected")
    return isRejected
      ? refuse(400, "the request with this Idempotency-Key was rejected")
      : [Either.right(answered(used.first, old.isStrange)), old]
  }
  const available = sharesOf(old, order.symbol)
  if (available < order.quantity) return refuse(403, `insufficient position for ${order.symbol}`)
  const [first, next] = addMint(old, now, id, order, true)
  return [Either.right(answered(first, old.isStrange)), {
    ...next,
    shares: { ...next.shares, [order.symbol]: Shares.fromUnits(available - order.quantity) },
    keys: new Map(next.keys).set(id, { body, first })
  }]
}

/** Whatever it was before. */
export const edit = (old: Books, id: TokenizationRequestId, changes: Partial<TokenizationRequest>): Books => ({
  ...old,
  taken: old.taken.map((one) => one.request.id === id ? { ...one, request: { ...one.request, ...changes } } : one)
})

/** Only what is pending ends. A hash that is known already stays: it is that of the transfer. */
export const end = (
  old: Books,
  id: TokenizationRequestId,
  status: "Completed" | "Rejected",
  txHash: Option.Option<TxHash>
): Books => {
  const pending = old.taken.find(({ request }) => request.id === id && request.status === "Pending")
  if (pending === undefined) return old
  const { request, returned } = pending
  const available = Shares.fromUnits(sharesOf(old, request.symbol) + returned[status])
  return {
    ...edit(old, id, { status, txHash: Option.orElse(request.txHash, () => txHash) }),
    shares: { ...old.shares, [request.symbol]: available }
  }
}

/** What can be read, oldest first. */
export const visible = ({ hiddenUntil, isStrange, taken }: Books, now: number): ReadonlyArray<Taken> =>
  taken
    .filter(({ request }) => (hiddenUntil.get(request.id) ?? now) <= now)
    .map((one) => ({ ...one, request: shown(one, isStrange) }))
