/**
 * How much may be moved at once. Held against the other rebalances in the transaction that records the intent: two requests
 * cannot both be granted the last place, or the same USDC of the vault.
 */
import { DateTime, Effect, Either, Option, Schema } from "effect"
import type { RebalanceId } from "../../domain/OperationId.ts"
import * as Outcome from "../../domain/Outcome.ts"
import * as Usdc from "../../domain/Usdc.ts"
import * as Rebalance from "../../domain/UsdcRebalance.ts"
import type { Guard, Operation } from "../../services/EventStore.ts"
import { UsdcRoute } from "../../services/UsdcRoute.ts"
import { Vault } from "../../services/Vault.ts"
import { Refused } from "../Refused.ts"

type Order = Rebalance.State.Order

const decode = Schema.decodeUnknownOption(
  Schema.Struct({ amount: Usdc.Usdc, vault: Rebalance.State.Vault })
)

type Moved = Pick<Order, "amount" | "vault">

/** A store that has read an operation before shows it as it is: to read this of it takes longer than all else of a limit. */
const known = new WeakMap<Operation, ReadonlyArray<Moved>>()

const movedBy = (operation: Operation): ReadonlyArray<Moved> => {
  const found = known.get(operation) ?? Option.toArray(decode(operation.data))
  known.set(operation, found)
  return found
}

/** Read only of those that count: of most a limit needs no more than that they are there. */
const moved = (operations: ReadonlyArray<Operation>): ReadonlyArray<Moved> => operations.flatMap(movedBy)

const isLive = ({ outcome }: Operation): boolean => !Outcome.settled(outcome)

const isAlong = ({ direction }: Order, { data }: Operation): boolean => data["direction"] === direction

const sum = (others: ReadonlyArray<Moved>): bigint => others.reduce((total, { amount }) => total + amount, 0n)

const refuse = (reason: Refused["reason"], detail: string) => new Refused({ reason, detail })

/** What needs nobody else to be refused. */
export const single = (amount: Usdc.Usdc) =>
  Effect.gen(function*() {
    const { limits: { maxPerOperation, min } } = yield* UsdcRoute
    const asked = `${Usdc.print(amount)} USDC`
    if (amount < min) return yield* refuse("BelowLimit", `${asked} is below BALLAST_USDC_MIN, ${Usdc.print(min)}`)
    if (Option.exists(maxPerOperation, (max) => amount > max)) {
      return yield* refuse(
        "AboveLimit",
        `${asked} is above BALLAST_USDC_MAX_PER_OPERATION, ${
          Option.match(maxPerOperation, { onNone: () => "none", onSome: Usdc.print })
        }`
      )
    }
  })

/** @param takes whether it is still to take what it moves from its source */
export const guard = (id: RebalanceId, order: Order, takes = true) =>
  Effect.gen(function*() {
    const { limits: { concurrent, maxPerDay } } = yield* UsdcRoute
    const dayAgo = DateTime.subtract(yield* DateTime.now, { days: 1 })
    const inVault = takes ? yield* balance(order) : Option.none()

    const place = (others: ReadonlyArray<Operation>) => {
      const rivals = others.filter((one) => isLive(one) && isAlong(order, one))
      return rivals.length < concurrent ? Either.void : Either.left(refuse(
        "AnotherInFlight",
        `${rivals.length} rebalance${rivals.length === 1 ? "" : "s"} ${order.direction} (${
          rivals.map((one) => `${one.id}, ${one.state}`).join("; ")
        }) have not settled, and BALLAST_USDC_CONCURRENT is ${concurrent}`
      ))
    }

    const day = (others: ReadonlyArray<Operation>) =>
      Option.match(maxPerDay, {
        onNone: () => Either.void,
        onSome: (max) => {
          const counted = others.filter((one) => isLive(one) || DateTime.greaterThanOrEqualTo(one.startedAt, dayAgo))
          const asked = sum(moved(counted))
          return asked + order.amount <= max ? Either.void : Either.left(refuse(
            "AboveLimit",
            `${Usdc.print(order.amount)} USDC and the ${
              Usdc.print(Usdc.fromUnits(asked))
            } that were asked for in the last 24 hours or have not settled are above BALLAST_USDC_MAX_PER_DAY, ${
              Usdc.print(max)
            }`
          ))
        }
      })

    const funds = (others: ReadonlyArray<Operation>) => {
      const paying = others.filter((one) => one.state === "Requested" && isLive(one) && isAlong(order, one))
      const reserved = sum(
        moved(paying).filter(({ vault: { contract, id } }) =>
          id === order.vault.id && contract === order.vault.contract
        )
      )
      return Option.match(inVault, {
        onNone: () => Either.void,
        onSome: (balance) =>
          balance - reserved >= order.amount ? Either.void : Either.left(refuse(
            "InsufficientBalance",
            `vault ${order.vault.id} has ${Usdc.print(balance)} USDC${
              reserved === 0n
                ? ""
                : `, of which other rebalances are about to take ${Usdc.print(Usdc.fromUnits(reserved))}`
            }; ${Usdc.print(order.amount)} were asked for`
          ))
      })
    }

    const admits: Guard<Refused>["admits"] = (operations) => {
      const others = operations.filter((one) => one.id !== id)
      return Either.map(Either.all([place(others), day(others), funds(others)]), () => undefined)
    }
    // Those that have settled are looked at only where a limit counts them.
    return { ...(Option.isSome(maxPerDay) ? { since: dayAgo } : {}), admits }
  })

/** Trading changes it at any moment: what is short when it is paid is a matter of BALLAST_VAULT_SHORT_WITHDRAWAL. */
const balance = ({ direction, usdc, vault }: Order) =>
  direction === "AlpacaToBase"
    ? Effect.succeedNone
    : Effect.flatMap(Vault, (port) => Effect.asSome(port.balance(vault, usdc.base)))
