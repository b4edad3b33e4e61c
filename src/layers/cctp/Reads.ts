/** What Circle's contracts answer, read from one node. Source: external-apis 3.2. */
import { Effect, Either, Schema } from "effect"
import { encodeFunctionData } from "viem"
import { Address } from "../../domain/Address.ts"
import type * as Cctp from "../../domain/Cctp.ts"
import type { Hex } from "../../domain/Hex.ts"
import * as Usdc from "../../domain/Usdc.ts"
import type { Lane } from "../../services/CctpBridge.ts"
import { ChainError, type ChainName, type ChainReads } from "../../services/Chain.ts"
import { uint256 } from "../evm/TransferLogs.ts"
import { messengerAbi, minterAbi, transmitterAbi } from "./Abi.ts"

const read = (view: ChainReads, chain: ChainName, to: Address, name: string, data: Hex) =>
  Effect.flatMap(view.call({ to, data }), (answer) =>
    Either.mapLeft(uint256(answer), (problem) =>
      new ChainError({
        reason: "BadAnswer",
        chain,
        action: `${name} of ${to}`,
        detail: `it is not the contract of CCTP: ${problem}`
      })))

const readAddress = (view: ChainReads, chain: ChainName, to: Address, name: string, data: Hex) =>
  Effect.flatMap(read(view, chain, to, name, data), (word) =>
    word < 2n ** 160n
      ? Schema.decode(Address)(`0x${word.toString(16).padStart(40, "0")}`).pipe(Effect.orDie)
      : new ChainError({
        reason: "BadAnswer",
        chain,
        action: `${name} of ${to}`,
        detail: "it is not the contract of CCTP: it answers no address"
      }))

/** Through which transmitter a messenger sends. */
export const transmitterOf = (view: ChainReads, chain: ChainName, messenger: Address) =>
  readAddress(
    view,
    chain,
    messenger,
    "transmitter",
    encodeFunctionData({ abi: messengerAbi, functionName: "localMessageTransmitter" })
  )

/** The most that one message may burn; 0 where this token cannot be burned. */
export const burnLimit = (view: ChainReads, source: ChainName, messenger: Address, token: Address) =>
  Effect.gen(function*() {
    const localMinter = encodeFunctionData({ abi: messengerAbi, functionName: "localMinter" })
    const minter = yield* readAddress(view, source, messenger, "minter", localMinter)
    const data = encodeFunctionData({
      abi: minterAbi,
      functionName: "burnLimitsPerMessage",
      args: [token]
    })
    return Usdc.fromUnits(yield* read(view, source, minter, "burn limit", data))
  })

/** What the contract wants to be offered at least, whatever Circle asks for. */
export const leastFee = (view: ChainReads, { messenger, source }: Lane, amount: Usdc.Usdc) =>
  Effect.gen(function*() {
    const minFee = encodeFunctionData({ abi: messengerAbi, functionName: "minFee" })
    if ((yield* read(view, source, messenger, "least fee", minFee)) === 0n) return Usdc.fromUnits(0n)
    const data = encodeFunctionData({ abi: messengerAbi, functionName: "getMinFeeAmount", args: [amount] })
    return Usdc.fromUnits(yield* read(view, source, messenger, "least fee", data))
  })

/** Whether the message with this nonce has been minted, as of the latest block. */
export const isUsed = (view: ChainReads, { destination, transmitter }: Lane, nonce: Cctp.Nonce) =>
  Effect.map(
    read(
      view,
      destination,
      transmitter,
      "used nonces",
      encodeFunctionData({ abi: transmitterAbi, functionName: "usedNonces", args: [nonce] })
    ),
    (used) => used !== 0n
  )

export const signatureThreshold = (view: ChainReads, { destination, transmitter }: Lane) =>
  read(
    view,
    destination,
    transmitter,
    "signature threshold",
    encodeFunctionData({ abi: transmitterAbi, functionName: "signatureThreshold" })
  )

export const isAttester = (view: ChainReads, { destination, transmitter }: Lane, attester: Address) =>
  Effect.map(
    read(
      view,
      destination,
      transmitter,
      "attesters",
      encodeFunctionData({ abi: transmitterAbi, functionName: "isEnabledAttester", args: [attester] })
    ),
    (enabled) => enabled !== 0n
  )
