import { Context, Data, type Effect, Schema } from "effect"
import type { Address } from "../domain/Address.ts"
import type * as Cctp from "../domain/Cctp.ts"
import type { TxHash } from "../domain/TxHash.ts"
import type { Usdc } from "../domain/Usdc.ts"
import type { ChainError, ChainName } from "./Chain.ts"
import type { Sending } from "./Erc20.ts"
import type { FailureKind } from "./FailureKind.ts"
import type { SubmitError } from "./TransactionOutbox.ts"

const kinds = {
  /** 429: stay away until `retryAfter`; Circle blocks for five minutes. */
  RateLimited: "transient",
  /** No answer, a 5xx, or an answer that makes no sense. Circle only tells: nothing happens there by our asking. */
  Unavailable: "transient",
  /** More than the configured ceiling would have to be offered. It may cost less later. */
  FeeTooHigh: "transient",
  /** The fee that has to be offered is not less than the amount. */
  AmountTooSmall: "permanent",
  /** More than one message may burn. */
  AboveBurnLimit: "permanent",
  /** What the chain shows under our nonce is not our burn, or what it must show is not there: a person must look. */
  Mismatch: "unknown"
} as const satisfies Record<string, FailureKind>

/** Circle or a contract of CCTP did not give a usable answer. */
export class CctpError extends Schema.TaggedError<CctpError>()("CctpError", {
  reason: Schema.Literal("RateLimited", "Unavailable", "FeeTooHigh", "AmountTooSmall", "AboveBurnLimit", "Mismatch"),
  /** What was being done, with the ids: `attestation of burn 0x..`. */
  action: Schema.String,
  /** In the other side's words where there are any. */
  detail: Schema.String,
  retryAfter: Schema.optionalWith(Schema.DurationFromMillis, { exact: true }),
  cause: Schema.optionalWith(Schema.Defect, { exact: true })
}) {
  get kind(): FailureKind {
    return kinds[this.reason]
  }
  override get message(): string {
    return `CCTP (${this.action}): ${this.reason}: ${this.detail}`
  }
}

/** From where to where, by which contracts; the sender and the recipient are our wallet. */
export interface Lane {
  readonly source: ChainName
  readonly destination: ChainName
  readonly wallet: Address
  readonly usdc: { readonly ethereum: Address; readonly base: Address }
  readonly messenger: Address
  readonly transmitter: Address
}

/** What bridging an amount costs just now. */
export interface Quote {
  /** `standard` also where fast was asked for, and its fee is above the configured ceiling or Circle's allowance is used up. */
  readonly finality: Cctp.Finality
  /** What is offered at most: the quoted fee with its margin. */
  readonly maxFee: Usdc
  /** Circle's fee by the quote, rounded up. */
  readonly fee: Usdc
  /** The most that one message may burn. */
  readonly limit: Usdc
}

type OnItsWay = {
  /** On its way: `waitingFor` says what it takes to go on. */
  Pending: { readonly waitingFor: string }
  /** Mined, at depth, without effect. */
  Reverted: { readonly txHash: TxHash; readonly why: string }
  /** Nothing of this attempt will ever be mined. */
  Dead: { readonly isOurs: boolean; readonly why: string }
}

/** What has become of a burn of ours. */
export type Burned = Data.TaggedEnum<
  OnItsWay & {
    /** Mined, at depth, with what the DepositForBurn log says. */
    Burned: { readonly burnTx: TxHash; readonly burned: Usdc; readonly maxFee: Usdc }
  }
>
export const Burned = Data.taggedEnum<Burned>()

/** What Circle says of a burn. */
export type Attested = Data.TaggedEnum<{
  /** `delay` is why Circle takes longer than was asked for, in its words: slow, not failed. */
  Pending: { readonly waitingFor: string; readonly delay: string | undefined }
  /** Circle offers something that is not an attestation of our burn: it must not be minted, and may yet be put right. */
  Unacceptable: { readonly why: string }
  /** Bound to our burn byte by byte, and signed by enough attesters that the destination knows. `expires` is a block of the destination; 0 is never. */
  Ready: { readonly attestation: Cctp.Attestation; readonly expires: bigint }
}>
export const Attested = Data.taggedEnum<Attested>()

/** What has become of a mint, whoever submitted it. */
export type Minted = Data.TaggedEnum<
  OnItsWay & {
    /** At depth. */
    Minted: { readonly mint: Cctp.Mint; readonly isOurs: boolean }
    /** The fast message was not minted in time: `reattest` it. */
    Expired: {}
  }
>
export const Minted = Data.taggedEnum<Minted>()

/** A burn that can be minted. */
export interface Mintable extends Cctp.Attestation {
  readonly burn: Cctp.Burn
}

/** USDC from chain to chain by Circle's CCTP V2. Source: external-apis 3. */
export class CctpBridge extends Context.Tag("ballast/services/CctpBridge")<CctpBridge, {
  readonly quote: (
    lane: Lane,
    wanted: { readonly amount: Usdc; readonly finality: Cctp.Finality }
  ) => Effect.Effect<Quote, CctpError | ChainError>
  /**
   * Burns on the source chain for our wallet on the destination, once for this key, and answers how far it is; the
   * messenger must have been approved before. Waits for nothing: call it again until the answer is final.
   */
  readonly burn: (
    lane: Lane,
    wanted: { readonly amount: Usdc; readonly finality: Cctp.Finality },
    sending: Sending
  ) => Effect.Effect<Burned, SubmitError | CctpError>
  readonly attestation: (lane: Lane, burn: Cctp.Burn) => Effect.Effect<Attested, CctpError | ChainError>
  /**
   * Looks whether the burn has been minted, by whomever, and else mints it: once for this key. Waits for nothing: call it
   * again until the answer is final.
   */
  readonly mint: (lane: Lane, mintable: Mintable, sending: Sending) => Effect.Effect<Minted, SubmitError | CctpError>
  /** Whether `mint` would get on: it is minted already, has expired, or would not revert now. Sends nothing. */
  readonly canMint: (lane: Lane, mintable: Mintable) => Effect.Effect<boolean, ChainError>
  /** Asks Circle to sign an expired message anew; the nonce stays. Safe to repeat. Poll `attestation` afterwards. */
  readonly reattest: (mintable: Mintable) => Effect.Effect<void, CctpError>
}>() {}
