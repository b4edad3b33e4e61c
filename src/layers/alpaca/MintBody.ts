/**
 * The body of a mint request, byte for byte. The id is the `Idempotency-Key`: the same key with another body is refused
 * (422), so a repetition, also one by a later release, must send the bytes that were sent. Source: external-apis 1.2, 1.3.
 */
import type { MintId } from "../../domain/OperationId.ts"
import * as Shares from "../../domain/Shares.ts"
import type { Order } from "../../domain/TokenizedEquityMint/State.ts"

/** Of `encode`. What it does with an order is never changed: another body is another version, for orders recorded from then on. */
export const version = 1

/** The order of the keys is part of it. */
export const encode = (id: MintId, order: Order): string =>
  JSON.stringify({
    underlying_symbol: order.symbol,
    qty: Shares.print(order.quantity),
    issuer: order.issuer,
    network: order.network,
    wallet_address: order.wallet,
    client_request_id: id
  })
