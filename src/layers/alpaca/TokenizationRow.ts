/** A tokenization request as Alpaca writes it, quirks included. Source: external-apis 1.2, 1.4 and peers-and-hazards 2.1. */
import { BigDecimal, DateTime, Either, Option, ParseResult, Predicate, Record, Schema } from "effect"
import { Address } from "../../domain/Address.ts"
import * as Decimal from "../../domain/Decimal.ts"
import { EquitySymbol } from "../../domain/EquitySymbol.ts"
import { Shares } from "../../domain/Shares.ts"
import {
  IssuerRequestId,
  type Status,
  type TokenizationRequest,
  TokenizationRequestId
} from "../../domain/TokenizationRequest.ts"
import { TxHash } from "../../domain/TxHash.ts"

const absent = { as: "Option" } as const

/** JSON writes small numbers as `1e-9`. The value is exact, so it is ours to read, unlike such a text of a person. */
const written = (text: string): string =>
  BigDecimal.fromString(text).pipe(
    Option.map(BigDecimal.normalize),
    Option.filter(({ scale, value }) => value >= 0n && Math.abs(scale) <= 36),
    Option.match({
      onNone: () => text,
      onSome: ({ scale, value }) => scale >= 0 ? Decimal.print(value, scale) : String(value * 10n ** BigInt(-scale))
    })
  )

const Quantity = Schema.compose(
  Schema.transform(Schema.String, Schema.String, {
    strict: true,
    decode: (text) => /^[0-9.]+[eE][-+]?[0-9]{1,3}$/.test(text) ? written(text) : text,
    encode: (text) => text
  }),
  Shares
)

/** `account`, `issuer_account`, `fees` and whatever else there is are not read. */
const Wire = Schema.Struct({
  tokenization_request_id: TokenizationRequestId,
  status: Schema.String,
  underlying_symbol: EquitySymbol,
  /** Numbers arrive here as the digits that were written. */
  qty: Quantity,
  type: Schema.optionalWith(Schema.String, absent),
  issuer: Schema.optionalWith(Schema.String, absent),
  network: Schema.optionalWith(Schema.String, absent),
  wallet_address: Schema.optionalWith(Address, absent),
  tx_hash: Schema.optionalWith(TxHash, absent),
  issuer_request_id: Schema.optionalWith(IssuerRequestId, absent),
  client_request_id: Schema.optionalWith(Schema.String, absent),
  created_at: Schema.optionalWith(Schema.String, absent)
})

export interface Row {
  readonly request: TokenizationRequest
  /** What the caller of the mint request called it. Not unique. */
  readonly label: Option.Option<string>
  readonly type: Option.Option<string>
  readonly issuer: Option.Option<string>
  readonly network: Option.Option<string>
  readonly createdAt: Option.Option<DateTime.Utc>
}

/** An open enum: a word that is not known yet means that the request is not over. */
const status = (word: string): Status => {
  switch (word.toLowerCase()) {
    case "pending":
      return "Pending"
    case "completed":
      return "Completed"
    case "rejected":
      return "Rejected"
    default:
      return "Other"
  }
}

const row = (wire: typeof Wire.Type): Row => ({
  request: {
    id: wire.tokenization_request_id,
    status: status(wire.status),
    symbol: wire.underlying_symbol,
    quantity: wire.qty,
    wallet: wire.wallet_address,
    txHash: wire.tx_hash,
    issuerRequestId: wire.issuer_request_id
  },
  label: wire.client_request_id,
  type: wire.type,
  issuer: wire.issuer,
  network: wire.network,
  createdAt: Option.flatMap(wire.created_at, DateTime.make)
})

const decodeWire = Schema.decodeUnknownEither(Wire)

/** Left says what is wrong with it, field by field. */
export const decode = (value: unknown): Either.Either<Row, string> => {
  if (!Predicate.isRecord(value)) return Either.left("not an object")
  // Alpaca writes "" where it means null, and null where it means nothing.
  const written = Record.filter(value, (field) => field !== "" && field !== null)
  return Either.mapBoth(decodeWire(written), {
    onLeft: (error) =>
      ParseResult.ArrayFormatter.formatErrorSync(error).map(({ message, path }) => `${path.join(".")}: ${message}`)
        .join("; "),
    onRight: row
  })
}

/** By what we know a request of ours. */
export type MarkField = "client_request_id" | "tx_hash"

/** What is written there, in a row that may be malformed otherwise. */
export const wordIn = (value: unknown, field: MarkField): Option.Option<string> =>
  Predicate.isRecord(value) ? Option.liftPredicate(value[field], Predicate.isString) : Option.none()
