/** The JSON of Circle's attestation API (facts: external-apis.md 3.8, 3.10). */
import { Effect } from "effect"
import { concat, type Hex, padHex, size, slice } from "viem"
import * as Decimal from "../../domain/Decimal.ts"
import * as Usdc from "../../domain/Usdc.ts"
import * as Cctp from "./Cctp.ts"
import * as CctpMessage from "./CctpMessage.ts"
import * as Chain from "./Chain.ts"
import type { Told } from "./CircleAttestations.ts"
import { bpsDecimals, type Settings } from "./CircleSettings.ts"

type Wire = Settings["wire"]

const nonceText = (nonce: Hex, { hasDecimalNonces }: Wire): string =>
  hasDecimalNonces ? BigInt(nonce).toString() : nonce

/** Numbers are decimal strings here, addresses have 20 bytes. */
const decoded = (message: Hex, wire: Wire) => {
  const fields = CctpMessage.parse(message)
  return {
    sourceDomain: String(fields.sourceDomain),
    destinationDomain: String(fields.destinationDomain),
    nonce: nonceText(fields.nonce, wire),
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

const impostors = ["impostor 1", "impostor 2", "impostor 3"].map(Chain.wallet)

/** As many signatures as are good, unless it is the number that is wrong. */
const attestation = (cctp: Cctp.Cctp, message: Hex, { attestation: kind }: Wire): Effect.Effect<string> =>
  Effect.gen(function*() {
    const good = yield* cctp.attest(message)
    const signers = cctp.attesters.slice(1)
    switch (kind) {
      case "good":
        return good
      case "strangers":
        return yield* Cctp.signatures(Cctp.ascending(impostors.slice(1)), message)
      case "short":
        return slice(good, 0, size(good) - 65)
      case "descending":
        return yield* Cctp.signatures(Cctp.ascending(signers).toReversed(), message)
      case "noRecovery":
        return concat([slice(good, 0, -1), "0x00"])
      case "noPoint":
        return concat([slice(good, 0, -65), padHex("0x", { size: 64 }), "0x1b"])
      case "noHex":
        return "0xnot an attestation"
    }
  })

const completeRow = (cctp: Cctp.Cctp, message: Hex, wire: Wire) =>
  Effect.map(attestation(cctp, message, wire), (attestation) => ({
    attestation,
    message,
    eventNonce: nonceText(CctpMessage.parse(message).nonce, wire),
    cctpVersion: 2,
    status: "complete",
    decodedMessage: decoded(message, wire),
    delayReason: null
  }))

/** A burn of somebody else's, between the same places. */
const foreignOf = (message: Hex): Hex => {
  const { amount, nonce } = CctpMessage.parse(message)
  return CctpMessage.fill(message, { nonce: BigInt(nonce) ^ 1n, amount: amount + 1n })
}

const rows = (cctp: Cctp.Cctp, told: Told, wire: Wire) =>
  Effect.gen(function*() {
    if (told._tag === "Pending") {
      return [{
        attestation: wire.pendingAttestation,
        message: wire.pendingMessage,
        eventNonce: null,
        cctpVersion: 2,
        status: wire.pendingStatus,
        decodedMessage: null,
        delayReason: told.delay
      }]
    }
    const own = yield* completeRow(cctp, told.message, wire)
    if (wire.foreign === "none") return [own]
    const foreign = yield* completeRow(cctp, foreignOf(told.message), wire)
    return wire.foreign === "instead" ? [foreign] : [foreign, own]
  })

/** `GET /v2/messages/{domain}`. */
export const messages = (cctp: Cctp.Cctp, told: ReadonlyArray<Told>, wire: Wire) =>
  Effect.map(Effect.forEach(told, (item) => rows(cctp, item, wire)), (all) => ({ messages: all.flat() }))

/** `GET /v2/burn/USDC/fees/{source}/{destination}`. No money, so a number it may be. */
export const fees = ({ feeBps }: Settings["attesting"]) => [
  { finalityThreshold: 1000, minimumFee: Number(Decimal.print(feeBps, bpsDecimals)) },
  { finalityThreshold: 2000, minimumFee: 0 }
]

/** `GET /v2/fastBurn/USDC/allowance`. Circle tells it as a number. */
export const allowance = ({ allowance }: Settings["attesting"], lastUpdated: string) => ({
  allowance: Number(Decimal.print(allowance, Usdc.decimals)),
  lastUpdated
})

/** `GET /v2/publicKeys`. */
export const publicKeys = ({ attesters }: Cctp.Cctp) =>
  attesters.map(({ account }) => ({ publicKey: account.publicKey, cctpVersion: 2 }))
