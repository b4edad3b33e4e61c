/** What Circle makes of the burns on both chains: sees them, numbers them, fills them in and signs them. */
import { encodeFunctionData, type Hex } from "viem"
import * as Abi from "../../src/layers/cctp/Abi.ts"
import * as CctpMessage from "../../src/layers/local/CctpMessage.ts"
import type { ChainName } from "../../src/services/Chain.ts"
import type { Dice } from "../Dice.ts"
import type { Mined, Onlooker } from "../Onlooker.ts"
import * as Places from "../Places.ts"
import type { Timeline } from "../Timeline.ts"
import type { Waits } from "../Waits.ts"
import type { Mood } from "./Mood.ts"
import * as Offers from "./Offers.ts"
import * as Signing from "./Signing.ts"

type Delay = "insufficient_fee" | "amount_above_max" | "insufficient_allowance_available"

/** A message as it was signed. */
export interface Signed {
  readonly message: Hex
  readonly attestation: Hex
}

export interface Burn {
  readonly source: ChainName
  readonly destination: ChainName
  readonly hash: Hex
  /** The bytes that were emitted. */
  readonly sent: Hex
  readonly nonce: Hex
  readonly amount: bigint
  readonly maxFee: bigint
  readonly asksFast: boolean
  /** Why a fast transfer is a slow one. */
  delay: Delay | null
  step: "waiting" | "planned" | "signed"
  fee: bigint
  /** The newest last: signed anew where it had an end. */
  readonly signed: Array<Signed>
  isRenewing: boolean
  /** Until then 404, and until then an empty list. Unix milliseconds, as all of these. */
  seenFrom: number
  listedFrom: number
  /** Another's message, and where it stands until then. */
  foreign: (Signed & { readonly place: "before" | "instead" }) | undefined
  foreignUntil: number
  /** What stands where the attestation will be, until then. */
  flawed: string
  flawedUntil: number
}

export interface Burns {
  /** Of one transaction, as the chain shows it now, in order. Undefined: Circle knows nothing of it. */
  readonly inTransaction: (source: ChainName, hash: Hex) => ReadonlyArray<Burn> | undefined
  readonly withNonce: (nonce: Hex) => Burn | undefined
  readonly all: () => ReadonlyArray<Burn>
  readonly renew: (burn: Burn) => "refused" | "accepted"
  /** No lie lasts longer than that. */
  readonly hurry: (latest: number) => void
}

/** Blocks of the source that hold a burn before it is signed; more than ever are reorganised. */
export interface Depths {
  readonly fast: Readonly<Record<ChainName, number>>
  readonly standard: Readonly<Record<ChainName, number>>
}

const fast = 1000n
const finalized = 2000n
/** About a day. */
const blocksOfDay = { ethereum: 7_200, base: 43_200 }

