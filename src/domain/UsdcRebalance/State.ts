import { Schema } from "effect"
import { Address } from "../Address.ts"
import * as Cctp from "../Cctp.ts"
import { Reconciliation } from "../Ending.ts"
import { Failure } from "../Failure.ts"
import * as Hex from "../Hex.ts"
import { known } from "../Known.ts"
import { TxHash } from "../TxHash.ts"
import { PositiveUsdc, Usdc } from "../Usdc.ts"
import { WalletTransferId } from "../WalletTransfer.ts"

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
export const Order = Schema.Struct(order)
export type Order = typeof Order.Type

const requested = { ...order, requestedAt: Schema.DateTimeUtc }

export const OnchainTx = Schema.TaggedStruct("OnchainTx", { txHash: TxHash })
export const AlpacaTransfer = Schema.TaggedStruct("AlpacaTransfer", { id: WalletTransferId })

export const initiation = { withdrawal: Schema.Union(AlpacaTransfer, OnchainTx) }
const withdrawing = { ...requested, ...initiation, initiatedAt: Schema.DateTimeUtc }

export const withdrawn = {
  txHash: TxHash,
  /** What the Transfer logs say has come to our wallet. */
  received: Usdc,
  /** Of the chain it will go to: nothing of this rebalance is in an earlier block there. */
  destinationBlock: Cctp.BlockNumber
}
export const Withdrawn = Schema.Struct(withdrawn)
const withdrawalComplete = { ...withdrawing, withdrawn: Withdrawn, withdrawnAt: Schema.DateTimeUtc }

const bridging = { ...withdrawalComplete, burn: Cctp.Burn, burnedAt: Schema.DateTimeUtc }
const attested = { ...bridging, attested: Cctp.Attestation, attestedAt: Schema.DateTimeUtc }
const bridged = { ...attested, minted: Cctp.Mint, bridgedAt: Schema.DateTimeUtc }

export const deposit = { deposit: OnchainTx }
const depositInitiated = { ...bridged, ...deposit, depositedAt: Schema.DateTimeUtc }

/** What the vault or Alpaca has credited. */
export const credit = { credited: Usdc }

const failed = { failure: Failure, failedAt: Schema.DateTimeUtc }

export const NotStarted = Schema.TaggedStruct("NotStarted", {})
export const Requested = Schema.TaggedStruct("Requested", requested)
export const Withdrawing = Schema.TaggedStruct("Withdrawing", withdrawing)
export const WithdrawalComplete = Schema.TaggedStruct("WithdrawalComplete", withdrawalComplete)
export const Bridging = Schema.TaggedStruct("Bridging", bridging)
export const Attested = Schema.TaggedStruct("Attested", attested)
export const Bridged = Schema.TaggedStruct("Bridged", bridged)
export const DepositInitiated = Schema.TaggedStruct("DepositInitiated", depositInitiated)
export const DepositConfirmed = Schema.TaggedStruct("DepositConfirmed", {
  ...depositInitiated,
  ...credit,
  confirmedAt: Schema.DateTimeUtc
})

/** Every reference gathered before a failure is kept. */
const withdrawalFailed = {
  ...requested,
  withdrawal: known(initiation.withdrawal),
  /** Only of a withdrawal that brought too little. */
  withdrawn: known(Withdrawn),
  ...failed
}
const bridgingFailed = {
  ...withdrawalComplete,
  burn: known(Cctp.Burn),
  attested: known(Cctp.Attestation),
  ...failed
}
const depositFailed = { ...bridged, deposit: known(OnchainTx), ...failed }

export const WithdrawalFailed = Schema.TaggedStruct("WithdrawalFailed", withdrawalFailed)
export const BridgingFailed = Schema.TaggedStruct("BridgingFailed", bridgingFailed)
export const DepositFailed = Schema.TaggedStruct("DepositFailed", depositFailed)
export const Failed = Schema.Union(WithdrawalFailed, BridgingFailed, DepositFailed)
export type Failed = typeof Failed.Type

/** The failure that a person has settled by hand. */
export const Reconciled = Schema.TaggedStruct("Reconciled", {
  failed: Failed,
  reconciliation: Reconciliation,
  reconciledAt: Schema.DateTimeUtc
})

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
