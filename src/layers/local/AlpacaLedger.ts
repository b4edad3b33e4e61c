/** The local Alpaca's books: where each share is, and every tokenization request. What happened is judged from here. */
import { Clock, Data, Effect, Either, Option, Ref } from "effect"
import { randomUUID } from "node:crypto"
import type { Address, Hex } from "viem"

/** In units of 1e-9 share. */
export interface Position {
  /** Ours to sell or to tokenize. */
  readonly available: bigint
  /** Journaled away for requests that are still pending. */
  readonly inTransit: bigint
  /** The issuer's, for tokens that exist. */
  readonly journaled: bigint
}

export interface TokenizationRequest {
  readonly id: string
  readonly type: "mint" | "redeem"
  readonly status: "pending" | "completed" | "rejected"
  readonly symbol: string
  /** In units of 1e-9 share. */
  readonly quantity: bigint
  readonly issuer: string
  readonly network: string
  readonly wallet: Address
  readonly clientRequestId: Option.Option<string>
  readonly issuerRequestId: string
  readonly txHash: Option.Option<Hex>
  readonly fee: Option.Option<bigint>
  /** Unix milliseconds. */
  readonly createdAt: number
  readonly updatedAt: number
}

/** What a caller asks for; the rest of a request is Alpaca's. */
export type MintDraft = Pick<
  TokenizationRequest,
  "symbol" | "quantity" | "issuer" | "network" | "wallet" | "clientRequestId"
>

export class InsufficientPosition extends Data.TaggedError("InsufficientPosition")<{ readonly symbol: string }> {}

interface Books {
  readonly positions: Readonly<Record<string, Position>>
  /** Oldest first. */
  readonly requests: ReadonlyArray<TokenizationRequest>
}

export interface AlpacaLedger {
  readonly positions: Effect.Effect<Readonly<Record<string, Position>>>
  /** Oldest first. */
  readonly requests: Effect.Effect<ReadonlyArray<TokenizationRequest>>
  readonly request: (id: string) => Effect.Effect<Option.Option<TokenizationRequest>>
  /** Takes the shares and books the request, both or neither. */
  readonly acceptMint: (draft: MintDraft) => Effect.Effect<TokenizationRequest, InsufficientPosition>
  /** None if it is not pending: what is over does not change again. */
  readonly complete: (
    id: string,
    outcome: Pick<TokenizationRequest, "txHash" | "fee">
  ) => Effect.Effect<Option.Option<TokenizationRequest>>
  /** Shares come back. None if it is not pending. */
  readonly reject: (id: string) => Effect.Effect<Option.Option<TokenizationRequest>>
  /** Shares bought (or sold, if negative) outside of all this. */
  readonly trade: (symbol: string, quantity: bigint) => Effect.Effect<void>
}

const nothing: Position = { available: 0n, inTransit: 0n, journaled: 0n }

const book = (books: Books, symbol: string, change: Partial<Position>): Books["positions"] => {
  const { available, inTransit, journaled } = books.positions[symbol] ?? nothing
  return {
    ...books.positions,
    [symbol]: {
      available: available + (change.available ?? 0n),
      inTransit: inTransit + (change.inTransit ?? 0n),
      journaled: journaled + (change.journaled ?? 0n)
    }
  }
}

/** Ends a pending mint. */
const end = (
  books: Books,
  id: string,
  change: (quantity: bigint) => Partial<Position>,
  outcome: Partial<TokenizationRequest>
): readonly [Option.Option<TokenizationRequest>, Books] => {
  const pending = books.requests.find((request) => request.id === id && request.status === "pending")
  if (pending === undefined) return [Option.none(), books]
  const ended = { ...pending, ...outcome }
  return [Option.some(ended), {
    positions: book(books, pending.symbol, change(pending.quantity)),
    requests: books.requests.map((request) => request === pending ? ended : request)
  }]
}

/** @param shares what is available at first, in units of 1e-9. Only these symbols are known. */
export const make = (shares: Readonly<Record<string, bigint>>): Effect.Effect<AlpacaLedger> =>
  Effect.gen(function*() {
    const books = yield* Ref.make<Books>({
      positions: Object.fromEntries(
        Object.entries(shares).map(([symbol, available]) => [symbol, { ...nothing, available }])
      ),
      requests: []
    })
    return {
      positions: Effect.map(Ref.get(books), ({ positions }) => positions),
      requests: Effect.map(Ref.get(books), ({ requests }) => requests),
      request: (id) =>
        Effect.map(
          Ref.get(books),
          ({ requests }) => Option.fromNullable(requests.find((request) => request.id === id))
        ),
      acceptMint: (draft) =>
        Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          const ids = { id: randomUUID(), issuerRequestId: randomUUID() }
          return yield* yield* Ref.modify(
            books,
            (old): readonly [Either.Either<TokenizationRequest, InsufficientPosition>, Books] => {
              const { quantity, symbol } = draft
              if ((old.positions[symbol] ?? nothing).available < quantity) {
                return [Either.left(new InsufficientPosition({ symbol })), old]
              }
              const request: TokenizationRequest = {
                ...draft,
                ...ids,
                type: "mint",
                status: "pending",
                txHash: Option.none(),
                fee: Option.none(),
                createdAt: now,
                updatedAt: now
              }
              return [Either.right(request), {
                positions: book(old, symbol, { available: -quantity, inTransit: quantity }),
                requests: [...old.requests, request]
              }]
            }
          )
        }),
      complete: (id, outcome) =>
        Effect.flatMap(Clock.currentTimeMillis, (updatedAt) =>
          Ref.modify(books, (old) =>
            end(old, id, (quantity) => ({ inTransit: -quantity, journaled: quantity }), {
              ...outcome,
              status: "completed",
              updatedAt
            }))),
      reject: (id) =>
        Effect.flatMap(Clock.currentTimeMillis, (updatedAt) =>
          Ref.modify(books, (old) =>
            end(old, id, (quantity) => ({ available: quantity, inTransit: -quantity }), {
              status: "rejected",
              updatedAt
            }))),
      trade: (symbol, quantity) =>
        Ref.update(books, (old) => ({ ...old, positions: book(old, symbol, { available: quantity }) }))
    }
  })
