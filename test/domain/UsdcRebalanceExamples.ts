/** One rebalance in each direction from its order to each of its ends: commands, events and states written out. */
import { Schema } from "effect"
import * as Address from "../../src/domain/Address.ts"
import * as Cctp from "../../src/domain/Cctp.ts"
import type { Failure } from "../../src/domain/Failure.ts"
import * as TxHash from "../../src/domain/TxHash.ts"
import * as Usdc from "../../src/domain/Usdc.ts"
import * as Rebalance from "../../src/domain/UsdcRebalance.ts"
import { WalletTransferId } from "../../src/domain/WalletTransfer.ts"
import { at } from "./Examples.ts"

const { Event, State } = Rebalance

export const hash = (byte: string) => TxHash.make(`0x${byte.repeat(32)}`)
export const nonce = (byte: string) => Schema.decodeSync(Cctp.Nonce)(`0x${byte.repeat(32)}`)

/** Each step moves a little less than the one before it had, so that no amount can be taken for another. */
export const amounts = {
  asked: Usdc.fromUnits(1_000_500_000n),
  withdrawn: Usdc.fromUnits(1_000_400_000n),
  burned: Usdc.fromUnits(1_000_300_000n),
  minted: Usdc.fromUnits(1_000_200_000n),
  fee: Usdc.fromUnits(100_000n),
  credited: Usdc.fromUnits(1_000_190_000n)
}

