/** A tokenization request as Alpaca writes it, quirks included. Source: external-apis 1.2, 1.4 and peers-and-hazards 2.1. */
import { DateTime, Either, Option, Predicate, Schema } from "effect"
import { Address } from "../../domain/Address.ts"
import { EquitySymbol } from "../../domain/EquitySymbol.ts"
import { Shares } from "../../domain/Shares.ts"
import {
  IssuerRequestId,
  type Status,
  type TokenizationRequest,
  TokenizationRequestId
} from "../../domain/TokenizationRequest.ts"
import { TxHash } from "../../domain/TxHash.ts"
import * as Amount from "./Amount.ts"
import * as Row from "./Row.ts"

const absent = { as: "Option" } as const

/** `account`, `issuer_account`, `fees` and whatever else there is are not read. */
const Wire = Schema.Struct({
  tokenization_request_id: TokenizationRequestId,
  status: Schema.String,
  underlying_symbol: EquitySymbol,
  /** Numbers arrive here as the digits that were written. */
  qty: Amount.of(Shares),
  type: Schema.optionalWith(Schema.String, absent),
  issuer: Schema.optionalWith(Schema.String, absent),
  network: Schema.optionalWith(Schema.String, absent),
  wallet_address: Schema.optionalWith(Address, absent),
  tx_hash: Schema.optionalWith(TxHash, absent),
  issuer_request_id: Schema.optionalWith(IssuerRequestId, absent),
  client_request_id: Schema.optionalWith(Schema.String, absent),
  created_at: Schema.optionalWith(Schema.String, absent)
})

export interface TokenizationRow {
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

const row = (wire: typeof Wire.Type): TokenizationRow => ({
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

const decodeWire = Row.decoder(Wire)

/** Left says what is wrong with it, field by field. */
export const decode = (value: unknown): Either.Either<TokenizationRow, string> => Either.map(decodeWire(value), row)

/** By what we know a request of ours. */
export type MarkField = "client_request_id" | "tx_hash" | "tokenization_request_id"

/** What is written there, in a row that may be malformed otherwise. */
export const wordIn = (value: unknown, field: MarkField): Option.Option<string> =>
  Predicate.isRecord(value) ? Option.liftPredicate(value[field], Predicate.isString) : Option.none()
