/**
 * What our wallet can still send. Read from the chain at depth before the intent is recorded, and held against the other
 * operations in the transaction that records it: two requests cannot both be granted the same tokens.
 */
import { Effect, Either, Option, Schema } from "effect"
import { Address } from "../../domain/Address.ts"
import * as Redemption from "../../domain/EquityRedemption.ts"
import { EquitySymbol } from "../../domain/EquitySymbol.ts"
import type { RedemptionId } from "../../domain/OperationId.ts"
import * as TokenAmount from "../../domain/TokenAmount.ts"
import { Erc20 } from "../../services/Erc20.ts"
import { EventStore, type Guard, type Operation } from "../../services/EventStore.ts"
import { Refused } from "../Refused.ts"

type Order = Redemption.State.Order

const decodeOrder = Schema.decodeUnknownOption(
  Schema.Struct({ symbol: EquitySymbol, token: Address, wallet: Address, amount: TokenAmount.TokenAmount })
)

const moves = (operation: Operation) =>
  operation.type === Redemption.aggregate.type ? decodeOrder(operation.data) : Option.none()

/** What the balance may still count: unsent when it was read, or begun after. */
const mayBeCounted = (now: Operation, before: Operation | undefined): boolean =>
  now.state === "Requested" || before === undefined || before.state === "Requested"

/** @param parallel whether other redemptions of the symbol may be under way */
export const make = (id: RedemptionId, order: Order, parallel: boolean) =>
  Effect.gen(function*() {
    const store = yield* EventStore
    const erc20 = yield* Erc20
    // Before the balance: an operation that sends in between is then counted twice rather than not at all.
    const before = new Map((yield* store.operations({ live: true })).map((one) => [one.id, one]))
    const token = { chain: "base", address: order.token, decimals: order.amount.decimals } as const
    const balance = yield* erc20.confirmedBalance(token, order.wallet)

    const admits: Guard<Refused>["admits"] = (live) => {
      const others = live.flatMap((operation) =>
        operation.id === id ? [] : Option.toArray(Option.map(moves(operation), (other) => ({ ...other, operation })))
      ).filter((other) => other.wallet === order.wallet)
      const [rival] = others.filter(({ symbol }) => symbol === order.symbol)
      if (!parallel && rival !== undefined) {
        return Either.left(
          new Refused({
            reason: "AnotherInFlight",
            detail:
              `redemption ${rival.operation.id} of ${order.symbol} is ${rival.operation.state} and has not settled: wait for it; only a first request can be allowed beside it (redeem --parallel)`
          })
        )
      }
      const reserved = others
        .filter(({ operation, token }) => token === order.token && mayBeCounted(operation, before.get(operation.id)))
        .reduce((sum, { amount }) => sum + amount.units, 0n)
      return balance.units - reserved >= order.amount.units ? Either.void : Either.left(
        new Refused({
          reason: "InsufficientBalance",
          detail: `our wallet ${order.wallet} has ${
            TokenAmount.print(balance)
          } ${order.symbol} tokens at the depth of BALLAST_BASE_CONFIRMATIONS${
            reserved === 0n ?
              "" :
              `, of which other redemptions are about to send ${
                TokenAmount.print(TokenAmount.make({ ...balance, units: reserved }))
              }`
          }; ${TokenAmount.print(order.amount)} were asked for`
        })
      )
    }
    return { admits }
  })
