/** Circle's CCTP V2: burns and mints through the outbox, and Circle's word held against the chain. Source: external-apis 3. */
import type * as HttpClient from "@effect/platform/HttpClient"
import { Cache, Data, Effect, Layer, Option, Ref } from "effect"
import { encodeFunctionData, zeroHash } from "viem"
import type { Address } from "../../domain/Address.ts"
import type * as Cctp from "../../domain/Cctp.ts"
import type { Hex } from "../../domain/Hex.ts"
import type { TxHash } from "../../domain/TxHash.ts"
import * as Usdc from "../../domain/Usdc.ts"
import { Attested, Burned, CctpBridge, CctpError, type Lane, Minted, type Quote } from "../../services/CctpBridge.ts"
import { BaseChain, type ChainError, type ChainName, EthereumChain, type Receipt } from "../../services/Chain.ts"
import type { Sending } from "../../services/Erc20.ts"
import { OutboxError, TransactionOutbox, Transactions } from "../../services/TransactionOutbox.ts"
import { told } from "../evm/Submission.ts"
import { domains, messengerAbi, word } from "./Abi.ts"
import * as Attesting from "./Attesting.ts"
import * as CircleClient from "./CircleClient.ts"
import * as Fee from "./Fee.ts"
import * as Logs from "./Logs.ts"
import * as Minting from "./Minting.ts"
import * as Reads from "./Reads.ts"

export interface Options extends CircleClient.Options {
  /** What is offered above the quoted fee, in units of 1e-6: 200000 is a fifth. */
  readonly feeMargin: bigint
  /** In units of 1e-6 basis points. No burn offers more, and a fast transfer that costs more is a standard one. */
  readonly maxFeeBps: bigint
}

const thresholds: { readonly [F in Cctp.Finality]: number } = { fast: 1000, standard: 2000 }

/** What has a burn limit. */
interface Burnable {
  readonly source: ChainName
  readonly messenger: Address
  readonly token: Address
}

type Wanted = Parameters<CctpBridge["Type"]["quote"]>[1]

export const layer = (
  options: Options
): Layer.Layer<
  CctpBridge,
  never,
  HttpClient.HttpClient | EthereumChain | BaseChain | TransactionOutbox | Transactions
