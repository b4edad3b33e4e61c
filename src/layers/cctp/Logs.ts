/** What the logs of a receipt say of burns and mints. A log of another contract is none of Circle's. Source: external-apis 3.2. */
import { Option } from "effect"
import { decodeEventLog } from "viem"
import * as CctpMessage from "../../domain/CctpMessage.ts"
import type { Hex } from "../../domain/Hex.ts"
import * as Usdc from "../../domain/Usdc.ts"
import type { Lane, Mintable } from "../../services/CctpBridge.ts"
import type { Log } from "../../services/Chain.ts"
import { domains, messengerAbi, transmitterAbi, word } from "./Abi.ts"

/** A log that cannot be read is none. */
const messengerEvent = ({ messenger }: Lane, { address, data, topics: [signature, ...topics] }: Log) =>
  address !== messenger || signature === undefined
    ? Option.none()
    : Option.liftThrowable(() => decodeEventLog({ abi: messengerAbi, topics: [signature, ...topics], data }))()

const transmitterEvent = ({ transmitter }: Lane, { address, data, topics: [signature, ...topics] }: Log) =>
  address !== transmitter || signature === undefined
    ? Option.none()
    : Option.liftThrowable(() => decodeEventLog({ abi: transmitterAbi, topics: [signature, ...topics], data }))()

const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

/** The burns on this lane: from our wallet, for our wallet. */
export const burns = (lane: Lane, logs: ReadonlyArray<Log>) =>
  logs.flatMap((log) => {
    const event = Option.getOrUndefined(messengerEvent(lane, log))
    if (event?.eventName !== "DepositForBurn") return []
    const { amount, burnToken, depositor, destinationDomain, maxFee, mintRecipient } = event.args
    return isSame(depositor, lane.wallet) && isSame(mintRecipient, word(lane.wallet)) &&
        isSame(burnToken, lane.usdc[lane.source]) && destinationDomain === domains[lane.destination]
      ? [{ burned: Usdc.fromUnits(amount), maxFee: Usdc.fromUnits(maxFee) }]
      : []
  })

/** The messages of those burns, with what Circle fills in still zero. */
export const messages = (lane: Lane, burned: Usdc.Usdc, logs: ReadonlyArray<Log>): ReadonlyArray<Hex> =>
  logs.flatMap((log) => {
    const event = Option.getOrUndefined(transmitterEvent(lane, log))
    if (event?.eventName !== "MessageSent") return []
    const { message } = event.args
    return Option.match(Option.getRight(CctpMessage.parse(message)), {
      onNone: () => [],
      onSome: (sent) =>
        sent.sourceDomain === domains[lane.source] && sent.destinationDomain === domains[lane.destination] &&
          sent.amount === burned && isSame(`0x${sent.messageSender}`, word(lane.wallet)) &&
          isSame(`0x${sent.mintRecipient}`, word(lane.wallet))
          ? [message]
          : []
    })
  })

const receives = (lane: Lane, { message, nonce }: Mintable, log: Log): boolean => {
  const event = Option.getOrUndefined(transmitterEvent(lane, log))
  return event?.eventName === "MessageReceived" && isSame(event.args.nonce, nonce) &&
    event.args.sourceDomain === domains[lane.source] && isSame(event.args.sender, word(lane.messenger)) &&
    CctpMessage.hasBody(message, event.args.messageBody)
}

/**
 * What the mint of our message brought our wallet: the messenger tells of it right before the transmitter tells that the
 * message was received, and one transaction may receive many. None: this receipt does not mint it.
 */
export const minted = (lane: Lane, mintable: Mintable, logs: ReadonlyArray<Log>) => {
  const place = logs.findIndex((log) => receives(lane, mintable, log))
  if (place === -1) return Option.none()
  const event = logs.slice(0, place).flatMap((log) => Option.toArray(messengerEvent(lane, log))).at(-1)
  if (event?.eventName !== "MintAndWithdraw") return Option.none()
  const { amount, feeCollected, mintRecipient, mintToken } = event.args
  return isSame(mintRecipient, lane.wallet) && isSame(mintToken, lane.usdc[lane.destination]) &&
      amount + feeCollected === mintable.burn.burned
    ? Option.some({ received: Usdc.fromUnits(amount), feeCollected: Usdc.fromUnits(feeCollected) })
    : Option.none()
}
