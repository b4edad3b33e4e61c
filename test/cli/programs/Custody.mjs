/**
 * An application that embeds the redemption and keeps its key elsewhere: at a custody service that says "signing" and never
 * answers. Arguments: the wallet, the id, the quantity; the rest is in the environment.
 */
import { Effect, Layer } from "effect"
import {
  Address,
  Config,
  EquitySymbol,
  Live,
  OperationId,
  Policies,
  RedemptionManager,
  Shares,
  Signer
} from "../../../dist/index.js"

const [wallet, id, quantity] = process.argv.slice(2)

const silent = Layer.succeed(Signer, {
  address: Address.make(wallet),
  sign: () => Effect.zipRight(Effect.sync(() => process.stdout.write("signing\n")), Effect.never)
})

const ports = Layer.unwrapEffect(Effect.map(Config.all, Live.layerWithSigner)).pipe(Layer.provide(silent))

const request = {
  symbol: EquitySymbol.EquitySymbol.make("AAPL"),
  quantity: Effect.runSync(Shares.parse(quantity))
}

await Effect.runPromise(
  RedemptionManager.executeRedemption(OperationId.RedemptionId.make(id), request).pipe(
    Effect.provide(Layer.merge(ports, Policies.layer()))
  )
)
