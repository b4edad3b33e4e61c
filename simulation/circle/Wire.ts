/** The JSON of Circle's attestation API (facts: external-apis.md 3.8, 3.10). */
import type { Hex } from "viem"
import * as Decimal from "../../src/domain/Decimal.ts"
import * as Usdc from "../../src/domain/Usdc.ts"
import * as CctpMessage from "../../src/layers/local/CctpMessage.ts"
import { bpsDecimals } from "../../src/layers/local/CircleSettings.ts"
import type { Dice } from "../Dice.ts"
import type { Burn, Signed } from "./Burns.ts"

/** Numbers are decimal strings here, addresses have 20 bytes. */
const decoded = (message: Hex) => {
  const fields = CctpMessage.parse(message)
  return {
    sourceDomain: String(fields.sourceDomain),
    destinationDomain: String(fields.destinationDomain),
    nonce: fields.nonce,
    sender: CctpMessage.addressIn(fields.sender),
    recipient: CctpMessage.addressIn(fields.recipient),
    destinationCaller: CctpMessage.addressIn(fields.destinationCaller),
    minFinalityThreshold: String(fields.minFinalityThreshold),
    finalityThresholdExecuted: String(fields.finalityThresholdExecuted),
    messageBody: fields.body,
    decodedMessageBody: {
      burnToken: CctpMessage.addressIn(fields.burnToken),
      mintRecipient: CctpMessage.addressIn(fields.mintRecipient),
      amount: String(fields.amount),
      messageSender: CctpMessage.addressIn(fields.messageSender),
      maxFee: String(fields.maxFee),
      feeExecuted: String(fields.feeExecuted),
      expirationBlock: String(fields.expirationBlock),
      hookData: fields.hookData === "0x" ? null : fields.hookData
    }
  }
}

/** By its bytes; it is asked for again and again. */
type Decoded = Map<Hex, ReturnType<typeof decoded>>

const known = (cache: Decoded, message: Hex) => {
  const found = cache.get(message)
  if (found !== undefined) return found
  const fresh = decoded(message)
  cache.set(message, fresh)
  return fresh
}

export interface Wire {
  readonly rows: (burn: Burn, habits: { readonly isQuirky: boolean; readonly now: number }) => ReadonlyArray<object>
}

export const make = (dice: Dice): Wire => {
  const cache: Decoded = new Map()

  const pending = ({ delay }: Burn, isQuirky: boolean) => ({
    attestation: isQuirky ? dice.pick(["PENDING", null, "0x", "pending_confirmations"]) : "PENDING",
    message: isQuirky ? dice.pick(["0x", null, ""]) : "0x",
    eventNonce: isQuirky ? dice.pick([null, ""]) : null,
    cctpVersion: 2,
    status: isQuirky ? dice.pick(["pending_confirmations", "pending"]) : "pending_confirmations",
    decodedMessage: null,
    delayReason: delay
  })

  const complete = ({ message }: Signed, attestation: string, isQuirky: boolean) => {
    const all = known(cache, message)
    const nonce = isQuirky && dice.chance(0.5) ? BigInt(all.nonce).toString() : all.nonce
    return {
      attestation,
      message,
      eventNonce: nonce,
      cctpVersion: 2,
      status: "complete",
      decodedMessage: isQuirky && dice.chance(0.5) ? null : { ...all, nonce },
      delayReason: null
    }
  }

  return {
    rows: (burn, { isQuirky, now }) => {
      const { flawed, flawedUntil, foreign, foreignUntil, signed } = burn
      const newest = signed.at(-1)
      if (newest === undefined) return [pending(burn, isQuirky)]
      const own = complete(newest, now < flawedUntil ? flawed : newest.attestation, isQuirky)
      // What was signed anew may stand beside what it was before.
      const older = isQuirky ? signed.slice(0, -1).map((one) => complete(one, one.attestation, isQuirky)) : []
      if (foreign === undefined || now >= foreignUntil) return [...older, own]
      const other = complete(foreign, foreign.attestation, isQuirky)
      return foreign.place === "instead" ? [other] : [other, ...older, own]
    }
  }
}

/** No money, so a number it may be. */
export const fees = (fee: bigint) => [
  { finalityThreshold: 1000, minimumFee: Number(Decimal.print(fee, bpsDecimals)) },
  { finalityThreshold: 2000, minimumFee: 0 }
]

/** Circle tells it as a number. */
export const allowance = (units: bigint, now: number) => ({
  allowance: Number(Decimal.print(units, Usdc.decimals)),
  lastUpdated: new Date(now).toISOString()
})
