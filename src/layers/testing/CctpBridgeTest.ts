/**
 * A CCTP in memory that works by itself: a transaction is mined at the second look, a burn attested at the second, and each
 * is minted once. The test may say otherwise. For tests of whatever depends on the port.
 */
import { Context, Effect, Layer, Option, Queue, Ref } from "effect"
import type * as Cctp from "../../domain/Cctp.ts"
import type { Hex } from "../../domain/Hex.ts"
import * as TxHash from "../../domain/TxHash.ts"
import * as Usdc from "../../domain/Usdc.ts"
import {
  Attested,
  Burned,
  CctpBridge,
  CctpError,
  type Lane,
  type Mintable,
  Minted,
  type Quote
} from "../../services/CctpBridge.ts"
import type { ChainError } from "../../services/Chain.ts"
import type { SubmitError, TransactionKey } from "../../services/TransactionOutbox.ts"
import * as Message from "./CctpTestMessage.ts"

/** A burn that was asked for. */
export interface AskedBurn {
  readonly key: TransactionKey
  readonly lane: Lane
  readonly amount: Usdc.Usdc
  readonly finality: Cctp.Finality
}

/** A mint that happened. */
export interface TestMint extends Cctp.Mint {
  readonly nonce: Cctp.Nonce
  readonly isOurs: boolean
}

/** The script of the test layer: what becomes of burns and mints, and all that have been made. */
export class CctpControl extends Context.Tag("ballast/testing/CctpControl")<CctpControl, {
  /** From now on, until it is said anew. One basis point, and ten million at most, unless said otherwise. */
  readonly setQuote: (quote: Partial<Quote>) => Effect.Effect<void>
  /** What becomes of the burn under this key, instead of being mined; undefined is the truth again. */
  readonly setBurned: (key: TransactionKey, burned: Burned | undefined) => Effect.Effect<void>
  /** What Circle says of every burn instead of the truth; undefined is the truth again. */
  readonly setAttested: (attested: Attested | undefined) => Effect.Effect<void>
  /** What becomes of the mint under this key, instead of being mined; undefined is the truth again. */
  readonly setMinted: (key: TransactionKey, minted: Minted | undefined) => Effect.Effect<void>
  /** Whether a mint that is not there yet would succeed; it would, unless said otherwise. */
  readonly setMintable: (isMintable: boolean) => Effect.Effect<void>
  /** What Circle has signed so far can be minted no more. */
  readonly expire: Effect.Effect<void>
  /** Somebody else submits what Circle has attested of this burn. */
  readonly mintAsStranger: (burnTx: TxHash.TxHash) => Effect.Effect<void>
  /** The next look, at Circle or a chain, ends in this error. */
  readonly failNext: (error: CctpError | ChainError) => Effect.Effect<void>
  /** The next burn or mint is not taken on: it ends in this error. */
  readonly failNextSending: (error: SubmitError | CctpError) => Effect.Effect<void>
  /** Each key once, oldest first. */
  readonly burns: Effect.Effect<ReadonlyArray<AskedBurn>>
  /** Whoever made them, oldest first. */
  readonly mints: Effect.Effect<ReadonlyArray<TestMint>>
  /** Every request, oldest first. */
  readonly reattested: Effect.Effect<ReadonlyArray<Cctp.Nonce>>
}>() {}

/** What a burn and a mint do beyond the books of this CCTP. */
export interface Options {
  /** Takes what is burned; answers the transaction. Without it one is made up. */
  readonly burned?: (asked: AskedBurn) => Effect.Effect<TxHash.TxHash, SubmitError>
  /** Brings what is minted, whoever submits it; answers the transaction. Without it one is made up. */
  readonly minted?: (
    asked: AskedBurn,
    mint: Pick<Cctp.Mint, "received" | "feeCollected">
  ) => Effect.Effect<TxHash.TxHash>
  /** Whether Circle has signed this burn by now. Without it Circle has at the second look. */
  readonly hasSigned?: (burnTx: TxHash.TxHash) => Effect.Effect<boolean>
}

interface BurnRecord {
  readonly asked: AskedBurn
  readonly burnTx: TxHash.TxHash
  readonly maxFee: Usdc.Usdc
  readonly fee: Usdc.Usdc
  readonly nonce: Cctp.Nonce
  /** How often Circle was asked. */
  readonly looks: number
  /** How often Circle has signed its message. */
  readonly edition: number
  readonly mint: TestMint | undefined
}

interface State {
  readonly burns: ReadonlyMap<string, BurnRecord>
  /** The keys of mints that were submitted. */
  readonly minting: ReadonlySet<string>
  /** Editions up to this one have expired, by burn. */
  readonly expired: ReadonlyMap<TxHash.TxHash, number>
  readonly reattested: ReadonlyArray<Cctp.Nonce>
}

