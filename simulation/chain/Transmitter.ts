/** Messages between chains: contracts/MessageTransmitterV2.sol. */
import { secp256k1 } from "@noble/curves/secp256k1"
import { type Hex, keccak256 } from "viem"
import { privateKeyToAddress, publicKeyToAddress } from "viem/accounts"
import * as Places from "../Places.ts"
import * as Execution from "./Execution.ts"
import * as Words from "./Words.ts"

/** Domains: what CCTP calls the chains. */
export interface Side {
  readonly local: number
  readonly remote: number
}

/** As it stands in a message that somebody has signed. */
export interface Received {
  readonly sourceDomain: number
  readonly sender: string
  readonly finality: number
  readonly nonce: Hex
  /** Without `0x`. */
  readonly body: string
}

/** Whoever gets the messages that are for it. */
export type Handler = (frame: Execution.Frame, message: Received) => void

const version = 1
const headerLength = 148
const signatureLength = 65

export const used = (nonce: string): string => `nonce of a message: ${nonce}`

const attesters = new Set<string>(Places.attesterKeys.map((key) => privateKeyToAddress(key).toLowerCase()))

const uint32 = (value: number): string => value.toString(16).padStart(8, "0")

/** In CCTP's messages, without `0x`: from, to, in bytes. */
const field = (bytes: string, from: number, to: number): string => bytes.slice(2 * from, 2 * to)
export const numberIn = (bytes: string, from: number, to: number): bigint => BigInt(`0x${field(bytes, from, to)}`)

/** Emits the bytes, with what Circle fills in still zero. */
export const send = (
  frame: Execution.Frame,
  { local }: Side,
  { body, caller, destination, finality, recipient }: {
    readonly destination: number
    readonly recipient: string
    readonly caller: string
    readonly finality: bigint
    readonly body: string
  }
): Hex => {
  Execution.require(!frame.settings.cctpPaused, "Pausable: paused")
  Execution.require(destination !== local, "Domain is local domain")
  const message = [
    uint32(version),
    uint32(local),
    uint32(destination),
    Words.ofNumber(0),
    Words.ofAddress(Places.messenger),
    recipient,
    caller,
    uint32(Number(finality)),
    uint32(0),
    body
  ].join("")
  const data = Words.hex(Words.ofNumber(32), Words.ofBytes(message))
  frame.log(Places.transmitter, [Words.topic("MessageSent(bytes)")], data)
  return Words.hex(message)
}

const recover = (digest: string, signature: string): string => {
  const recovery = Number(`0x${signature.slice(128)}`) - 27
  const s = BigInt(`0x${signature.slice(64, 128)}`)
  Execution.require(s <= secp256k1.CURVE.n / 2n, "ECDSA: invalid signature 's' value")
  Execution.require(recovery === 0 || recovery === 1, "ECDSA: invalid signature 'v' value")
  try {
    const found = new secp256k1.Signature(BigInt(`0x${signature.slice(0, 64)}`), s).addRecoveryBit(recovery)
    return publicKeyToAddress(`0x${found.recoverPublicKey(digest).toHex(false)}`).toLowerCase()
  } catch {
    return Execution.revert("ECDSA: invalid signature")
  }
}

const judge = (message: string, attestation: string, threshold: number): void => {
  Execution.require(attestation.length === 2 * signatureLength * threshold, "Invalid attestation length")
  const digest = keccak256(`0x${message}`).slice(2)
  let latest = ""
  for (let at = 0; at < attestation.length; at += 2 * signatureLength) {
    const signer = recover(digest, attestation.slice(at, at + 2 * signatureLength))
    Execution.require(signer > latest, "Invalid signature order or dupe")
    Execution.require(attesters.has(signer), "Invalid signature: not attester")
    latest = signer
  }
}

/** Recovering is slow, and the same bytes are shown again and again. */
const judging = () => {
  const known = new Map<string, Execution.Reverted | undefined>()
  return (message: string, attestation: string, threshold: number): void => {
    const key = `${threshold} ${attestation} ${message}`
    if (!known.has(key)) {
      try {
        judge(message, attestation, threshold)
        known.set(key, undefined)
      } catch (reverted) {
        if (!(reverted instanceof Execution.Reverted)) throw reverted
        known.set(key, reverted)
      }
    }
    const verdict = known.get(key)
    if (verdict !== undefined) throw verdict
  }
}

export const contract = ({ local }: Side, handle: Handler): Execution.Contract => {
  const verify = judging()

  const receive = (frame: Execution.Frame, input: Execution.Input): string => {
    const [message, attestation] = [input.bytes(0).toLowerCase(), input.bytes(1).toLowerCase()]
    Execution.require(!frame.settings.cctpPaused, "Pausable: paused")
    verify(message, attestation, frame.settings.signatureThreshold)
    Execution.require(message.length >= 2 * headerLength, "Invalid message: too short")
    Execution.require(Number(numberIn(message, 8, 12)) === local, "Invalid destination domain")
    const caller = field(message, 108, 140)
    const isFree = BigInt(`0x${caller}`) === 0n
    Execution.require(isFree || caller === Words.ofAddress(frame.sender), "Invalid caller for message")
    Execution.require(Number(numberIn(message, 0, 4)) === version, "Invalid message version")
    const nonce = Words.hex(field(message, 12, 44))
    // Zero is the nonce of what nobody has attested.
    const isUsed = frame.read(used(nonce)) !== 0n || BigInt(nonce) === 0n
    Execution.require(!isUsed, "Nonce already used")
    frame.write(used(nonce), 1n)
    if (Words.address(field(message, 76, 108)) !== Places.messenger) Execution.revertEmpty()
    const [sourceDomain, sender] = [Number(numberIn(message, 4, 8)), field(message, 44, 76)]
    const finality = Number(numberIn(message, 144, 148))
    const body = message.slice(2 * headerLength)
    handle(frame, { sourceDomain, sender, finality, nonce, body })
    frame.log(
      Places.transmitter,
      [
        Words.topic("MessageReceived(address,uint32,bytes32,bytes32,uint32,bytes)"),
        Words.hex(Words.ofAddress(frame.sender)),
        nonce,
        Words.hex(Words.ofNumber(finality))
      ],
      Words.hex(Words.ofNumber(sourceDomain), sender, Words.ofNumber(96), Words.ofBytes(body))
    )
    return Words.ofNumber(1)
  }

  return Execution.contract({
    "receiveMessage(bytes,bytes)": receive,
    "usedNonces(bytes32)": (frame, input) => {
      const nonce = input.word(0).toLowerCase()
      return BigInt(`0x${nonce}`) === 0n ? Words.ofNumber(1) : Words.ofNumber(frame.read(used(`0x${nonce}`)))
    },
    "signatureThreshold()": (frame) => Words.ofNumber(frame.settings.signatureThreshold),
    "isEnabledAttester(address)": (_frame, input) =>
      Words.ofNumber(attesters.has(input.address(0).toLowerCase()) ? 1 : 0),
    "paused()": (frame) => Words.ofNumber(frame.settings.cctpPaused ? 1 : 0)
  })
}
