/** A signer that plays by script: slow, out of reach, unwilling, or wrong. Its key is worth nothing. */
import { Context, type Duration, Effect, Layer, Option, Queue, Redacted, Ref } from "effect"
import type { Hex } from "../../domain/Hex.ts"
import { type PreparedTransaction, Signer, type SignerError } from "../../services/Signer.ts"
import * as PrivateKeySigner from "../evm/PrivateKeySigner.ts"
import * as Wallet from "../evm/Wallet.ts"

/** The script of the test layer: what becomes of the next signatures, and all that were asked for. */
export class SignerControl extends Context.Tag("ballast/testing/SignerControl")<SignerControl, {
  /** The next one asked for is not signed. */
  readonly failNext: (error: SignerError) => Effect.Effect<void>
  /** The next one asked for is signed so much later, by Effect's Clock. */
  readonly delayNext: (duration: Duration.DurationInput) => Effect.Effect<void>
  /** These bytes are answered, whatever is asked for next. */
  readonly answerNext: (raw: Hex) => Effect.Effect<void>
  /** What was asked for, oldest first, whatever became of it. */
  readonly asked: Effect.Effect<ReadonlyArray<PreparedTransaction>>
}>() {}

const privateKey = Redacted.make(`0x${"0b".repeat(32)}` as const)

/** Whose key it is. */
export const wallet = Wallet.addressOf(privateKey)

/** The port and its script. */
export const layer: Layer.Layer<Signer | SignerControl> = Layer.effectContext(
  Effect.gen(function*() {
    const signer = yield* Signer
    const script = yield* Queue.unbounded<
      (signed: Effect.Effect<Hex, SignerError>) => Effect.Effect<Hex, SignerError>
    >()
    const asked = yield* Ref.make<ReadonlyArray<PreparedTransaction>>([])
    return Context.make(Signer, {
      address: signer.address,
      sign: (transaction) =>
        Effect.gen(function*() {
          yield* Ref.update(asked, (all) => [...all, transaction])
          const signed = signer.sign(transaction)
          return yield* Option.match(yield* Queue.poll(script), {
            onNone: () => signed,
            onSome: (play) => play(signed)
          })
        })
    }).pipe(Context.add(SignerControl, {
      failNext: (error) => Queue.offer(script, () => Effect.fail(error)),
      delayNext: (duration) => Queue.offer(script, Effect.delay(duration)),
      answerNext: (raw) => Queue.offer(script, () => Effect.succeed(raw)),
      asked: Ref.get(asked)
    }))
  })
).pipe(Layer.provide(PrivateKeySigner.layer(privateKey)))
