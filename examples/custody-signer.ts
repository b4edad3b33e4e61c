/**
 * One port replaced: a custody service that signs over HTTP stands where the private key was. Everything else is as it is
 * configured, and `BALLAST_WALLET_PRIVATE_KEY` is not asked for.
 *
 *   Effect.provide(program, layer)   with CUSTODY_URL, CUSTODY_TOKEN, CUSTODY_ADDRESS and BALLAST_* set
 */
import { FetchHttpClient, HttpBody, HttpClient, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { Address, Live, Signer, SignerError } from "ballast"
import { Config, Effect, Layer, Redacted, Schema } from "effect"

const settings = Config.all({
  url: Config.string("CUSTODY_URL"),
  token: Config.redacted("CUSTODY_TOKEN"),
  address: Schema.Config("CUSTODY_ADDRESS", Address.Address)
})

const Signed = Schema.Struct({ raw: Schema.TemplateLiteral("0x", Schema.String) })

/**
 * The service is asked for one signature and answers the raw transaction. Ballast checks the bytes before it uses them, so a
 * service that answers something else moves nothing; and it may be asked again for the same transaction after a crash.
 */
export const signer = Layer.effect(
  Signer,
  Effect.gen(function*() {
    const { address, token, url } = yield* settings
    const client = yield* HttpClient.HttpClient
    return Signer.of({
      address,
      sign: (transaction) => {
        const action = `nonce ${transaction.nonce} on chain ${transaction.chainId}`
        const failed = (reason: SignerError["reason"], detail: string) => new SignerError({ reason, action, detail })
        const body = { ...transaction, ...amountsOf(transaction) }
        return Effect.gen(function*() {
          const response = yield* client.execute(
            HttpClientRequest.post(`${url}/sign`, { body: HttpBody.unsafeJson(body) }).pipe(
              HttpClientRequest.bearerToken(Redacted.value(token))
            )
          )
          // A policy that says no is final; whatever else goes wrong may go well the next time.
          if (response.status === 403) return yield* failed("Refused", "the custody service's policy does not allow it")
          const { raw } = yield* Effect.flatMap(
            HttpClientResponse.filterStatusOk(response),
            HttpClientResponse.schemaBodyJson(Signed)
          )
          return raw
        }).pipe(
          Effect.scoped,
          Effect.timeout("30 seconds"),
          Effect.mapError((error) => error._tag === "SignerError" ? error : failed("Unavailable", error.message))
        )
      }
    })
  })
)

/** JSON knows no bigint. */
const amountsOf = (
  amounts: { readonly [name in "value" | "gas" | "maxFeePerGas" | "maxPriorityFeePerGas"]: bigint }
) => ({
  value: String(amounts.value),
  gas: String(amounts.gas),
  maxFeePerGas: String(amounts.maxFeePerGas),
  maxPriorityFeePerGas: String(amounts.maxPriorityFeePerGas)
})

/** All ports, with this signer. */
export const layer = Live.layerConfigWithSigner.pipe(
  Layer.provideMerge(signer),
  Layer.provide(FetchHttpClient.layer)
)