> =>
  Layer.scoped(
    CctpBridge,
    Effect.gen(function*() {
      const chains = { ethereum: yield* EthereumChain, base: yield* BaseChain }
      const outbox = yield* TransactionOutbox
      const transactions = yield* Transactions
      const circle = yield* CircleClient.make(options)
      /** Changed once in a year, and asked for before the withdrawal and again before the burn, which the contract refuses. */
      const limits = yield* Cache.make({
        capacity: 10,
        timeToLive: "5 minutes",
        lookup: ({ messenger, source, token }: Burnable) => Reads.burnLimit(chains[source], source, messenger, token)
      })
      /** What our burns emitted: it cannot change any more. */
      const emitted = yield* Ref.make<ReadonlyMap<TxHash, Hex>>(new Map())

      const stored = ({ key }: Sending) =>
        Effect.map(
          transactions.list({ operation: key.operation }),
          (all) => all.find((row) => row.key.step === key.step && row.key.attempt === key.attempt)
        )

      /** Standard where fast would cost too much, or where Circle has no more of it to give. */
      const offered = (lane: Lane, { amount, finality }: Wanted) =>
        Effect.gen(function*() {
          const rates = yield* circle.rates(lane.source, lane.destination)
          const ceiling = Fee.of(amount, options.maxFeeBps)
          const at = (finality: Cctp.Finality, rate: bigint) => {
            const wished = Fee.withMargin(amount, rate, options.feeMargin)
            const maxFee = finality === "fast" && wished > ceiling ? ceiling : wished
            return { finality, maxFee, fee: Fee.of(amount, rate) }
          }
          const standard = at("standard", rates.standard)
          if (finality === "standard" || Option.isNone(rates.fast) || rates.fast.value > options.maxFeeBps) {
            return standard
          }
          // Without an answer there may be none of it left, and standard is only slower.
          const allowance = yield* Effect.catchIf(
            circle.fastAllowance,
            ({ reason }) => reason === "Unavailable",
            (error) =>
              Effect.as(Effect.logWarning(`${error.message}; the transfer is a standard one`), Usdc.fromUnits(0n))
          )
          return allowance >= amount ? at("fast", rates.fast.value) : standard
        })

      const quote = (lane: Lane, wanted: Wanted): Effect.Effect<Quote, CctpError | ChainError> =>
        Effect.gen(function*() {
          const { amount } = wanted
          const offer = yield* offered(lane, wanted)
          const chain = chains[lane.source]
          const { least, limit } = yield* Effect.all({
            least: Reads.leastFee(chain, lane, amount),
            limit: limits.get(
              Data.struct({ source: lane.source, messenger: lane.messenger, token: lane.usdc[lane.source] })
            )
          }, { concurrency: 2 })
          return { ...offer, maxFee: offer.maxFee < least ? least : offer.maxFee, limit }
        })

      const refuse = (lane: Lane, amount: Usdc.Usdc, { limit, maxFee }: Quote) => {
        const action = `burn of ${Usdc.print(amount)} USDC on ${lane.source}`
        if (amount > limit) {
          return new CctpError({
            reason: "AboveBurnLimit",
            action,
            detail: `one message may burn ${Usdc.print(limit)} USDC at most`
          })
        }
        const ceiling = Fee.of(amount, options.maxFeeBps)
        if (maxFee > ceiling && maxFee < amount) {
          return new CctpError({
            reason: "FeeTooHigh",
            action,
            detail: `a fee of ${Usdc.print(maxFee)} USDC has to be offered, and BALLAST_CCTP_MAX_FEE_BPS allows ${
              Usdc.print(ceiling)
            }`
          })
        }
        return maxFee >= amount
          ? new CctpError({
            reason: "AmountTooSmall",
            action,
            detail: `a fee of ${Usdc.print(maxFee)} USDC has to be offered`
          })
          : Effect.void
      }

      const burnCall = (lane: Lane, wanted: Wanted) =>
        Effect.gen(function*() {
          const { amount } = wanted
          const quoted = yield* quote(lane, wanted)
          yield* refuse(lane, amount, quoted)
          return encodeFunctionData({
            abi: messengerAbi,
            functionName: "depositForBurn",
            args: [
              amount,
              domains[lane.destination],
              word(lane.wallet),
              lane.usdc[lane.source],
              // Anybody may mint for us: a lost key must not lock up what is burned.
              zeroHash,
              quoted.maxFee,
              thresholds[quoted.finality]
            ]
          })
        })

      /** The bytes that a burn of ours emitted, by its receipt. */
      const messageIn = (lane: Lane, burned: Usdc.Usdc, { logs, txHash }: Receipt) =>
        Effect.gen(function*() {
          const [message, ...others] = Logs.messages(lane, burned, logs)
          if (message === undefined || others.length > 0) {
            return yield* new CctpError({
              reason: "Mismatch",
              action: `burn ${txHash}`,
              detail: "its logs do not show the one message that it must have sent"
            })
          }
          yield* Ref.update(emitted, (all) => new Map(all).set(txHash, message))
          return message
        })

      /** None while its chain does not show them. */
      const messageOf = (lane: Lane, { burned, burnTx }: Cctp.Burn) =>
        Effect.gen(function*() {
          const known = (yield* Ref.get(emitted)).get(burnTx)
          return known === undefined
            ? yield* Effect.transposeMapOption(
              yield* chains[lane.source].receipt(burnTx),
              (receipt) => messageIn(lane, burned, receipt)
            )
            : Option.some(known)
        })

      const burned = (lane: Lane, receipt: Receipt) =>
        Effect.gen(function*() {
          const { logs, txHash } = receipt
          const [burn, ...others] = Logs.burns(lane, logs)
          if (burn === undefined || others.length > 0) {
            return yield* new CctpError({
              reason: "Mismatch",
              action: `burn ${txHash}`,
              detail: `its logs show ${others.length + (burn === undefined ? 0 : 1)} burns of ours instead of one`
            })
          }
          // What is burned is named before anything else: `attestation` asks again for the message, and tells what is wrong.
          yield* Effect.ignore(messageIn(lane, burn.burned, receipt))
          return Burned.Burned({ burnTx: txHash, ...burn })
        })

      const attestation: CctpBridge["Type"]["attestation"] = Effect.fn("CctpBridge.attestation")(
        function*(lane, burn) {
          const offer = Attesting.offer(yield* circle.messages(lane.source, burn.burnTx), burn)
          switch (offer._tag) {
            case "Waiting":
              return offer.attested
            case "Malformed":
              return Attested.Unacceptable({ why: offer.why })
            case "Complete": {
              const sent = yield* messageOf(lane, burn)
              if (Option.isNone(sent)) {
                const waitingFor = `${lane.source} to show the receipt of burn ${burn.burnTx}`
                return Attested.Pending({ waitingFor, delay: undefined })
              }
              return yield* Attesting.judge(chains[lane.destination], lane, sent.value, offer.all)
            }
          }
        }
      )

      const mint: CctpBridge["Type"]["mint"] = Effect.fn("CctpBridge.mint")(
        function*(lane, mintable, sending) {
          const chain = chains[lane.destination]
          const row = yield* stored(sending)
          // A node that lags may not know that it is used: then the simulation says so, of a node that does not.
          if (row === undefined && (yield* Reads.isUsed(chain, lane, mintable.nonce))) {
            return yield* chain.look((view) => Minting.find(chain, view, lane, mintable))
          }
          // What is stored may be the same message under an older signature; one key never stands for two calls.
          const call = { chain: lane.destination, to: lane.transmitter, data: row?.data ?? Minting.encode(mintable) }
          return yield* outbox.submitOnce(sending.key, call, sending.lease).pipe(
            Effect.flatMap((submitted) =>
              told(lane.destination, submitted, (receipt) =>
                Effect.map(Minting.fromReceipt(lane, mintable, receipt), (mint) =>
                  Minted.Minted({ mint, isOurs: true })))
            ),
            Effect.catchIf(
              (error) =>
                error instanceof OutboxError && error.reason === "Reverts" && Minting.isExpired(error.detail),
              () =>
                Effect.succeed(Minted.Expired())
            ),
            Effect.catchIf(
              (error) =>
                error instanceof OutboxError && error.reason === "Reverts" && Minting.isUsed(error.detail),
              () =>
                Effect.succeed(Minted.Pending({ waitingFor: "the mint that somebody else has just submitted" }))
            )
          )
        }
      )

      return {
        quote: Effect.fn("CctpBridge.quote")(quote),
        burn: Effect.fn("CctpBridge.burn")(function*(lane, wanted, sending) {
          // The fee may have changed since it was stored; one key never stands for two calls.
          const row = yield* stored(sending)
          const data = row?.data ?? (yield* burnCall(lane, wanted))
          const call = { chain: lane.source, to: lane.messenger, data }
          const submitted = yield* outbox.submitOnce(sending.key, call, sending.lease)
          return yield* told(lane.source, submitted, (receipt) =>
            burned(lane, receipt))
        }),
        attestation,
        mint,
        canMint: Effect.fn("CctpBridge.canMint")(function*(lane, mintable) {
          return yield* chains[lane.destination].look((view) =>
            Effect.if(Reads.isUsed(view, lane, mintable.nonce), {
              onTrue: () => Effect.succeed(true),
              onFalse: () =>
                view.call({ to: lane.transmitter, data: Minting.encode(mintable), from: lane.wallet }).pipe(
                  Effect.as(true),
                  Effect.catchIf(
                    ({ reason }) => reason === "Reverted",
                    ({ revert = "" }) => Effect.succeed(Minting.isExpired(revert) || Minting.isUsed(revert))
                  )
                )
            })
          )
        }),
        reattest: Effect.fn("CctpBridge.reattest")(({ nonce }) => circle.reattest(nonce))
      }
    })
  )
