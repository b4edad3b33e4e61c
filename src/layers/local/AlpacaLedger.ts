/** The local Alpaca's books: where each share is, and every tokenization request. What happened is judged from here. */
import { Clock, Data, Effect, Either, Option, Record, Ref } from "effect"
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

type Asked = Pick<TokenizationRequest, "symbol" | "quantity" | "issuer" | "network" | "wallet">

/** What a caller asks for; the rest of a request is Alpaca's. */
export type MintDraft = Asked & Pick<TokenizationRequest, "clientRequestId">

/** What the issuer tells of tokens that it received: `wallet` sent them with the transaction `txHash`. */
export type RedeemDraft = Asked & { readonly txHash: Hex }

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
  /** Books the request. No share moves before it ends. */
  readonly acceptRedemption: (draft: RedeemDraft) => Effect.Effect<TokenizationRequest>
  /**
   * The shares go to where the request wants them, the issuer or us. None if it is not pending: what is over does not
   * change again. A redemption of more than the issuer was given is rejected instead.
   */
  readonly complete: (
    id: string,
    told?: Partial<Pick<TokenizationRequest, "txHash" | "fee">>
  ) => Effect.Effect<Option.Option<TokenizationRequest>>
  /** The shares of a mint come back; those of a redemption stay the issuer's. None if it is not pending. */
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

/** A request as it begins. */
const open = (
  asked: Asked & Pick<TokenizationRequest, "type" | "clientRequestId" | "txHash">
): Effect.Effect<TokenizationRequest> =>
  Effect.map(Clock.currentTimeMillis, (now) => ({
    ...asked,
    id: randomUUID(),
    issuerRequestId: randomUUID(),
    status: "pending",
    fee: Option.none(),
    createdAt: now,
    updatedAt: now
  }))

type End = "completed" | "rejected"

/** What an end does to the position of the request's symbol. */
const moves: Record<TokenizationRequest["type"], Record<End, (quantity: bigint) => Partial<Position>>> = {
  mint: {
    completed: (quantity) => ({ inTransit: -quantity, journaled: quantity }),
    rejected: (quantity) => ({ inTransit: -quantity, available: quantity })
  },
  redeem: {
    completed: (quantity) => ({ journaled: -quantity, available: quantity }),
    rejected: () => ({})
  }
}

const isBacked = ({ positions }: Books, { quantity, symbol, type }: TokenizationRequest) =>
  type === "mint" || quantity <= (positions[symbol] ?? nothing).journaled

/** Ends a pending request. */
const end = (
  books: Books,
  id: string,
  wanted: End,
  told: Partial<TokenizationRequest>
): readonly [Option.Option<TokenizationRequest>, Books] => {
  const pending = books.requests.find((request) => request.id === id && request.status === "pending")
  if (pending === undefined) return [Option.none(), books]
  const status = isBacked(books, pending) ? wanted : "rejected"
  const ended = { ...pending, ...told, status }
  return [Option.some(ended), {
    positions: book(books, pending.symbol, moves[pending.type][status](pending.quantity)),
    requests: books.requests.map((request) => request === pending ? ended : request)
  }]
}

/** At first, by symbol, in units of 1e-9 share. */
export interface Opening {
  /** Only these symbols are known. */
  readonly shares: Readonly<Record<string, bigint>>
  /** The issuer's, for tokens that exist already. Default none. */
  readonly tokenized?: Readonly<Record<string, bigint>>
}

export const make = ({ shares, tokenized = {} }: Opening): Effect.Effect<AlpacaLedger> =>
  Effect.gen(function*() {
    const books = yield* Ref.make<Books>({
      positions: Record.map(shares, (available, symbol) => ({
        available,
        inTransit: 0n,
        journaled: tokenized[symbol] ?? 0n
      })),
      requests: []
    })
    const finish = (id: string, wanted: End, told: Partial<TokenizationRequest>) =>
      Effect.flatMap(
        Clock.currentTimeMillis,
        (updatedAt) => Ref.modify(books, (old) => end(old, id, wanted, { ...told, updatedAt }))
      )
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
          const request = yield* open({ ...draft, type: "mint", txHash: Option.none() })
          return yield* yield* Ref.modify(
            books,
            (old): readonly [Either.Either<TokenizationRequest, InsufficientPosition>, Books] => {
              const { quantity, symbol } = draft
              if ((old.positions[symbol] ?? nothing).available < quantity) {
                return [Either.left(new InsufficientPosition({ symbol })), old]
              }
              return [Either.right(request), {
                positions: book(old, symbol, { available: -quantity, inTransit: quantity }),
                requests: [...old.requests, request]
              }]
            }
          )
        }),
      acceptRedemption: ({ txHash, ...asked }) =>
        open({ ...asked, type: "redeem", clientRequestId: Option.none(), txHash: Option.some(txHash) }).pipe(
          Effect.tap((request) => Ref.update(books, (old) => ({ ...old, requests: [...old.requests, request] })))
        ),
      complete: (id, told = {}) => finish(id, "completed", told),
      reject: (id) => finish(id, "rejected", {}),
      trade: (symbol, quantity) =>
        Ref.update(books, (old) => ({ ...old, positions: book(old, symbol, { available: quantity }) }))
    }
  })
