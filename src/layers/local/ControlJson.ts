/** The JSON of the control API, `/_world/...`. Decode its answers with these. */
import { Schema } from "effect"
import * as Decimal from "../../domain/Decimal.ts"
import { MintScript, shareDecimals } from "./AlpacaSettings.ts"
import { Units, WithdrawScript } from "./AlpacaWalletSettings.ts"
import { tokenDecimals } from "./EquityIssuer.ts"
import { RuleJson } from "./Fault.ts"

const Shares = Decimal.scaled(Schema.NonNegativeBigIntFromSelf, shareDecimals)
const Tokens = Decimal.scaled(Schema.NonNegativeBigIntFromSelf, tokenDecimals)

export const Request = Schema.Struct({
  id: Schema.String,
  type: Schema.Literal("mint", "redeem"),
  status: Schema.Literal("pending", "completed", "rejected"),
  symbol: Schema.String,
  quantity: Shares,
  wallet: Schema.String,
  clientRequestId: Schema.NullOr(Schema.String),
  issuerRequestId: Schema.String,
  txHash: Schema.NullOr(Schema.String),
  fee: Schema.NullOr(Shares)
})
export type Request = typeof Request.Type

/** One of the USDC wallet's, as `AlpacaWalletLedger` knows it. */
export const Transfer = Schema.Struct({
  id: Schema.String,
  direction: Schema.Literal("INCOMING", "OUTGOING"),
  status: Schema.Literal("PROCESSING", "COMPLETE", "FAILED"),
  amount: Units,
  networkFee: Units,
  fee: Units,
  from: Schema.String,
  to: Schema.String,
  txHash: Schema.NullOr(Schema.String),
  place: Schema.Literal("underway", "arrived", "returned"),
  arrived: Units
})
export type Transfer = typeof Transfer.Type

/** USDC at Alpaca. */
const Wallets = Schema.Struct({
  /** See `AlpacaWalletLedger.Books`. */
  books: Schema.Struct({
    available: Units,
    outgoing: Units,
    incoming: Units,
    fees: Units,
    withdrawn: Units,
    deposited: Units
  }),
  /** Oldest first. More than one OUTGOING for one operation: a side effect happened twice. */
  transfers: Schema.Array(Transfer),
  /** What custody did on chain. Oldest first. */
  payments: Schema.Array(Schema.Struct({
    transferId: Schema.String,
    hash: Schema.String,
    to: Schema.String,
    amount: Units,
    status: Schema.Literal("signed", "sent", "mined", "reverted")
  })),
  /** USDC that truly came to the deposit address, whoever sent it. Oldest first. */
  receipts: Schema.Array(Schema.Struct({
    hash: Schema.String,
    from: Schema.String,
    amount: Units,
    block: Schema.Int
  }))
})

/** `GET /_world/ledger`: what truly happened. */
export const Ledger = Schema.Struct({
  shares: Schema.Record({
    key: Schema.String,
    value: Schema.Struct({ available: Shares, inTransit: Shares, journaled: Shares })
  }),
  /** Oldest first. */
  requests: Schema.Array(Request),
  /** How many mint requests were accepted under each label. More than one: a side effect happened twice. */
  mintsByClientRequestId: Schema.Record({ key: Schema.String, value: Schema.Int }),
  /** Oldest first. */
  issuerTransactions: Schema.Array(Schema.Struct({
    requestId: Schema.String,
    hash: Schema.String,
    symbol: Schema.String,
    to: Schema.String,
    amount: Tokens,
    status: Schema.Literal("signed", "sent", "mined", "reverted")
  })),
  /** Tokens that truly came to the redemption wallet, whoever sent them. Oldest first. */
  redemptionTransfers: Schema.Array(Schema.Struct({
    hash: Schema.String,
    symbol: Schema.String,
    from: Schema.String,
    amount: Tokens,
    block: Schema.Int
  })),
  wallets: Wallets
})
export type Ledger = typeof Ledger.Type

/** `GET /_world/counts`: by server, then by route or JSON-RPC method. */
export const Counts = Schema.Record({
  key: Schema.String,
  value: Schema.Record({ key: Schema.String, value: Schema.Int })
})

/** `POST /_world/faults`. Answers `FaultAdded`. */
export const AddFault = Schema.extend(
  Schema.Struct({ server: Schema.optionalWith(Schema.String, { default: () => "alpaca" }) }),
  RuleJson
)
export const FaultAdded = Schema.Struct({ server: Schema.String, id: Schema.Int })

/** `POST /_world/requests/{id}`: ends a pending redemption now. Answers the request as it then is. */
export const EndRedemption = Schema.Struct({ status: Schema.Literal("completed", "rejected") })

/** The same of a mint. */
export const EndMint = Schema.extend(
  EndRedemption,
  Schema.partialWith(MintScript.omit("outcome", "delayMillis"), { exact: true })
)

/**
 * `POST /_world/transfers/{id}`: ends a transfer of USDC that is under way now, or holds it until it is told otherwise.
 * Answers the transfer as it then is. Of a deposit only `outcome` and `fee` count.
 */
export const EndTransfer = Schema.extend(
  WithdrawScript.pick("outcome"),
  Schema.partialWith(WithdrawScript.omit("outcome", "delayMillis"), { exact: true })
)

/** `POST /_world/tokens/{symbol}`: stops every movement of the token, or allows it again. Answers the same. */
export const ChangeToken = Schema.Struct({ paused: Schema.Boolean })