export const make = (options: {
  readonly timeline: Timeline
  readonly waits: Waits
  readonly dice: Dice
  readonly mood: () => Mood
  readonly offers: Offers.Offers
  readonly chains: Readonly<Record<ChainName, Onlooker>>
  readonly depths: Depths
}): Burns => {
  const { chains, depths, dice, mood, offers, timeline: { now }, waits } = options
  /** By nonce, which says where and in what a burn was. */
  const all = new Map<Hex, Burn>()
  const unsigned = new Set<Burn>()

  const lie = (own: Dice, probability: number) => own.chance(probability) ? own.below(mood().lieFor + 1) : 0
  const duration = (own: Dice) => {
    const { slow, slowest, usual } = mood()
    return own.chance(slow) ? own.between(usual, slowest) : own.between(1_000, usual)
  }

  /** How many blocks hold it; 0 also where what is mined is not a burn any more. */
  const depthOf = ({ hash, sent, source }: Burn): number => {
    const receipt = chains[source].receipt(hash)
    return receipt?.status === "success" && receipt.did.some(({ message }) => message === sent)
      ? chains[source].depth(hash)
      : 0
  }

  const reasonToWait = ({ amount, maxFee }: Burn, own: Dice): Delay | null => {
    if (maxFee < Offers.feeOf(amount, offers.fee())) return "insufficient_fee"
    if (amount > offers.allowance()) return "insufficient_allowance_available"
    return own.chance(mood().notFast) ? own.pick(["amount_above_max", "insufficient_allowance_available"]) : null
  }

  const attest = (message: Hex): Signed => ({ message, attestation: Signing.good(message) })

  const disguise = (burn: Burn, message: Hex, own: Dice) => {
    burn.flawedUntil = now() + lie(own, mood().badSignature)
    const flaw = own.pick(["stranger", "short", "descending", "tampered", "unsigned"] as const)
    if (burn.flawedUntil > now()) {
      burn.flawed = flaw === "unsigned" ? own.pick(["PENDING", "0x", ""]) : Signing.flawed(message, flaw)
    }
    burn.foreignUntil = now() + lie(own, mood().foreign)
    if (burn.foreignUntil > now()) {
      const nonce = BigInt(burn.nonce) ^ 1n
      const other = CctpMessage.fill(message, { nonce, amount: burn.amount + 1n })
      burn.foreign = { ...attest(other), place: own.pick(["before", "instead"]) }
    }
  }

  const mintAsStranger = ({ destination, signed }: Burn) => {
    const newest = signed.at(-1)
    if (newest === undefined) return
    chains[destination].submit({
      from: Places.stranger,
      to: Places.transmitter,
      data: encodeFunctionData({
        abi: Abi.transmitterAbi,
        functionName: "receiveMessage",
        args: [newest.message, newest.attestation]
      })
    })
  }

  const sign = (burn: Burn, isFast: boolean, own: Dice) => {
    if (depthOf(burn) < (isFast ? depths.fast : depths.standard)[burn.source]) {
      burn.step = "waiting"
      return
    }
    const { amount, destination, maxFee, sent } = burn
    const nonce = BigInt(burn.nonce)
    const { expiry, expiryBlocks, thirdParty, thirdPartyWithin } = mood()
    const fee = Offers.feeOf(amount, offers.fee())
    // The price may have risen since it was decided; what was decided holds.
    burn.fee = isFast ? (fee < maxFee ? fee : maxFee) : 0n
    const life = own.chance(expiry) ? own.between(1, expiryBlocks) : blocksOfDay[destination]
    const message = CctpMessage.fill(
      sent,
      isFast
        ? {
          nonce,
          finalityThresholdExecuted: fast,
          feeExecuted: burn.fee,
          expirationBlock: BigInt(chains[destination].head() + life)
        }
        : { nonce, finalityThresholdExecuted: finalized }
    )
    burn.step = "signed"
    unsigned.delete(burn)
    burn.signed.push(attest(message))
    disguise(burn, message, own)
    if (own.chance(thirdParty)) waits.after(own.pick([0, own.below(thirdPartyWithin + 1)]), () => mintAsStranger(burn))
  }

  const see = (source: ChainName, { did, hash }: Mined) => {
    const messages = did.flatMap(({ kind, message }) => kind === "burn" && message !== undefined ? [message] : [])
    messages.forEach((sent, place) => {
      const nonce = CctpMessage.nonceOf(Abi.domains[source], hash, place)
      if (all.has(nonce) || !CctpMessage.isBurn(sent)) return
      const { amount, destinationDomain, maxFee, minFinalityThreshold } = CctpMessage.parse(sent)
      const own = dice.fork(`burn ${all.size}`)
      const seenFrom = now() + lie(own, mood().notSeen)
      const burn: Burn = {
        source,
        destination: destinationDomain === Abi.domains.base ? "base" : "ethereum",
        hash,
        sent,
        nonce,
        amount,
        maxFee,
        asksFast: minFinalityThreshold <= Number(fast),
        delay: null,
        step: "waiting",
        fee: 0n,
        signed: [],
        isRenewing: false,
        seenFrom,
        listedFrom: seenFrom + lie(own, mood().notSeen),
        foreign: undefined,
        foreignUntil: 0,
        flawed: "",
        flawedUntil: 0
      }
      all.set(nonce, burn)
      unsigned.add(burn)
    })
  }

  const plan = (burn: Burn, isFast: boolean) => {
    const own = dice.fork(`signature of ${burn.nonce}`)
    burn.step = "planned"
    waits.after(duration(own), () => sign(burn, isFast, own))
  }

  const advance = (burn: Burn) => {
    if (burn.step !== "waiting") return
    const depth = depthOf(burn)
    if (depth >= depths.standard[burn.source]) return plan(burn, false)
    if (!burn.asksFast || burn.delay !== null || depth < depths.fast[burn.source]) return
    burn.delay = reasonToWait(burn, dice.fork(`delay of ${burn.nonce}`))
    if (burn.delay === null) plan(burn, true)
  }

  for (const source of ["ethereum", "base"] as const) {
    chains[source].onBlock((mined) => {
      for (const transaction of mined) {
        if (transaction.status === "success" && transaction.did.length > 0) see(source, transaction)
      }
      for (const burn of unsigned) {
        if (burn.source === source) advance(burn)
      }
    })
  }

  return {
    inTransaction: (source, hash) => {
      const known = [...all.values()].filter((burn) => burn.source === source && burn.hash === hash.toLowerCase())
      const there = known.filter((burn) => burn.step === "signed" || depthOf(burn) > 0)
      const [first] = there
      if (first === undefined || now() < first.seenFrom) return undefined
      return now() < first.listedFrom ? [] : there
    },
    withNonce: (nonce) => all.get(nonce),
    all: () => [...all.values()],
    renew: (burn) => {
      const newest = burn.signed.at(-1)
      if (newest === undefined || CctpMessage.parse(newest.message).expirationBlock === 0n) return "refused"
      if (burn.isRenewing) return "accepted"
      burn.isRenewing = true
      const own = dice.fork(`renewal of ${burn.nonce}`)
      waits.after(duration(own), () => {
        burn.isRenewing = false
        // The fee stays, the last block and the doubt go.
        const message = CctpMessage.fill(newest.message, { finalityThresholdExecuted: finalized, expirationBlock: 0n })
        burn.signed.push(attest(message))
        disguise(burn, message, own)
      })
      return "accepted"
    },
    hurry: (latest) => {
      for (const burn of all.values()) {
        burn.seenFrom = Math.min(burn.seenFrom, latest)
        burn.listedFrom = Math.min(burn.listedFrom, latest)
        burn.foreignUntil = Math.min(burn.foreignUntil, latest)
        burn.flawedUntil = Math.min(burn.flawedUntil, latest)
      }
    }
  }
}
