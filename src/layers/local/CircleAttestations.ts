/** What Circle makes of the burns on both chains: sees them, numbers them, and signs them, each once unless it is asked to sign anew. */
import { Effect, HashMap, Option, Ref } from "effect"
import type { Hex } from "viem"
import type { ChainName } from "../../services/Chain.ts"
import type * as Cctp from "./Cctp.ts"
import * as CctpMessage from "./CctpMessage.ts"
import type * as Chain from "./Chain.ts"
import { bpsDecimals, type Delay, type Settings } from "./CircleSettings.ts"
import type { LocalWorldError } from "./LocalWorldError.ts"
import { domains } from "./UsdcDeployment.ts"

/** What was burned, as Circle has completed it. Its attestation is made when it is told. */
export interface Attested {
  readonly sent: Cctp.Sent
  readonly message: Hex
}

/** What Circle says of one message. */
export type Told =
  | { readonly _tag: "Pending"; readonly sent: Cctp.Sent; readonly delay: Delay | null }
  | (Attested & { readonly _tag: "Complete" })

export interface CircleAttestations {
  /** None: it has seen nothing of the kind. An empty list: it has, and no more. */
  readonly inTransaction: (
    source: ChainName,
    transactionHash: Hex
  ) => Effect.Effect<Option.Option<ReadonlyArray<Told>>, LocalWorldError>
  readonly withNonce: (
    source: ChainName,
    nonce: Hex
  ) => Effect.Effect<Option.Option<ReadonlyArray<Told>>, LocalWorldError>
  /** `refused`: it is not complete, or never expires. */
  readonly reattest: (nonce: Hex) => Effect.Effect<"unknown" | "refused" | "accepted", LocalWorldError>
  /** Mints the burns of a transaction from a stranger's wallet, whatever is told of them. Answers how many there were. */
  readonly mintAsStranger: (source: ChainName, transactionHash: Hex) => Effect.Effect<number, LocalWorldError>
}

/** At most this threshold asks for a fast transfer. */
const fast = 1000n
const finalized = 2000n

/** Circle's fee for a fast transfer, in units of 1e-6 USDC. */
const feeOf = (amount: bigint, feeBps: bigint) => {
  const whole = 10_000n * 10n ** BigInt(bpsDecimals)
  return (amount * feeBps + whole - 1n) / whole
}

const destinationOf = (message: Hex): ChainName =>
  CctpMessage.parse(message).destinationDomain === domains.base ? "base" : "ethereum"

