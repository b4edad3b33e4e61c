/** What people type, parsed; each problem names the option, the value and what would be right. */
import { Effect, Either, Option, Schema } from "effect"
import { randomUUID } from "node:crypto"
import * as Address from "../domain/Address.ts"
import { EquitySymbol } from "../domain/EquitySymbol.ts"
import * as Foreign from "../domain/Foreign.ts"
import { MintId, OperationId, RebalanceId, RedemptionId } from "../domain/OperationId.ts"
import { quoted } from "../domain/Printable.ts"
import * as Shares from "../domain/Shares.ts"
import * as Usdc from "../domain/Usdc.ts"
import { WalletTransferId } from "../domain/WalletTransfer.ts"
import type { MintRequest } from "../managers/MintManager.ts"
import type { RedemptionRequest } from "../managers/RedemptionManager.ts"
import { InvalidInput } from "./InvalidInput.ts"

/** What every command takes that reads the log. */
export interface Common {
  readonly config: Option.Option<string>
  readonly json: boolean
}

/** What drives an operation that is there. */
export interface Driving extends Common {
  readonly noWait: boolean
}

/** What starts one. */
export interface Starting extends Driving {
  readonly dryRun: boolean
}

type Parsed<A> = Either.Either<A, string>

const read = <A>(option: string, schema: Schema.Schema<A, string>, text: string): Parsed<A> =>
  Either.mapLeft(Schema.decodeEither(schema)(text), (error) => {
    const message = Foreign.issues(error)[0]?.message ?? "not understood"
    const got = quoted(text)
    // An address says itself what it is.
    const isShown = message.includes(got) || (text !== "" && message.startsWith(text))
    return isShown ? `${option}: ${message}` : `${option}: ${message}, got ${got}`
  })

export const operationId = (text: string): Either.Either<OperationId, InvalidInput> =>
  Either.mapLeft(read("ID", OperationId, text), (problem) => new InvalidInput({ problems: [problem] }))

const words = (option: string, text: string): Parsed<string> =>
  text.trim() === ""
    ? Either.left(`${option}: expected some words, got ${quoted(text)}`)
    : Either.right(text.trim())

const named = (text: string): Parsed<OperationId> => read("ID", OperationId, text)

export const recheck = (
  { id, transfer }: { readonly id: string; readonly transfer: Option.Option<string> }
): Effect.Effect<{ readonly id: OperationId; readonly transfer: Option.Option<WalletTransferId> }, InvalidInput> =>
  Effect.all({
    id: named(id),
    transfer: Effect.transposeMapOption(transfer, (text) => read("--transfer", WalletTransferId, text))
  }, { mode: "validate" }).pipe(Effect.mapError(told))

export const cancellation = (
  typed: { readonly id: string; readonly reason: string }
): Effect.Effect<{ readonly id: OperationId; readonly reason: string }, InvalidInput> =>
  Effect.all({ id: named(typed.id), reason: words("--reason", typed.reason) }, { mode: "validate" }).pipe(
    Effect.mapError(told)
  )

export const reconciliation = (
  typed: { readonly id: string; readonly reason: string; readonly note: string }
): Effect.Effect<{ readonly id: OperationId; readonly reason: string; readonly note: string }, InvalidInput> =>
  Effect.all({
    id: named(typed.id),
    reason: words("--reason", typed.reason),
    note: words("--note", typed.note)
  }, { mode: "validate" }).pipe(Effect.mapError(told))

const quantity = (text: string): Parsed<Shares.Shares> =>
  Either.filterOrLeft(
    Either.mapLeft(Shares.parse(text), ({ message }) => `--quantity: ${message}`),
    (shares) => shares > 0n,
    () => `--quantity: expected more than zero shares, got ${quoted(text)}`
  )

const amount = (text: string): Parsed<Usdc.Usdc> =>
  Either.filterOrLeft(
    Either.mapLeft(Usdc.parse(text), ({ message }) => `--amount: ${message}`),
    (usdc) => usdc > 0n,
    () => `--amount: expected more than zero USDC, got ${quoted(text)}`
  )

export interface RebalanceOptions {
  readonly amount: string
  readonly id: Option.Option<string>
}

export interface EquityOptions {
  readonly symbol: string
  readonly quantity: string
  readonly id: Option.Option<string>
}

export interface MintOptions extends EquityOptions {
  readonly wallet: Option.Option<string>
}

export interface RedemptionOptions extends EquityOptions {
  readonly parallel: boolean
}

type Symbols = { readonly symbols: ReadonlyArray<string> }

/** `known` is what the configuration adds, when it could be read. */
const symbol = (text: string, known: Option.Option<Symbols>): Parsed<EquitySymbol> =>
  Either.filterOrLeft(
    read("--symbol", EquitySymbol, text),
    (symbol) => Option.match(known, { onNone: () => true, onSome: ({ symbols }) => symbols.includes(symbol) }),
    (symbol) =>
      `--symbol: no token is configured for ${symbol}; BALLAST_EQUITIES has ${
        Option.match(known, { onNone: () => "", onSome: ({ symbols }) => symbols.join(", ") })
      }`
  )

/** Made up if none is given. */
const idOf = <Id extends OperationId>(schema: Schema.Schema<Id, string>, id: Option.Option<string>): Parsed<Id> =>
  read("--id", schema, Option.getOrElse(id, () => randomUUID()))

const told = (fields: Readonly<Record<string, Option.Option<string>>>): InvalidInput =>
  new InvalidInput({ problems: Object.values(fields).flatMap((field) => Option.toArray(field)) })

/** `known` also has the wallet to mint to by default. */
export const mint = (
  options: MintOptions,
  known: Option.Option<Symbols & { readonly wallet: Address.Address }>
): Effect.Effect<{ readonly id: MintId; readonly request: MintRequest }, InvalidInput> => {
  const wallet = Option.match(options.wallet, {
    onNone: () => Either.right(Option.match(known, { onNone: () => Address.zero, onSome: ({ wallet }) => wallet })),
    onSome: (text) =>
      Either.filterOrLeft(
        read("--wallet", Address.Address, text),
        (address) => address !== Address.zero,
        () => `--wallet: the zero address has no owner, tokens sent there are lost`
      )
  })
  return Effect.all({
    symbol: symbol(options.symbol, known),
    quantity: quantity(options.quantity),
    wallet,
    id: idOf(MintId, options.id)
  }, { mode: "validate" }).pipe(
    Effect.mapBoth({ onFailure: told, onSuccess: ({ id, ...request }) => ({ id, request }) })
  )
}

export const redemption = (
  options: RedemptionOptions,
  known: Option.Option<Symbols>
): Effect.Effect<{ readonly id: RedemptionId; readonly request: RedemptionRequest }, InvalidInput> =>
  Effect.all({
    symbol: symbol(options.symbol, known),
    quantity: quantity(options.quantity),
    id: idOf(RedemptionId, options.id)
  }, { mode: "validate" }).pipe(
    Effect.mapBoth({
      onFailure: told,
      onSuccess: ({ id, ...request }) => ({ id, request: { ...request, parallel: options.parallel } })
    })
  )

export const rebalance = (
  options: RebalanceOptions
): Effect.Effect<{ readonly id: RebalanceId; readonly amount: Usdc.Usdc }, InvalidInput> =>
  Effect.all({ amount: amount(options.amount), id: idOf(RebalanceId, options.id) }, { mode: "validate" }).pipe(
    Effect.mapError(told)
  )
