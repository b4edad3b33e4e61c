/** What Circle offers for a burn, and whether it may be minted. Source: external-apis 3.4 to 3.8. */
import { Effect, Either, Option, Schema } from "effect"
import { keccak256, recoverAddress } from "viem"
import * as Address from "../../domain/Address.ts"
import type * as Cctp from "../../domain/Cctp.ts"
import * as CctpMessage from "../../domain/CctpMessage.ts"
import { Hex } from "../../domain/Hex.ts"
import { Attested, type Lane } from "../../services/CctpBridge.ts"
import type { ChainReads } from "../../services/Chain.ts"
import type { Message } from "./CircleClient.ts"
import * as Reads from "./Reads.ts"

const signatureSize = 65

const isHex = Schema.is(Hex)
const real = (text: string | null | undefined): Option.Option<Hex> =>
  typeof text === "string" && text.length > 2 && isHex(text) ? Option.some(text) : Option.none()

/** Words and empty values that stand where something will be. */
const isPlaceholder = (text: string | null | undefined): boolean =>
  text === undefined || text === null || text === "0x" || /^(?:pending.*)?$/i.test(text)

interface Complete {
  readonly message: Hex
  readonly attestation: Hex
  readonly eventNonce: string | null | undefined
}

/** What Circle says of all messages of a transaction, before it is held against our burn. */
export type Offer =
  | { readonly _tag: "Waiting"; readonly attested: Attested }
  | { readonly _tag: "Malformed"; readonly why: string }
  | { readonly _tag: "Complete"; readonly all: readonly [Complete, ...ReadonlyArray<Complete>] }

const waiting = (waitingFor: string, delay?: string): Offer => ({
  _tag: "Waiting",
  attested: Attested.Pending({ waitingFor, delay })
})

export const offer = (answer: Option.Option<ReadonlyArray<Message>>, { burnTx }: Cctp.Burn): Offer => {
  if (Option.isNone(answer)) return waiting(`Circle to see burn ${burnTx}`)
  if (answer.value.length === 0) return waiting(`Circle to process burn ${burnTx}`)
  const done = answer.value.filter(({ attestation, message, status }) =>
    status === "complete" && !isPlaceholder(attestation) && !isPlaceholder(message)
  )
  const [first, ...others] = done.flatMap(({ attestation, eventNonce, message }) =>
    Option.toArray(Option.map(
      Option.all([real(message), real(attestation)]),
      ([message, attestation]): Complete => ({ message, attestation, eventNonce })
    ))
  )
  if (first !== undefined) return { _tag: "Complete", all: [first, ...others] }
  if (done.length > 0) return { _tag: "Malformed", why: "its attestation is not hex" }
  const delay = answer.value.flatMap(({ delayReason }) => delayReason ?? []).at(0)
  return waiting(`Circle to attest burn ${burnTx}`, delay)
}

/** Circle writes nonces as 32 bytes or as decimal numbers. */
const toNumber = (nonce: string): bigint | undefined =>
  /^(?:0x[0-9a-fA-F]{1,64}|[0-9]{1,78})$/.test(nonce) ? BigInt(nonce) : undefined

const unacceptable = (why: string) => Attested.Unacceptable({ why })

/** One signature after the other; Either's left is what is wrong with it. */
const signers = (message: Hex, attestation: Hex) =>
  Effect.forEach(
    attestation.slice(2).match(new RegExp(`.{${2 * signatureSize}}`, "g")) ?? [],
    (signature, place) =>
      /1[bc]$/i.test(signature)
        ? Effect.tryPromise({
          try: () => recoverAddress({ hash: keccak256(message), signature: `0x${signature}` }),
          catch: () => `signature ${place + 1} is none`
        }).pipe(Effect.map(Address.make))
        : Effect.fail(`signature ${place + 1} is none`)
  )

/** As the transmitter of the destination checks it: so many signatures, ascending, each of an attester it knows. */
const verified = (view: ChainReads, lane: Lane, { attestation, message }: Complete) =>
  Effect.gen(function*() {
    const threshold = yield* Reads.signatureThreshold(view, lane)
    const size = BigInt((attestation.length - 2) / 2)
    if (size !== threshold * BigInt(signatureSize)) {
      return Option.some(`its attestation has ${size} bytes, and the destination wants ${threshold} signatures`)
    }
    const recovered = yield* Effect.either(signers(message, attestation))
    if (Either.isLeft(recovered)) return Option.some(recovered.left)
    const ascending = recovered.right.every((signer, place, all) => {
      const before = all[place - 1]
      return before === undefined || BigInt(before) < BigInt(signer)
    })
    if (!ascending) return Option.some("its signatures are not in ascending order")
    const stranger = yield* Effect.findFirst(
      recovered.right,
      (signer) => Effect.map(Reads.isAttester(view, lane, signer), (isKnown) => !isKnown)
    )
    return Option.map(stranger, (signer) => `it is signed by ${signer}, which is no attester of the destination`)
  })

/**
 * @param sent the message that our burn emitted
 * @param view of the destination, whatever node of it: who attests changes once in a year
 */
export const judge = (
  view: ChainReads,
  lane: Lane,
  sent: Hex,
  all: ReadonlyArray<Complete>
) =>
  Effect.gen(function*() {
    // The same message may be listed twice, as it was and as it was signed anew: the one that lives longer counts.
    const ours = all.filter(({ message }) => CctpMessage.isOf(sent, message)).flatMap((one) =>
      Option.toArray(Option.map(Option.getRight(CctpMessage.acceptable(one.message)), (parsed) => ({ ...one, parsed })))
    )
    const best = ours.find(({ parsed }) => parsed.expirationBlock === 0n) ?? ours.at(-1)
    if (best === undefined) {
      const same = all.find(({ message }) => CctpMessage.isOf(sent, message))
      return unacceptable(
        same === undefined
          ? "it is the message of another burn"
          : Either.match(CctpMessage.acceptable(same.message), { onLeft: ({ message }) => message, onRight: () => "" })
      )
    }
    const { attestation, eventNonce, message, parsed } = best
    if (!isPlaceholder(eventNonce) && toNumber(eventNonce ?? "") !== BigInt(parsed.nonce)) {
      return unacceptable(`it is said to have nonce ${eventNonce?.slice(0, 80)}, and has ${parsed.nonce}`)
    }
    return Option.match(yield* verified(view, lane, best), {
      onSome: unacceptable,
      onNone: () =>
        Attested.Ready({
          attestation: { message, attestation, nonce: parsed.nonce },
          expires: parsed.expirationBlock
        })
    })
  })