export const make = ({ cctp, chains, settings }: {
  readonly cctp: Cctp.Cctp
  readonly chains: Readonly<Record<ChainName, Chain.Chain>>
  readonly settings: Ref.Ref<Settings>
}): Effect.Effect<CircleAttestations> =>
  Effect.gen(function*() {
    /** By nonce. */
    const attested = yield* Ref.make(HashMap.empty<Hex, Attested>())
    /** By nonce, the height of the source when it was asked. */
    const asked = yield* Ref.make(HashMap.empty<Hex, number>())
    const alone = yield* Effect.makeSemaphore(1)

    /** Why a fast burn has to wait like a standard one. */
    const delayOf = ({ message }: Cctp.Sent, { allowance, feeBps, slowBecause }: Settings["attesting"]) => {
      const { amount, maxFee, minFinalityThreshold } = CctpMessage.parse(message)
      if (minFinalityThreshold > fast) return null
      if (maxFee < feeOf(amount, feeBps)) return "insufficient_fee"
      return amount > allowance ? "insufficient_allowance_available" : slowBecause
    }

    const isFast = (sent: Cctp.Sent, script: Settings["attesting"]) =>
      CctpMessage.parse(sent.message).minFinalityThreshold <= fast && delayOf(sent, script) === null

    /** Numbered and filled in, once: what it is asked later changes nothing. */
    const complete = (sent: Cctp.Sent, script: Settings["attesting"]) =>
      Effect.gen(function*() {
        const known = HashMap.get(yield* Ref.get(attested), sent.nonce)
        if (Option.isSome(known)) return known.value
        const { amount } = CctpMessage.parse(sent.message)
        const nonce = BigInt(sent.nonce)
        const height = yield* chains[destinationOf(sent.message)].height
        const message = CctpMessage.fill(
          sent.message,
          isFast(sent, script)
            ? {
              nonce,
              finalityThresholdExecuted: fast,
              feeExecuted: feeOf(amount, script.feeBps),
              expirationBlock: BigInt(height + script.expiryBlocks)
            }
            : { nonce, finalityThresholdExecuted: finalized }
        )
        const fresh: Attested = { sent, message }
        yield* Ref.update(attested, HashMap.set(sent.nonce, fresh))
        return fresh
      }).pipe(alone.withPermits(1))

    /** The fee stays, the last block and the doubt go. */
    const renewed = ({ message, sent }: Attested, script: Settings["attesting"], height: number) =>
      Effect.map(Ref.get(asked), (all) =>
        Option.match(HashMap.get(all, sent.nonce), {
          onNone: () => message,
          onSome: (since) =>
            height >= since + script.reattestBlocks
              ? CctpMessage.fill(message, { finalityThresholdExecuted: finalized, expirationBlock: 0n })
              : message
        }))

    const mint = ({ message }: Attested) =>
      Effect.gen(function*() {
        const destination = cctp[destinationOf(message)]
        if (yield* destination.isUsed(CctpMessage.parse(message).nonce)) return
        yield* destination.deliver(message, yield* cctp.attest(message))
      })

    const tell = (sent: Cctp.Sent) =>
      Effect.gen(function*() {
        const { attesting: script } = yield* Ref.get(settings)
        const height = yield* chains[sent.source].height
        const depth = height - sent.block + 1
        // Completed already where a stranger minted it: then that decides.
        const isQuick = Option.match(HashMap.get(yield* Ref.get(attested), sent.nonce), {
          onNone: () => isFast(sent, script),
          onSome: ({ message }) => BigInt(CctpMessage.parse(message).finalityThresholdExecuted) <= fast
        })
        const needed = isQuick ? script.fastDepth : script.standardDepth
        const told: Told = { _tag: "Pending", sent, delay: delayOf(sent, script) }
        if (!script.isOn || depth < needed) return told
        const done = yield* complete(sent, script)
        if (script.thirdPartyMints) {
          yield* mint(done).pipe(
            Effect.catchAll((error) => Effect.logDebug("a stranger could not mint", error)),
            alone.withPermits(1)
          )
        }
        return { ...done, _tag: "Complete" as const, message: yield* renewed(done, script, height) }
      })

    const tellAll = (sent: ReadonlyArray<Cctp.Sent>) =>
      Effect.gen(function*() {
        const { attesting: script } = yield* Ref.get(settings)
        const [first] = sent
        if (first === undefined) return Option.none()
        const depth = (yield* chains[first.source].height) - first.block + 1
        if (depth < script.seenDepth) return Option.none()
        if (depth < script.listedDepth) return Option.some([])
        return Option.some(yield* Effect.forEach(sent, tell))
      })

    const burns = (sent: ReadonlyArray<Cctp.Sent>) => sent.filter(({ message }) => CctpMessage.isBurn(message))

    return {
      inTransaction: (source, hash) => Effect.flatMap(cctp[source].sentIn(hash), (sent) => tellAll(burns(sent))),
      withNonce: (source, nonce) =>
        Effect.flatMap(cctp[source].sent, (sent) => tellAll(burns(sent).filter((item) => item.nonce === nonce))),
      reattest: (nonce) =>
        Effect.gen(function*() {
          const known = HashMap.get(yield* Ref.get(attested), nonce)
          if (Option.isNone(known)) return "unknown"
          const { message, sent } = known.value
          if (CctpMessage.parse(message).expirationBlock === 0n) return "refused"
          const height = yield* chains[sent.source].height
          yield* Ref.update(asked, (all) => HashMap.has(all, nonce) ? all : HashMap.set(all, nonce, height))
          return "accepted"
        }),
      mintAsStranger: (source, hash) =>
        Effect.gen(function*() {
          const { attesting: script } = yield* Ref.get(settings)
          const sent = burns(yield* cctp[source].sentIn(hash))
          yield* Effect.forEach(
            sent,
            (item) => Effect.flatMap(complete(item, script), (done) => alone.withPermits(1)(mint(done)))
          )
          return sent.length
        })
    }
  })
