/** The bytes of a message of CCTP V2 that burns USDC (facts: external-apis.md 3.6). */
import { type Address, concat, encodePacked, getAddress, type Hex, keccak256, numberToHex, size, slice } from "viem"

export interface CctpMessage {
  readonly version: number
  readonly sourceDomain: number
  readonly destinationDomain: number
  readonly nonce: Hex
  readonly sender: Hex
  readonly recipient: Hex
  readonly destinationCaller: Hex
  readonly minFinalityThreshold: number
  readonly finalityThresholdExecuted: number
  readonly body: Hex
  readonly burnToken: Hex
  readonly mintRecipient: Hex
  /** In units of 1e-6 USDC, as the fees. */
  readonly amount: bigint
  readonly messageSender: Hex
  readonly maxFee: bigint
  readonly feeExecuted: bigint
  readonly expirationBlock: bigint
  readonly hookData: Hex
}

/** From where to where, in bytes. */
const places = {
  nonce: [12, 44],
  finalityThresholdExecuted: [144, 148],
  amount: [216, 248],
  feeExecuted: [312, 344],
  expirationBlock: [344, 376]
} as const
const length = 376

/** Whether it is long enough to be one. Others send messages too. */
export const isBurn = (message: Hex): boolean => size(message) >= length

export const parse = (message: Hex): CctpMessage => {
  const bytes = (from: number, to: number) => slice(message, from, to)
  const number = (from: number, to: number) => Number(BigInt(bytes(from, to)))
  const word = (from: number) => bytes(from, from + 32)
  return {
    version: number(0, 4),
    sourceDomain: number(4, 8),
    destinationDomain: number(8, 12),
    nonce: word(12),
    sender: word(44),
    recipient: word(76),
    destinationCaller: word(108),
    minFinalityThreshold: number(140, 144),
    finalityThresholdExecuted: number(144, 148),
    body: slice(message, 148),
    burnToken: word(152),
    mintRecipient: word(184),
    amount: BigInt(word(216)),
    messageSender: word(248),
    maxFee: BigInt(word(280)),
    feeExecuted: BigInt(word(312)),
    expirationBlock: BigInt(word(344)),
    hookData: size(message) > length ? slice(message, length) : "0x"
  }
}

/** The address that fills the last 20 bytes of a word. */
export const addressIn = (word: Hex): Address => getAddress(slice(word, 12))

type Field = keyof typeof places

/** The same message with other values in these fields. */
export const fill = (message: Hex, values: Partial<Readonly<Record<Field, bigint>>>): Hex => {
  let filled = message
  for (const field of ["nonce", "finalityThresholdExecuted", "amount", "feeExecuted", "expirationBlock"] as const) {
    const value = values[field]
    if (value === undefined) continue
    const [from, to] = places[field]
    const rest = to < size(filled) ? [slice(filled, to)] : []
    filled = concat([slice(filled, 0, from), numberToHex(value, { size: to - from }), ...rest])
  }
  return filled
}

/** What Circle numbers a message with. The place in its transaction counts among that transaction's messages. */
export const nonceOf = (sourceDomain: number, transactionHash: Hex, place: number): Hex =>
  keccak256(encodePacked(["uint32", "bytes32", "uint256"], [sourceDomain, transactionHash, BigInt(place)]))
