/** A burn is minted once, by whomever: we look who did before we do, and after we could not. Source: external-apis 3.4, 3.11. */
import { Effect, Option } from "effect"
import { encodeEventTopics, encodeFunctionData } from "viem"
import type * as Cctp from "../../domain/Cctp.ts"
import type { Hex } from "../../domain/Hex.ts"
import { CctpError, type Lane, type Mintable, Minted } from "../../services/CctpBridge.ts"
import type { Chain, ChainView, Receipt } from "../../services/Chain.ts"
import { confirmations } from "../evm/outbox/Observation.ts"
import { unconfirmed } from "../evm/Submission.ts"
import { transmitterAbi } from "./Abi.ts"
import * as Logs from "./Logs.ts"

const expired = /message expired/i
const alreadyUsed = /nonce already used/i

/** The transmitter's own words, of a simulation or a transaction. */
export const isExpired = (words: string): boolean => expired.test(words)
export const isUsed = (words: string): boolean => alreadyUsed.test(words)

export const encode = ({ attestation, message }: Cctp.Attestation): Hex =>
  encodeFunctionData({ abi: transmitterAbi, functionName: "receiveMessage", args: [message, attestation] })

const mismatch = ({ nonce }: Mintable, detail: string) =>
  new CctpError({ reason: "Mismatch", action: `mint of message ${nonce}`, detail })

/** What a receipt that receives our message brought. */
export const fromReceipt = (lane: Lane, mintable: Mintable, { logs, txHash }: Receipt) =>
  Option.match(Logs.minted(lane, mintable, logs), {
    onNone: () =>
      Effect.fail(mismatch(
        mintable,
        `transaction ${txHash} on ${lane.destination} does not mint ${mintable.burn.burned} units to our wallet ${lane.wallet}, fee included`
      )),
    onSome: ({ feeCollected, received }) => Effect.succeed({ mintTx: txHash, received, feeCollected })
  })

/** Of a nonce that is used: by which transaction, and whether that is our mint. No earlier block can hold it. */
export const find = (chain: Chain, view: ChainView, lane: Lane, mintable: Mintable) =>
  Effect.gen(function*() {
    const [signature] = encodeEventTopics({ abi: transmitterAbi, eventName: "MessageReceived" })
    const found = yield* view.logs({
      address: lane.transmitter,
      topics: [signature, null, mintable.nonce],
      fromBlock: mintable.burn.destinationBlock,
      toBlock: view.head.number
    })
    const log = found.at(-1)
    if (log === undefined) {
      return yield* mismatch(
        mintable,
        `its nonce is used on ${lane.destination}, and no log since block ${mintable.burn.destinationBlock} says by whom`
      )
    }
    const depth = confirmations(view.head.number, log.blockNumber)
    const submitted = { txHash: log.txHash, confirmations: depth, required: chain.confirmations }
    if (depth < chain.confirmations) {
      return Minted.Pending({ waitingFor: unconfirmed({ _tag: "Unconfirmed", ...submitted }) })
    }
    const receipt = yield* view.receipt(log.txHash)
    if (Option.isNone(receipt)) {
      return Minted.Pending({ waitingFor: `${lane.destination} to show the receipt of transaction ${log.txHash}` })
    }
    return Minted.Minted({ mint: yield* fromReceipt(lane, mintable, receipt.value), isOurs: false })
  })
