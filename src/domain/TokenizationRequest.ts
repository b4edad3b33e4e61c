/** A tokenization request as the broker reports it. */
import { Option, Schema } from "effect"
import { Address } from "./Address.ts"
import { EquitySymbol } from "./EquitySymbol.ts"
import { Shares } from "./Shares.ts"
import { TxHash } from "./TxHash.ts"

/** Given by Alpaca; a UUID as far as is known, treated as opaque. */
export const TokenizationRequestId = Schema.String.pipe(
  Schema.pattern(/^[\x21-\x7e]{1,128}$/, { message: () => "expected 1 to 128 printable characters" }),
  Schema.brand("TokenizationRequestId")
)
export type TokenizationRequestId = typeof TokenizationRequestId.Type

/** Given by the issuer; opaque. */
export const IssuerRequestId = Schema.String.pipe(
  Schema.pattern(/^[\x21-\x7e]{1,128}$/, { message: () => "expected 1 to 128 printable characters" }),
  Schema.brand("IssuerRequestId")
)
export type IssuerRequestId = typeof IssuerRequestId.Type

/** The documented words; any other is `Other` and means: not over yet. */
export const Status = Schema.Literal("Pending", "Completed", "Rejected", "Other")
export type Status = typeof Status.Type

/** A request of the issuer as Alpaca shows it: a mint of ours, or a redemption that it has seen. */
export const TokenizationRequest = Schema.Struct({
  id: TokenizationRequestId,
  status: Status,
  symbol: EquitySymbol,
  quantity: Shares,
  /** Absent in the answer to a mint request. */
  wallet: Schema.OptionFromSelf(Address),
  /** Absent until the issuer has reported it. */
  txHash: Schema.OptionFromSelf(TxHash),
  issuerRequestId: Schema.OptionFromSelf(IssuerRequestId)
})
export type TokenizationRequest = typeof TokenizationRequest.Type

/** The label that we gave a request is not unique: what carries it must also be what we ordered. */
export const answers = (
  request: TokenizationRequest,
  order: { readonly symbol: EquitySymbol; readonly quantity: Shares; readonly wallet: Address }
): boolean =>
  request.symbol === order.symbol &&
  request.quantity === order.quantity &&
  Option.getOrElse(request.wallet, () => order.wallet) === order.wallet
