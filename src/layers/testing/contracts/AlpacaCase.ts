/** What the contract's cases of mints and of redemptions share. */
import { Effect, Option } from "effect"
import * as Address from "../../../domain/Address.ts"
import { EquitySymbol } from "../../../domain/EquitySymbol.ts"
import { MintId } from "../../../domain/OperationId.ts"
import * as Shares from "../../../domain/Shares.ts"
import type { Order } from "../../../domain/TokenizedEquityMint/State.ts"
import type { AlpacaError } from "../../../services/AlpacaError.ts"
import { AlpacaTokenization } from "../../../services/AlpacaTokenization.ts"
import { AlpacaTokenizationWorld } from "../AlpacaTokenizationWorld.ts"
import { type Case, type ContractViolation, equals, holds } from "./Contract.ts"

export type Services = AlpacaTokenization | AlpacaTokenizationWorld
export type Failure = AlpacaError | ContractViolation

export const order: Order = {
  symbol: EquitySymbol.make("AAPL"),
  quantity: Shares.fromUnits(1_500_000_000n),
  wallet: Address.make("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
  token: Address.make("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"),
  decimals: 18,
  issuer: "st0x",
  network: "base"
}

export interface Given {
  readonly id: MintId
  readonly alpaca: AlpacaTokenization["Type"]
  readonly world: AlpacaTokenizationWorld["Type"]
}

/** Every case has an id of its own. */
export const make = (
  number: number,
  name: string,
  run: (given: Given) => Effect.Effect<void, Failure, Services>
): Case<Failure, Services> => ({
  name,
  run: Effect.gen(function*() {
    const alpaca = yield* AlpacaTokenization
    const world = yield* AlpacaTokenizationWorld
    yield* run({ id: MintId.make(`c0000000-0000-4000-8000-${String(number).padStart(12, "0")}`), alpaca, world })
  })
})

export const is = (error: AlpacaError, reason: AlpacaError["reason"], kind: AlpacaError["kind"]) =>
  Effect.zipRight(equals(error.reason, reason, "the reason"), equals(error.kind, kind, "the kind"))

export const some = <A>(found: Option.Option<A>, what: string): Effect.Effect<A, ContractViolation> =>
  Effect.zipRight(
    holds(Option.isSome(found), `${what} should be found`, found),
    // Unreachable after the line above.
    Effect.orDie(found)
  )
