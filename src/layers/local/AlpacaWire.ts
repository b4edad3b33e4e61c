/** Tokenization requests as Alpaca writes them, bad habits included (facts: external-apis.md 1.2 to 1.4). */
import { Option } from "effect"
import type { Hex } from "viem"
import * as Decimal from "../../domain/Decimal.ts"
import type { TokenizationRequest } from "./AlpacaLedger.ts"
import { type Endpoint, shareDecimals, type Wire } from "./AlpacaSettings.ts"

export const capitals = (hash: Hex) => `0x${hash.slice(2).toUpperCase()}`

/**
 * One request as `endpoint` shows it.
 *
 * @param now unix milliseconds
 */
export const render = (
  request: TokenizationRequest,
  wire: Wire,
  endpoint: Endpoint,
  tokenSymbol: string,
  now: number
): Readonly<Record<string, unknown>> => {
  const unknown = wire.hasEmptyStrings ? "" : null
  // A number loses digits beyond the 15th. So does the provider's: this is the habit that is being played.
  const amount = (units: bigint) => {
    const text = Decimal.print(units, shareDecimals)
    return wire.numbersIn.includes(endpoint) ? Number(text) : text
  }
  const { strangeStatus } = wire
  const isStrange = strangeStatus !== null && request.status === "pending" &&
    now < request.createdAt + strangeStatus.millis
  const common = {
    tokenization_request_id: request.id,
    created_at: new Date(request.createdAt).toISOString(),
    status: isStrange ? strangeStatus.word : request.status,
    underlying_symbol: request.symbol,
    // The issuer names the token: of a mint at its end, of a redemption in the call that makes it.
    token_symbol: request.type === "mint" && request.status === "pending" ? unknown : tokenSymbol,
    qty: amount(request.quantity),
    issuer: request.issuer,
    network: request.network,
    ...Option.match(request.clientRequestId, { onNone: () => ({}), onSome: (label) => ({ client_request_id: label }) })
  }
  if (endpoint === "mint") {
    return {
      ...common,
      ...(wire.hasTypeInMint ? { type: request.type } : {}),
      ...(wire.hasEmptyStrings ? { tx_hash: "" } : {})
    }
  }
  return {
    ...common,
    type: request.type,
    updated_at: new Date(request.updatedAt).toISOString(),
    wallet_address: request.wallet,
    issuer_request_id: request.issuerRequestId,
    tx_hash: Option.match(request.txHash, {
      onNone: () => unknown,
      onSome: (hash) => wire.capitalsIn.includes(endpoint) ? capitals(hash) : hash
    }),
    fees: Option.match(request.fee, { onNone: () => null, onSome: amount })
  }
}

/** A row as it is listed, and when it was created, whatever it says of that itself. */
export interface ForeignRow extends Readonly<Record<string, unknown>> {
  readonly createdAt: number
  readonly type: string
}

/**
 * Rows that are not ours and that no reader may stumble over: fields are missing, of another type, or nonsense.
 *
 * @param born unix milliseconds of this Alpaca's start
 */
export const foreignRows = (born: number): ReadonlyArray<ForeignRow> => [
  {
    createdAt: Date.parse("2026-01-02"),
    tokenization_request_id: "legacy-7",
    created_at: "2026-01-02",
    type: "mint",
    status: "pending",
    underlying_symbol: null,
    qty: "n/a",
    issuer: "unheard-of",
    network: "unheard-of"
  },
  {
    createdAt: born,
    tokenization_request_id: 42,
    type: "redeem",
    status: "completed",
    underlying_symbol: "AAPL",
    token_symbol: "",
    qty: null,
    issuer: "st0x",
    network: "base",
    wallet_address: "0x0",
    tx_hash: "0x",
    fees: { amount: "1" }
  },
  // Of tokens whose transfer is not told: nothing says that they are not ours.
  {
    createdAt: born,
    created_at: new Date(born).toISOString(),
    tokenization_request_id: "6d1f0c52-0e0b-4c5e-9a52-3f6f5d0c7e11",
    type: "redeem",
    status: "pending",
    underlying_symbol: "AAPL",
    token_symbol: "tAAPL",
    qty: 3,
    issuer: "st0x",
    network: "base",
    wallet_address: "0x00000000000000000000000000000000000000a1",
    tx_hash: ""
  }
]