const nameOf = ({ attempt, operation, step }: TransactionKey) => `${operation}/${step}/${attempt}`
const numbered = (kind: string, number: number): Hex =>
  `0x${kind}${number.toString(16).padStart(64 - kind.length, "0")}`

const ceilDiv = (dividend: bigint, divisor: bigint) => (dividend + divisor - 1n) / divisor

const isUnknown = (what: string) =>
  new CctpError({ reason: "Mismatch", action: what, detail: "the CCTP of this test knows no such burn" })

const make = (options: Options) =>
  Effect.gen(function*() {
    const state = yield* Ref.make<State>({
      burns: new Map(),
      minting: new Set(),
      expired: new Map(),
      reattested: []
    })
    const script = yield* Ref.make<{
      readonly quote: Partial<Quote>
      readonly burned: ReadonlyMap<string, Burned | undefined>
      readonly minted: ReadonlyMap<string, Minted | undefined>
      readonly attested: Attested | undefined
      readonly isMintable: boolean
    }>({ quote: {}, burned: new Map(), minted: new Map(), attested: undefined, isMintable: true })
    const errors = yield* Queue.unbounded<CctpError | ChainError>()
    const refusals = yield* Queue.unbounded<SubmitError | CctpError>()
    const told = <E>(queue: Queue.Dequeue<E>): Effect.Effect<void, E> =>
      Effect.flatMap(Queue.poll(queue), (error) => Option.isSome(error) ? Effect.fail(error.value) : Effect.void)
    const look = <A, E>(answer: Effect.Effect<A, E>) => Effect.zipRight(told(errors), answer)
    const send = <A, E>(answer: Effect.Effect<A, E>) => Effect.zipRight(told(refusals), answer)

    const quote = (wanted: { readonly amount: Usdc.Usdc; readonly finality: Cctp.Finality }) =>
      Effect.map(Ref.get(script), ({ quote }): Quote => {
        const fee = Usdc.fromUnits(wanted.finality === "fast" ? ceilDiv(wanted.amount, 10_000n) : 0n)
        return {
          finality: wanted.finality,
          fee,
          maxFee: Usdc.fromUnits(ceilDiv(fee * 12n, 10n)),
          limit: Usdc.fromUnits(10_000_000_000_000n),
          ...quote
        }
      })

    const burnOf = (burnTx: TxHash.TxHash) =>
      Effect.flatMap(
        Ref.get(state),
        ({ burns }) =>
          Effect.fromNullable([...burns].find(([, burn]) => burn.burnTx === burnTx)).pipe(
            Effect.mapError(() => isUnknown(`burn ${burnTx}`))
          )
      )

    const put = (name: string, change: Partial<BurnRecord>) =>
      Ref.update(state, (old) => {
        const burn = old.burns.get(name)
        return burn === undefined ? old : { ...old, burns: new Map(old.burns).set(name, { ...burn, ...change }) }
      })

    const attestationOf = ({ asked, edition, fee, maxFee, nonce }: BurnRecord): Cctp.Attestation => ({
      message: Message.make({ ...asked, fee, maxFee, nonce, edition }),
      attestation: `0x${"5a".repeat(130)}`,
      nonce
    })

    const mintOf = (name: string, burn: BurnRecord, isOurs: boolean) =>
      Effect.gen(function*() {
        const amounts = { received: Usdc.fromUnits(burn.asked.amount - burn.fee), feeCollected: burn.fee }
        const mintTx = options.minted === undefined
          ? TxHash.make(numbered(isOurs ? "a1" : "a2", Number(BigInt(burn.nonce))))
          : yield* options.minted(burn.asked, amounts)
        const mint: TestMint = { mintTx, ...amounts, nonce: burn.nonce, isOurs }
        yield* put(name, { mint })
        return mint
      })

    const minted = ({ isOurs, nonce: _, ...mint }: TestMint) => Minted.Minted({ mint, isOurs })

    const isExpired = ({ expired }: State, { burn: { burnTx }, message }: Mintable) =>
      Message.editionOf(message) <= (expired.get(burnTx) ?? 0)

    return Context.make(CctpBridge, {
      quote: (_, wanted) => look(quote(wanted)),
      burn: (lane, wanted, { key }) =>
        send(Effect.gen(function*() {
          const name = nameOf(key)
          const known = (yield* Ref.get(state)).burns.get(name)
          const scripted = (yield* Ref.get(script)).burned.get(name)
          if (known === undefined) {
            const { fee, limit, maxFee } = yield* quote(wanted)
            const refuse = (reason: "AboveBurnLimit" | "AmountTooSmall") =>
              new CctpError({ reason, action: `burn of ${Usdc.print(wanted.amount)} USDC`, detail: "as quoted" })
            if (wanted.amount > limit) return yield* refuse("AboveBurnLimit")
            if (maxFee >= wanted.amount) return yield* refuse("AmountTooSmall")
            const asked = { key, lane, ...wanted }
            const burnTx = options.burned === undefined ? undefined : yield* options.burned(asked)
            yield* Ref.update(state, (old) => {
              const number = old.burns.size + 1
              const burn: BurnRecord = {
                asked,
                burnTx: burnTx ?? TxHash.make(numbered("b1", number)),
                fee,
                maxFee,
                nonce: Message.nonce(number),
                looks: 0,
                edition: 1,
                mint: undefined
              }
              return { ...old, burns: new Map(old.burns).set(name, burn) }
            })
            return scripted ?? Burned.Pending({ waitingFor: "the burn to be mined" })
          }
          const { asked: { amount: burned }, burnTx, maxFee } = known
          return scripted ?? Burned.Burned({ burnTx, burned, maxFee })
        })),
      attestation: (_, { burnTx }) =>
        look(Effect.gen(function*() {
          const { attested } = yield* Ref.get(script)
          if (attested !== undefined) return attested
          const known = yield* Effect.option(burnOf(burnTx))
          if (Option.isNone(known)) return Attested.Pending({ waitingFor: "Circle to see it", delay: undefined })
          const [name, burn] = known.value
          yield* put(name, { looks: burn.looks + 1 })
          const hasSigned = options.hasSigned === undefined ? burn.looks > 0 : yield* options.hasSigned(burnTx)
          return !hasSigned
            ? Attested.Pending({ waitingFor: "Circle to attest", delay: undefined })
            : Attested.Ready({ attestation: attestationOf(burn), expires: burn.edition === 1 ? 7_200n : 0n })
        })),
      mint: (_, mintable, { key }) =>
        send(Effect.gen(function*() {
          const [name, burn] = yield* burnOf(mintable.burn.burnTx)
          const scripted = (yield* Ref.get(script)).minted.get(nameOf(key))
          if (scripted !== undefined) return scripted
          if (burn.mint !== undefined) return minted(burn.mint)
          const now = yield* Ref.get(state)
          if (isExpired(now, mintable)) return Minted.Expired()
          if (now.minting.has(nameOf(key))) return minted(yield* mintOf(name, burn, true))
          yield* Ref.update(state, (old) => ({ ...old, minting: new Set(old.minting).add(nameOf(key)) }))
          return Minted.Pending({ waitingFor: "the mint to be mined" })
        })),
      canMint: (_, mintable) =>
        Effect.gen(function*() {
          const known = [...(yield* Ref.get(state)).burns.values()].find(({ nonce }) => nonce === mintable.nonce)
          return known !== undefined && (known.mint !== undefined || (yield* Ref.get(script)).isMintable)
        }),
      reattest: ({ burn, nonce }) =>
        Effect.gen(function*() {
          const [name, known] = yield* burnOf(burn.burnTx)
          yield* Ref.update(state, (old) => ({ ...old, reattested: [...old.reattested, nonce] }))
          yield* put(name, { edition: known.edition + 1, looks: 0 })
        })
    }).pipe(Context.add(CctpControl, {
      setQuote: (quote) => Ref.update(script, (old) => ({ ...old, quote })),
      setBurned: (key, end) =>
        Ref.update(script, (old) => ({ ...old, burned: new Map(old.burned).set(nameOf(key), end) })),
      setAttested: (attested) => Ref.update(script, (old) => ({ ...old, attested })),
      setMinted: (key, end) =>
        Ref.update(script, (old) => ({ ...old, minted: new Map(old.minted).set(nameOf(key), end) })),
      setMintable: (isMintable) => Ref.update(script, (old) => ({ ...old, isMintable })),
      expire: Ref.update(state, (old) => ({
        ...old,
        expired: new Map([...old.burns.values()].map(({ burnTx, edition }) => [burnTx, edition]))
      })),
      mintAsStranger: (burnTx) =>
        Effect.orDie(
          Effect.flatMap(
            burnOf(burnTx),
            ([name, burn]) => burn.mint === undefined ? mintOf(name, burn, false) : Effect.void
          )
        ),
      failNext: (error) => Queue.offer(errors, error),
      failNextSending: (error) => Queue.offer(refusals, error),
      burns: Effect.map(Ref.get(state), ({ burns }) => [...burns.values()].map(({ asked }) => asked)),
      mints: Effect.map(
        Ref.get(state),
        ({ burns }) => [...burns.values()].flatMap(({ mint }) => mint === undefined ? [] : [mint])
      ),
      reattested: Effect.map(Ref.get(state), ({ reattested }) => reattested)
    }))
  })

/** The port and its script. */
export const layerWith = (options: Options): Layer.Layer<CctpBridge | CctpControl> => Layer.effectContext(make(options))

/** The same, which moves no balances. */
export const layer = layerWith({})
