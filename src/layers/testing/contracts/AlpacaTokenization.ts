/**
 * What every layer of the port `AlpacaTokenization` must do. Each case expects a world with at least 50 AAPL, in which
 * requests stay pending until they are ended; several cases may share one.
 */
import { Duration, Effect, Option } from "effect"
import * as Address from "../../../domain/Address.ts"
import * as Shares from "../../../domain/Shares.ts"
import { TokenizationRequestId } from "../../../domain/TokenizationRequest.ts"
import type { Order } from "../../../domain/TokenizedEquityMint/State.ts"
import type { AlpacaError } from "../../../services/AlpacaError.ts"
import type { Fault } from "../AlpacaTokenizationWorld.ts"
import { type Failure, type Given, is, make, order, type Services, some } from "./AlpacaCase.ts"
import * as AlpacaRedemption from "./AlpacaRedemption.ts"
import { type Case, equals, fails, holds } from "./Contract.ts"

const otherQuantity: Order = { ...order, quantity: Shares.fromUnits(2_500_000_000n) }
const otherWallet: Order = { ...order, wallet: Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB") }
const tooLarge: Order = { ...order, quantity: Shares.fromUnits(1_000_000_000_000_000_000n) }

const madeOf = ({ id, world }: Given, count: number) =>
  Effect.flatMap(world.requestsOf(id), ({ length }) => equals(length, count, "the number of requests under this id"))

/** The mint was ordered once and is found, although its answer did not tell; ordering it again changes nothing. */
const isThereOnce = (given: Given) =>
  Effect.gen(function*() {
    const { alpaca, id } = given
    yield* madeOf(given, 1)
    const found = yield* Effect.flatMap(alpaca.findMint(id, order), (request) => some(request, "the mint"))
    const again = yield* alpaca.requestMint(id, order)
    yield* equals(again.id, found.id, "the id of the repeated request")
    yield* madeOf(given, 1)
  })

const taking: ReadonlyArray<Case<Failure, Services>> = [
  make(
    1,
    "a mint request is pending and is what was ordered; its shares have left",
    ({ alpaca, id, world }) =>
      Effect.gen(function*() {
        const before = yield* world.shares(order.symbol)
        const request = yield* alpaca.requestMint(id, order)
        yield* equals(request.status, "Pending", "the status")
        yield* equals(request.symbol, order.symbol, "the symbol")
        yield* equals(request.quantity, order.quantity, "the quantity")
        yield* equals(request.txHash, Option.none(), "the hash")
        yield* equals(before - (yield* world.shares(order.symbol)), order.quantity, "what has left")
      })
  ),
  make(2, "the same order under the same id is one request, and takes shares once", (given) =>
    Effect.gen(function*() {
      const { alpaca, id, world } = given
      const first = yield* alpaca.requestMint(id, order)
      const before = yield* world.shares(order.symbol)
      const second = yield* alpaca.requestMint(id, order)
      yield* equals(second.id, first.id, "the id of the repeated request")
      yield* madeOf(given, 1)
      yield* equals(yield* world.shares(order.symbol), before, "the shares after the repetition")
    })),
  make(3, "another order under the same id is refused", (given) =>
    Effect.gen(function*() {
      const { alpaca, id } = given
      yield* alpaca.requestMint(id, order)
      yield* is(yield* fails(alpaca.requestMint(id, otherQuantity), "another order"), "Mismatch", "unknown")
      yield* madeOf(given, 1)
    })),
  make(4, "an order of more shares than there are is refused and takes none", (given) =>
    Effect.gen(function*() {
      const { alpaca, id, world } = given
      const before = yield* world.shares(order.symbol)
      const error = yield* fails(alpaca.requestMint(id, tooLarge), "an order of too many shares")
      yield* is(error, "InsufficientPosition", "permanent")
      yield* holds(error.message.includes(id), "the message should name the id", error.message)
      yield* madeOf(given, 0)
      yield* equals(yield* world.shares(order.symbol), before, "the shares")
    })),
  make(5, "the repetition of an order that was turned down is refused as such", (given) =>
    Effect.gen(function*() {
      const { alpaca, id, world } = given
      const { id: requestId } = yield* alpaca.requestMint(id, order)
      yield* world.reject(requestId)
      yield* is(yield* fails(alpaca.requestMint(id, order), "the repetition"), "Rejected", "permanent")
      yield* madeOf(given, 1)
    }))
]

const reading: ReadonlyArray<Case<Failure, Services>> = [
  make(11, "a mint is found by its id once it was ordered, and not before", ({ alpaca, id }) =>
    Effect.gen(function*() {
      yield* equals(yield* alpaca.findMint(id, order), Option.none(), "the mint before")
      const { id: requestId } = yield* alpaca.requestMint(id, order)
      const found = yield* Effect.flatMap(alpaca.findMint(id, order), (request) => some(request, "the mint"))
      yield* equals(found.id, requestId, "the id")
      yield* equals(found.quantity, order.quantity, "the quantity")
      yield* equals(found.wallet, Option.some(order.wallet), "the wallet")
    })),
  make(
    12,
    "a request that bears our id but has another quantity is not ours",
    ({ alpaca, id, world }) =>
      Effect.gen(function*() {
        const foreign = yield* world.place(id, otherQuantity)
        const error = yield* fails(alpaca.findMint(id, order), "the look-up")
        yield* is(error, "Mismatch", "unknown")
        yield* holds(error.detail.includes(foreign), "the detail should name what was found", error.detail)
      })
  ),
  make(
    13,
    "a request that bears our id but has another wallet is not ours",
    ({ alpaca, id, world }) =>
      Effect.gen(function*() {
        yield* world.place(id, otherWallet)
        yield* is(yield* fails(alpaca.findMint(id, order), "the look-up"), "Mismatch", "unknown")
      })
  ),
  make(
    14,
    "ours is found behind a newer one of somebody else under the same id",
    ({ alpaca, id, world }) =>
      Effect.gen(function*() {
        const { id: requestId } = yield* alpaca.requestMint(id, order)
        yield* world.place(id, otherQuantity)
        const found = yield* Effect.flatMap(alpaca.findMint(id, order), (request) => some(request, "the mint"))
        yield* equals(found.id, requestId, "the id")
      })
  ),
  make(
    15,
    "a request is read by its own id; one that Alpaca does not know is none",
    ({ alpaca, id }) =>
      Effect.gen(function*() {
        const { id: requestId } = yield* alpaca.requestMint(id, order)
        const found = yield* Effect.flatMap(alpaca.getRequest(requestId), (request) => some(request, "the request"))
        yield* equals(found.id, requestId, "the id")
        yield* equals(found.status, "Pending", "the status")
        yield* equals(found.txHash, Option.none(), "the hash")
        const unknown = TokenizationRequestId.make("dddddddd-dddd-4ddd-8ddd-dddddddddddd")
        yield* equals(yield* alpaca.getRequest(unknown), Option.none(), "an unknown request")
      })
  ),
  make(16, "a completed request tells its hash, by either look-up", ({ alpaca, id, world }) =>
    Effect.gen(function*() {
      const { id: requestId } = yield* alpaca.requestMint(id, order)
      const hash = yield* world.complete(requestId)
      for (const look of [alpaca.getRequest(requestId), alpaca.findMint(id, order)]) {
        const found = yield* Effect.flatMap(look, (request) => some(request, "the request"))
        yield* equals(found.status, "Completed", "the status")
        yield* equals(found.txHash, Option.some(hash), "the hash")
      }
    })),
  make(17, "a rejected request says so, and its shares are back", ({ alpaca, id, world }) =>
    Effect.gen(function*() {
      const before = yield* world.shares(order.symbol)
      const { id: requestId } = yield* alpaca.requestMint(id, order)
      yield* world.reject(requestId)
      const found = yield* Effect.flatMap(alpaca.getRequest(requestId), (request) => some(request, "the request"))
      yield* equals(found.status, "Rejected", "the status")
      yield* equals(yield* world.shares(order.symbol), before, "the shares")
    })),
  make(
    18,
    "a status that no document knows is no error, and not over",
    ({ alpaca, id, world }) =>
      Effect.gen(function*() {
        yield* world.speakStrangely
        const { id: requestId } = yield* alpaca.requestMint(id, order)
        const found = yield* Effect.flatMap(alpaca.getRequest(requestId), (request) => some(request, "the request"))
        yield* equals(found.status, "Other", "the status")
      })
  )
]

const lost: ReadonlyArray<readonly [name: string, fault: Fault]> = [
  ["whose answer is lost", { _tag: "AnswerLost" }],
  ["that is answered 500 all the same", { _tag: "FailedAfter", status: 500 }],
  ["that a gateway answers 502 all the same", { _tag: "FailedAfter", status: 502 }],
  ["that is answered 404 all the same", { _tag: "FailedAfter", status: 404 }]
]

/** By status: what it says about an order, and about a read. */
const statuses: ReadonlyArray<
  readonly [status: number, write: AlpacaError["reason"], read: AlpacaError["reason"] | "none"]
> = [
  [400, "InvalidRequest", "InvalidRequest"],
  [401, "Unauthenticated", "Unauthenticated"],
  [403, "Forbidden", "Forbidden"],
  [404, "OutcomeUnknown", "none"],
  [409, "OutcomeUnknown", "Unavailable"],
  [422, "InvalidRequest", "InvalidRequest"],
  [500, "OutcomeUnknown", "Unavailable"],
  [503, "OutcomeUnknown", "Unavailable"]
]

const failing: ReadonlyArray<Case<Failure, Services>> = [
  ...lost.map(([name, fault], index) =>
    make(21 + index, `an order ${name} may have been taken, and is then found`, (given) =>
      Effect.gen(function*() {
        const { alpaca, id, world } = given
        yield* world.strike("requestMint", fault)
        yield* is(yield* fails(alpaca.requestMint(id, order), "the order"), "OutcomeUnknown", "unknown")
        yield* isThereOnce(given)
      }))
  ),
  make(
    31,
    "an order whose connection breaks may have been taken, also if it was not",
    (given) =>
      Effect.gen(function*() {
        const { alpaca, id, world } = given
        yield* world.strike("requestMint", { _tag: "Dropped" })
        yield* is(yield* fails(alpaca.requestMint(id, order), "the order"), "OutcomeUnknown", "unknown")
        yield* equals(yield* alpaca.findMint(id, order), Option.none(), "the mint")
        yield* madeOf(given, 0)
      })
  ),
  make(
    32,
    "an order that is answered 429 was not taken; it may be repeated after what was asked for",
    (given) =>
      Effect.gen(function*() {
        const { alpaca, id, world } = given
        yield* world.strike("requestMint", { _tag: "RateLimited", retryAfterSeconds: 7 })
        const error = yield* fails(alpaca.requestMint(id, order), "the order")
        yield* is(error, "RateLimited", "transient")
        const wait = error.retryAfter ?? Duration.zero
        yield* holds(Duration.greaterThanOrEqualTo(wait, "7 seconds"), "retryAfter should be at least 7 seconds", wait)
        yield* madeOf(given, 0)
        yield* alpaca.requestMint(id, order)
      })
  ),
  ...statuses.map(([status, write, read], index) =>
    make(41 + index, `${status} makes an order ${write} and a read ${read}`, (given) =>
      Effect.gen(function*() {
        const { alpaca, id, world } = given
        yield* world.strike("requestMint", { _tag: "Refused", status })
        const refused = yield* fails(alpaca.requestMint(id, order), "the order")
        yield* equals(refused.reason, write, "the reason")
        yield* madeOf(given, 0)
        const { id: requestId } = yield* alpaca.requestMint(id, order)
        const looks = [
          ["findMint", Effect.asVoid(Effect.flatten(alpaca.findMint(id, order)))],
          ["getRequest", Effect.asVoid(Effect.flatten(alpaca.getRequest(requestId)))]
        ] as const
        for (const [method, look] of looks) {
          yield* world.strike(method, { _tag: "Refused", status })
          const failure = yield* fails(look, method)
          yield* equals(failure._tag === "AlpacaError" ? failure.reason : "none", read, `the reason of ${method}`)
          yield* Effect.orElse(look, () => holds(false, `${method} should find it afterwards`))
        }
      }))
  ),
  make(51, "a read that gets no answer can be repeated", ({ alpaca, id, world }) =>
    Effect.gen(function*() {
      const { id: requestId } = yield* alpaca.requestMint(id, order)
      const looks = [["findMint", alpaca.findMint(id, order)], ["getRequest", alpaca.getRequest(requestId)]] as const
      for (const [method, look] of looks) {
        for (const _tag of ["Dropped", "AnswerLost"] as const) {
          yield* world.strike(method, { _tag })
          yield* is(yield* fails(look, method), "Unavailable", "transient")
        }
        yield* Effect.flatMap(look, (request) => some(request, "the request"))
      }
    }))
]

/** What every layer of AlpacaTokenization must do. Run each with the test runner of your choice. */
export const cases: ReadonlyArray<Case<Failure, Services>> = [
  ...taking,
  ...reading,
  ...failing,
  ...AlpacaRedemption.cases
]
