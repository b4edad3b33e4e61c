/**
 * The bytes of a message of CCTP V2 that moves USDC. A burn emits them without four fields, which Circle fills in when it
 * attests; everything else must stay as it was burned. Source: external-apis 3.6.
 */
import { Data, Either, Schema } from "effect"
import * as Cctp from "./Cctp.ts"
import type { Hex } from "./Hex.ts"

/** Why bytes are not the message of a burn. */
export class NoMessage extends Data.TaggedError("NoMessage")<{ readonly detail: string }> {
  override get message(): string {
    return this.detail
  }
}

/** From, to: in bytes. */
type Field = readonly [number, number]

const bodyStart = 148
/** Without hook data, which we never send. */
const length = 376

const fields = {
  version: [0, 4],
  sourceDomain: [4, 8],
  destinationDomain: [8, 12],
  nonce: [12, 44],
  sender: [44, 76],
  finalityThresholdExecuted: [144, 148],
  bodyVersion: [148, 152],
  mintRecipient: [184, 216],
  amount: [216, 248],
  messageSender: [248, 280],
  maxFee: [280, 312],
  feeExecuted: [312, 344],
  expirationBlock: [344, 376]
} as const satisfies Record<string, Field>

/** What is zero in a burn, and Circle's to say. */
const filledIn: ReadonlyArray<Field> = [
  fields.nonce,
  fields.finalityThresholdExecuted,
  fields.feeExecuted,
  fields.expirationBlock
]

export interface CctpMessage {
  readonly sourceDomain: number
  readonly destinationDomain: number
  readonly nonce: Cctp.Nonce
  /** Words of 32 bytes, in lower case. */
  readonly mintRecipient: string
  readonly messageSender: string
  /** In units of 1e-6 USDC. */
  readonly amount: bigint
  readonly maxFee: bigint
  readonly feeExecuted: bigint
  /** In blocks of the destination; 0 is never. */
  readonly expirationBlock: bigint
}

const toNonce = Schema.decodeSync(Cctp.Nonce)

const at = (bytes: string, [from, to]: Field): string => bytes.slice(2 + 2 * from, 2 + 2 * to)
const number = (bytes: string, field: Field): bigint => BigInt(`0x${at(bytes, field)}`)

export const parse = (message: Hex): Either.Either<CctpMessage, NoMessage> => {
  const bytes = message.toLowerCase()
  const size = (bytes.length - 2) / 2
  if (size !== length) return Either.left(new NoMessage({ detail: `it has ${size} bytes instead of ${length}` }))
  const versions = [number(bytes, fields.version), number(bytes, fields.bodyVersion)]
  if (versions.some((version) => version !== 1n)) {
    return Either.left(new NoMessage({ detail: `it is of version ${versions.join(" with a body of ")}, not 1` }))
  }
  return Either.right({
    sourceDomain: Number(number(bytes, fields.sourceDomain)),
    destinationDomain: Number(number(bytes, fields.destinationDomain)),
    nonce: toNonce(`0x${at(bytes, fields.nonce)}`),
    mintRecipient: at(bytes, fields.mintRecipient),
    messageSender: at(bytes, fields.messageSender),
    amount: number(bytes, fields.amount),
    maxFee: number(bytes, fields.maxFee),
    feeExecuted: number(bytes, fields.feeExecuted),
    expirationBlock: number(bytes, fields.expirationBlock)
  })
}

/** The bytes without what Circle fills in; `start` is where in the message they begin. */
const masked = (bytes: string, start: number): string =>
  filledIn.filter(([from]) => from >= start).reduce((rest, [from, to]) => {
    const [first, last] = [2 + 2 * (from - start), 2 + 2 * (to - start)]
    return rest.slice(0, first) + "0".repeat(last - first) + rest.slice(last)
  }, bytes.toLowerCase())

/** Whether the attested bytes are those of the burn, but for what Circle fills in. */
export const isOf = (sent: Hex, attested: Hex): boolean =>
  sent.length === attested.length && masked(sent, 0) === masked(attested, 0)

/** The same of the body alone, as the destination's log has it. */
export const hasBody = (message: Hex, body: Hex): boolean =>
  2 + message.length - 2 - 2 * bodyStart === body.length &&
  masked(`0x${message.slice(2 + 2 * bodyStart)}`, bodyStart) === masked(body, bodyStart)

/** What the transmitter and the messenger of the destination check of an attested message, by its bytes alone. */
export const acceptable = (attested: Hex): Either.Either<CctpMessage, NoMessage> =>
  Either.flatMap(parse(attested), (message) => {
    const { amount, feeExecuted, maxFee, nonce } = message
    if (BigInt(nonce) === 0n) return Either.left(new NoMessage({ detail: "it has no nonce" }))
    if (feeExecuted > maxFee) {
      return Either.left(new NoMessage({ detail: `its fee of ${feeExecuted} units is above the offered ${maxFee}` }))
    }
    if (feeExecuted >= amount) {
      return Either.left(new NoMessage({ detail: `its fee of ${feeExecuted} units takes all ${amount}` }))
    }
    return Either.right(message)
  })
