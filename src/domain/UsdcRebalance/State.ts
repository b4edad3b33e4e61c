import { Schema } from "effect"
import { Address } from "../Address.ts"
import * as Cctp from "../Cctp.ts"
import { Reconciliation } from "../Ending.ts"
import { Failure } from "../Failure.ts"
import * as Hex from "../Hex.ts"
import { known } from "../Known.ts"
import { tagged } from "../Tagged.ts"
import { TxHash } from "../TxHash.ts"
import { PositiveUsdc, Usdc } from "../Usdc.ts"
import { WalletTransferId } from "../WalletTransfer.ts"

/** Which way it goes. */
export const Direction = Schema.Literal("AlpacaToBase", "BaseToAlpaca")
export type Direction = typeof Direction.Type

/** A vault of Rain's orderbook, reached directly or through an inventory that stands before it. Source: external-apis 4. */
export const Vault = Schema.Struct({
  /** Takes deposits and withdrawals. */
  contract: Address,
  /** Tells balances: the orderbook. */
  reader: Address,
  /** Is approved to take what is deposited. */
  spender: Address,
  /** To the orderbook: our wallet, or the inventory. */
  owner: Address,
  id: Hex.ofBytes(32)
})
export type Vault = typeof Vault.Type

/** What was asked for, and all that is needed to finish it: a changed configuration does not bend a running rebalance. */
export const order = {
  direction: Direction,
  amount: PositiveUsdc,
  /** Ours, on both chains. */
  wallet: Address,
  usdc: Schema.Struct({ ethereum: Address, base: Address }),
  /** The same on both chains. */
  cctp: Schema.Struct({ messenger: Address, transmitter: Address, finality: Cctp.Finality }),
  vault: Vault,
  /** What becomes of a withdrawal that brings less than was asked. */
  shortWithdrawal: Schema.Literal("fail", "continue"),
  /** Alpaca's; absent on the way to Base, which does not need it. */
  depositAddress: known(Address)
}
/** What was asked for, and all that is needed to finish it. */
export const Order = Schema.Struct(order)
export type Order = typeof Order.Type

const requested = {
  ...order,
  requestedAt: Schema.DateTimeUtc,
  /** Transfers of Alpaca's that came to nothing, and were ordered anew. Absent where there are none. */
  abandoned: known(Schema.Array(WalletTransferId))
}

/** A transaction of our wallet. */
export const OnchainTx = tagged("OnchainTx", { txHash: TxHash })
export type OnchainTx = typeof OnchainTx.Type
/** A transfer of Alpaca's. */
export const AlpacaTransfer = tagged("AlpacaTransfer", { id: WalletTransferId })
/** What takes the USDC from their source: a transfer of Alpaca's, or a transaction of ours at the vault. */
export const Withdrawal = Schema.Union(AlpacaTransfer, OnchainTx)

/** The fields of what has come. */
export const withdrawn = {
  txHash: TxHash,
  /** What the Transfer logs say has come to our wallet. */
  received: Usdc,
  /** Of the chain it will go to: nothing of this rebalance is in an earlier block there. */
  destinationBlock: Cctp.BlockNumber
}
/** What has come to our wallet on the source chain. */
export const Withdrawn = Schema.Struct(withdrawn)

/** What is known from each state on, beyond the order: the references that lead to the money. */
const withdrawing = { withdrawal: Withdrawal }
const withdrawalComplete = { ...withdrawing, withdrawn: Withdrawn }
const bridging = { ...withdrawalComplete, burn: Cctp.Burn }
const attested = { ...bridging, attested: Cctp.Attestation }
const bridged = { ...attested, minted: Cctp.Mint }
const depositInitiated = { ...bridged, deposit: OnchainTx }
const depositConfirmed = {
  ...depositInitiated,
  /** By the vault or by Alpaca. */
  credited: Usdc
}
/** What each state adds to what is known. */
export const references = {
  Requested: {},
  Withdrawing: withdrawing,
  WithdrawalComplete: withdrawalComplete,
  Bridging: bridging,
  Attested: attested,
  Bridged: bridged,
  DepositInitiated: depositInitiated,
  DepositConfirmed: depositConfirmed
}

/** When the state was entered. */
const since = { since: Schema.DateTimeUtc }

/** Nothing was recorded of it. */
export const NotStarted = tagged("NotStarted", {})
/** Recorded; the USDC are at their source, or the order to send them may have been heard. */
export const Requested = tagged("Requested", { ...requested, ...since })
/** The withdrawal is on its way; the chain does not show it in our wallet yet. */
export const Withdrawing = tagged("Withdrawing", { ...requested, ...withdrawing, ...since })
/** The USDC are in our wallet on the source chain. */
export const WithdrawalComplete = tagged("WithdrawalComplete", {
  ...requested,
  ...withdrawalComplete,
  ...since
})
/** They are burned, and not attested yet. */
export const Bridging = tagged("Bridging", { ...requested, ...bridging, ...since })
/** Circle has signed the burn: they can be minted. */
export const Attested = tagged("Attested", { ...requested, ...attested, ...since })
/** They are in our wallet on the destination chain. */
export const Bridged = tagged("Bridged", { ...requested, ...bridged, ...since })
/** They are on their way to the vault or to Alpaca. */
export const DepositInitiated = tagged("DepositInitiated", { ...requested, ...depositInitiated, ...since })
/** They are credited. Closed. */
export const DepositConfirmed = tagged("DepositConfirmed", { ...requested, ...depositConfirmed, ...since })

/** A failure keeps every reference gathered before it. */
export const WithdrawalFailed = tagged("WithdrawalFailed", {
  ...requested,
  withdrawal: known(Withdrawal),
  /** Only of a withdrawal that brought too little. */
  withdrawn: known(Withdrawn),
  failure: Failure,
  ...since
})
/** It is stuck before the burn, or between the chains. */
export const BridgingFailed = tagged("BridgingFailed", {
  ...requested,
  ...withdrawalComplete,
  burn: known(Cctp.Burn),
  attested: known(Cctp.Attestation),
  failure: Failure,
  ...since
})
/** What was minted was not credited. */
export const DepositFailed = tagged("DepositFailed", {
  ...requested,
  ...bridged,
  deposit: known(OnchainTx),
  failure: Failure,
  ...since
})

/** Whatever failure it was. */
export const Reconciled = tagged("Reconciled", {
  ...requested,
  withdrawal: known(Withdrawal),
  withdrawn: known(Withdrawn),
  burn: known(Cctp.Burn),
  attested: known(Cctp.Attestation),
  minted: known(Cctp.Mint),
  deposit: known(OnchainTx),
  failure: Failure,
  reconciliation: Reconciliation,
  ...since
})

/** Where it stands, with the references that lead to its money. */
export const State = Schema.Union(
  NotStarted,
  Requested,
  Withdrawing,
  WithdrawalComplete,
  Bridging,
  Attested,
  Bridged,
  DepositInitiated,
  DepositConfirmed,
  WithdrawalFailed,
  BridgingFailed,
  DepositFailed,
  Reconciled
)
export type State = typeof State.Type
