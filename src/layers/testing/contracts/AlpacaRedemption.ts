/** What every layer of the port `AlpacaTokenization` must do with redemptions: a part of its contract. */
import { DateTime, Duration, Effect, Option } from "effect"
import * as Address from "../../../domain/Address.ts"
import { EquitySymbol } from "../../../domain/EquitySymbol.ts"
import * as Shares from "../../../domain/Shares.ts"
import * as TokenAmount from "../../../domain/TokenAmount.ts"
import * as TxHash from "../../../domain/TxHash.ts"
import type { AlpacaError } from "../../../services/AlpacaError.ts"
import type { SentTokens } from "../../../services/AlpacaTokenization.ts"
import type { ArrivedTokens, Fault } from "../AlpacaTokenizationWorld.ts"
import * as AlpacaCase from "./AlpacaCase.ts"
import { is, order, some } from "./AlpacaCase.ts"
import { type Case, equals, fails, holds } from "./Contract.ts"

interface Given extends AlpacaCase.Given {
  readonly sent: SentTokens
  /** The same as the issuer sees them. */
  readonly arrived: ArrivedTokens
}

/** Worth 1.5 shares, and less than Alpaca can book on top. */
const amount = TokenAmount.make({ units: 1_500_000_000_999_999_999n, decimals: 18 })

const hashOf = (id: string, filler: "a" | "b") => TxHash.make(`0x${id.replaceAll("-", "").padEnd(64, filler)}`)

/** Every case has a transfer of its own. */
const make = (
  number: number,
  name: string,
  run: (given: Given) => Effect.Effect<void, AlpacaCase.Failure, AlpacaCase.Services>
): Case<AlpacaCase.Failure, AlpacaCase.Services> =>
  AlpacaCase.make(number, name, (given) =>
    Effect.flatMap(DateTime.now, (sentAt) => {
      const { issuer, network, symbol, wallet } = order
      const sent = { txHash: hashOf(given.id, "a"), symbol, wallet, issuer, network, sentAt }
      return run({ ...given, sent, arrived: { ...sent, amount } })
    }))

const found = ({ alpaca, sent }: Given) =>
  Effect.flatMap(alpaca.findRedemption(sent), (request) => some(request, "the redemption"))

const reading: ReadonlyArray<Case<AlpacaCase.Failure, AlpacaCase.Services>> = [
  make(
    61,
    "a redemption is found by the hash of its transfer once the issuer has told of it, and not before",
    (given) =>
      Effect.gen(function*() {
        const { alpaca, arrived, sent, world } = given
        yield* equals(yield* alpaca.findRedemption(sent), Option.none(), "the redemption before")
        const id = yield* world.redeem(arrived)
        const request = yield* found(given)
        yield* equals(request.id, id, "the id")
        yield* equals(request.status, "Pending", "the status")
        yield* equals(request.symbol, sent.symbol, "the symbol")
        yield* equals(request.quantity, order.quantity, "the quantity")
        yield* equals(request.wallet, Option.some(sent.wallet), "the wallet")
        yield* equals(request.txHash, Option.some(sent.txHash), "the hash")
      })
  ),
  make(62, "a quantity that is not what was sent is told as it is", (given) =>
    Effect.gen(function*() {
      const quantity = Shares.fromUnits(1_400_000_000n)
      yield* given.world.redeem(given.arrived, quantity)
      yield* equals((yield* found(given)).quantity, quantity, "the quantity")
    })),
  make(
    63,
    "a completed redemption says so by either look-up, under the same hash, and its shares are there",
    (given) =>
      Effect.gen(function*() {
        const { alpaca, arrived, sent, world } = given
        const before = yield* world.shares(sent.symbol)
        const id = yield* world.redeem(arrived)
        yield* equals(yield* world.shares(sent.symbol), before, "the shares before the completion")
        yield* equals(yield* world.complete(id), sent.txHash, "the hash of the completion")
        for (const look of [alpaca.findRedemption(sent), alpaca.getRequest(id)]) {
          const request = yield* Effect.flatMap(look, (request) => some(request, "the request"))
          yield* equals(request.id, id, "the id")
          yield* equals(request.status, "Completed", "the status")
          yield* equals(request.txHash, Option.some(sent.txHash), "the hash")
        }
        yield* equals((yield* world.shares(sent.symbol)) - before, order.quantity, "what has come")
      })
  ),
  make(64, "a rejected redemption says so by either look-up, and brings no shares", (given) =>
    Effect.gen(function*() {
      const { alpaca, arrived, sent, world } = given
      const before = yield* world.shares(sent.symbol)
      const id = yield* world.redeem(arrived)
      yield* world.reject(id)
      for (const look of [alpaca.findRedemption(sent), alpaca.getRequest(id)]) {
        const request = yield* Effect.flatMap(look, (request) => some(request, "the request"))
        yield* equals(request.status, "Rejected", "the status")
      }
      yield* equals(yield* world.shares(sent.symbol), before, "the shares")
    })),
  make(
    65,
    "a redemption of another transfer of the same tokens is not ours",
    ({ alpaca, arrived, id, sent, world }) =>
      Effect.gen(function*() {
        yield* world.redeem({ ...arrived, txHash: hashOf(id, "b") })
        yield* equals(yield* alpaca.findRedemption(sent), Option.none(), "the redemption")
      })
  ),
  make(
    66,
    "a mint is no redemption, whatever its hash; nor has a redemption a label",
    (given) =>
      Effect.gen(function*() {
        const { alpaca, arrived, id, sent, world } = given
        yield* world.redeem(arrived)
        yield* equals(yield* alpaca.findMint(id, order), Option.none(), "the mint before")
        const mint = yield* alpaca.requestMint(id, order)
        const txHash = yield* world.complete(mint.id)
        yield* equals(yield* alpaca.findRedemption({ ...sent, txHash }), Option.none(), "the redemption")
      })
  ),
  make(67, "a clock of Alpaca's that is behind ours hides nothing", (given) =>
    Effect.gen(function*() {
      const id = yield* given.world.redeem(given.arrived)
      const sentAt = DateTime.add(given.sent.sentAt, { minutes: 10 })
      yield* equals((yield* found({ ...given, sent: { ...given.sent, sentAt } })).id, id, "the id")
    })),
  make(68, "a status that no document knows is no error, and not over", (given) =>
    Effect.gen(function*() {
      yield* given.world.speakStrangely
      yield* given.world.redeem(given.arrived)
      yield* equals((yield* found(given)).status, "Other", "the status")
    }))
]