const contracts = {
  amount: amounts.asked,
  wallet: Address.make("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
  usdc: {
    ethereum: Address.make("0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"),
    base: Address.make("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913")
  },
  cctp: {
    messenger: Address.make("0x28b5a0e9C621a5BadaA536219b3a228C8168cf5d"),
    transmitter: Address.make("0x81D40F21F12A8F0E3252Bccb954D722d4c464B64"),
    finality: "fast"
  },
  vault: {
    contract: Address.make("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"),
    reader: Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB"),
    spender: Address.make("0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"),
    owner: Address.make("0x52908400098527886E0F7030069857D2E4169EE7"),
    id: `0x${"07".repeat(32)}`
  },
  shortWithdrawal: "fail"
} as const

const transfer = Rebalance.State.AlpacaTransfer.make({ id: WalletTransferId.make("withdrawal-1") })
const onchain = Rebalance.State.OnchainTx.make({ txHash: hash("a1") })

/** What is known of the way, once all of it is gone: the same in both directions but for the withdrawal. */
const known = {
  withdrawn: { txHash: hash("a2"), received: amounts.withdrawn, destinationBlock: 20_000_001n },
  burn: { burnTx: hash("b1"), burned: amounts.burned, maxFee: amounts.fee, destinationBlock: 20_000_002n },
  attested: { message: "0x0102", attestation: "0x03", nonce: nonce("c1") },
  minted: { mintTx: hash("d1"), received: amounts.minted, feeCollected: amounts.fee },
  deposit: Rebalance.State.OnchainTx.make({ txHash: hash("e1") }),
  credited: amounts.credited
} as const
const { attested, burn, credited, deposit, minted, withdrawn } = known
/** Circle may attest one burn again, with another message: the nonce stays. */
export const attestedAgain = { ...attested, message: "0x0104", attestation: "0x05" } as const

/** What a recovery has found: none of it is what the log held before. */
const found = {
  withdrawal: {
    AlpacaToBase: Rebalance.State.AlpacaTransfer.make({ id: WalletTransferId.make("withdrawal-2") }),
    BaseToAlpaca: Rebalance.State.OnchainTx.make({ txHash: hash("a3") })
  },
  withdrawn: { ...withdrawn, txHash: hash("a4"), destinationBlock: 20_000_003n },
  burn: { ...burn, burnTx: hash("b2"), destinationBlock: 20_000_004n },
  attested: { message: "0x06", attestation: "0x07", nonce: nonce("c2") },
  minted: { ...minted, mintTx: hash("d2") },
  deposit: Rebalance.State.OnchainTx.make({ txHash: hash("e2") }),
  credited: Usdc.fromUnits(1_000_180_000n)
} as const

type Withdrawal = typeof Rebalance.State.Withdrawal.Type

/** What each state knows beyond the order. */
const referencesOf = (withdrawal: Withdrawal, { attested, burn, credited, deposit, minted, withdrawn }: Known) => ({
  Withdrawing: { withdrawal },
  WithdrawalComplete: { withdrawal, withdrawn },
  Bridging: { withdrawal, withdrawn, burn },
  Attested: { withdrawal, withdrawn, burn, attested },
  Bridged: { withdrawal, withdrawn, burn, attested, minted },
  DepositInitiated: { withdrawal, withdrawn, burn, attested, minted, deposit },
  DepositConfirmed: { withdrawal, withdrawn, burn, attested, minted, deposit, credited }
})
type Known = Omit<typeof Rebalance.Recovery.DepositConfirmed.Type, "_tag" | "withdrawal">

type Given = Omit<Failure, "amount">
const timedOut: Given = { reason: "TimedOut", detail: "not settled after 3 days", place: "AlpacaInTransit" }
/** All that a command says of a withdrawal that came short. */
export const cameShort = {
  reason: "Short",
  detail: "less came than was asked",
  place: "EthereumWallet",
  withdrawn
} as const
const stuck: Given = { reason: "TimedOut", detail: "not attested after 2 hours", place: "CctpInTransit" }
const reverted: Given = { reason: "Reverted", detail: "the deposit reverted", place: "BaseWallet" }
const reconciliation = { reason: "Settled", note: "Deposited by hand, ticket 12" }

const of = (name: Rebalance.State.Direction, order: Rebalance.State.Order, withdrawal: Withdrawal) => {
  const refs = referencesOf(withdrawal, known)
  const requested = { ...order, requestedAt: at(0) }
  const cancellation = {
    reason: "Cancelled",
    detail: "changed my mind",
    place: name === "AlpacaToBase" ? "Alpaca" : "Vault",
    amount: "1000.5"
  } as const

  const command = {
    RequestRebalance: Rebalance.RequestRebalance.make({ ...order, at: at(0) }),
    Initiate: Rebalance.Initiate.make({ withdrawal, at: at(1) }),
    ConfirmWithdrawal: Rebalance.ConfirmWithdrawal.make({ ...withdrawn, at: at(2) }),
    InitiateBridging: Rebalance.InitiateBridging.make({ ...burn, at: at(3) }),
    ReceiveAttestation: Rebalance.ReceiveAttestation.make({ ...attested, at: at(4) }),
    ConfirmBridging: Rebalance.ConfirmBridging.make({ ...minted, at: at(6) }),
    InitiateDeposit: Rebalance.InitiateDeposit.make({ deposit, at: at(7) }),
    ConfirmDeposit: Rebalance.ConfirmDeposit.make({ credited, at: at(8) }),
    FailWithdrawal: Rebalance.FailWithdrawal.make({ ...timedOut, at: at(10) }),
    FailBridging: Rebalance.FailBridging.make({ ...stuck, at: at(11) }),
    FailDeposit: Rebalance.FailDeposit.make({ ...reverted, at: at(12) }),
    Recover: Rebalance.Recover.make({ to: Rebalance.Recovery.Requested.make({}), at: at(14) }),
    Cancel: Rebalance.Cancel.make({ reason: "changed my mind", at: at(13) }),
    Reconcile: Rebalance.Reconcile.make({ ...reconciliation, at: at(15) })
  } satisfies { readonly [C in Rebalance.Command["_tag"]]: Extract<Rebalance.Command, { readonly _tag: C }> }

  const event = {
    RebalanceRequested: Event.RebalanceRequested.make({ ...order, at: at(0) }),
    Initiated: Event.Initiated.make({ withdrawal, at: at(1) }),
    WithdrawalConfirmed: Event.WithdrawalConfirmed.make({ ...withdrawn, at: at(2) }),
    BridgingInitiated: Event.BridgingInitiated.make({ ...burn, at: at(3) }),
    AttestationReceived: Event.AttestationReceived.make({ ...attested, at: at(4) }),
    AttestedAgain: Event.AttestationReceived.make({ ...attestedAgain, at: at(5) }),
    Bridged: Event.Bridged.make({ ...minted, at: at(6) }),
    DepositInitiated: Event.DepositInitiated.make({ deposit, at: at(7) }),
    DepositConfirmed: Event.DepositConfirmed.make({ credited, at: at(8) }),
    WithdrawalFailed: Event.WithdrawalFailed.make({ ...timedOut, amount: "1000.5", at: at(10) }),
    /** What came is what it is about. */
    WithdrawalFailedShort: Event.WithdrawalFailed.make({ ...cameShort, amount: "1000.4", at: at(10) }),
    /** Before the burn it is about what came, from then on about what was burned. */
    BridgingFailed: Event.BridgingFailed.make({ ...stuck, amount: "1000.4", at: at(11) }),
    BridgingFailedLate: Event.BridgingFailed.make({ ...stuck, amount: "1000.3", at: at(11) }),
    DepositFailed: Event.DepositFailed.make({ ...reverted, amount: "1000.2", at: at(12) }),
    RebalanceCancelled: Event.RebalanceCancelled.make({ ...cancellation, at: at(13) }),
    RebalanceRecovered: Event.RebalanceRecovered.make({ to: Rebalance.Recovery.Requested.make({}), at: at(14) }),
    RebalanceReconciled: Event.RebalanceReconciled.make({ ...reconciliation, at: at(15) })
  }

  const withdrawalFailed = { failure: { ...timedOut, amount: "1000.5" }, since: at(10) }
  const bridgingFailed = { failure: { ...stuck, amount: "1000.3" }, since: at(11) }
  const depositFailed = { failure: { ...reverted, amount: "1000.2" }, since: at(12) }
  const { withdrawn: came, ...shortness } = cameShort
  const failedShort = { withdrawn: came, failure: { ...shortness, amount: "1000.4" }, since: at(10) }

  const state = {
    NotStarted: State.NotStarted.make({}),
    Requested: State.Requested.make({ ...requested, since: at(0) }),
    Withdrawing: State.Withdrawing.make({ ...requested, ...refs.Withdrawing, since: at(1) }),
    WithdrawalComplete: State.WithdrawalComplete.make({ ...requested, ...refs.WithdrawalComplete, since: at(2) }),
    Bridging: State.Bridging.make({ ...requested, ...refs.Bridging, since: at(3) }),
    Attested: State.Attested.make({ ...requested, ...refs.Attested, since: at(4) }),
    AttestedAgain: State.Attested.make({ ...requested, ...refs.Attested, attested: attestedAgain, since: at(5) }),
    Bridged: State.Bridged.make({ ...requested, ...refs.Bridged, since: at(6) }),
    DepositInitiated: State.DepositInitiated.make({ ...requested, ...refs.DepositInitiated, since: at(7) }),
    DepositConfirmed: State.DepositConfirmed.make({ ...requested, ...refs.DepositConfirmed, since: at(8) }),
    /** By the state before it. */
    WithdrawalFailed: {
      Requested: State.WithdrawalFailed.make({ ...requested, ...withdrawalFailed }),
      Withdrawing: State.WithdrawalFailed.make({ ...requested, ...refs.Withdrawing, ...withdrawalFailed })
    },
    WithdrawalFailedShort: {
      Requested: State.WithdrawalFailed.make({ ...requested, ...failedShort }),
      Withdrawing: State.WithdrawalFailed.make({ ...requested, ...refs.Withdrawing, ...failedShort })
    },
    Cancelled: State.WithdrawalFailed.make({ ...requested, failure: cancellation, since: at(13) }),
    BridgingFailed: {
      WithdrawalComplete: State.BridgingFailed.make({
        ...requested,
        ...refs.WithdrawalComplete,
        failure: { ...stuck, amount: "1000.4" },
        since: at(11)
      }),
      Bridging: State.BridgingFailed.make({ ...requested, ...refs.Bridging, ...bridgingFailed }),
      Attested: State.BridgingFailed.make({ ...requested, ...refs.Attested, ...bridgingFailed })
    },
    DepositFailed: {
      Bridged: State.DepositFailed.make({ ...requested, ...refs.Bridged, ...depositFailed }),
      DepositInitiated: State.DepositFailed.make({ ...requested, ...refs.DepositInitiated, ...depositFailed })
    },
    /** By the failure that was settled by hand. */
    Reconciled: {
      Cancelled: State.Reconciled.make({ ...requested, failure: cancellation, reconciliation, since: at(15) }),
      WithdrawalFailed: State.Reconciled.make({
        ...requested,
        ...refs.Withdrawing,
        ...withdrawalFailed,
        reconciliation,
        since: at(15)
      }),
      BridgingFailed: State.Reconciled.make({
        ...requested,
        ...refs.Attested,
        ...bridgingFailed,
        reconciliation,
        since: at(15)
      }),
      DepositFailed: State.Reconciled.make({
        ...requested,
        ...refs.DepositInitiated,
        ...depositFailed,
        reconciliation,
        since: at(15)
      })
    }
  }

  const requestedOnly = [event.RebalanceRequested] as const
  const withdrawing = [...requestedOnly, event.Initiated] as const
  const complete = [...withdrawing, event.WithdrawalConfirmed] as const
  const bridging = [...complete, event.BridgingInitiated] as const
  const attestedYet = [...bridging, event.AttestationReceived] as const
  const bridged = [...attestedYet, event.Bridged] as const
  const depositing = [...bridged, event.DepositInitiated] as const

  /** What has happened before each state: its failures are the latest that they can be. */
  const history = {
    NotStarted: [],
    Requested: [...requestedOnly],
    Withdrawing: [...withdrawing],
    WithdrawalComplete: [...complete],
    Bridging: [...bridging],
    Attested: [...attestedYet],
    Bridged: [...bridged],
    DepositInitiated: [...depositing],
    DepositConfirmed: [...depositing, event.DepositConfirmed],
    WithdrawalFailed: [...withdrawing, event.WithdrawalFailed],
    BridgingFailed: [...attestedYet, event.BridgingFailedLate],
    DepositFailed: [...depositing, event.DepositFailed],
    Reconciled: [...depositing, event.DepositFailed, event.RebalanceReconciled]
  } satisfies Record<Rebalance.State.State["_tag"], ReadonlyArray<Rebalance.Event.Event>>

  const late = referencesOf(found.withdrawal[name], found)
  const recovery = {
    Requested: Rebalance.Recovery.Requested.make({}),
    Withdrawing: Rebalance.Recovery.Withdrawing.make(late.Withdrawing),
    WithdrawalComplete: Rebalance.Recovery.WithdrawalComplete.make(late.WithdrawalComplete),
    Bridging: Rebalance.Recovery.Bridging.make(late.Bridging),
    Attested: Rebalance.Recovery.Attested.make(late.Attested),
    Bridged: Rebalance.Recovery.Bridged.make(late.Bridged),
    DepositInitiated: Rebalance.Recovery.DepositInitiated.make(late.DepositInitiated),
    DepositConfirmed: Rebalance.Recovery.DepositConfirmed.make(late.DepositConfirmed)
  }
  const again = { ...requested, since: at(14) }
  /** The state that each recovery leads to, whichever failure it was. */
  const recovered = {
    /** From one whose withdrawal was ordered: what Alpaca made of that is given up, and never taken for ours again. */
    Requested: State.Requested.make({
      ...again,
      ...(withdrawal._tag === "AlpacaTransfer" ? { abandoned: [withdrawal.id] } : {})
    }),
    Withdrawing: State.Withdrawing.make({ ...again, ...late.Withdrawing }),
    WithdrawalComplete: State.WithdrawalComplete.make({ ...again, ...late.WithdrawalComplete }),
    Bridging: State.Bridging.make({ ...again, ...late.Bridging }),
    Attested: State.Attested.make({ ...again, ...late.Attested }),
    Bridged: State.Bridged.make({ ...again, ...late.Bridged }),
    DepositInitiated: State.DepositInitiated.make({ ...again, ...late.DepositInitiated }),
    DepositConfirmed: State.DepositConfirmed.make({ ...again, ...late.DepositConfirmed })
  }

  return { name, command, event, state, history, recovery, recovered }
}

export const toBase = of("AlpacaToBase", { ...contracts, direction: "AlpacaToBase" }, transfer)

export const toAlpaca = of("BaseToAlpaca", {
  ...contracts,
  direction: "BaseToAlpaca",
  depositAddress: Address.make("0x8617E340B3D01FA5F11F306F4090FD50E238070D")
}, onchain)
