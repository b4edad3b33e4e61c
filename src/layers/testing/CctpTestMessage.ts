/** Messages of a CCTP in memory, in the form of the real ones: 376 bytes (external-apis 3.6). */
import { Schema } from "effect"
import * as Cctp from "../../domain/Cctp.ts"
import type { Hex } from "../../domain/Hex.ts"
import type { Usdc } from "../../domain/Usdc.ts"
import type { Lane } from "../../services/CctpBridge.ts"

const toNonce = Schema.decodeSync(Cctp.Nonce)

export const nonce = (number: number): Cctp.Nonce => toNonce(`0x${number.toString(16).padStart(64, "0")}`)

interface Fields {
  readonly lane: Lane
  readonly amount: Usdc
  readonly finality: Cctp.Finality
  readonly maxFee: Usdc
  readonly fee: Usdc
  readonly nonce: Cctp.Nonce
  /** The how many-eth signature of the message this is; only the first expires. */
  readonly edition: number
}

const domains = { ethereum: 0, base: 6 } as const
const thresholds = { fast: 1000, standard: 2000 } as const
const firstExpires = 7_200

const uint32 = (value: number) => value.toString(16).padStart(8, "0")
const uint256 = (value: bigint) => value.toString(16).padStart(64, "0")
const word = (address: string) => address.slice(2).toLowerCase().padStart(64, "0")

export const make = ({ amount, edition, fee, finality, lane, maxFee, nonce }: Fields): Hex => {
  const { destination, messenger, source, usdc, wallet } = lane
  const header = [
    uint32(1),
    uint32(domains[source]),
    uint32(domains[destination]),
    nonce.slice(2),
    word(messenger),
    word(messenger),
    uint256(0n),
    uint32(thresholds[finality]),
    // A message that is signed anew is final by then.
    uint32(edition === 1 ? thresholds[finality] : thresholds.standard + edition)
  ]
  const body = [
    uint32(1),
    word(usdc[source]),
    word(wallet),
    uint256(amount),
    word(wallet),
    uint256(maxFee),
    uint256(fee),
    uint256(BigInt(edition === 1 ? firstExpires : 0))
  ]
  return `0x${[...header, ...body].join("")}`
}

/** Which of its signatures it is. */
export const editionOf = (message: Hex): number => {
  const executed = Number.parseInt(message.slice(2 + 2 * 144, 2 + 2 * 148), 16)
  return executed > thresholds.standard ? executed - thresholds.standard : 1
}