const mismatches: ReadonlyArray<readonly [what: string, changes: Partial<ArrivedTokens>]> = [
  ["symbol", { symbol: EquitySymbol.make("MSFT") }],
  ["wallet", { wallet: Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB") }],
  ["issuer", { issuer: "ondo" }],
  ["network", { network: "ethereum" }]
]

const choosing: ReadonlyArray<Case<AlpacaCase.Failure, AlpacaCase.Services>> = [
  make(
    71,
    "a redemption that is tried again after it was turned down is the one that counts",
    (given) =>
      Effect.gen(function*() {
        const { arrived, world } = given
        yield* world.reject(yield* world.redeem(arrived))
        const second = yield* world.redeem(arrived)
        yield* equals((yield* found(given)).id, second, "the id of the second")
        yield* world.complete(second)
        yield* world.reject(yield* world.redeem(arrived))
        yield* equals((yield* found(given)).id, second, "the id before a third that was turned down")
      })
  ),
  make(72, "of redemptions that were all turned down the newest counts", (given) =>
    Effect.gen(function*() {
      const { arrived, world } = given
      yield* world.reject(yield* world.redeem(arrived))
      const second = yield* world.redeem(arrived)
      yield* world.reject(second)
      yield* equals((yield* found(given)).id, second, "the id")
    })),
  ...mismatches.map(([what, changes], index) =>
    make(
      73 + index,
      `a redemption under our hash with another ${what} is not what was sent`,
      (given) =>
        Effect.gen(function*() {
          const { alpaca, arrived, sent, world } = given
          const other = yield* world.redeem({ ...arrived, ...changes })
          const error = yield* fails(alpaca.findRedemption(sent), "the look-up")
          yield* is(error, "Mismatch", "unknown")
          yield* holds(error.detail.includes(other), "the detail should name what was found", error.detail)
          yield* holds(error.message.includes(sent.txHash), "the message should name the transfer", error.message)
          const id = yield* world.redeem(arrived)
          yield* world.redeem({ ...arrived, ...changes })
          yield* equals((yield* found(given)).id, id, "the id of what was sent, beside others")
        })
    )
  )
]

const faults: ReadonlyArray<readonly [name: string, fault: Fault, reason: AlpacaError["reason"]]> = [
  ["whose connection breaks", { _tag: "Dropped" }, "Unavailable"],
  ["whose answer is lost", { _tag: "AnswerLost" }, "Unavailable"],
  ["that is answered 500 all the same", { _tag: "FailedAfter", status: 500 }, "Unavailable"],
  ["that is answered 502", { _tag: "Refused", status: 502 }, "Unavailable"],
  // There is always a list: what answers so is no Alpaca.
  ["that is answered 404", { _tag: "Refused", status: 404 }, "Unavailable"],
  ["that is answered 401", { _tag: "Refused", status: 401 }, "Unauthenticated"],
  ["that is answered 403", { _tag: "Refused", status: 403 }, "Forbidden"],
  ["that is answered 422", { _tag: "Refused", status: 422 }, "InvalidRequest"]
]

const failing: ReadonlyArray<Case<AlpacaCase.Failure, AlpacaCase.Services>> = [
  ...faults.map(([name, fault, reason], index) =>
    make(
      81 + index,
      `a look for a redemption ${name} is ${reason}, and the next one finds it`,
      (given) =>
        Effect.gen(function*() {
          const { alpaca, arrived, sent, world } = given
          yield* world.redeem(arrived)
          yield* world.strike("findRedemption", fault)
          const error = yield* fails(alpaca.findRedemption(sent), "the look-up")
          yield* is(error, reason, reason === "Unavailable" ? "transient" : "permanent")
          yield* found(given)
        })
    )
  ),
  make(
    91,
    "a look for a redemption that is answered 429 may be repeated after what was asked for",
    (given) =>
      Effect.gen(function*() {
        const { alpaca, arrived, sent, world } = given
        yield* world.redeem(arrived)
        yield* world.strike("findRedemption", { _tag: "RateLimited", retryAfterSeconds: 7 })
        const error = yield* fails(alpaca.findRedemption(sent), "the look-up")
        yield* is(error, "RateLimited", "transient")
        const wait = error.retryAfter ?? Duration.zero
        yield* holds(Duration.greaterThanOrEqualTo(wait, "7 seconds"), "retryAfter should be at least 7 seconds", wait)
        yield* found(given)
      })
  )
]

export const cases: ReadonlyArray<Case<AlpacaCase.Failure, AlpacaCase.Services>> = [
  ...reading,
  ...choosing,
  ...failing
]
