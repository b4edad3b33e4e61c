import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Redacted } from "effect"
import * as Address from "../../../src/domain/Address.ts"
import * as PrivateKeySigner from "../../../src/layers/evm/PrivateKeySigner.ts"
import * as Signer from "../../../src/layers/testing/contracts/Signer.ts"
import * as SignerTest from "../../../src/layers/testing/SignerTest.ts"
import * as Port from "../../../src/services/Signer.ts"
import { runContract } from "../../support/contract.ts"

const privateKey = Redacted.make(`0x${"c0ffee".repeat(10)}cafe` as const)

runContract("a private key in this process", Signer.cases, PrivateKeySigner.layer(privateKey))
runContract("the scripted signer", Signer.cases, SignerTest.layer)

describe("a private key", () => {
  it.effect("is in no error, whatever cannot be signed", () =>
    Effect.gen(function*() {
      const signer = yield* Port.Signer
      const error = yield* Effect.flip(signer.sign({
        chainId: 8453,
        nonce: 0,
        to: Address.make("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB"),
        data: "0x",
        value: 0n,
        gas: 21_000n,
        // A tip above the fee, and a fee above what the format can hold.
        maxFeePerGas: 2n ** 256n,
        maxPriorityFeePerGas: 2n ** 257n
      }))
      assert.strictEqual(error.kind, "permanent")
      const shown = `${error.message} ${JSON.stringify(error)} ${Cause.pretty(Cause.fail(error))}`
      assert.notInclude(shown, Redacted.value(privateKey).slice(2))
    }).pipe(Effect.provide(PrivateKeySigner.layer(privateKey))))
})
