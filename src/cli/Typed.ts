/** What people type, parsed; each problem names the option, the value and what would be right. */
import { Effect, Either, Option, ParseResult, Schema } from "effect"
import { randomUUID } from "node:crypto"
import * as Address from "../domain/Address.ts"
import { EquitySymbol } from "../domain/EquitySymbol.ts"
import { MintId, OperationId } from "../domain/OperationId.ts"
import * as Shares from "../domain/Shares.ts"
import type { MintRequest } from "../managers/MintManager.ts"
import { InvalidInput } from "./InvalidInput.ts"

type Parsed<A> = Either.Either<A, string>

const read = <A>(option: string, schema: Schema.Schema<A, string>, text: string): Parsed<A> =>
  Either.mapLeft(Schema.decodeEither(schema)(text), (error) => {
    const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
    const message = issue?.message ?? "not understood"
    const got = JSON.stringify(text.slice(0, 80))
    // An address says itself what it is.
    const isShown = message.includes(got) || (text !== "" && message.startsWith(text))
    return isShown ? `${option}: ${message}` : `${option}: ${message}, got ${got}`
  })

export const operationId = (text: string): Either.Either<OperationId, InvalidInput> =>
  Either.mapLeft(read("ID", OperationId, text), (problem) => new InvalidInput({ problems: [problem] }))

const quantity = (text: string): Parsed<Shares.Shares> =>
  Either.filterOrLeft(
    Either.mapLeft(Shares.parse(text), ({ message }) => `--quantity: ${message}`),
    (shares) => shares > 0n,
    () => `--quantity: expected more than zero shares, got ${JSON.stringify(text)}`
  )

export interface MintOptions {
  readonly symbol: string
  readonly quantity: string
  readonly wallet: Option.Option<string>
  readonly id: Option.Option<string>
}

/** `known` is what the configuration adds, when it could be read: the symbols, and the wallet to mint to by default. */
export const mint = (
  options: MintOptions,
  known: Option.Option<{ readonly symbols: ReadonlyArray<string>; readonly wallet: Address.Address }>
): Effect.Effect<{ readonly id: MintId; readonly request: MintRequest }, InvalidInput> => {
  const symbol = Either.filterOrLeft(
    read("--symbol", EquitySymbol, options.symbol),
    (symbol) => Option.match(known, { onNone: () => true, onSome: ({ symbols }) => symbols.includes(symbol) }),
    (symbol) =>
      `--symbol: no token is configured for ${symbol}; BALLAST_EQUITIES has ${
        Option.match(known, { onNone: () => "", onSome: ({ symbols }) => symbols.join(", ") })
      }`
  )
  const wallet = Option.match(options.wallet, {
    onNone: () => Either.right(Option.match(known, { onNone: () => Address.zero, onSome: ({ wallet }) => wallet })),
    onSome: (text) =>
      Either.filterOrLeft(
        read("--wallet", Address.Address, text),
        (address) => address !== Address.zero,
        () => `--wallet: the zero address has no owner, tokens sent there are lost`
      )
  })
  const id = Option.match(options.id, {
    onNone: () => Either.right(MintId.make(randomUUID())),
    onSome: (text) => read("--id", MintId, text)
  })
  return Effect.all({ symbol, quantity: quantity(options.quantity), wallet, id }, { mode: "validate" }).pipe(
    Effect.mapBoth({
      onFailure: (fields) =>
        new InvalidInput({ problems: Object.values(fields).flatMap((field) => Option.toArray(field)) }),
      onSuccess: ({ id, ...request }) => ({ id, request })
    })
  )
}
